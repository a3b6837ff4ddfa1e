"""Models of single operations, from x to y."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from exporters.onnx.data import number_of
from exporters.weights import Array

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
        kind: the dtype of x.
        ends: the outputs.
        size: what an unknown size is while it runs.
    """

    nodes: Sequence[Any]
    shape: Sequence[int | None]
    fixed: Mapping[str, Array] = field(default_factory=dict)
    opset: int = 17
    size: int = 6
    kind: str = "float32"
    ends: Sequence[str] = ("y",)

    @property
    def data(self) -> bytes:
        graph = helper.make_graph(
            self.nodes,
            "graph",
            [helper.make_tensor_value_info("x", number_of(self.kind), self.shape)],
            [helper.make_tensor_value_info(end, TensorProto.FLOAT, None) for end in self.ends],
            [numpy_helper.from_array(array, name) for name, array in self.fixed.items()],
        )
        opsets = [helper.make_opsetid("", self.opset)]
        made = helper.make_model(graph, opset_imports=opsets, ir_version=10)
        return bytes(made.SerializeToString())

    @property
    def given(self) -> Array:
        shape = [2, *(size or self.size for size in self.shape[1:])]
        if self.kind == "float32":
            return drawn(*shape)
        found = CHANCE.integers(0, 2, shape)
        # No row is true or false as a whole.
        found[..., :2] = [0, 1]
        return found.astype(self.kind)


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
