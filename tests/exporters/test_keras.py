"""Real Keras is the judge of what is written, read and built: every layer, every example, every
kind of connection.
"""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exporters.custom import custom_layers
from exporters.format import read, write
from exporters.keras_model import build
from exporters.zoo import zoo
from layers.analysis import analyse
from layers.blocks import expand
from layers.diagnostics import GraphError
from layers.graph import Graph
from tests.exporters.networks import CONNECTED, EXAMPLES, NETWORKS, edges, facts, node

pytestmark = pytest.mark.keras

GRAPHS = [*NETWORKS, *EXAMPLES]


def described(model: Any) -> Any:
    """All that makes a Keras model what it is, without the names that Keras counts up by itself."""
    config = json.loads(model.to_json())["config"]
    return anonymous({key: value for key, value in config.items() if key != "name"}), [
        (layer.name, [tuple(weight.shape) for weight in layer.weights]) for layer in model.layers
    ]


def anonymous(value: Any, depth: int = 0) -> Any:
    """A configuration without the names of layers inside wrappers and of operations for masks."""
    if isinstance(value, dict):
        if str(value.get("module")).startswith("keras.src.ops."):
            return value["class_name"]
        if value.get("class_name") == "__keras_tensor__":
            name, call, port = value["config"]["keras_history"]
            return "mask" if name.startswith(("not_equal", "any")) else [name, call, port]
        if str(value.get("registered_name")).startswith("visualnn>"):
            # An exported program carries the class in a module of its own.
            value = value | {"module": "visualnn"}
        return {
            key: anonymous(item, depth + 1)
            for key, item in value.items()
            if key != "build_config" and (key != "name" or depth < 4)
        }
    if isinstance(value, list):
        return [anonymous(item, depth + 1) for item in value]
    return value


@pytest.mark.parametrize("graph", GRAPHS)
def test_keras_reads_what_is_written_as_the_model_that_is_built(graph: Graph) -> None:
    import keras

    # Keras finds classes of our own once they are registered.
    assert custom_layers()
    theirs = keras.models.model_from_json(write(graph, "keras_json").decode())
    assert described(theirs) == described(build(graph))
    assert theirs.name == graph.name


@pytest.mark.parametrize("graph", GRAPHS)
def test_what_keras_writes_is_read_as_the_network_it_was(graph: Graph) -> None:
    reading = read(build(graph).to_json(), "model.json")
    assert reading.diagnostics == ()
    assert facts(reading.graph) == facts(as_keras_settles(graph))


def as_keras_settles(graph: Graph) -> Graph:
    """The same network where Keras writes out what it settles by itself: strides of a pooling are
    its window, -1 groups are as many as there are channels, values of attention are as wide as
    keys, and a layer in both directions gives zeros for masked steps where it gives every step.
    """
    shapes = analyse(graph).nodes
    for item in graph.nodes.values():
        params = dict(item.params)
        if params.get("pool_size") and params.get("strides") is None:
            params["strides"] = params["pool_size"]
        inputs = shapes[item.id].inputs
        if item.type == "GroupNormalization" and params["groups"] == -1 and inputs:
            params["groups"] = inputs[0].shape[params["axis"]]
        if item.type == "MultiHeadAttention":
            params["value_dim"] = params["value_dim"] or params["key_dim"]
            if params["attention_axes"] is None and inputs:
                params["attention_axes"] = list(range(1, inputs[0].rank - 1))
        if item.type == "MelSpectrogram":
            params["sequence_length"] = params["sequence_length"] or params["fft_length"]
            params["max_freq"] = params["max_freq"] or params["sampling_rate"] / 2
        if item.type == "Bidirectional" and params["layer"]["return_sequences"]:
            params["layer"] = {**params["layer"], "zero_output_for_mask": True}
        graph = graph.with_node(replace(item, params=params))
    return graph


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("programs")


@pytest.mark.parametrize("graph", GRAPHS)
def test_the_program_runs_and_makes_the_same_model(graph: Graph, programs: Path) -> None:
    path = programs / f"{abs(hash(write(graph, 'visualnn')))}.py"
    path.write_bytes(write(graph, "python"))
    model = runpy.run_path(str(path))["model"]
    # Blocks are functions there, which make no models.
    assert described(model) == described(build(expand(graph)))
    assert model.name == graph.name


def test_programs_are_formatted_as_ruff_formats_and_pass_its_checks(programs: Path) -> None:
    names = [f"{letter}{'_long' * 12}" for letter in "abcdef"]
    long = Graph(
        [
            *(node(name, "InputLayer", shape=[4, 4, 1]) for name in names),
            node("total", "Add"),
            node(
                "detailed",
                "Conv2D",
                filters=8,
                kernel_size=[1, 2],
                padding="same",
                kernel_initializer={"type": "HeNormal", "seed": 3},
                kernel_regularizer={"type": "L1L2", "l1": 0.1, "l2": 0.25},
            ),
        ],
        edges(
            *(f"{name}>total:{port}" for port, name in enumerate(names)),
            "total>detailed",
        ),
        name="long 'quoted' name",
    )
    odd = Graph(
        [
            node(name, "InputLayer", shape=[1])
            for name in ("class", "1st", "keras", "a.b", "a-b", "X")
        ],
        name="odd",
    )
    for graph in (long, odd, *(param.values[0] for param in GRAPHS)):
        assert isinstance(graph, Graph)
        program = write(graph, "python")
        (programs / f"style_{abs(hash(program))}.py").write_bytes(program)
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["format", "--diff"], ["check"]):
        done = subprocess.run(
            [*ruff, *command, "--isolated", "--no-cache", str(programs)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def opened_by_keras(form: str, data: bytes, folder: Path) -> Any:
    """The model that Keras makes of a file."""
    import keras

    if form == "python":
        (folder / "model.py").write_bytes(data)
        return runpy.run_path(str(folder / "model.py"))["model"]
    if form == "notebook":
        cells = ["".join(cell["source"]) for cell in json.loads(data)["cells"]]
        (program,) = (cell for cell in cells if "keras.Model(" in cell)
        return opened_by_keras("python", program.encode(), folder)
    if form in ("keras", "keras_h5"):
        path = folder / f"model.{form.replace('keras_', '')}"
        path.write_bytes(data)
        return keras.models.load_model(path, compile=False)
    return keras.models.model_from_json(data.decode())


WRITERS = ("keras", "keras_h5", "keras_json", "python", "notebook")


@pytest.mark.parametrize("name", ["Untitled network", "1 ü/ß %", "模型", "_", ""])
@pytest.mark.parametrize("form", WRITERS)
def test_keras_runs_what_is_written_whatever_the_network_is_called(
    form: str, name: str, tmp_path: Path
) -> None:
    """TensorFlow takes the name of a model for the root of its scopes, and refuses it in
    ``predict`` and ``fit`` only.
    """
    import numpy as np

    graph = Graph(
        [node("input", "InputLayer", shape=[4]), node("_.-", "Dense", units=2)],
        edges("input>_.-"),
        name=name,
    )
    model = opened_by_keras(form, write(graph, form), tmp_path)
    assert model.predict(np.zeros((3, 4)), verbose=0).shape == (3, 2)
    # What only Keras 2 reads goes by the same name.
    assert json.loads(write(graph, "keras2_json"))["config"]["name"] == model.name


TOTALS = {"dnn": 669_706, "cnn": 1_199_882, "lstm": 2_691_713}


@pytest.mark.parametrize("name", TOTALS)
def test_the_zoo_has_the_totals_of_the_manual(name: str) -> None:
    graph = zoo()[name].graph
    assert analyse(graph).totals.weights == TOTALS[name] == build(graph).count_params()


def test_the_same_weights_give_the_same_output_after_a_round_trip() -> None:
    import keras
    import numpy as np

    graph = CONNECTED["siamese"]
    model = build(graph)
    other = build(read(write(graph, "keras_json")).graph)
    other.set_weights(model.get_weights())
    inputs = [np.random.default_rng(seed).normal(size=(5, 6)).astype("float32") for seed in (1, 2)]
    expected, result = (keras.ops.convert_to_numpy(each(inputs)) for each in (model, other))
    np.testing.assert_array_equal(expected, result)


def test_layers_carry_the_names_of_nodes_and_shared_ones_occur_once() -> None:
    graph = CONNECTED["siamese"]
    names = [item.name for item in graph.nodes.values() if not item.shares]
    assert sorted(layer.name for layer in build(graph).layers) == sorted(names)


def test_a_refusal_of_keras_names_the_node_and_the_parameter() -> None:
    """A seed beyond 32 bits passes the analysis on some backends only; an orthogonal kernel needs a
    matrix.
    """
    graph = Graph(
        [
            node("input", "InputLayer", shape=[8, 8, 1]),
            node("conv", "Conv2D", filters=2, kernel_size=3, kernel_initializer="Identity"),
        ],
        edges("input>conv"),
    )
    with pytest.raises(GraphError) as caught:
        build(graph)
    (found,) = caught.value.diagnostics
    assert (found.code, found.node) == ("build.failed", "conv")
    assert "conv" in found.message


def test_a_difference_between_keras_and_the_analysis_is_an_error() -> None:
    """A layer whose rule is wrong on purpose: it claims one unit more than Keras gives."""
    program = """
import pytest
from layers.catalog.common import Dense
from layers.diagnostics import GraphError
from layers.tensor import Tensor
from exporters.keras_model import build
from exporters.zoo import zoo
Dense.output = lambda self, tensor: Tensor((*tensor.shape[:-1], self.units + 1))
with pytest.raises(GraphError) as caught:
    build(zoo()["dnn"].graph)
(found,) = caught.value.diagnostics
assert (found.code, found.severity) == ("build.disagrees", "error")
assert "(?, 512)" in found.message and "(?, 513)" in found.message
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_output_of_a_model_inside_that_nothing_uses_is_told() -> None:
    import keras

    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4)], name="inner")
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    core_in = keras.Input((4,), name="core_in")
    core = keras.Model(core_in, [inner(core_in), keras.layers.Dense(2, name="side")(core_in)])
    (left, side), (right, _) = core(a), core(b)
    merged = keras.layers.Concatenate(name="merged")([left, right, side])
    model = keras.Model([a, b], keras.layers.Dense(1, name="end")(merged), name="nested")
    reading = read(model.to_json(), "nested.json")
    assert {item.code for item in reading.diagnostics} == {"keras.unused_output"}
    analysis = analyse(reading.graph)
    assert analysis.errors == []
    assert analysis.totals.weights == model.count_params()
    assert analysis.nodes[reading.graph.outputs[-1].id].outputs is not None


def test_outputs_that_go_on_and_their_order_are_kept() -> None:
    import keras
    import numpy as np

    x = keras.Input((3,), name="x")
    first = keras.layers.Dense(4, name="first")(x)
    second = keras.layers.Dense(2, name="second")(first)
    third = keras.layers.Dense(5, name="third")(first)
    model = keras.Model(x, [third, first, x, second], name="several")
    reading = read(model.to_json())
    assert [item.code for item in reading.diagnostics] == ["keras.output_added"] * 2
    rebuilt = build(reading.graph)
    for name in ("first", "second", "third"):
        rebuilt.get_layer(name).set_weights(model.get_layer(name).get_weights())
    values = np.ones((2, 3), "float32")
    for expected, result in zip(model(values), rebuilt(values), strict=True):
        np.testing.assert_array_equal(expected, result)


def test_an_unknown_layer_goes_back_to_keras_as_it_came() -> None:
    import keras

    query, state = keras.Input((6, 8), name="query"), keras.Input((4,), name="state")
    cell = keras.layers.StackedRNNCells([keras.layers.SimpleRNNCell(4)])
    read_over = keras.layers.RNN(cell, return_sequences=True, name="read_over")(
        query, initial_state=[state]
    )
    scaled = keras.ops.multiply(read_over, 3.0)
    model = keras.Model([query, state], keras.layers.Flatten(name="flat")(scaled), name="foreign")
    before = json.loads(model.to_json())
    reading = read(model.to_json())
    codes = [item.code for item in reading.diagnostics]
    assert codes == ["keras.unknown_layer"] * 2
    again = keras.models.model_from_json(write(reading.graph, "keras_json").decode())
    assert anonymous(json.loads(again.to_json())["config"]) == anonymous(before["config"])
