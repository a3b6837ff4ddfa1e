"""Single operations in every spelling that files have: each is understood, and our build computes
what ONNX Runtime does; what is written of it does so once more.
"""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto

from exporters.format import read, write
from tests.exporters.judging import computed
from tests.exporters.onnx.operation_case import (
    LOWER,
    OPEN,
    Case,
    after_convolution,
    attention,
    drawn,
    node,
    transposed,
    whole,
)
from tests.exporters.onnx.runtime import assert_equal, checked, ran, same_as_runtime, survives
from tests.exporters.onnx.test_other_programs import opaque

pytestmark = pytest.mark.keras

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
    **{
        f"AveragePool {pads} {strides}, counting {counted}": after_convolution(
            node(
                *("AveragePool", ["c"], ["y"]),
                kernel_shape=[3, 3],
                strides=strides,
                pads=pads,
                ceil_mode=1,
                count_include_pad=counted,
            ),
            opset=19,
        )
        for pads, strides, counted in (
            ([1, 0, 0, 0], [2, 2], 1),
            ([1, 1, 1, 1], [3, 2], 1),
            ([1, 1, 1, 1], [3, 2], 0),
            ([0, 1, 2, 1], [2, 2], 0),
        )
    },
    **{
        f"{kind} and {what}": Case([node(kind, ["x", "v"], ["y"])], (None, 4, 5), {"v": limit})
        for kind in ("Max", "Min")
        for what, limit in {
            "a number": np.array(0.2, "float32"),
            "a far number": np.array(-1e6 if kind == "Max" else 1e6, "float32"),
            "a row": drawn(5),
        }.items()
    },
    "Max of several and a number": Case(
        [
            *(node("Relu", ["x"], ["a"]), node("Neg", ["x"], ["b"])),
            node("Max", ["a", "b", "v"], ["y"]),
        ],
        (None, 5),
        {"v": np.array(0.4, "float32")},
    ),
    "Clip far off": Case(
        [node("Clip", ["x", "low", "high"], ["y"])],
        (None, 5),
        {"low": np.array(-65504, "float32"), "high": np.array(65504, "float32")},
    ),
    **{
        f"Pad {pads} with {value:g}": after_convolution(
            node("Pad", ["c", "p", "v"], ["y"]),
            fixed={"p": whole(*pads), "v": np.array(value, "float32")},
        )
        for pads, value in (
            ([0, 1, 0, 0, 0, 2, 0, 0], 0.0),
            ([0, 1, 1, 0, 0, 2, -1, 2], 1.5),
            ([0, 0, 1, 0, 0, 0, 0, 2], -1e9),
        )
    },
    "Pad of a row": Case([node("Pad", ["x", "p"], ["y"])], (None, 5), {"p": whole(0, 2, 0, 1)}),
    "a shortcut that grows by channels of zeros": Case(
        [
            node("Slice", ["x", "from", "end", "axes", "two"], ["a"]),
            node("Pad", ["a", "p"], ["b"]),
            node("Conv", ["x", "k"], ["c"], strides=[2, 2], pads=[1] * 4),
            node("Add", ["b", "c"], ["y"]),
        ],
        (None, 4, 8, 8),
        {
            **{
                "from": whole(0, 0),
                "end": whole(100, 100),
                "axes": whole(2, 3),
                "two": whole(2, 2),
            },
            **{"p": whole(0, 2, 0, 0, 0, 2, 0, 0), "k": drawn(8, 4, 3, 3)},
        },
    ),
    "channels in another order": after_convolution(
        node("Gather", ["c", "order"], ["y"], axis=1), fixed={"order": whole(2, 1, 0, -1)}
    ),
    "one channel that stays an axis": after_convolution(
        node("Gather", ["c", "order"], ["y"], axis=1), fixed={"order": whole(2)}
    ),
    **{
        f"Slice from {start} to {end} by {step}": Case(
            [node("Slice", ["x", "from", "end", "axis", "step"], ["y"])],
            (None, 4, 7),
            {"from": whole(start), "end": whole(end), "axis": whole(2), "step": whole(step)},
        )
        for start, end, step in ((-1, -(2**62), -1), (5, 1, -2), (1, 100, 3))
    },
    "Einsum of one tensor": Case(
        [node("Einsum", ["x"], ["y"], equation="bcij->bjc")], (None, 3, 4, 5)
    ),
    "LayerNormalization with the steps first": Case(
        [
            node("Transpose", ["x"], ["a"], perm=[1, 0, 2]),
            node("LayerNormalization", ["a", "s"], ["b"]),
            node("Transpose", ["b"], ["y"], perm=[1, 0, 2]),
        ],
        (None, 4, 5),
        {"s": drawn(5)},
    ),
    "parts of a constant": Case(
        [
            *(node("Split", ["w"], ["a", "b"], axis=0), node("Max", ["b", "low"], ["d"])),
            node("MatMul", ["x", "a"], ["e"]),
            *(node("Reciprocal", ["d"], ["f"]), node("MatMul", ["e", "f"], ["y"])),
        ],
        (None, 4),
        {"w": drawn(8, 4), "low": np.array(0.5, "float32")},
    ),
    "a weight of length 1": Case(
        [
            *(node("ReduceL2", ["v"], ["l"], axes=[0], keepdims=1), node("Div", ["v", "l"], ["n"])),
            *(node("Mul", ["n", "g"], ["w"]), node("MatMul", ["x", "w"], ["y"])),
        ],
        (None, 4),
        {"v": drawn(4, 5), "g": drawn(5)},
    ),
    "a constant of products": Case(
        [
            *(node("MatMul", ["a", "b"], ["c"]), node("Tile", ["c", "two"], ["d"])),
            *(node("Clip", ["d", "", "high"], ["e"]), node("ReduceMean", ["e"], ["f"], axes=[0])),
            *(node("Flatten", ["f"], ["g"]), node("CumSum", ["g", "axis"], ["h"])),
            *(
                node("Sum", ["h", "h"], ["i"]),
                node("Tanh", ["i"], ["j"]),
                node("Add", ["x", "j"], ["y"]),
            ),
        ],
        (None, 6),
        {
            **{"a": drawn(4, 3), "b": drawn(3, 3), "two": whole(1, 2)},
            **{"high": np.array(1, "float32"), "axis": np.array(1)},
        },
    ),
    "the mean of the steps that count": Case(
        [
            node("Unsqueeze", ["x", "last"], ["a"]),
            node("Cast", ["a"], ["m"], to=TensorProto.FLOAT),
            *(node("Gather", ["w", "x"], ["e"]), node("Mul", ["e", "m"], ["f"])),
            node("ReduceSum", ["f", "steps"], ["g"], keepdims=0),
            node("ReduceSum", ["m", "steps"], ["h"], keepdims=0),
            *(node("Clip", ["h", "least"], ["i"]), node("Div", ["g", "i"], ["y"])),
        ],
        (None, 7),
        {
            **{"last": whole(-1), "steps": whole(1), "w": drawn(2, 5)},
            "least": np.array(1e-9, "float32"),
        },
        kind="int64",
    ),
    **{
        f"{kind} in a choice": Case(
            [
                node(kind, ["x", "n"], ["c"]),
                *(node("Neg", ["x"], ["a"]), node("Where", ["c", "a", "x"], ["y"])),
            ],
            (None, 4, 5),
            {"n": np.array(0.3, "float32")},
        )
        for kind in ("Greater", "GreaterOrEqual", "Less", "LessOrEqual")
    },
    "two comparisons in a choice": Case(
        [
            *(node("Less", ["n", "x"], ["a"]), node("Less", ["x", "m"], ["b"])),
            *(node("And", ["a", "b"], ["c"]), node("Not", ["c"], ["d"])),
            *(node("Or", ["d", "a"], ["e"]), node("Cast", ["e"], ["g"], to=TensorProto.BOOL)),
            *(node("Where", ["g", "n", "m"], ["f"]), node("Where", ["d", "x", "f"], ["y"])),
        ],
        (None, 4, 5),
        {"n": np.array(-0.3, "float32"), "m": np.array(0.4, "float32")},
    ),
    "scores of steps that do not count": Case(
        [
            *(node("Gather", ["w", "x"], ["e"]), node("Transpose", ["e"], ["t"], perm=[0, 2, 1])),
            *(node("MatMul", ["e", "t"], ["s"]), node("Equal", ["x", "none"], ["p"])),
            *(node("Unsqueeze", ["p", "rows"], ["m"]), node("Where", ["m", "low", "s"], ["a"])),
            *(node("Softmax", ["a"], ["b"]), node("MatMul", ["b", "e"], ["y"])),
        ],
        (None, 7),
        {
            **{"w": drawn(2, 5), "none": np.array(0), "rows": whole(1)},
            "low": np.array(-np.inf, "float32"),
        },
        kind="int64",
    ),
    "a mask of true and false": Case(
        [
            node("Where", ["x", "low", "nothing"], ["a"]),
            node("Softmax", ["a"], ["y"]),
        ],
        (2, 7),
        {"nothing": np.zeros((2, 7), "float32"), "low": np.array(-np.inf, "float32")},
        kind="bool",
    ),
    "the length of each row": Case(
        [node("ReduceL2", ["x"], ["l"], axes=[-1], keepdims=1), node("Div", ["x", "l"], ["y"])],
        (None, 4, 5),
    ),
}
CASES |= {
    "an edge of the only place": Case(
        [node("Pad", ["x", "p"], ["y"], mode="edge")], (None, 1, 5), {"p": whole(0, 2, 0, 0, 3, 0)}
    ),
    "the root mean square of two axes": Case(
        [
            node("Mul", ["x", "x"], ["a"]),
            node("ReduceMean", ["a"], ["b"], axes=[-1, -2], keepdims=1),
            *(node("Add", ["b", "e"], ["c"]), node("Sqrt", ["c"], ["d"])),
            node("Div", ["x", "d"], ["y"]),
        ],
        (None, 4, 5),
        {"e": np.array(1e-3, "float32")},
    ),
    "what is centred, beside the normalization of it": Case(
        [
            node("ReduceMean", ["x"], ["a"], axes=[-1]),
            *(node("Sub", ["x", "a"], ["b"]), node("Mul", ["b", "b"], ["c"])),
            node("ReduceMean", ["c"], ["d"], axes=[-1]),
            *(node("Add", ["d", "e"], ["f"]), node("Sqrt", ["f"], ["g"])),
            node("Div", ["b", "g"], ["y"]),
        ],
        (None, 4, 5),
        {"e": np.array(1e-3, "float32")},
        ends=("y", "b"),
    ),
    "sizes and rows of constants": Case(
        [
            *(node("Shape", ["k"], ["s"], start=1), node("Concat", ["same", "s"], ["t"], axis=0)),
            *(node("Flatten", ["k"], ["f"], axis=-1), node("MatMul", ["x", "f"], ["m"])),
            *(node("MatMul", ["m", "w"], ["n"]), node("Reshape", ["n", "t"], ["y"])),
        ],
        (None, 6),
        {"k": drawn(3, 2, 4), "w": drawn(4, 8), "same": whole(0)},
    ),
    "whole numbers times a row": Case(
        [node("Mul", ["x", "v"], ["a"]), node("Cast", ["a"], ["y"], to=TensorProto.FLOAT)],
        (None, 3),
        {"v": whole(2, 3, 4)},
        kind="int64",
    ),
    "Attention by a choice of its scores": Case(
        [
            *(node("Unsqueeze", ["x", "one"], ["h"]), node("MatMul", ["x", "w"], ["a"])),
            *(node("Unsqueeze", ["a", "one"], ["b"]), node("Greater", ["b", "n"], ["m"])),
            node("Attention", ["h", "h", "h", "m"], ["y"]),
        ],
        (None, 7, 16),
        {"one": whole(1), "w": drawn(16, 7), "n": np.array(-1, "float32")},
        opset=23,
    ),
    "Attention": attention(),
    "Attention to what was": attention(is_causal=1, scale=0.3),
    "Attention of heads apart": attention(apart=True, mask=LOWER),
    "Attention with a shift": attention(mask=drawn(7, 7)),
    "Attention to shared keys": attention(keys=2, mask=LOWER),
    "Attention of heads apart to shared keys": attention(keys=2, apart=True, is_causal=1),
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


@pytest.mark.parametrize("back", ["shape", "constant"])
@pytest.mark.parametrize("lines", ["factors", "none"])
def test_a_group_normalization_in_small_operations_is_one_layer(back: str, lines: str) -> None:
    """As PyTorch spells it, and as it is written here."""
    case = after_convolution(
        node("Reshape", ["c", "groups"], ["g"]),
        node("InstanceNormalization", ["g", "ones", "zeros"], ["n"], "norm", epsilon=0.1),
        *([node("Shape", ["c"], ["size"])] if back == "shape" else []),
        node("Reshape", ["n", "size"], ["r"]),
        *(
            [node("Mul", ["r", "factor"], ["f"]), node("Add", ["f", "shift"], ["y"])]
            if lines == "factors"
            else [node("Relu", ["r"], ["y"])]
        ),
        fixed={
            **{"groups": whole(0, 2, -1), "ones": np.ones(2, "float32")},
            **{"zeros": np.zeros(2, "float32"), "factor": drawn(4, 1, 1), "shift": drawn(4, 1, 1)},
            **({"size": whole(0, 4, 9, 11)} if back == "constant" else {}),
        },
    )
    reading = read(data := case.data, "groups.onnx")
    (norm,) = [one for one in reading.graph if one.type == "GroupNormalization"]
    assert (norm.params["groups"], norm.params["scale"]) == (2, lines == "factors")
    assert not {one.type for one in reading.graph} & {"Reshape", "Scale", "Bias"}
    same_as_runtime(reading, data, [case.given])
    survives(reading)


def test_the_mean_of_a_row_that_stays_an_axis_survives() -> None:
    nodes = [node("ReduceMean", ["x"], ["m"], axes=[1], keepdims=1), node("Sub", ["x", "m"], ["y"])]
    survives(read(Case(nodes, (None, 5)).data, "row.onnx"))
