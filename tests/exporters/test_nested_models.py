"""Blocks go out as models inside the model: real Keras has them there and computes the same, and
they come back as the blocks they were.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporters import nesting
from exporters.format import attach, formats, read, write
from exporters.keras_model import build, load, weights_of
from exporters.nested_plan import every_call, nested_plan
from exporters.plan import plan
from exporters.source import Source
from exporters.weights import Array, is_complete
from layers.analysis import analyse
from layers.blocks import BLOCK, BLOCK_INPUT, expand, part
from layers.graph import Graph, Node
from tests.exporters.judging import computed, outputs_of, random_inputs, random_weights
from tests.exporters.nested_networks import BASE, COPIES, FLAT, NETWORKS, block, dense, network, use
from tests.exporters.networks import edges, facts, node

FORMS = {"keras": ".keras", "keras_h5": ".h5"}
CASES = [pytest.param(graph, id=name) for name, graph in {**NETWORKS, **COPIES}.items()]


def content(graph: Graph) -> Any:
    """A network by the names in it, with what is in blocks in place of their names. A further call
    has no name in Keras.
    """
    names: dict[str, str] = {}
    for item in graph:
        owner = graph.nodes[item.shares or item.id].name
        names[item.id] = f"{owner} #{sum(name.startswith(owner) for name in names.values())}"
    layers = {
        names[item.id]: content(part(graph.blocks, item.params).graph)
        if item.type == BLOCK and not item.shares
        else (item.type, bool(item.shares) or dict(item.params))
        for item in graph.nodes.values()
    }
    ports = [item.name for item in graph.nodes.values() if item.type == BLOCK_INPUT]
    ends = [names[item.id] for item in graph.nodes.values() if not graph.outgoing(item.id)]
    wires = {
        (names[edge.source], edge.source_port, names[edge.target], edge.target_port)
        for edge in graph.edges
    }
    return layers, wires, ports, ends


def models(model: Any) -> Iterator[str]:
    """The names of the models inside a Keras model."""
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield layer.name
            yield from models(layer)


def close(found: list[Array], expected: list[Array]) -> None:
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5, rtol=1e-5)


def called(graph: Graph) -> list[str]:
    """The names of all models that a network is written with."""
    calls = every_call(nested_plan(graph))
    return sorted(call.owner.name for call in calls if call.model and call.owner is call.node)


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore:The structure of `inputs`")
@pytest.mark.parametrize("graph", CASES)
def test_keras_has_the_models_and_computes_the_same(graph: Graph, tmp_path: Path) -> None:
    import keras

    keras.backend.clear_session()
    weights, inputs = random_weights(graph), random_inputs(graph)
    expected = computed(expand(graph), weights, inputs)
    for name, suffix in FORMS.items():
        path = tmp_path / f"model{suffix}"
        path.write_bytes(write(graph, name, weights))
        model = keras.models.load_model(path, compile=False)
        assert sorted(models(model)) == called(graph)
        close(outputs_of(model, inputs), expected)
        fitted = attach(Source.of_file(path), graph)
        assert fitted.diagnostics == ()
        assert is_complete(graph, fitted.weights)
    model = keras.models.model_from_json(write(graph, "keras_json").decode())
    alone = tmp_path / "model.weights.h5"
    alone.write_bytes(write(graph, "keras_weights", weights))
    model.load_weights(alone)
    close(outputs_of(model, inputs), expected)


@pytest.mark.parametrize("name", ["keras_json", "keras2_json", "keras", "keras_h5"])
@pytest.mark.parametrize(
    "graph", [pytest.param(graph, id=name) for name, graph in NETWORKS.items()]
)
def test_blocks_come_back_as_they_were(name: str, graph: Graph) -> None:
    form = formats()[name]
    assert form.losses(graph) == ()
    weights = random_weights(graph)
    again = read(form.write(graph, weights), f"network{form.extensions[0]}")
    assert again.diagnostics == ()
    assert again.graph.blocks.keys() == graph.blocks.keys()
    assert content(again.graph) == content(graph)
    if form.carries_weights:
        assert again.weights is not None
        assert is_complete(again.graph, again.weights)


def test_a_base_behind_a_program_says_what_it_takes() -> None:
    """A Lambda prepares images for it, and its file says nothing of what it gives."""
    model = json.loads(write(NETWORKS["transfer"], "keras_json"))
    layers = model["config"]["layers"]
    program = {"name": "prepared", "function": ["4wEAAAA=", None, None], "output_shape": None}
    prepared = {"class_name": "Lambda", "module": "keras.layers", "config": program}
    calls = json.loads(json.dumps(layers[1]["inbound_nodes"]))
    layers.insert(1, prepared | {"name": "prepared", "inbound_nodes": calls})
    layers[2]["inbound_nodes"][0]["args"][0]["config"]["keras_history"][0] = "prepared"
    graph = read(json.dumps(model).encode(), "model.json").graph
    assert analyse(graph).totals.weights == analyse(NETWORKS["transfer"]).totals.weights
    again = json.loads(write(graph, "keras_json"))["config"]["layers"]
    assert [layer["name"] for layer in again] == ["in", "prepared", "vgg16", "head"]
    assert again[1]["config"].items() >= program.items()
    assert again[2]["config"] == layers[2]["config"]


@pytest.mark.parametrize("name", ["keras_json", "keras2_json", "keras", "keras_h5"])
@pytest.mark.parametrize("graph", COPIES.values(), ids=COPIES)
def test_every_copy_of_a_block_comes_back_as_a_block(name: str, graph: Graph) -> None:
    form = formats()[name]
    assert [item.code for item in form.losses(graph)] == ["keras.block_copies"]
    again = read(form.write(graph), f"network{form.extensions[0]}")
    assert again.diagnostics == ()
    assert sorted(again.graph.blocks) == sorted(dict.fromkeys(again.graph.blocks))
    assert len(again.graph.blocks) == len(called(graph))
    assert called(again.graph) == called(graph)
    assert all(definition["params"] == {} for definition in again.graph.blocks.values())
    assert content(again.graph) == content(read(write(again.graph, "keras_json")).graph)
    if graph is not COPIES["names"]:
        assert facts(again.graph) == facts(graph)


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore:The structure of `inputs`")
@pytest.mark.parametrize(("reason", "graph"), FLAT.values(), ids=FLAT)
def test_what_can_be_no_model_is_written_as_its_layers(
    reason: str, graph: Graph, tmp_path: Path
) -> None:
    import keras

    for form in FORMS:
        losses = formats()[form].losses(graph)
        told = [item for item in losses if item.code == "keras.block_flat"]
        assert [item.values["reason"] for item in told] == [reason]
    configuration = json.loads(write(graph, "keras_json"))["config"]
    flat = [item for item in nesting.told(graph) if item.code == "keras.block_flat"]
    names = {str(item.values["name"]) for item in flat}
    assert names.isdisjoint(layer["name"] for layer in configuration["layers"])
    known = plan(graph, with_unknown=True).graph
    assert facts(read(write(graph, "keras_json")).graph) == facts(known)
    if graph in (FLAT["unknown"][1], FLAT["sizes"][1]):
        return  # Keras has no such layer, and lets this one be called on one size only
    weights, inputs = random_weights(graph), random_inputs(graph)
    expected = computed(expand(graph), weights, inputs)
    for form, suffix in FORMS.items():
        path = tmp_path / f"model{suffix}"
        path.write_bytes(write(graph, form, weights))
        model = keras.models.load_model(path, compile=False)
        assert sorted(models(model)) == called(graph)
        close(outputs_of(model, inputs), expected)


def test_a_network_for_caffe_keeps_its_blocks() -> None:
    """What is for training alone goes from around them."""
    loss = node("loss", "SoftmaxWithLoss")
    data = Node("data", "Data", "mnist", {"crop_size": 8, "channels": 1})
    graph = Graph(
        [data, use("vgg16", "vgg16"), dense("head", 2), loss],
        edges("data>vgg16", "vgg16>head", "head>loss:0", "data:1>loss:1"),
        {"vgg16": BASE},
        name="whole",
    )
    assert called(graph) == ["vgg16"]
    layers = json.loads(write(graph, "keras_json"))["config"]["layers"]
    kinds = [layer["class_name"] for layer in layers]
    assert kinds == ["InputLayer", "Functional", "Dense", "Activation"]


def test_names_are_made_legal() -> None:
    odd = block([replace(dense("a"), name="a layer/1"), replace(dense("b"), name="a layer:1")])
    odd["edges"] = [item.to_json() for item in edges("x>a", "a>b")]
    graph = network([use("core", "odd")], "in>core", odd=odd)
    inner = json.loads(write(graph, "keras_json"))["config"]["layers"][1]["config"]
    assert [layer["name"] for layer in inner["layers"]] == ["x", "a_layer_1", "a_layer_1_1"]


@pytest.mark.keras
def test_a_base_that_is_frozen_stays_so(tmp_path: Path) -> None:
    import keras

    graph = NETWORKS["transfer"]
    for form, suffix in FORMS.items():
        path = tmp_path / f"model{suffix}"
        path.write_bytes(write(graph, form))
        model = keras.models.load_model(path, compile=False)
        assert model.trainable
        assert not model.get_layer("vgg16").trainable
        assert [weight.path for weight in model.trainable_weights] == ["head/kernel", "head/bias"]
    half = keras.models.model_from_json(write(NETWORKS["half_frozen"], "keras_json").decode())
    base = half.get_layer("base")
    assert base.trainable
    assert [layer.trainable for layer in base.layers[1:]] == [False, True, True, True, False]


@pytest.mark.keras
@pytest.mark.parametrize("name", ["masks", "sizes", "expressions", "names"])
def test_the_live_model_has_them_too(name: str, tmp_path: Path) -> None:
    graph = {**NETWORKS, **COPIES}[name]
    model, weights, inputs = build(graph), random_weights(graph), random_inputs(graph)
    load(model, graph, weights)
    assert sorted(models(model)) == called(graph)
    found = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    close(found if isinstance(found, list) else [found], computed(expand(graph), weights, inputs))
    for identity, arrays in weights_of(model, graph).items():
        for weight, array in arrays.items():
            np.testing.assert_array_equal(array, weights[identity][weight])
    for suffix in (".keras", ".h5", ".weights.h5"):
        path = tmp_path / f"model{suffix}"
        (model.save_weights if suffix == ".weights.h5" else model.save)(path)
        fitted = attach(Source.of_file(path), graph)
        assert fitted.diagnostics == ()
        assert is_complete(graph, fitted.weights)


def test_weights_alone_tell_which_model_takes_them() -> None:
    form = formats()["keras_weights"]
    assert [item.code for item in form.losses(NETWORKS["deep"])] == ["keras.weights_of_models"]
    assert form.losses(expand(NETWORKS["deep"])) == ()


def test_lines_tell_what_stands_where() -> None:
    graph = NETWORKS["deep"]
    text = write(graph, "keras_json").decode()
    lines = text.splitlines()
    spans = formats()["keras_json"].lines(graph, text)
    for identity, (first, last) in spans.items():
        name = identity.rpartition("-")[2]
        assert f'"config": {{"name": "{name}"' in lines[first - 1]
        assert f'"name": "{name}"' in lines[last - 1]
    assert {"in", "end", "outer", "outer-middle", "outer-middle-inmost-norm"} <= spans.keys()
    first, last = spans["outer"]
    assert spans["outer-middle"][0] > first
    assert spans["end"] == (last + 1, last + 1)


@pytest.mark.parametrize(
    ("calls", "taken", "ends", "count"),
    [
        # As written here, so that Keras 2 and 3 find every call.
        ([["x", "x"]], [1], 1, 1),
        ([["x", "x"], ["y", "y"]], [1, 3], 3, 2),
        # As Keras 2 writes a model that is called on one tensor twice.
        ([["x", "x"]], [1, 2], 2, 2),
    ],
)
def test_calls_that_are_written_twice_are_one(
    calls: list[list[str]], taken: list[int], ends: int, count: int
) -> None:
    """A pair of equal calls is one where nothing uses the first of them."""

    def layer(name: str, kind: str, config: dict[str, Any], *calls: Any) -> dict[str, Any]:
        made = [[[*end, {}] for end in call] for call in calls]
        return {"class_name": kind, "name": name, "config": config, "inbound_nodes": made}

    inside = {
        "name": "core",
        "layers": [
            layer("in", "InputLayer", {"batch_input_shape": [None, 3]}),
            layer("relu", "ReLU", {}, [["in", 0, 0]]),
        ],
        "input_layers": [["in", 0, 0]],
        "output_layers": [["relu", 0, 0]],
    }
    config = {
        "name": "m",
        "layers": [
            *(layer(name, "InputLayer", {"batch_input_shape": [None, 3]}) for name in ("x", "y")),
            layer("core", "Functional", inside, *([[end, 0, 0]] for pair in calls for end in pair)),
            layer("sum", "Concatenate", {}, [["core", number, 0] for number in taken]),
        ],
        "input_layers": [["x", 0, 0], ["y", 0, 0]],
        "output_layers": [["sum", 0, 0], ["core", ends, 0]],
    }
    model = {"class_name": "Functional", "config": config, "keras_version": "2.15.0"}
    graph = read(json.dumps(model).encode(), "model.json").graph
    used = [item for item in graph.nodes.values() if item.type == BLOCK]
    assert len(used) == count
    fed = [graph.nodes[graph.incoming(item.id)[0].source].name for item in used]
    assert fed == [end for pair in calls for end in (pair if count > len(calls) else pair[:1])]
    assert len(graph.incoming(next(n.id for n in graph if n.name == "sum"))) == len(taken)
