"""Operations that are read as several others, one behind the other."""

from __future__ import annotations

from typing import Any

from onnx import helper

from exporters.onnx.operation import Operation
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable, reader
from exporters.onnx.tensors import Const, Term


def step(
    made: Reader, op: Operation, kind: str, *inputs: Const | Term, last: bool = False, **more: Any
) -> Term:
    """One of the operations that another consists of. Raises Unreadable.

    Args:
        last: whether it gives what the whole gives, and so has its name.
    """
    name = op.name if last else f"{op.name}_{kind}"
    node = helper.make_node(kind, [""] * len(inputs), [f"{op.node.output[0]}/{kind}"], **more)
    (found,) = reader(kind)(made, Operation(node, name, inputs, op.opset, [True]))
    if not isinstance(found, Term):
        raise Unreadable("it computes what is fixed")
    return found
