"""A model's bytes without its weights, and where these lie in the file: so that a file of any size
is parsed at the cost of its graph, and arrays are views of the mapped file.

Only the outermost levels are walked here (model, graph, initializer); what is left is handed to
protobuf. Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

MODEL_GRAPH, GRAPH_INITIALIZER, GRAPH_NODE = 7, 5, 1
RAW_DATA, FLOAT_DATA, DOUBLE_DATA = 9, 4, 10
MIN_BYTES = 256
"""Data shorter than this stay in the message."""
MAX_ITEMS = 400_000
"""Nodes, inputs and constants of a graph together."""

BYTES_OF_TYPE = {0: "varint", 1: "fixed64", 2: "length", 5: "fixed32"}


class Broken(Exception):
    """Bytes that are no protobuf message: the reason, as the end of a sentence."""


@dataclass
class Stripped:
    """A model without the values of its constants.

    Attributes:
        message: what is left of the bytes.
        spans: by the place of an initializer, where its values lie: begin and end.
    """

    message: bytes
    spans: dict[int, tuple[int, int]] = field(default_factory=dict)


def stripped(view: memoryview) -> Stripped:
    """Walk a model. Raises Broken."""
    rest = bytearray()
    found = Stripped(b"")
    graph = bytearray()
    seen = False
    for number, kind, start, begin, end in fields(view, 0, len(view)):
        if number == MODEL_GRAPH and kind == 2:
            if seen:
                raise Broken("it has two graphs")
            seen = True
            _graph(view, begin, end, graph, found)
        else:
            rest += view[start:end]
    if not seen:
        raise Broken("it has no graph")
    found.message = bytes(rest + _tagged(MODEL_GRAPH, graph))
    return found


def _graph(view: memoryview, begin: int, end: int, out: bytearray, found: Stripped) -> None:
    place = 0
    for count, (number, kind, start, inner, after) in enumerate(fields(view, begin, end)):
        if count > MAX_ITEMS:
            raise Broken(f"its graph has more than {MAX_ITEMS:,} parts")
        if number != GRAPH_INITIALIZER or kind != 2:
            out += view[start:after]
            continue
        if after - inner < MIN_BYTES:
            out += view[start:after]
        else:
            out += _tagged(GRAPH_INITIALIZER, _tensor(view, inner, after, place, found))
        place += 1


def _tensor(view: memoryview, begin: int, end: int, place: int, found: Stripped) -> bytearray:
    out = bytearray()
    for number, kind, start, inner, after in fields(view, begin, end):
        bulky = number in (RAW_DATA, FLOAT_DATA, DOUBLE_DATA) and kind == 2
        if bulky and after - inner >= MIN_BYTES and place not in found.spans:
            found.spans[place] = (inner, after)
        else:
            out += view[start:after]
    return out


def fields(view: memoryview, begin: int, end: int) -> Iterator[tuple[int, int, int, int, int]]:
    """The fields of a message: number, kind, where it starts, where its content starts and ends.
    Raises Broken.
    """
    at = begin
    while at < end:
        start = at
        tag, at = _varint(view, at, end)
        number, kind = tag >> 3, tag & 7
        content = at
        if kind == 0:
            _, at = _varint(view, at, end)
        elif kind == 1:
            at += 8
        elif kind == 2:
            length, content = _varint(view, at, end)
            at = content + length
        elif kind == 5:
            at += 4
        else:
            raise Broken(f"byte {start} starts nothing that protobuf has")
        if number == 0:
            raise Broken(f"byte {start} starts a field without a number")
        if at > end:
            raise Broken("it is cut off")
        yield number, kind, start, content, at


def _varint(view: memoryview, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end:
        byte = view[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise Broken(f"byte {at} belongs to a number that is too long")
    raise Broken("it is cut off")


def _tagged(number: int, content: bytearray) -> bytes:
    length, value = bytearray(), len(content)
    while True:
        length.append(value & 0x7F | (0x80 if value > 0x7F else 0))
        value >>= 7
        if not value:
            return bytes([number << 3 | 2]) + bytes(length) + bytes(content)
