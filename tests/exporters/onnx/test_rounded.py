"""Files whose numbers are rounded to eight bits: here they are what these stand for, or not
understood where the file computes with the whole numbers themselves.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from exporters.format import read
from exporters.weights import Array
from tests.exporters.judging import computed
from tests.exporters.onnx.runtime import ran
from tests.exporters.onnx.test_other_programs import exported, model, opaque

torch = pytest.importorskip("torch", reason="PyTorch is the author of some of these files")
pytestmark = pytest.mark.keras
nn = torch.nn


@pytest.mark.parametrize("way", ["QDQ", "QOperator", "dynamic"])
def test_weights_of_eight_bits_are_the_numbers_they_stand_for(way: str, tmp_path: Path) -> None:
    from onnxruntime import quantization

    network = nn.Sequential(
        *(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 6, 3), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(6 * 9, 5)),
    )
    torch.manual_seed(1)
    given = torch.randn(2, 3, 10, 10)
    (tmp_path / "whole.onnx").write_bytes(exported(network, given, input_names=["x"]))
    files = [str(tmp_path / name) for name in ("whole.onnx", "rounded.onnx")]
    if way == "dynamic":
        quantization.quantize_dynamic(*files)
    else:

        class Samples(quantization.CalibrationDataReader):  # type: ignore[misc]
            left = [{"x": given.numpy()}]

            def get_next(self) -> Any:
                return self.left.pop() if self.left else None

        form = getattr(quantization.QuantFormat, way)
        quantization.quantize_static(*files, Samples(), quant_format=form)
    data = (tmp_path / "rounded.onnx").read_bytes()
    reading = read(data, "rounded.onnx")
    assert not opaque(reading)
    assert [item.code for item in reading.diagnostics if item.severity == "warning"] == [
        "onnx.rounded"
    ]
    (found,) = computed(reading.graph, reading.weights or {}, [given.numpy().transpose(0, 2, 3, 1)])
    (expected,) = ran(data, [given.numpy()])
    np.testing.assert_allclose(found, expected, atol=0.03 * np.abs(expected).max())


def scaled(name: str, scale: float, zero: int, dtype: str = "uint8") -> dict[str, Array]:
    """A scale and a zero point."""
    return {f"{name}s": np.array(scale, "float32"), f"{name}z": np.array(zero, dtype)}


QUANTIZE = helper.make_node("QuantizeLinear", ["x", "as", "az"], ["q"])


def test_limits_that_took_the_place_of_a_relu_are_kept() -> None:
    """Of ReLU6, both: the quantizer of ONNX Runtime leaves it out where the scale ends at 6."""
    nodes = [QUANTIZE, helper.make_node("DequantizeLinear", ["q", "as", "az"], ["y"])]
    for dtype, zero in (("uint8", 0), ("int8", -128)):
        data = model(nodes, [None, 4], scaled("a", 6 / 255, zero, dtype))
        x = np.array([[-3, 0.5, 5, 100]], "float32")
        (found,) = computed(read(data, "limits.onnx").graph, {}, [x])
        np.testing.assert_allclose(found, ran(data, [x])[0], atol=0.02)


def test_whole_numbers_are_what_they_stand_for() -> None:
    """A table of whole numbers, and whole numbers that come in."""
    table = {"t": np.arange(-6, 6, dtype="int8").reshape(4, 3), **scaled("a", 0.5, 3, "int8")}
    nodes = [
        helper.make_node("Gather", ["t", "x"], ["g"]),
        helper.make_node("DequantizeLinear", ["g", "as", "az"], ["y"]),
    ]
    proto = onnx.load_model_from_string(model(nodes, [None, 2], table))
    proto.graph.input[0].type.tensor_type.elem_type = TensorProto.INT64
    data = proto.SerializeToString()
    x = np.array([[0, 3], [2, 1]])
    reading = read(data, "table.onnx")
    (found,) = computed(reading.graph, reading.weights or {}, [x])
    np.testing.assert_allclose(found, ran(data, [x])[0], atol=1e-6)


MISUSED = {
    "another scale": [QUANTIZE, helper.make_node("DequantizeLinear", ["q", "bs", "az"], ["y"])],
    "whole numbers cut off": [
        QUANTIZE,
        helper.make_node("Relu", ["q"], ["r"]),
        helper.make_node("DequantizeLinear", ["r", "as", "az"], ["y"]),
    ],
    "whole numbers as floats": [QUANTIZE, helper.make_node("Cast", ["q"], ["y"], to=1)],
    "a unit used elsewhere": [
        helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]),
        helper.make_node("Mul", ["x", "s"], ["y"]),
    ],
    "another zero point": [
        helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]),
        helper.make_node("MatMulInteger", ["q", "w", "az"], ["i"]),
        helper.make_node("Cast", ["i"], ["f"], to=1),
        helper.make_node("Mul", ["f", "s"], ["y"]),
    ],
}


@pytest.mark.parametrize("case", MISUSED)
def test_what_computes_with_whole_numbers_is_not_understood(case: str) -> None:
    fixed = {**scaled("a", 0.1, 100), **scaled("b", 1.0, 100), "w": np.ones((4, 2), "int8")}
    assert opaque(read(model(MISUSED[case], [None, 4], fixed), "whole.onnx"))


def test_an_output_of_whole_numbers_is_told() -> None:
    nodes = [helper.make_node("QuantizeLinear", ["x", "as", "az"], ["y"])]
    reading = read(model(nodes, [None, 4], scaled("a", 0.1, 128)), "whole.onnx")
    assert {item.code for item in reading.diagnostics} == {"onnx.output_whole", "onnx.rounded"}
