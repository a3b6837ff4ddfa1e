"""What ONNX Runtime computes: the measure of every conversion from and to ONNX."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime

from exporters.weights import Array

TOLERANCE = 1e-4
"""Largest difference, in parts of the largest value where that is above 1."""

onnxruntime.set_default_logger_severity(4)


def checked(data: bytes) -> onnx.ModelProto:
    """A model that passes the checker and full shape inference."""
    model = onnx.load_model_from_string(data)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    return model


def ran(data: bytes, inputs: list[Array]) -> list[Array]:
    """The outputs of a model for inputs in its order."""
    session: Any = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    names = [item.name for item in session.get_inputs()]
    return list(session.run(None, dict(zip(names, inputs, strict=True))))


def assert_equal(found: list[Array], expected: list[Array]) -> None:
    """Whether values are the same within the tolerance, shapes exactly."""
    assert [array.shape for array in found] == [array.shape for array in expected]
    for one, two in zip(found, expected, strict=True):
        largest = max(1.0, float(np.abs(two).max(initial=0)))
        assert np.abs(one.astype("float64") - two).max(initial=0) <= TOLERANCE * largest
