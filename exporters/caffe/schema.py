"""What fields mean: their types and defaults, as ``caffe.proto`` declares them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from typing import Any, NoReturn

import numpy as np
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from exporters.caffe.text import Fields, Quoted
from exporters.protos import caffe_pb2
from layers.diagnostics import GraphError, Problem, diagnose

BAD_VALUE = Problem(
    "caffe.value",
    "{owner}: {field} is {value}, which is not {expected}.",
    "Correct the file.",
)
INTEGERS = {
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_UINT32,
    FieldDescriptor.CPPTYPE_UINT64,
}
FLOATS = {FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE}
TRUTH = {"true": True, "True": True, "t": True, "1": True}
FALSEHOOD = {"false": False, "False": False, "f": False, "0": False}
MAX_INTEGER = 2**31


@cache
def message(name: str) -> Descriptor:
    """The descriptor of a message by its name."""
    found: Descriptor = caffe_pb2.DESCRIPTOR.message_types_by_name[name]
    return found


@cache
def fields_of(descriptor: Descriptor) -> dict[str, FieldDescriptor]:
    """Fields of a message by name."""
    return {field.name: field for field in descriptor.fields}


def short(value: float) -> float:
    """A number of single precision as people write it: 0.999, not 0.9990000128746033."""
    return float(str(np.float32(value)))


class View:
    """A message as its schema reads it: typed values, defaults for gaps.

    Attributes:
        owner: the layer it belongs to, for messages.
        used: names of the fields that were asked for.
    """

    def __init__(self, fields: Fields, descriptor: Descriptor, owner: str) -> None:
        self.fields = fields
        self.descriptor = descriptor
        self.owner = owner
        self.used: set[str] = set()
        self.inner: list[View] = []

    def has(self, name: str) -> bool:
        return bool(self.fields.get(name))

    def get(self, name: str) -> Any:
        """The last value of a field, or its default. Raises GraphError."""
        self.used.add(name)
        values = self.fields.get(name)
        field = fields_of(self.descriptor)[name]
        if not values:
            if field.enum_type is not None:
                return field.enum_type.values_by_number[field.default_value].name
            value = field.default_value
            return short(value) if isinstance(value, float) else value
        return self.typed(field, values[-1])

    def skip(self, *names: str) -> None:
        """Pass over fields that change nothing, whatever forks write there."""
        self.used.update(names)

    def all(self, name: str) -> list[Any]:
        """All values of a field. Raises GraphError."""
        self.used.add(name)
        field = fields_of(self.descriptor)[name]
        return [self.typed(field, value) for value in self.fields.get(name, ())]

    def sub(self, name: str) -> View:
        """The (last) message in a field; empty where there is none. Raises GraphError."""
        self.used.add(name)
        values = self.fields.get(name) or [{}]
        return self._view(name, values[-1])

    def subs(self, name: str) -> list[View]:
        """All messages in a field. Raises GraphError."""
        self.used.add(name)
        return [self._view(name, value) for value in self.fields.get(name, ())]

    def unread(self) -> Iterator[tuple[str, Any]]:
        """Fields that are there, were not asked for, and do not just say the default."""
        known = fields_of(self.descriptor)
        for name, values in self.fields.items():
            if name not in self.used:
                field = known.get(name)
                value = values[-1]
                is_default = (
                    field is not None
                    and not field.is_repeated
                    and field.message_type is None
                    and View({name: values}, self.descriptor, self.owner).get(name)
                    == View({}, self.descriptor, self.owner).get(name)
                )
                if not is_default:
                    yield name, value
        for view in self.inner:
            yield from view.unread()

    def _view(self, name: str, value: object) -> View:
        field = fields_of(self.descriptor)[name]
        if not isinstance(value, dict) or field.message_type is None:
            self.refuse(name, value, "a message")
        view = View(value, field.message_type, self.owner)
        self.inner.append(view)
        return view

    def typed(self, field: FieldDescriptor, value: Any) -> Any:
        """A value as the field's type says. Raises GraphError."""
        kind = field.cpp_type
        try:
            if kind in INTEGERS:
                number = value if type(value) is int else int(str(value), 0)
                if abs(number) >= MAX_INTEGER and kind != FieldDescriptor.CPPTYPE_INT64:
                    raise ValueError
                if kind in (FieldDescriptor.CPPTYPE_UINT32,) and number < 0:
                    raise ValueError
                return number
            if kind in FLOATS:
                real = float(value if isinstance(value, int | float) else str(value).rstrip("fF"))
                if not math.isfinite(real):
                    raise ValueError
                return real
            if kind == FieldDescriptor.CPPTYPE_BOOL:
                return value if isinstance(value, bool) else (TRUTH | FALSEHOOD)[value]
            if field.enum_type is not None:
                if isinstance(value, str) and value in field.enum_type.values_by_name:
                    return value
                return field.enum_type.values_by_number[int(value)].name
            if kind == FieldDescriptor.CPPTYPE_STRING:
                if not isinstance(value, Quoted):
                    raise ValueError
                return str(value)
        except (ValueError, KeyError, TypeError, OverflowError):
            pass
        expected = {FieldDescriptor.CPPTYPE_STRING: "a text in quotes"}.get(kind, "allowed there")
        self.refuse(field.name, value, expected)

    def refuse(self, field: str, value: object, expected: str) -> NoReturn:
        found = "a message" if isinstance(value, dict) else f"{value!s:.60}"
        raise GraphError(
            [
                diagnose(
                    BAD_VALUE, owner=self.owner[:60], field=field, value=found, expected=expected
                )
            ]
        )


def net(fields: Fields, owner: str = "The network") -> View:
    return View(fields, message("NetParameter"), owner)


def layer(fields: Fields, owner: str) -> View:
    return View(fields, message("LayerParameter"), owner)
