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
    "the length of each row": Case(
        [node("ReduceL2", ["x"], ["l"], axes=[-1], keepdims=1), node("Div", ["x", "l"], ["y"])],
        (None, 4, 5),
    ),
}


def attention(
    *, keys: int = 4, apart: bool = False, mask: Array | None = None, **more: Any
) -> Case:
    """Attention of a sequence to itself, with heads in an axis of their own or within the last."""
    fixed = {"wq": drawn(16, 16), "wk": drawn(16, 4 * keys), "wv": drawn(16, 4 * keys)}
    nodes, ends = [], []
    for name in "qkv":
        nodes.append(node("MatMul", ["x", f"w{name}"], [name]))
        ends.append(f"{name}h" if apart else name)
        if apart:
            fixed[f"s{name}"] = whole(0, 0, 4 if name == "q" else keys, 4)
            nodes.append(node("Reshape", [name, f"s{name}"], [f"{name}s"]))
            nodes.append(node("Transpose", [f"{name}s"], [f"{name}h"], perm=[0, 2, 1, 3]))
    if mask is not None:
        fixed["m"] = mask
        ends.append("m")
    heads: dict[str, Any] = {} if apart else {"q_num_heads": 4, "kv_num_heads": keys}
    nodes.append(node("Attention", ends, ["y"], **heads, **more))
    return Case(nodes, (None, 7, 16), fixed, opset=23)


LOWER = np.tril(np.ones((7, 7), bool))
CASES |= {
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


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (attention(softcap=2.0), "it caps its scores"),
        (attention(keys=2, mask=drawn(1, 4, 7, 7)), "its mask is one of heads that share a key"),
        (attention(keys=2, mask=LOWER[None, None]), "its mask is one of heads that share a key"),
        (
            Case(
                [node("BatchNormalization", ["x", *"abcd"], ["y"], spatial=0)],
                (None, 3, 4),
                {name: drawn(3, 4) for name in "abcd"},
                opset=7,
            ),
            "it has statistics for each place, not for each channel",
        ),
        (
            Case([node("Einsum", ["x"], ["y"], equation="bii->bi")], (None, 4, 4)),
            "its equation takes diagonals",
        ),
        (
            Case(
                [node("Gather", ["x", "i"], ["y"], axis=1)],
                (None, 300),
                {"i": whole(*range(0, 300, 2))},
            ),
            "it picks too many places apart from one another",
        ),
        (
            after_convolution(
                node("Pad", ["c", "p", "v"], ["y"]),
                shape=OPEN,
                fixed={"p": whole(0, 0, 1, 0, 0, 0, 0, 2), "v": np.array(-1e9, "float32")},
            ),
            "its border is too large a number where sizes are not known, or large",
        ),
        (
            Case([node("Max", ["x", "v"], ["y"])], (None, 5), {"v": 1e6 * drawn(5)}),
            "its limits differ from place to place, and are large",
        ),
        (
            Case(
                [node("ConvTranspose", ["x", "k"], ["y"], group=3)],
                (None, 3, 9),
                {"k": drawn(3, 2, 3)},
            ),
            "it has groups, or holes beside strides, along other axes than two",
        ),
    ],
)
def test_an_operation_that_no_layer_computes_says_why(case: Case, reason: str) -> None:
    reading = read(case.data, "operation.onnx")
    assert len(opaque(reading)) == 1
    assert any(reason in str(found.message) for found in reading.diagnostics)
