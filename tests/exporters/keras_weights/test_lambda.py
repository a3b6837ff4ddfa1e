"""Programs in Lambda layers, whose output only the file or the weights behind it can tell."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exporters.format import write
from layers.analysis import analyse
from tests.exporters.keras_weights.files import opened as read
from tests.exporters.keras_weights.files import values, whole

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
    assert codes == ["keras.unknown_layer", *([] if is_stated else ["keras.lambda_shape"])]
    assert analyse(reading.graph).totals.weights == 23
    written = json.loads(write(reading.graph, "keras_json"))
    (kept,) = (item for item in written["config"]["layers"] if item["class_name"] == "Lambda")
    assert kept["config"]["function"] == program["function"]


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
    assert "keras.lambda_shape" not in codes
    assert len(codes) > 1
