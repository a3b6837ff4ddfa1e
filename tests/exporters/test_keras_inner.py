"""Models inside models: read as blocks, with their weights, computing what real Keras computes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporters.format import Reading, attach, read_source, write
from exporters.keras_folding import folded
from exporters.keras_inner import Nest
from exporters.source import Source
from exporters.weights import count, is_complete
from layers.analysis import analyse
from layers.blocks import BLOCK, MAX_DEPTH
from layers.diagnostics import GraphError
from layers.graph import Edge, Graph, Node
from tests.exporters.judging import computed, outputs_of, random_inputs
from tests.exporters.keras_weights.test_keras_files import randomized

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"


def functional() -> Any:
    """A Functional model used once, with a layer called as one outside."""
    import keras
    from keras import layers

    x = keras.Input((6,), name="x")
    hidden = layers.Dense(4, activation="relu", name="dense")(x)
    inner = keras.Model(x, layers.BatchNormalization(name="norm")(hidden), name="encoder")
    a = keras.Input((6,), name="a")
    return keras.Model(a, layers.Dense(2, name="dense")(inner(a)), name="whole")


def sequential() -> Any:
    """Sequential models alone in one, the first of which states its shape."""
    import keras
    from keras import layers

    first = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(3, 3), layers.Flatten()])
    second = keras.Sequential([layers.Dense(5), layers.BatchNormalization()], name="head")
    return keras.Sequential([first, second, layers.Dense(1)])


def siamese() -> Any:
    """One model called on two inputs."""
    import keras
    from keras import layers

    x = keras.Input((6,), name="x")
    tower = keras.Model(x, layers.Dense(3, name="out")(layers.Dense(5, name="in")(x)), name="tower")
    a, b = keras.Input((6,), name="a"), keras.Input((6,), name="b")
    distance = layers.Subtract(name="distance")([tower(a), tower(b)])
    return keras.Model([a, b], layers.Dense(1, name="same")(distance))


def ports() -> Any:
    """Several inputs and outputs, in an order of their own; one is an input, one goes on inside."""
    import keras
    from keras import layers

    x, y = keras.Input((3,), name="x"), keras.Input((4,), name="y")
    left = layers.Dense(5, name="left")(x)
    right = layers.Concatenate(name="right")([y, left])
    inner = keras.Model([y, x], [right, left, y], name="core")
    a, b = keras.Input((3,), name="a"), keras.Input((4,), name="b")
    one, two, three = inner([b, a])
    return keras.Model([a, b], [two, layers.Dense(2)(one), layers.Dense(3)(three)])


def variational() -> Any:
    """Outputs that nothing uses, as an encoder's mean and variance."""
    import keras
    from keras import layers

    x = keras.Input((6,), name="x")
    mean, variance = layers.Dense(2, name="mean")(x), layers.Dense(2, name="variance")(x)
    z = layers.Add(name="z")([mean, variance])
    encoder = keras.Model(x, [mean, variance, z], name="encoder")
    code = keras.Input((2,), name="code")
    decoder = keras.Model(code, layers.Dense(6, name="image")(code), name="decoder")
    a = keras.Input((6,), name="a")
    return keras.Model(a, decoder(encoder(a)[2]), name="vae")


def whole() -> Any:
    """A model of which all outputs are those of the network, called again inside another."""
    import keras
    from keras import layers

    x = keras.Input((4,), name="x")
    twins = keras.Model(
        x, [layers.Dense(4, name="p")(x), layers.Dense(4, name="q")(x)], name="twins"
    )
    y = keras.Input((4,), name="y")
    p, q = twins(y)
    outer = keras.Model(y, list(twins(layers.Add(name="sum")([p, q]))), name="outer")
    a = keras.Input((4,), name="a")
    b = layers.Concatenate(name="joined")(outer(a))
    return keras.Model(a, list(outer(layers.Dense(4, name="again")(b))))


def deep() -> Any:
    """A model in a model in a model, the middle one called twice, a layer shared in it."""
    import keras
    from keras import layers

    x = keras.Input((4,), name="x")
    inmost = keras.Model(x, layers.BatchNormalization(name="norm")(x), name="inmost")
    y = keras.Input((4,), name="y")
    dense = layers.Dense(4, name="dense")
    middle = keras.Model(y, dense(inmost(dense(inmost(y)))), name="middle")
    z = keras.Input((4,), name="z")
    outer = keras.Model(z, middle(layers.ReLU(name="relu")(middle(z))), name="outer")
    a = keras.Input((4,), name="a")
    return keras.Model(a, layers.Dense(2, name="end")(outer(a)))


def namesakes() -> Any:
    """Two models of the same name in different ones, and states of a recurrent layer as outputs."""
    import keras
    from keras import layers

    def part_of(name: str, units: int) -> Any:
        x = keras.Input((5, 3), name="x")
        _, h, c = layers.LSTM(units, return_state=True, name="lstm")(x)
        core = keras.Model(x, [h, c], name="core")
        y = keras.Input((5, 3), name="y")
        return keras.Model(y, layers.Concatenate(name="joined")(core(y)), name=name)

    a = keras.Input((5, 3), name="a")
    both = [part_of("one", 2)(a), part_of("two", 4)(a)]
    return keras.Model(a, layers.Concatenate(name="all")(both))


NETWORKS = (functional, sequential, siamese, ports, variational, whole, deep, namesakes)


def codes(reading: Reading) -> set[str]:
    return {item.code for item in reading.diagnostics}


def read(config: dict[str, Any]) -> Reading:
    return read_source(Source(json.dumps(config).encode(), "model.json"))


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("make", NETWORKS)
def test_a_model_inside_a_model_is_a_block_and_computes_the_same(
    make: Callable[[], Any], suffix: str, tmp_path: Path
) -> None:
    import keras

    keras.backend.clear_session()
    model = randomized(make())
    path = tmp_path / f"model{suffix}"
    model.save(path)
    reading = read_source(Source.of_file(path))
    inner = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    used = [node for node in reading.graph.nodes.values() if node.type == BLOCK]
    assert codes(reading) <= {"keras.output_added"}
    assert {node.params["block"] for node in used if not node.shares} == {
        layer.name for layer in inner
    }
    assert analyse(reading.graph).totals.weights == model.count_params()
    assert reading.weights is not None
    assert is_complete(reading.graph, reading.weights)
    assert count(reading.weights) == model.count_params()
    assert Graph.from_json(reading.graph.to_json()) == reading.graph
    inputs = random_inputs(reading.graph)
    found = computed(reading.graph, reading.weights, inputs)
    for one, other in zip(found, outputs_of(model, inputs), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("form", ["keras", "keras_h5"])
@pytest.mark.parametrize("make", NETWORKS)
def test_weights_find_the_layers_of_blocks_and_go_out_with_them(
    make: Callable[[], Any], form: str, tmp_path: Path
) -> None:
    import keras

    keras.backend.clear_session()
    model = randomized(make())
    suffix = ".h5" if form == "keras_h5" else ".keras"
    theirs, ours = tmp_path / f"theirs{suffix}", tmp_path / f"ours{suffix}"
    model.save(theirs)
    graph = read(json.loads(model.to_json())).graph
    fitted = attach(Source.of_file(theirs), graph)
    assert fitted.diagnostics == ()
    assert is_complete(graph, fitted.weights)
    ours.write_bytes(write(graph, form, fitted.weights))
    again = attach(Source.of_file(ours), graph)
    assert again.diagnostics == ()
    for identity, arrays in fitted.weights.items():
        for name, array in arrays.items():
            np.testing.assert_array_equal(again.weights[identity][name], array)
    inputs = random_inputs(graph)
    written = keras.models.load_model(ours, compile=False)
    for one, other in zip(outputs_of(written, inputs), outputs_of(model, inputs), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5, rtol=1e-5)


def keras_2(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration as Keras 2 wrote it: calls of inner models are counted from 1 on."""
    inner = config["config"]
    models = {layer["name"] for layer in inner["layers"] if "layers" in layer["config"]}

    def tensor(value: list[Any]) -> list[Any]:
        return [value[0], value[1] + (value[0] in models), value[2]]

    made = []
    for layer in inner["layers"]:
        calls = []
        for call in layer["inbound_nodes"]:
            (given,) = call["args"]
            given = given if isinstance(given, list) else [given]
            calls.append([[*tensor(item["config"]["keras_history"]), {}] for item in given])
        own = {"class_name": layer["class_name"], "config": layer["config"], "name": layer["name"]}
        if layer["name"] in models:
            own = keras_2(own)
        made.append(own | {"name": layer["name"], "inbound_nodes": calls})
    ends = {
        key: [
            tensor(end) for end in ([inner[key]] if isinstance(inner[key][0], str) else inner[key])
        ]
        for key in ("input_layers", "output_layers")
    }
    return {"class_name": "Functional", "config": {**inner, "layers": made, **ends}}


def test_calls_of_a_model_are_counted_as_the_keras_that_wrote_them_did() -> None:
    """Keras 3 counts from 0 inside and from 1 at the ends, Keras 2 from 1 on everywhere."""
    model = json.loads(siamese().to_json())
    read_3 = read(model)
    read_2 = read(keras_2(model) | {"keras_version": "2.15.0"})
    assert read_2.graph == read_3.graph
    shared = [node for node in read_3.graph.nodes.values() if node.type == BLOCK]
    assert [node.shares for node in shared] == [None, shared[0].id]
    fed = [read_3.graph.incoming(node.id)[0].source for node in shared]
    assert [read_3.graph.nodes[identity].name for identity in fed] == ["a", "b"]


def channels_first(places: int) -> Any:
    """An inner model that keeps channels first, called on one input or two, before a Flatten."""
    import keras
    from keras import layers

    x = keras.Input((3, 8, 9), name="x")
    y = layers.Conv2D(4, 3, data_format="channels_first", name="conv")(x)
    y = layers.BatchNormalization(axis=1, name="norm")(y)
    flat = layers.Flatten(name="flat")(y)
    inner = keras.Model(x, [y, layers.Dense(2, name="dense")(flat)], name="inner")
    inputs = [keras.Input((3, 8, 9), name=f"in_{place}") for place in range(places)]
    made = [inner(each) for each in inputs]
    if places == 1:
        joined = layers.Flatten()(made[0][0])
    else:
        joined = layers.Flatten()(layers.Add()([one for one, _ in made]))
    ends = [layers.Dense(2)(joined), *(other for _, other in made)]
    return keras.Model(inputs, ends)


@pytest.mark.parametrize("places", [1, 2])
def test_a_block_that_kept_channels_first_is_converted(places: int, tmp_path: Path) -> None:
    model = randomized(channels_first(places))
    path = tmp_path / "model.keras"
    model.save(path)
    reading = read_source(Source.of_file(path))
    assert "keras.flattened" not in codes(reading)
    assert any(node.type == BLOCK for node in reading.graph.nodes.values())
    assert reading.weights is not None
    assert is_complete(reading.graph, reading.weights)
    inputs = random_inputs(reading.graph)
    turned = [array.transpose(0, 3, 1, 2) for array in inputs]
    # Not called eagerly: TensorFlow's CPU kernels err there with channels first.
    expected = model.predict(turned if places > 1 else turned[0], verbose=0)
    found = computed(reading.graph, reading.weights, inputs)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5, rtol=1e-4)


def model_of(
    layers: list[dict[str, Any]], inputs: list[list[Any]], outputs: list[list[Any]]
) -> dict[str, Any]:
    config = {"name": "m", "layers": layers, "input_layers": inputs, "output_layers": outputs}
    return {"class_name": "Functional", "config": config}


def one(name: str, kind: str, *calls: list[Any], **config: Any) -> dict[str, Any]:
    """A layer that is called on one tensor each time."""
    nodes = [[call] for call in calls]
    return {"class_name": kind, "name": name, "config": config, "inbound_nodes": nodes}


X = one("x", "InputLayer", batch_shape=[None, 4])


def around(inner: dict[str, Any], name: str, *calls: list[Any]) -> dict[str, Any]:
    return {**inner, "name": name, "inbound_nodes": [[call] for call in calls]}


def nested(depth: int) -> dict[str, Any]:
    """A Dense in so many models."""
    dense = one("dense", "Dense", ["x", 0, 0], units=3)
    made = model_of([X, dense], [["x", 0, 0]], [["dense", 0, 0]])
    for _ in range(depth):
        layers = [X, around(made, "inner", ["x", 0, 0])]
        made = model_of(layers, [["x", 0, 0]], [["inner", 0, 0]])
    return made


@pytest.mark.parametrize("depth", [1, MAX_DEPTH, MAX_DEPTH + 1, MAX_DEPTH + 3])
def test_models_deeper_than_blocks_may_be_are_shown_as_their_layers(depth: int) -> None:
    reading = read(nested(depth))
    assert codes(reading) == ({"keras.flattened"} if depth > MAX_DEPTH else set())
    assert len(reading.graph.blocks) == min(depth, MAX_DEPTH)
    analysis = analyse(reading.graph)
    assert analysis.errors == []
    assert analysis.totals.weights == 15


def test_models_whose_calls_differ_are_shown_as_their_layers() -> None:
    """Here the second call has a Permute inside that the first has not."""
    nest = Nest()
    nodes = [Node("x", "InputLayer", "x", {"shape": [4, 4]})]
    edges = []
    for before, call in (("x", "a"), ("a2", "b")):
        inner = nest.call(("core",), None)
        nodes.append(nest.port(f"{call}0", inner, "x", is_input=True))
        shares = "a1" if call == "b" else None
        nodes.append(Node(f"{call}1", "Dense", "dense", {"units": 4}, shares=shares))
        nest.where[f"{call}1"] = inner
        nodes.append(nest.port(f"{call}2", inner, "output", is_input=False))
        edges += [Edge(before, f"{call}0"), Edge(f"{call}1", f"{call}2")]
    nodes.append(Node("p00000", "Permute", "turned", {"dims": [2, 1]}))
    edges += [Edge("a0", "a1"), Edge("b0", "p00000"), Edge("p00000", "b1")]
    made = folded(Graph(nodes, edges), nest, ["x"], ["b2"])
    assert [item.code for item in made.diagnostics] == ["keras.flattened"]
    assert made.graph.blocks == {}
    kinds = [made.graph.nodes[identity].type for identity in made.graph.order]
    assert kinds == ["InputLayer", "Dense", "Permute", "Dense"]
    assert [node.name for node in made.graph.nodes.values()][1:3] == ["dense", "core_1_dense"]
    assert analyse(made.graph).totals.weights == 20


def test_very_many_calls_of_a_model_are_refused_at_once() -> None:
    relu = one("relu", "ReLU", ["x", 0, 0])
    inner = model_of([X, relu], [["x", 0, 0]], [["relu", 0, 0]])
    calls = [["x", 0, 0], *(["inner", call, 0] for call in range(100_000))]
    started = time.process_time()
    with pytest.raises(GraphError) as caught:
        read(model_of([X, around(inner, "inner", *calls)], [["x", 0, 0]], [["inner", 9, 0]]))
    assert [item.code for item in caught.value.diagnostics] == ["graph.too_large"]
    assert time.process_time() - started < 5


def test_as_many_calls_as_a_network_may_have_are_read_in_time() -> None:
    dense = one("dense", "Dense", ["x", 0, 0], units=4)
    inner = model_of([X, dense], [["x", 0, 0]], [["dense", 0, 0]])
    calls = [["x", 0, 0], *(["inner", call, 0] for call in range(2_000))]
    started = time.process_time()
    made = model_of([X, around(inner, "inner", *calls)], [["x", 0, 0]], [["inner", 2_000, 0]])
    reading = read(made)
    assert time.process_time() - started < 5
    assert len(reading.graph) == 2_002
    assert analyse(reading.graph).totals.weights == 20


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus lies outside the repository")
def test_a_real_file_with_models_inside_has_blocks() -> None:
    name = "Arksyd96__denoising_ae_nested_models.json"
    reading = read_source(Source.of_file(CORPUS / "keras" / name))
    assert len(reading.graph.blocks) == 2
    assert "keras.flattened" not in codes(reading)
    assert analyse(reading.graph).errors == []
