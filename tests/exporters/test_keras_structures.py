"""Models with dictionaries of inputs and outputs, and layers of ``keras.applications``: real Keras
is the judge of what belongs to which name.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporters.code.text import broken
from exporters.format import read, read_source
from exporters.keras_applications import plain, without_weighted_sums
from exporters.keras_model import build, load
from exporters.source import Source
from exporters.weights import is_complete
from tests.exporters.judging import outputs_of
from tests.exporters.test_keras_generations import layer


def ends(k: Any, *names: str) -> list[Any]:
    return [k.Input((3,), name=name) for name in names]


def joined(k: Any, inputs: Any, tensors: list[Any]) -> Any:
    """A model in which it matters which input is which."""
    return k.Model(inputs, k.layers.Dense(3)(k.layers.concatenate(tensors)))


def by_keys(k: Any) -> Any:
    q, p, x, y = ends(k, "q", "p", "x", "y")
    inner = joined(k, {"b": p, "a": q}, [q, p])
    return k.Model([x, y], inner({"b": y, "a": x}))


def by_names(k: Any) -> Any:
    q, p, x, y = ends(k, "q", "p", "x", "y")
    return k.Model([x, y], joined(k, [q, p], [q, p])({"p": y, "q": x}))


def in_lists(k: Any) -> Any:
    q, p, r, x, y, z = ends(k, "q", "p", "r", "x", "y", "z")
    inner = joined(k, [q, {"second": p, "first": r}], [q, p, r])
    return k.Model([x, y, z], inner([x, {"second": y, "first": z}]))


def of_outputs(k: Any) -> Any:
    q, x = ends(k, "q", "x")
    inner = k.Model(q, {"second": k.layers.Dense(3)(q), "first": k.layers.Dense(3)(q)})
    made = inner(x)
    return k.Model(x, k.layers.concatenate([made["second"], made["first"]]))


def at_the_ends(k: Any) -> Any:
    second, first = ends(k, "second", "first")
    outputs = {"u": k.layers.Dense(2)(second), "b": k.layers.Dense(2)(first)}
    return k.Model({"second": second, "first": first}, outputs)


def of_applications(k: Any) -> Any:
    """The layers that ConvNeXt and Inception-ResNet have for themselves, plain and over time."""
    from keras.src.applications.convnext import LayerScale, StochasticDepth
    from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

    def base(shape: tuple[int, ...]) -> Any:
        image = k.Input(shape)
        x = k.layers.Conv2D(4, 3, padding="same")(image)
        y = StochasticDepth(0.3)(LayerScale(0.5, 4)(x))
        return k.Model(image, k.layers.Flatten()(CustomScaleLayer(0.17)([x, y])))

    frames, image = k.Input((2, 6, 6, 3)), k.Input((6, 6, 3))
    flat = k.layers.Flatten()(k.layers.TimeDistributed(base((6, 6, 3)))(frames))
    return k.Model([frames, image], k.layers.concatenate([flat, base((6, 6, 3))(image)]))


MODELS: dict[str, Callable[[Any], Any]] = {
    make.__name__: make
    for make in (by_keys, by_names, in_lists, of_outputs, at_the_ends, of_applications)
}


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict")
@pytest.mark.filterwarnings("ignore:The structure of `inputs`")
@pytest.mark.parametrize("extension", [".keras", ".h5"])
@pytest.mark.parametrize("case", MODELS)
def test_what_has_a_name_is_what_it_is_in_keras(case: str, extension: str, tmp_path: Path) -> None:
    import keras

    theirs = MODELS[case](keras)
    chance = np.random.default_rng(0)
    for weight in theirs.weights:
        weight.assign(chance.normal(size=weight.shape))
    path = tmp_path / f"model{extension}"
    theirs.save(path)
    reading = read_source(Source.of_file(path))
    assert {item.severity for item in reading.diagnostics} <= {"hint"}
    weights = reading.weights or {}
    assert is_complete(reading.graph, weights)
    ours = build(reading.graph)
    load(ours, reading.graph, weights)
    shapes = [(2, *tensor.shape[1:]) for tensor in theirs.inputs]
    values = [chance.normal(size=shape).astype("float32") for shape in shapes]
    given = keras.tree.pack_sequence_as(theirs._inputs_struct, values)
    expected = keras.tree.flatten(theirs(given, training=False))
    for found, wanted in zip(outputs_of(ours, values), expected, strict=True):
        np.testing.assert_allclose(found, np.asarray(wanted), atol=1e-5, rtol=1e-5)


def test_a_call_of_keras_2_names_the_inputs_of_a_model() -> None:
    """tf.keras writes a dictionary of tensors where it was called on one."""

    def item(name: str, *call: Any) -> dict[str, Any]:
        made = layer("InputLayer", batch_input_shape=[None, 3])
        return made | {"name": name, "inbound_nodes": list(call)}

    join = layer("Concatenate", axis=-1) | {
        "name": "join",
        "inbound_nodes": [[["q", 0, 0], ["p", 0, 0]]],
    }
    inner = {
        "layers": [item("q"), item("p"), join],
        "input_layers": [["q", 0, 0], ["p", 0, 0]],
        "output_layers": [["join", 0, 0]],
    }
    call = {"p": ["y", 0, 0, {}], "q": ["x", 0, 0, {}]}
    used = {"class_name": "Functional", "config": inner, "name": "m", "inbound_nodes": [call]}
    config = {
        "layers": [item("x"), item("y"), used],
        "input_layers": [["x", 0, 0], ["y", 0, 0]],
        "output_layers": [["m", 1, 0]],
    }
    graph = read(json.dumps({"class_name": "Functional", "config": config}), "m.json").graph
    (block,) = (node for node in graph if node.name == "m")
    sources = [graph.nodes[edge.source].name for edge in graph.incoming(block.id)]
    assert sources == ["x", "y"]


SCALE = {"name": "s", "scale": 0.2}
SUMS: dict[str, dict[str, Any]] = {
    "another layer": {"class_name": "Add", "config": SCALE, "inbound_nodes": []},
    "another package": {"class_name": "CustomScaleLayer", "module": "mine", "config": SCALE},
    "no calls": {"class_name": "CustomScaleLayer", "config": SCALE, "inbound_nodes": 7},
    "one tensor": {
        "class_name": "CustomScaleLayer",
        "config": SCALE,
        "inbound_nodes": [[["x", 0, 0]]],
    },
    "no factor": {
        "class_name": "CustomScaleLayer",
        "config": {"name": "s"},
        "inbound_nodes": [[["x", 0, 0, {}], ["y", 0, 0, {}]]],
    },
}


@pytest.mark.parametrize("case", SUMS)
def test_what_is_no_weighted_sum_stays(case: str) -> None:
    config = {"layers": [SUMS[case], 7]}
    assert without_weighted_sums(config) is config
    assert without_weighted_sums({"layers": 7}) == {"layers": 7}


def test_a_weighted_sum_of_keras_2_is_two_layers() -> None:
    call = [["x", 0, 0, {}], ["y", 0, 0, {}]]
    item = {"class_name": "CustomScaleLayer", "config": SCALE, "name": "s", "inbound_nodes": [call]}
    scaled, total = without_weighted_sums({"layers": [item]})["layers"]
    assert (scaled["inbound_nodes"], total["inbound_nodes"]) == (
        [[["y", 0, 0, {}]]],
        [[["x", 0, 0, {}], ["s_scaled", 0, 0]]],
    )


@pytest.mark.parametrize("kind", ["LayerScale", "StochasticDepth"])
def test_a_layer_of_the_same_name_is_left_alone(kind: str) -> None:
    config = {"init_values": 1.0, "projection_dim": 3, "drop_path_rate": 0.1}
    foreign = {"class_name": kind, "module": "mine", "config": config}
    assert plain(foreign) is foreign
    other = {"class_name": kind, "config": {"factor": 2}}
    assert plain(other) is other


@pytest.mark.parametrize(
    "line",
    [
        f"y = ({'x' * 60} + {'y' * 60}) / 2",
        f"y = f({'x' * 60}, {'y' * 60})",
        f"y = ({'x' * 60}, {'y' * 60})",
        f"y = ({'x' * 120},)",
        f"y = f(({'x' * 60} + {'y' * 60}) * 2)",
    ],
)
def test_lines_are_broken_without_another_meaning(line: str) -> None:
    lines = broken(line)
    assert len(lines) > 1
    assert ast.dump(ast.parse("\n".join(lines))) == ast.dump(ast.parse(line))
