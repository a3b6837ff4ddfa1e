"""Frames of the y-websocket protocol, and one of ours for notices from the server.

A frame is a message type as a variable-length integer, then its content. Types 0 (sync), 1
(awareness) and 3 (query awareness) are those of the `y-websocket` package, whose source is the
specification; type 4 is a JSON text from the server.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

SYNC, AWARENESS, QUERY_AWARENESS, NOTICE = 0, 1, 3, 4
STEP_1, STEP_2, UPDATE = 0, 1, 2

MAX_INTEGER = 2**53  # what JavaScript can count


class Malformed(Exception):
    """Bytes that are not what the protocol says."""


class Reader:
    """Reads the basic encodings from bytes; raises Malformed instead of reading past the end."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    @property
    def is_at_end(self) -> bool:
        return self.at >= len(self.data)

    def byte(self) -> int:
        try:
            value = self.data[self.at]
        except IndexError:
            raise Malformed("ends too early") from None
        self.at += 1
        return value

    def integer(self) -> int:
        """An unsigned variable-length integer, seven bits a byte, lowest first."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            if byte < 128:
                break
            shift += 7
            if shift > 56:
                raise Malformed("a number is too long")
        if value > MAX_INTEGER:
            raise Malformed("a number is too large")
        return value

    def skip(self, count: int) -> None:
        self.at += count
        if self.at > len(self.data):
            raise Malformed("ends too early")

    def buffer(self) -> bytes:
        """Bytes with their length in front."""
        length = self.integer()
        start = self.at
        self.skip(length)
        return self.data[start : self.at]

    def text(self) -> str:
        """A UTF-8 string with its length in bytes in front."""
        try:
            return self.buffer().decode()
        except UnicodeDecodeError:
            raise Malformed("a text is not UTF-8") from None

    def end(self) -> None:
        if not self.is_at_end:
            raise Malformed("goes on after its end")


def integer(value: int) -> bytes:
    encoded = bytearray()
    while value > 127:
        encoded.append(128 | (value & 127))
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def buffer(content: bytes) -> bytes:
    return integer(len(content)) + content


def sync(step: int, content: bytes) -> bytes:
    """A sync frame: STEP_1 with a state vector, STEP_2 or UPDATE with an update."""
    return bytes((SYNC, step)) + buffer(content)


def awareness(content: bytes) -> bytes:
    return bytes((AWARENESS,)) + buffer(content)


def notice(content: Mapping[str, Any]) -> bytes:
    """Our own frame: JSON from the server to the page."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return bytes((NOTICE,)) + buffer(text.encode(errors="replace"))
