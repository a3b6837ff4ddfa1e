"""Masks of pairs of steps, which attention with heads is called with, in Keras' spellings."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from exporters.format import read, write
from layers.analysis import analyse
from layers.graph import Graph
from tests.exporters.judging import computed, outputs_of, random_inputs
from tests.exporters.networks import edges, facts, node
from tests.exporters.test_keras_calls import item, model, tensor

PAIRS_ARE_MASKED = [
    {"args": [tensor("x"), tensor("y")], "kwargs": {"attention_mask": tensor("m")}},
    {"args": [tensor("x"), tensor("y"), tensor("y"), None, None, None, tensor("m")], "kwargs": {}},
    {
        "args": [],
        "kwargs": {"attention_mask": tensor("m"), "query": tensor("x"), "value": tensor("y")},
    },
    [["x", 0, 0, {"value": ["y", 0, 0], "attention_mask": ["m", 0, 0]}]],
]
HEADS = {"num_heads": 2, "key_dim": 3}


def masked(call: Any, dtype: str = "bool", **more: Any) -> str:
    return model(
        item("InputLayer", "x", batch_shape=[None, 7, 5]),
        item("InputLayer", "y", batch_shape=[None, 4, 5]),
        item("InputLayer", "m", batch_shape=[None, 7, 4], dtype=dtype),
        item("MultiHeadAttention", "it", call, **HEADS, **more),
        inputs="x y m",
        outputs="it",
    )


@pytest.mark.parametrize("call", PAIRS_ARE_MASKED, ids=range(len(PAIRS_ARE_MASKED)))
@pytest.mark.parametrize("causal", [False, True])
def test_a_mask_of_pairs_is_an_input_in_every_spelling(call: Any, causal: bool) -> None:
    if causal and isinstance(call, dict):
        call = {**call, "kwargs": {**call["kwargs"], "use_causal_mask": True}}
    reading = read(masked(call), "m.json")
    assert reading.diagnostics == ()
    graph = reading.graph
    assert analyse(graph).errors == []
    names = {node.id: node.name for node in graph.nodes.values()}
    (it,) = (node for node in graph if node.name == "it")
    found = [names[edge.source] for edge in graph.incoming(it.id)]
    assert found in (["x", "y", "m"], ["x", "y", "y", "m"])
    for form in ("keras_json", "keras2_json", "python", "keras"):
        assert facts(read(write(graph, form), f"m.{form}").graph) == facts(graph)


@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_an_input_of_numbers_that_is_only_a_mask_becomes_one(dtype: str) -> None:
    """Keras asks only which numbers are not 0, and is the judge."""
    import keras

    text = masked(PAIRS_ARE_MASKED[0], dtype)
    reading = read(text, "m.json")
    assert [item.code for item in reading.diagnostics] == ["keras.mask_input"]
    inputs = random_inputs(reading.graph)
    assert inputs[2].dtype == bool
    x, y = keras.Input((7, 5)), keras.Input((4, 5))
    m = keras.Input((7, 4), dtype=dtype)
    layer = keras.layers.MultiHeadAttention(**HEADS)
    theirs = keras.Model([x, y, m], layer(x, y, attention_mask=m))
    names = [
        f"{part}/{leaf}"
        for part in ("query", "key", "value", "attention_output")
        for leaf in ("kernel", "bias")
    ]
    (it,) = (node.id for node in reading.graph if node.name == "it")
    weights = {it: dict(zip(names, map(np.asarray, layer.weights), strict=True))}
    (expected,) = outputs_of(theirs, [*inputs[:2], 3 * inputs[2].astype(dtype)])
    (found,) = computed(reading.graph, weights, inputs)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_an_input_that_is_a_mask_beside_other_things_is_named() -> None:
    text = json.loads(masked(PAIRS_ARE_MASKED[0], "float32"))
    text["config"]["layers"].append(item("Flatten", "flat", {"args": [tensor("m")], "kwargs": {}}))
    text["config"]["output_layers"].append(["flat", 0, 0])
    reading = read(json.dumps(text), "m.json")
    assert [item.code for item in reading.diagnostics] == ["keras.argument"]


def test_a_mask_of_pairs_that_an_operation_makes_is_named() -> None:
    """Keras makes none by itself, unlike one of steps."""
    made = item("NotEqual", "made", {"args": [tensor("m"), 0], "kwargs": {}})
    made["module"] = "keras.src.ops.numpy"
    text = json.loads(
        masked(PAIRS_ARE_MASKED[0]).replace('"keras_history": ["m"', '"keras_history": ["made"')
    )
    text["config"]["layers"].insert(3, made)
    reading = read(json.dumps(text), "m.json")
    assert "keras.argument" in [item.code for item in reading.diagnostics]


@pytest.mark.parametrize(
    ("shape", "dtype", "code"),
    [
        ([7, 5], "bool", "attention.mask_shape"),
        ([4], "bool", "attention.mask_shape"),
        ([2, 7, 4], "bool", "attention.mask_shape"),
        ([7, 4], "float32", "attention.mask_type"),
    ],
)
def test_a_mask_that_fits_no_pairs_is_named(shape: list[int], dtype: str, code: str) -> None:
    nodes = [
        node("x", "InputLayer", shape=[7, 5]),
        node("y", "InputLayer", shape=[4, 5]),
        node("m", "InputLayer", shape=shape, dtype=dtype),
        node("it", "MultiHeadAttention", num_heads=2, key_dim=3),
    ]
    wires = edges("x>it:0", "y>it:1", "y>it:2", "m>it:3")
    graph = Graph(nodes, wires, name="g")
    assert [item.code for item in analyse(graph).errors] == [code]
