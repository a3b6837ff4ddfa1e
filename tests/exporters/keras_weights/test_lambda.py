"""Programs in Lambda layers, whose output only the file or the weights behind it can tell."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exporters.format import write
from layers.analysis import analyse
from tests.exporters.keras_weights.files import opened as read
from tests.exporters.keras_weights.files import values, whole
from tests.exporters.test_keras_generations import called, layer

LAYERS = {
    "one": {"one/kernel:0": values(4, 3), "one/bias:0": values(3)},
    "two": {"two/kernel:0": values(3, 2), "two/bias:0": values(2)},
}


@pytest.mark.parametrize("is_stated", [False, True])
def test_a_program_that_keeps_the_shape_is_believed_where_the_weights_fit(is_stated: bool) -> None:
    size: dict[str, Any] = {"output_shape": [2, 2]} if is_stated else {"output_shape": None}
    program = {"name": "scaled", "function": ["4wEAAAA=", None, None], "function_type": "lambda"}
    config = {
        "class_name": "Sequential",
        "config": [
            {
                "class_name": "Lambda",
                "config": {**program, **size, "batch_input_shape": [None, 2, 2]},
            },
            {"class_name": "Flatten", "config": {"name": "flat"}},
            {"class_name": "Dense", "config": {"name": "one", "units": 3}},
            {"class_name": "Dense", "config": {"name": "two", "units": 2}},
        ],
    }
    reading = read(whole(config, LAYERS, "2.1.3"))
    assert reading.weights is not None
    assert sum(array.size for own in reading.weights.values() for array in own.values()) == 23
    codes = [item.code for item in reading.diagnostics]
    assert codes == ["keras.unknown_layer", *([] if is_stated else ["keras.kept_shape"])]
    assert analyse(reading.graph).totals.weights == 23
    written = json.loads(write(reading.graph, "keras_json"))
    (kept,) = (item for item in written["config"]["layers"] if item["class_name"] == "Lambda")
    assert kept["config"]["function"] == program["function"]


def test_a_class_of_others_is_believed_to_keep_the_shape_where_the_weights_fit() -> None:
    """Operations and layers behind it are understood, and what it has of its own is left over."""
    config = {
        "class_name": "Functional",
        "config": {
            "name": "net",
            "layers": [
                called(layer("InputLayer", "x", batch_input_shape=[None, 6, 4])),
                called(layer("somebody>Affine", "affine", axis=-1), "x"),
                {
                    **layer("TFOpLambda", "mean", function="math.reduce_mean"),
                    "name": "mean",
                    "inbound_nodes": [["affine", 0, 0, {"axis": 1}]],
                },
                called(layer("Dense", "one", units=3), "mean"),
                called(layer("Dense", "two", units=2), "one"),
                called(layer("somebody>Decode", "end"), "two"),
            ],
            "input_layers": [["x", 0, 0]],
            "output_layers": [["end", 0, 0]],
        },
    }
    layers = {**LAYERS, "affine": {"affine/gamma:0": values(4)}}
    reading = read(whole(config, layers, "2.15.0"))
    told = [item.code for item in reading.diagnostics]
    assert sorted(told) == [
        *("keras.kept_shape", "keras.operations"),
        *("keras.unknown_layer", "keras.unknown_layer", "weights.left_over"),
    ]
    assert analyse(reading.graph).totals.weights == 23
    known = analyse(reading.graph).nodes
    outputs = {node.name: known[node.id].outputs for node in reading.graph}
    assert outputs["affine"]
    assert outputs["affine"][0].shape == (None, 6, 4)
    # Nothing proves what is at the end.
    assert outputs["end"] is None
    written = json.loads(write(reading.graph, "keras_json"))
    (kept,) = (item for item in written["config"]["layers"] if item["name"] == "affine")
    assert "kept_shape" not in kept["config"]


def test_what_is_behind_an_activation_of_others_is_known() -> None:
    config = {
        "class_name": "Sequential",
        "config": [
            {
                "class_name": "Dense",
                "config": {
                    **{"name": "one", "units": 3, "batch_input_shape": [None, 4]},
                    "activation": "somebody>hard_swish",
                },
            },
            {"class_name": "Dense", "config": {"name": "two", "units": 2}},
        ],
    }
    reading = read(whole(config, LAYERS, "2.15.0"))
    assert analyse(reading.graph).totals.weights == 23
    assert [item.code for item in analyse(reading.graph).errors] == ["param.function"]


def test_a_program_whose_shape_does_not_fit_stays_unknown() -> None:
    config = {
        "class_name": "Sequential",
        "config": [
            {"class_name": "Lambda", "config": {"name": "cut", "batch_input_shape": [None, 9]}},
            {"class_name": "Dense", "config": {"name": "one", "units": 3}},
            {"class_name": "Dense", "config": {"name": "two", "units": 2}},
        ],
    }
    reading = read(whole(config, LAYERS, "2.1.3"))
    codes = {item.code for item in reading.diagnostics}
    assert "keras.kept_shape" not in codes
    assert len(codes) > 1
