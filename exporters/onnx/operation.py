"""One operation of a file: its inputs as they were read, its attributes as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from onnx import AttributeProto, NodeProto

from exporters.onnx.register import Unreadable
from exporters.onnx.tensors import Const, Term
from exporters.weights import Array

MAX_VALUES = 100_000
SIMPLE = {
    AttributeProto.FLOAT: "f",
    AttributeProto.INT: "i",
}
LISTS = {
    AttributeProto.FLOATS: "floats",
    AttributeProto.INTS: "ints",
}


@dataclass(frozen=True)
class Operation:
    """An operation.

    Attributes:
        node: as it stands in the file.
        name: what its layer is called.
        inputs: constants and tensors, None where one is left out.
        opset: the version of the operations.
        used: which of its outputs anything uses.
    """

    node: NodeProto
    name: str
    inputs: Sequence[Const | Term | None]
    opset: int
    used: Sequence[bool]

    @property
    def type(self) -> str:
        return str(self.node.op_type)

    @property
    def key(self) -> str:
        """Its type, behind its domain where that is another than ONNX' own."""
        own = self.node.domain in ("", "ai.onnx")
        return self.type if own else f"{self.node.domain}.{self.type}"

    def attribute(self, name: str, default: Any = None) -> Any:
        """A number, text or list of these."""
        for item in self.node.attribute:
            if item.name == name:
                return value_of(item)
        return default

    def ints(self, name: str, default: Sequence[int] | None = None) -> list[int] | None:
        """A list of whole numbers. Raises Unreadable."""
        found = self.attribute(name, default)
        if found is None:
            return None
        if not isinstance(found, list | tuple) or not all(isinstance(one, int) for one in found):
            raise Unreadable(f"its {name} is no list of whole numbers")
        return list(found)

    def number(self, name: str, default: float) -> float:
        """A number. Raises Unreadable."""
        found = self.attribute(name, default)
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise Unreadable(f"its {name} is no number")
        return found

    def whole(self, name: str, default: int) -> int:
        """A whole number. Raises Unreadable."""
        found = self.attribute(name, default)
        if not isinstance(found, int):
            raise Unreadable(f"its {name} is no whole number")
        return found

    def term(self, place: int = 0) -> Term:
        """An input that the network computes. Raises Unreadable."""
        found = self.given(place)
        if not isinstance(found, Term):
            raise Unreadable(f"its input {place} is not what the network computes")
        return found

    def const(self, place: int) -> Const:
        """An input that is fixed. Raises Unreadable."""
        found = self.given(place)
        if not isinstance(found, Const):
            raise Unreadable(f"its input {place} is not fixed")
        return found

    def given(self, place: int) -> Const | Term | None:
        """An input, None where it is left out."""
        return self.inputs[place] if place < len(self.inputs) else None

    def values(self, place: int, attribute: str = "") -> list[Any] | None:
        """A small constant as a list, or the attribute that it was in older versions; None where
        neither is there. Raises Unreadable.
        """
        found = self.given(place)
        if found is None:
            return self.ints(attribute) if attribute else None
        if not isinstance(found, Const) or not found.known or found.array.size > MAX_VALUES:
            raise Unreadable(f"its input {place} is not fixed")
        return list(found.array.ravel().tolist())

    def scalar(self, place: int, attribute: str, default: float | None) -> float | None:
        """A single number as an input, or the attribute that it was. Raises Unreadable."""
        found = self.values(place)
        if found is None:
            given = self.attribute(attribute, default) if attribute else default
            return given if isinstance(given, int | float) else None
        if len(found) != 1:
            raise Unreadable(f"its input {place} is not a single number")
        return float(found[0])


def value_of(item: AttributeProto) -> Any:
    """An attribute as a plain value; None where it is a graph or the like."""
    if item.type in SIMPLE:
        return getattr(item, SIMPLE[item.type])
    if item.type in LISTS:
        values = getattr(item, LISTS[item.type])
        return list(values) if len(values) <= MAX_VALUES else None
    if item.type == AttributeProto.STRING:
        return item.s[:MAX_VALUES].decode("utf-8", "replace")
    if item.type == AttributeProto.STRINGS:
        return [one[:200].decode("utf-8", "replace") for one in item.strings[:1000]]
    if item.type == AttributeProto.UNDEFINED:
        # The first files did not say which field counts.
        for field in ("i", "f", "s"):
            if item.HasField(field):
                value = getattr(item, field)
                return value[:200].decode("utf-8", "replace") if field == "s" else value
        return list(item.ints or item.floats)[:MAX_VALUES] or None
    return None


def scalar_of(array: Array) -> float | None:
    """The number that all of an array is without having them; None where there are several."""
    if not array.size or (array.size > 1 and any(array.strides)):
        return None
    return float(array[(0,) * array.ndim])
