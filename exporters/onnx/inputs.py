"""What an input of a file is: data or a weight, and in which order its axes lie."""

from __future__ import annotations

from onnx import NodeProto, ValueInfoProto

from exporters.onnx.tensors import first_axes
from layers.tensor import Dim

SPATIAL = frozenset(
    {
        "AveragePool",
        "BatchNormalization",
        "Conv",
        "ConvTranspose",
        "GlobalAveragePool",
        "GlobalMaxPool",
        "GroupNormalization",
        "InstanceNormalization",
        "LRN",
        "ConvInteger",
        "MaxPool",
        "QLinearConv",
        "Resize",
        "Upsample",
    }
)
RECURRENT = frozenset({"LSTM", "GRU", "RNN"})
WEIGHT_PLACES = {
    "Conv": (1, 2),
    "ConvTranspose": (1, 2),
    "Gemm": (1, 2),
    "MatMul": (1,),
    "BatchNormalization": (1, 2, 3, 4),
    "InstanceNormalization": (1, 2),
    "PRelu": (1,),
    "LSTM": (1, 2, 3),
    "GRU": (1, 2, 3),
    "RNN": (1, 2, 3),
    "LayerNormalization": (1, 2),
}
"""Inputs of operations that are weights, for files in which nothing has values."""


AGNOSTIC = frozenset(
    {
        *("Abs", "Add", "Cast", "Clip", "Concat", "Div", "Dropout", "Elu", "Exp", "Identity"),
        *("LeakyRelu", "Mul", "Neg", "PRelu", "Pad", "Pow", "Relu", "Sigmoid", "Sqrt", "Sub"),
        *("DequantizeLinear", "DynamicQuantizeLinear", "QuantizeLinear", "Slice", "Sum", "Tanh"),
    }
)
"""Operations that go on looking for one that minds the order of axes."""
DECIDED = frozenset({"Transpose", "Reshape", "Flatten", "MatMul", "Gemm", "Gather", "Einsum"})
"""Operations that take the axes as they are."""


def is_weight(item: ValueInfoProto, dims: list[Dim], users: dict[str, list[NodeProto]]) -> bool:
    """Whether every use of an input is as a weight."""
    nodes = users.get(item.name, [])
    if not nodes or None in dims:
        return False
    return all(
        any(
            place < len(node.input) and node.input[place] == item.name
            for place in WEIGHT_PLACES.get(node.op_type, ())
        )
        and node.input[0] != item.name
        for node in nodes
    )


def order(name: str, rank: int, users: dict[str, list[NodeProto]]) -> tuple[int, ...]:
    """How the axes of an input lie: channels first where the first operation that minds says
    so, time first where it is a recurrent one.
    """
    plain = tuple(range(rank))
    waiting, seen = [name], set[str]()
    while waiting and rank > 2 and len(seen) < 200:
        current = waiting.pop(0)
        if current in seen:
            continue
        seen.add(current)
        for node in users.get(current, ()):
            if not node.input or (node.input[0] != current and node.op_type in SPATIAL):
                continue
            if node.op_type in SPATIAL:
                return first_axes(rank)
            if node.op_type in RECURRENT and rank == 3:
                layout = next((a.i for a in node.attribute if a.name == "layout"), 0)
                return plain if layout else (1, 0, 2)
            if node.op_type in AGNOSTIC:
                waiting.extend(node.output)
            elif node.op_type in DECIDED:
                return plain
    return plain
