"""Sizes that tf.keras models take from tensors and hand on to other operations as numbers."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from exporters.format import Reading, read
from tests.exporters.judging import computed
from tests.exporters.operation_models import model


def item(name: str, function: str, source: str, **given: Any) -> dict[str, Any]:
    """An operation, called `op` where it is the network's output."""
    return {
        "class_name": "TFOpLambda",
        "config": {"name": name, "dtype": "int32", "function": function},
        "name": name,
        "inbound_nodes": [[source, 0, 0, given]],
    }


def of(items: list[dict[str, Any]], shape: str) -> Reading:
    text = json.loads(model(items[-1], "batch_input_shape", shape))
    layers = text["config"]["layers"]
    text["config"]["layers"] = [one for one in layers if one["name"] != "op"] + items
    return read(json.dumps(text), "model.json")


@pytest.mark.keras
def test_sizes_taken_from_a_tensor_are_numbers() -> None:
    reading = of(
        [
            item("shape", "compat.v1.shape", "x"),
            item("height", "__operators__.getitem", "shape", slice_spec=1),
            item("width", "__operators__.getitem", "shape", slice_spec=2),
            item("places", "math.multiply", "height", y=["width", 0, 0]),
            item("op", "reshape", "x", shape=[-1, ["places", 0, 0], 3]),
        ],
        "image",
    )
    assert {node.type for node in reading.graph.nodes.values()} <= {
        "Identity", "Activation", "InputLayer", "Reshape"
    }  # fmt: skip
    x = np.random.default_rng(0).normal(size=(2, 8, 6, 3)).astype("float32")
    (found,) = computed(reading.graph, {}, [x, x][: len(inputs_of(reading))])
    np.testing.assert_array_equal(found, x.reshape(2, 48, 3))


def inputs_of(reading: Reading) -> list[str]:
    return [node.name for node in reading.graph if node.type == "InputLayer"]


def test_sizes_that_are_needed_as_tensors_stay_however_many_hang_together() -> None:
    names = [f"n{place}" for place in range(3000)]
    reading = of(
        [
            item("shape", "compat.v1.shape", "x"),
            item("n0", "__operators__.getitem", "shape", slice_spec=1),
            *(item(two, "math.add", one, y=0) for one, two in pairwise(names)),
            item("op", "math.bessel_i0", names[-1]),
        ],
        "steps",
    )
    assert sum(node.type == "TFOpLambda" for node in reading.graph.nodes.values()) == 3002
