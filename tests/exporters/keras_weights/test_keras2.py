"""Networks for Keras 2: what is written says the same, and what cannot be said is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporters.format import formats, read, write
from layers.diagnostics import GraphError
from layers.graph import Graph
from tests.exporters.judging import computed, random_inputs, random_weights
from tests.exporters.networks import CONNECTED, EXAMPLES, NETWORKS, edges, facts, node

FORM = formats()["keras2_json"]
OTHERWISE = ("Embedding-1", "RandomCrop-0", "Activation-11")
"""A negative index, an image smaller than its crop, and hard_sigmoid, which is told."""


@pytest.mark.parametrize("graph", [*NETWORKS, *EXAMPLES])
def test_what_is_written_for_keras_2_is_read_as_the_same_network(graph: Graph) -> None:
    obstacles = FORM.obstacles(graph)
    if obstacles:
        with pytest.raises(GraphError) as caught:
            FORM.write(graph)
        assert caught.value.diagnostics == obstacles
        return
    reading = read(FORM.write(graph), "model.json")
    told = {item.code for item in FORM.losses(graph)} & {"keras2.hard_sigmoid"}
    assert len(reading.diagnostics) == len(told)
    assert facts(reading.graph) == facts(graph)


def of(kind: str, shape: list[int], **params: Any) -> Graph:
    return Graph(
        [node("x", "InputLayer", shape=shape), node("it", kind, **params)], edges("x>it"), name="g"
    )


def test_what_keras_2_does_not_have_is_named_with_its_node() -> None:
    cases = {
        "keras2.layer": of("RMSNormalization", [4]),
        "keras2.value": of("Dense", [4], units=2, activation="relu6"),
    }
    for code, graph in cases.items():
        with pytest.raises(GraphError) as caught:
            write(graph, "keras2_json")
        assert [(item.code, item.node) for item in caught.value.diagnostics] == [(code, "it")]


def test_a_function_that_differs_in_keras_2_is_told() -> None:
    graph = of("Dense", [4], units=2, activation="hard_sigmoid")
    assert [item.code for item in FORM.losses(graph)] == ["keras2.hard_sigmoid"]
    assert FORM.losses(CONNECTED["branches"]) == ()


@pytest.mark.long
@pytest.mark.parametrize("graph", [*CONNECTED.values(), *EXAMPLES])
def test_keras_2_computes_the_same(
    graph: Graph, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """tf_keras is Keras 2 for today's TensorFlow; nothing here needs it installed."""
    tf_keras = pytest.importorskip("tf_keras")
    if FORM.obstacles(graph) or formats()["keras_h5"].obstacles(graph):
        pytest.skip("Keras 2 has not all of it")
    if any(name in request.node.name for name in OTHERWISE):
        pytest.skip("Keras 2 does otherwise")
    weights, inputs = random_weights(graph), random_inputs(graph)
    model = tf_keras.models.model_from_json(FORM.write(graph).decode())
    path = tmp_path / "weights.h5"
    path.write_bytes(write(graph, "keras_h5", weights))
    model.load_weights(path)
    made = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    found = [np.asarray(value) for value in (made if isinstance(made, list | tuple) else [made])]
    for one, other in zip(found, computed(graph, weights, inputs), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5, rtol=1e-5)
