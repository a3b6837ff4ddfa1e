"""What Keras computes from the files written here is what our own build computes, to the last bit
but a few: for every layer, in every format that carries weights.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporters.format import attach, formats, read, write
from exporters.keras_model import build, load
from exporters.source import Source
from exporters.weights import Array, Weights, declared, is_complete
from exporters.zoo import zoo
from layers.graph import Graph
from tests.exporters.judging import computed, outputs_of, random_inputs, random_weights
from tests.exporters.networks import CONNECTED, EXAMPLES, edges, node

TOLERANCE = 1e-5
WEIGHTY = [
    pytest.param(graph, id=case.id)
    for case in EXAMPLES
    for graph in case.values
    if isinstance(graph, Graph) and declared(graph)
]


def several() -> Graph:
    """Layers of one class whose order in Keras is not the one in which they are stored."""
    nodes = [node("x", "InputLayer", shape=[4])]
    nodes += [node(name, "Dense", units=4) for name in ("late", "early", "aside", "deep", "last")]
    nodes += [node("sum", "Add"), node("twice", "Dense", shares="aside")]
    wires = edges(
        *("x>early", "early>late", "late>deep", "x>aside", "early>twice"),
        *("deep>sum:0", "aside>sum:1", "twice>sum:2", "sum>last"),
    )
    return Graph(nodes, wires, name="several")


def selected() -> list[Any]:
    """The first example of every layer; the others in the long run."""
    chosen = []
    for case in EXAMPLES:
        marks = [] if str(case.id).endswith("-0") else [pytest.mark.long]
        chosen.append(pytest.param(*case.values, id=case.id, marks=marks))
    chosen += [pytest.param(graph, id=name) for name, graph in CONNECTED.items()]
    small = [pytest.param(zoo()[name].graph, id=name) for name in ("dnn", "cnn", "alexnet")]
    return [*chosen, *small, pytest.param(several(), id="several")]


def assert_same(found: list[Array], expected: list[Array]) -> None:
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=TOLERANCE, rtol=TOLERANCE)


def opened(data: bytes, suffix: str, folder: Path) -> Any:
    """A file as Keras loads it, with our layers beside its own."""
    import keras

    from exporters.custom import custom_layers

    path = folder / f"model{suffix}"
    path.write_bytes(data)
    known = {f"visualnn>{name}": kind for name, kind in custom_layers().items()}
    return keras.models.load_model(path, custom_objects=known, compile=False)


@pytest.mark.parametrize(("name", "suffix"), [("keras", ".keras"), ("keras_h5", ".h5")])
def test_weights_come_back_to_the_layers_they_were_of(name: str, suffix: str) -> None:
    """Keras numbers the longer branch first, and the file lists the shorter one first."""
    nodes = [node("x", "InputLayer", shape=[4]), node("sum", "Add")]
    nodes += [node(each, "Dense", units=4) for each in ("short", "long", "longer")]
    wires = edges("x>short", "x>long", "long>longer", "short>sum:0", "longer>sum:1")
    graph = Graph(nodes, wires, name="branches")
    weights = random_weights(graph)
    again = read(write(graph, name, weights), f"branches{suffix}")
    assert again.weights is not None
    assert again.diagnostics == ()
    ids = {item.name: item.id for item in again.graph}
    for identity, arrays in weights.items():
        for key, array in arrays.items():
            found = again.weights[ids[graph.nodes[identity].name]][key]
            np.testing.assert_array_equal(found, array)


@pytest.mark.filterwarnings("ignore:The structure of `inputs`")
@pytest.mark.parametrize("graph", selected())
def test_keras_computes_the_same_from_every_file(graph: Graph, tmp_path: Path) -> None:
    weights = random_weights(graph)
    inputs = random_inputs(graph)
    model = build(graph)
    load(model, graph, weights)
    expected = outputs_of(model, inputs)
    for name, suffix in (("keras", ".keras"), ("keras_h5", ".h5")):
        if not formats()[name].obstacles(graph):
            written = opened(write(graph, name, weights), suffix, tmp_path)
            assert_same(outputs_of(written, inputs), expected)
    if weights:
        load(model, graph, random_weights(graph, seed=1))
        path = tmp_path / "model.weights.h5"
        path.write_bytes(write(graph, "keras_weights", weights))
        model.load_weights(path)
        assert_same(outputs_of(model, inputs), expected)


@pytest.mark.parametrize("name", ["keras", "keras_h5"])
@pytest.mark.parametrize("case", [*WEIGHTY, pytest.param(several(), id="several")])
def test_weights_come_back_as_they_were(name: str, case: Graph) -> None:
    weights = random_weights(case)
    form = formats()[name]
    if form.obstacles(case):
        return
    reading = read(form.write(case, weights), f"model{form.extensions[0]}")
    assert_equal(reading.graph, reading.weights or {}, case, weights)


@pytest.mark.parametrize("case", WEIGHTY)
def test_weights_alone_come_back_as_they_were(case: Graph) -> None:
    weights = random_weights(case)
    fitted = attach(Source(write(case, "keras_weights", weights), "model.weights.h5"), case)
    assert fitted.diagnostics == ()
    assert_equal(case, fitted.weights, case, weights)


def assert_equal(graph: Graph, weights: Weights, other: Graph, expected: Weights) -> None:
    """The same weights, by the names of layers."""
    assert is_complete(graph, weights)
    found = {graph.nodes[identity].name: owned for identity, owned in weights.items()}
    for identity, owned in expected.items():
        for name, array in owned.items():
            np.testing.assert_array_equal(found[other.nodes[identity].name][name], array)


@pytest.mark.parametrize("name", ["keras", "keras_h5", "keras_weights"])
def test_what_is_not_given_is_drawn_by_the_initializers(name: str, tmp_path: Path) -> None:
    """Statistics of what is drawn, against what Keras draws for the same network."""
    dense = node(
        "dense",
        "Dense",
        units=4000,
        kernel_initializer={"type": "HeNormal"},
        bias_initializer={"type": "Ones"},
    )
    chain = Graph(
        [
            node("x", "InputLayer", shape=[50]),
            dense,
            node("steps", "Reshape", target_shape=[40, 100]),
            node("y", "LSTM", units=40),
        ],
        edges("x>dense", "dense>steps", "steps>y"),
        name="drawn",
    )
    data = write(chain, name)
    fitted = attach(Source(data, "x.h5"), chain).weights
    model = build(chain)
    for layer in ("dense", "y"):
        ours = list(fitted[layer].values())
        theirs = [np.asarray(weight) for weight in model.get_layer(layer).weights]
        for one, other in zip(ours, theirs, strict=True):
            assert one.shape == other.shape
            assert one.std() == pytest.approx(other.std(), rel=0.1, abs=1e-6)
            assert one.mean() == pytest.approx(other.mean(), abs=0.02)
            assert np.abs(one).max() == pytest.approx(np.abs(other).max(), rel=0.4)
    recurrent = fitted["y"]["recurrent_kernel"]
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(40), atol=1e-5)


def test_the_waves_of_a_spectrogram_are_those_of_keras() -> None:
    spectrogram = node("it", "STFTSpectrogram", frame_length=16, mode="stft", padding="same")
    graph = Graph(
        [node("x", "InputLayer", shape=[64, 1]), spectrogram], edges("x>it"), name="waves"
    )
    data = write(graph, "keras")
    weights = read(data, "x.keras").weights
    assert weights is not None
    inputs = random_inputs(graph)
    (owned,) = weights.values()
    assert_same(computed(graph, {"it": owned}, inputs), outputs_of(build(graph), inputs))
