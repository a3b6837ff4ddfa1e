"""Protobuf's binary format, read over a mapped file: arrays of numbers stay views of it.

Fields that the schema does not have are skipped. Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import struct
from typing import Any, NoReturn

import numpy as np
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from exporters.caffe.layer import LOST
from exporters.caffe.schema import FLOATS, INTEGERS, fields_of, message, short
from exporters.caffe.text import MAX_DEPTH, Fields, Quoted
from exporters.weights import Array
from layers.diagnostics import GraphError, Problem, diagnose

BINARY = Problem(
    "caffe.binary",
    "This is not a binary file of Caffe: {reason} at byte {position}.",
    "Download or save it again; perhaps it was cut off.",
)
MAX_FIELDS = 3_000_000
SETTINGS = 100
"""From here on a layer's fields hold settings of types: forks give the same numbers to others."""
VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
NUMBERS: dict[str, np.dtype[Any]] = {
    "data": np.dtype("<f4"),
    "double_data": np.dtype("<f8"),
}


class Decoder:
    """Reads one message and those inside it from bytes or a mapped file."""

    def __init__(self, data: Any) -> None:
        self.data = memoryview(data)
        self.count = 0

    def message(self, descriptor: Descriptor, start: int, end: int, depth: int = 0) -> Fields:
        """The fields between two places. Raises GraphError."""
        if depth > MAX_DEPTH:
            self._refuse("too many levels", start)
        by_number = descriptor.fields_by_number
        is_blob = descriptor.name == "BlobProto"
        pieces: dict[str, list[Array]] = {}
        singles: dict[str, bytearray] = {}
        fields: Fields = {}
        place = start
        while place < end:
            self.count += 1
            if self.count > MAX_FIELDS and not is_blob:
                self._refuse("too many fields", place)
            key, place = self.varint(place, end)
            number, kind = key >> 3, key & 7
            field = by_number.get(number)
            value: Any = None
            if kind == VARINT:
                value, place = self.varint(place, end)
            elif kind in (FIXED64, FIXED32):
                size = 8 if kind == FIXED64 else 4
                if place + size > end:
                    self._refuse("a number is cut off", place)
                value, place = self.data[place : place + size], place + size
            elif kind == LENGTH:
                size, place = self.varint(place, end)
                if place + size > end:
                    self._refuse("a field is longer than the file", place)
                value, place = (place, place + size), place + size
            else:
                self._refuse(f"a field of the unknown kind {kind}", place)
            is_setting = descriptor.name == "LayerParameter" and number >= SETTINGS
            if field is None:
                if is_setting:
                    fields.setdefault(LOST, []).append(number)
                continue
            if is_blob and field.name in NUMBERS:
                dtype = NUMBERS[field.name]
                if kind == LENGTH and not (value[1] - value[0]) % dtype.itemsize:
                    if joined := singles.pop(field.name, None):
                        pieces.setdefault(field.name, []).append(np.frombuffer(joined, dtype))
                    array = np.frombuffer(self.data[value[0] : value[1]], dtype)
                    pieces.setdefault(field.name, []).append(array)
                elif kind in (FIXED32, FIXED64) and len(value) == dtype.itemsize:
                    singles.setdefault(field.name, bytearray()).extend(value)
                else:
                    self._refuse("weights of the wrong kind", place)
                continue
            if is_setting:
                self._settings(fields, field, kind, value, depth)
            else:
                self._keep(fields, field, kind, value, depth)
        for name, packed in singles.items():
            pieces.setdefault(name, []).append(np.frombuffer(packed, NUMBERS[name]))
        for name, arrays in pieces.items():
            fields[name] = arrays if len(arrays) == 1 else [np.concatenate(arrays)]
        return fields

    def _settings(
        self, fields: Fields, field: FieldDescriptor, kind: int, value: Any, depth: int
    ) -> None:
        """Add a layer's settings; not those of a fork's type that mean something else there."""
        try:
            self._keep(fields, field, kind, value, depth)
        except GraphError:
            # Deconvolution has convolution_param, SoftmaxWithLoss has softmax_param.
            owner = field.name.removesuffix("_param").replace("_", "")
            if owner in str(fields.get("type", [""])[-1]).lower() or self.count > MAX_FIELDS:
                raise
            fields.pop(field.name, None)
            fields.setdefault(LOST, []).append(field.number)

    def _keep(
        self, fields: Fields, field: FieldDescriptor, kind: int, value: Any, depth: int
    ) -> None:
        """Add a field's value as the text format would give it. Raises GraphError."""
        made = fields.setdefault(field.name, [])
        if field.message_type is not None:
            if kind != LENGTH:
                self._refuse(f"{field.name} is no message", 0)
            start, end = value
            made.append(self.message(field.message_type, start, end, depth + 1))
        elif field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
            if kind != LENGTH:
                self._refuse(f"{field.name} is no text", 0)
            made.append(Quoted(bytes(self.data[value[0] : value[1]]).decode("utf-8", "replace")))
        elif kind == LENGTH:
            if not field.is_repeated:
                self._refuse(f"{field.name} is not one number", 0)
            place, end = value
            while place < end:
                self.count += 1
                if self.count > MAX_FIELDS:
                    self._refuse("too many numbers", place)
                if field.cpp_type in FLOATS:
                    size = 4 if field.cpp_type == FieldDescriptor.CPPTYPE_FLOAT else 8
                    if place + size > end:
                        self._refuse("a number is cut off", place)
                    item: Any = self.data[place : place + size]
                    place += size
                else:
                    item, place = self.varint(place, end)
                made.append(self._scalar(field, item))
        else:
            made.append(self._scalar(field, value))

    def _scalar(self, field: FieldDescriptor, value: Any) -> Any:
        if isinstance(value, memoryview):
            if field.cpp_type not in FLOATS:
                self._refuse(f"{field.name} is not a whole number", 0)
            if len(value) == 4:
                return short(struct.unpack("<f", value)[0])
            return struct.unpack("<d", value)[0]
        if field.cpp_type in FLOATS:
            self._refuse(f"{field.name} is a whole number", 0)
        if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
            return bool(value)
        if field.enum_type is not None:
            named = field.enum_type.values_by_number.get(value)
            return named.name if named else str(value)
        return value - (1 << 64) if value >= 1 << 63 else value

    def varint(self, place: int, end: int) -> tuple[int, int]:
        """A number and the place behind it. Raises GraphError."""
        result = shift = 0
        while place < end and shift < 70:
            byte = self.data[place]
            place += 1
            result |= (byte & 0x7F) << shift
            if byte < 0x80:
                return result & (1 << 64) - 1, place
            shift += 7
        self._refuse("a number has no end", place)

    def _refuse(self, reason: str, position: int) -> NoReturn:
        raise GraphError([diagnose(BINARY, reason=reason, position=position)])


def decode(data: Any, name: str = "NetParameter") -> Fields:
    """A message as the text format would give it, but with arrays in blobs. Raises GraphError."""
    return Decoder(data).message(message(name), 0, len(data))


def encode(fields: Fields, name: str = "NetParameter") -> bytes:
    """A message as bytes; fields that the schema does not have are left out."""
    parts: list[Any] = []
    _encode(fields, message(name), parts)
    return b"".join(parts)


def _encode(fields: Fields, descriptor: Descriptor, parts: list[Any]) -> int:
    """Append the bytes of a message, return their number; arrays are not copied before the end."""
    size = 0

    def put(part: Any) -> None:
        nonlocal size
        parts.append(part)
        size += part.nbytes if isinstance(part, memoryview) else len(part)

    known = fields_of(descriptor)
    for name in sorted(fields, key=lambda name: known[name].number if name in known else 0):
        field = known.get(name)
        if field is None:
            continue
        key = field.number << 3
        for value in fields[name]:
            if isinstance(value, np.ndarray):
                flat = np.ascontiguousarray(value, dtype=NUMBERS[name]).reshape(-1)
                put(_varint(key | LENGTH) + _varint(flat.nbytes))
                put(flat.view(np.uint8).data if flat.size else b"")
            elif field.message_type is not None:
                inner: list[Any] = []
                length = _encode(value, field.message_type, inner)
                put(_varint(key | LENGTH) + _varint(length))
                parts.extend(inner)
                size += length
            elif field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
                data = str(value).encode("utf-8", "replace")
                put(_varint(key | LENGTH) + _varint(len(data)) + data)
            elif field.cpp_type in FLOATS:
                put(_varint(key | FIXED32) + struct.pack("<f", float(value)))
            elif field.enum_type is not None:
                put(_varint(key) + _varint(field.enum_type.values_by_name[str(value)].number))
            elif field.cpp_type in INTEGERS:
                put(_varint(key) + _varint(int(value) & (1 << 64) - 1))
            else:
                put(_varint(key) + (b"\1" if value in (True, "true") else b"\0"))
    return size


def _varint(value: int) -> bytes:
    made = bytearray()
    while value >= 0x80:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)
