"""Single operations in every spelling that files have: each is understood, and our build computes
what ONNX Runtime does; what is written of it does so once more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from exporters.format import read, write
from exporters.weights import Array
from tests.exporters.judging import computed
from tests.exporters.onnx.runtime import assert_equal, checked, ran, same_as_runtime
from tests.exporters.onnx.test_other_programs import opaque

pytestmark = pytest.mark.keras
CHANCE = np.random.default_rng(11)
node = helper.make_node


def drawn(*shape: int) -> Array:
    return CHANCE.normal(size=shape).astype("float32")


def whole(*values: int) -> Array:
    return np.array(values, "int64")


@dataclass(frozen=True)
class Case:
    """Operations from x to y.

    Attributes:
        nodes: in order.
        shape: of x, None where the file does not say.
        fixed: constants.
        opset: which version they are of.
        size: what an unknown size is while it runs.
    """

    nodes: Sequence[Any]
    shape: Sequence[int | None]
    fixed: Mapping[str, Array] = field(default_factory=dict)
    opset: int = 17
    size: int = 6

    @property
    def data(self) -> bytes:
        graph = helper.make_graph(
            self.nodes,
            "graph",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.shape)],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
            [numpy_helper.from_array(array, name) for name, array in self.fixed.items()],
        )
        opsets = [helper.make_opsetid("", self.opset)]
        made = helper.make_model(graph, opset_imports=opsets, ir_version=10)
        return bytes(made.SerializeToString())

    @property
    def given(self) -> Array:
        return drawn(2, *(size or self.size for size in self.shape[1:]))


KERNEL = drawn(4, 3, 3, 3)
OPEN = (None, 3, None, None)
IMAGE = (None, 3, 9, 11)


def after_convolution(*nodes: Any, shape: Sequence[int | None] = IMAGE, **more: Any) -> Case:
    """Operations on c, which has its channels first in the file and last here."""
    fixed = {"k": KERNEL, **more.pop("fixed", {})}
    return Case([node("Conv", ["x", "k"], ["c"], pads=[1] * 4), *nodes], shape, fixed, **more)


def transposed(shape: tuple[int, ...] = (3, 4, 3, 3), bias: int = 0, **attributes: Any) -> Case:
    fixed = {"k": drawn(*shape), **({"b": drawn(bias)} if bias else {})}
    given = ["x", "k", *(["b"] if bias else [])]
    return Case([node("ConvTranspose", given, ["y"], **attributes)], IMAGE, fixed)


CASES: dict[str, Case] = {
    "a gate spread over unknown sizes": after_convolution(
        node("GlobalAveragePool", ["c"], ["p"]),
        node("Sigmoid", ["p"], ["g"]),
        node("Shape", ["c"], ["s"]),
        node("Expand", ["g", "s"], ["e"]),
        node("Mul", ["c", "e"], ["y"]),
        shape=OPEN,
    ),
    "a gate spread over known sizes": after_convolution(
        node("GlobalAveragePool", ["c"], ["p"]),
        node("Expand", ["p", "s"], ["y"]),
        fixed={"s": whole(9, 11)},
    ),
    "one number of each sample": Case(
        [node("MatMul", ["x", "w"], ["a"]), node("Squeeze", ["a", "last"], ["y"])],
        (None, 5),
        {"w": drawn(5, 1), "last": whole(-1)},
    ),
    **{
        f"ConvTranspose {auto} {strides}": transposed(auto_pad=auto, strides=strides)
        for auto in ("SAME_UPPER", "SAME_LOWER")
        for strides in ([1, 1], [2, 2])
    },
    "ConvTranspose to a size": transposed(strides=[2, 2], output_shape=[18, 22]),
    "ConvTranspose to a size, less at the begin": transposed(
        strides=[2, 2], output_shape=[18, 22], auto_pad="SAME_UPPER"
    ),
    "ConvTranspose in groups, longer at the end": transposed(
        (3, 2, 3, 3), 6, group=3, strides=[2, 2], pads=[1] * 4, output_padding=[1, 1]
    ),
    "ConvTranspose with holes and strides": transposed(
        strides=[2, 2], dilations=[2, 2], pads=[1] * 4, output_padding=[1, 1]
    ),
    "ConvTranspose longer than its windows": transposed(
        (3, 4, 3, 3), 4, strides=[3, 3], output_padding=[2, 1]
    ),
    "Celu": Case([node("Celu", ["x"], ["y"], alpha=2.0)], (None, 5)),
    "Selu": Case([node("Selu", ["x"], ["y"], alpha=1.5, gamma=1.1)], (None, 5)),
    "soft Shrink": Case([node("Shrink", ["x"], ["y"], bias=0.3, lambd=0.3)], (None, 5)),
    "hard Shrink": Case([node("Shrink", ["x"], ["y"], lambd=0.3)], (None, 5)),
    "Gelu by its approximation": after_convolution(
        node("Gelu", ["c"], ["y"], approximate="tanh"), opset=20
    ),
    "Swish": Case([node("Swish", ["x"], ["y"])], (None, 5), opset=24),
    "steep Swish": Case([node("Swish", ["x"], ["y"], alpha=1.7)], (None, 5), opset=24),
    **{
        f"{kind} of {axes} {keeps}": after_convolution(
            node("Abs", ["c"], ["a"]),
            node(kind, ["a"], ["y"], axes=axes, keepdims=keeps),
        )
        for kind, axes, keeps in (
            ("ReduceMax", [1], 1),
            ("ReduceMax", [1], 0),
            ("ReduceMax", [3], 1),
            ("ReduceMax", [1, 2, 3], 0),
            ("ReduceMin", [1], 1),
            ("ReduceMin", [2, 3], 0),
            ("ReduceL2", [1], 1),
            ("ReduceLogSum", [1, 2], 0),
        )
    },
    "the largest channel of unknown sizes": after_convolution(
        node("ReduceMax", ["c"], ["m"], axes=[1], keepdims=1),
        node("Mul", ["c", "m"], ["y"]),
        shape=OPEN,
    ),
    "the largest of steps": Case(
        [node("ReduceMax", ["x"], ["y"], axes=[2], keepdims=0)], (None, 4, 5)
    ),
    "the length of each row": Case(
        [node("ReduceL2", ["x"], ["l"], axes=[-1], keepdims=1), node("Div", ["x", "l"], ["y"])],
        (None, 4, 5),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_operation_is_understood_and_computes_the_same(name: str) -> None:
    case = CASES[name]
    data, given = case.data, case.given
    reading = read(data, "operation.onnx")
    assert not opaque(reading)
    assert {found.severity for found in reading.diagnostics} <= {"hint"}
    same_as_runtime(reading, data, [given])
    again = write(reading.graph, "onnx", reading.weights)
    checked(again)
    (end,) = [one for one in reading.graph if one.type == "InputLayer"]
    own = given if list(given.shape[1:]) == end.params["shape"] else np.moveaxis(given, 1, -1)
    assert_equal(ran(again, [own]), computed(reading.graph, reading.weights or {}, [own]))
