"""Messages in protobuf's text format, read fast and within bounds.

``google.protobuf.text_format`` takes several seconds for a megabyte. Fields that a schema does not
have are skipped: our schemas leave out what is not used.
https://protobuf.dev/reference/protobuf/textformat-spec/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

MAX_TOKENS = 1_200_000
MAX_DEPTH = 64

_TOKEN = re.compile(
    r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"'
    r"|'(?:[^'\\\n]|\\.)*'"
    r"|[A-Za-z_][\w./-]*"
    r"|[-+]?\.?[0-9][\w.+-]*"
    r"|\#[^\n]*"
    r"|\S"
)
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|(.))", re.S)
_SIMPLE = {
    b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v",
}  # fmt: skip
_CLOSING = {"{": "}", "<": ">"}
_INTEGERS = frozenset(
    {
        FieldDescriptor.TYPE_INT32,
        FieldDescriptor.TYPE_INT64,
        FieldDescriptor.TYPE_UINT32,
        FieldDescriptor.TYPE_UINT64,
        FieldDescriptor.TYPE_FIXED32,
        FieldDescriptor.TYPE_FIXED64,
    }
)


class TextError(ValueError):
    """Text that is not in the format, or not in this schema: the reason with its line."""


class _Field:
    """What the reader needs to know of a field, looked up once."""

    __slots__ = ("convert", "is_map", "is_repeated", "message", "name")

    def __init__(self, field: FieldDescriptor) -> None:
        self.name = field.name
        self.is_repeated = field.is_repeated
        self.message: Descriptor | None = field.message_type
        self.is_map = self.message is not None and self.message.GetOptions().map_entry
        self.convert: Callable[[str], Any] = _converter(field)


def parse(text: str, message: Message) -> None:
    """Fill a message from text.

    Raises:
        TextError: where the text is malformed, too deep or too long.
    """
    _Reader(text).fill(message, "", 0)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.found: re.Match[str] | None = None
        self.tokens = self._tokens()
        self.ahead = next(self.tokens)
        self.fields: dict[str, dict[str, _Field]] = {}

    def _tokens(self) -> Iterator[str]:
        """The tokens one after the other, then the empty string for ever."""
        number = 0
        for found in islice(_TOKEN.finditer(self.text), MAX_TOKENS):
            number += 1
            self.found = found
            token = found[0]
            if token[0] != "#":
                yield token
        if number == MAX_TOKENS:
            raise TextError(f"it has more than {MAX_TOKENS:,} words")
        while True:
            yield ""

    def fail(self, reason: str) -> TextError:
        end = self.found.start() if self.found else 0
        line = self.text.count("\n", 0, end) + 1
        return TextError(f"{reason} in line {line}")

    def take(self) -> str:
        token, self.ahead = self.ahead, next(self.tokens)
        return token

    def expect(self, token: str) -> None:
        if self.ahead != token:
            raise self.fail(f"{token!r} is missing before {self.ahead[:20]!r}")
        self.take()

    def known(self, descriptor: Descriptor) -> dict[str, _Field]:
        fields = self.fields.get(descriptor.full_name)
        if fields is None:
            fields = {field.name: _Field(field) for field in descriptor.fields}
            self.fields[descriptor.full_name] = fields
        return fields

    def fill(self, message: Any, closing: str, depth: int) -> None:
        """Read fields up to the closing bracket."""
        if depth > MAX_DEPTH:
            raise self.fail(f"it is nested deeper than {MAX_DEPTH} levels")
        fields = self.known(message.DESCRIPTOR)
        while self.ahead != closing:
            name = self.take()
            if not name:
                raise self.fail("it ends in the middle")
            field = fields.get(name)
            if field is None:
                if not (name[0].isalpha() or name[0] in "_["):
                    raise self.fail(f"{name[:20]!r} stands where a name should")
                self.skip(name, depth)
            elif field.message is not None:
                self.messages(message, field, depth)
            else:
                self.scalars(message, field)
            if self.ahead in (",", ";"):
                self.take()
        if closing:
            self.take()

    def messages(self, message: Any, field: _Field, depth: int) -> None:
        if self.ahead == ":":
            self.take()
        is_list = self.ahead == "["
        if is_list:
            self.take()
        while not (is_list and self.ahead == "]"):
            closing = _CLOSING.get(self.take())
            if closing is None:
                raise self.fail(f"{field.name} wants a bracket")
            if field.is_map:
                self.entry(getattr(message, field.name), field, closing, depth)
            elif field.is_repeated:
                self.fill(getattr(message, field.name).add(), closing, depth + 1)
            else:
                inner = getattr(message, field.name)
                inner.SetInParent()
                self.fill(inner, closing, depth + 1)
            if not is_list:
                return
            if self.ahead == ",":
                self.take()
        self.take()

    def entry(self, mapping: Any, field: _Field, closing: str, depth: int) -> None:
        """An entry of a map: its key, then its value."""
        assert field.message is not None
        fields = self.known(field.message)
        if self.take() != "key":
            raise self.fail(f"an entry of {field.name} does not start with its key")
        self.expect(":")
        key = self.value(fields["key"])
        if self.ahead in (",", ";"):
            self.take()
        if self.ahead == "value":
            self.take()
            if fields["value"].message is None:
                self.expect(":")
                mapping[key] = self.value(fields["value"])
            else:
                if self.ahead == ":":
                    self.take()
                inner_closing = _CLOSING.get(self.take())
                if inner_closing is None:
                    raise self.fail(f"the value of {key!s:.20} wants a bracket")
                inner = mapping[key]
                self.fill(inner, inner_closing, depth + 2)
        self.expect(closing)

    def scalars(self, message: Any, field: _Field) -> None:
        self.expect(":")
        if not field.is_repeated:
            try:
                setattr(message, field.name, self.value(field))
            except (ValueError, TypeError) as error:
                raise self.fail(f"{field.name}: {error!s:.60}") from None
            return
        values = getattr(message, field.name)
        if self.ahead != "[":
            values.append(self.value(field))
            return
        self.take()
        while self.ahead != "]":
            values.append(self.value(field))
            if self.ahead == ",":
                self.take()
        self.take()

    def value(self, field: _Field) -> Any:
        token = self.take()
        try:
            made = field.convert(token)
            if self.ahead[:1] in ('"', "'") and token[:1] in ('"', "'"):
                # Neighbouring strings are one.
                parts = [made]
                while self.ahead[:1] in ('"', "'"):
                    parts.append(field.convert(self.take()))
                made = made[:0].join(parts)
        except (ValueError, KeyError, OverflowError):
            raise self.fail(f"{field.name} cannot be {token[:20]!r}") from None
        return made

    def skip(self, name: str, depth: int) -> None:
        """Pass over a field that the schema does not have."""
        if name == "[":
            while self.take() not in ("]", ""):
                pass
        if self.ahead == ":":
            self.take()
        opening = self.take()
        if opening in ("{", "<", "["):
            level = 1
            while level:
                token = self.take()
                if not token:
                    raise self.fail("it ends in the middle")
                level += (token in ("{", "<", "[")) - (token in ("}", ">", "]"))
                if level > MAX_DEPTH:
                    raise self.fail(f"it is nested deeper than {MAX_DEPTH} levels")
        elif opening[:1] in ('"', "'"):
            while self.ahead[:1] in ('"', "'"):
                self.take()
        elif not opening or opening in ("}", ">", "]"):
            raise self.fail(f"{name[:20]} has no value")


def _converter(field: FieldDescriptor) -> Callable[[str], Any]:
    """What turns a token into a field's value; raises ValueError or KeyError."""
    kind = field.type
    if kind == FieldDescriptor.TYPE_STRING:
        return lambda token: _bytes(token).decode()
    if kind == FieldDescriptor.TYPE_BYTES:
        return _bytes
    if kind == FieldDescriptor.TYPE_BOOL:
        return {"true": True, "True": True, "t": True, "1": True,
                "false": False, "False": False, "f": False, "0": False}.__getitem__  # fmt: skip
    if kind in (FieldDescriptor.TYPE_FLOAT, FieldDescriptor.TYPE_DOUBLE):
        return lambda token: float(
            token[:-1] if token[-1:] in "fF" and token[-3:] != "inf" else token
        )
    if field.enum_type is not None:
        numbers = {value.name: value.number for value in field.enum_type.values}
        return lambda token: numbers[token] if token in numbers else int(token)
    if kind in _INTEGERS:
        return lambda token: int(token, 8 if token[:1] == "0" and token.isdigit() else 0)
    return _refuse


def _refuse(token: str) -> Any:
    raise ValueError(token)


def _bytes(token: str) -> bytes:
    if token[:1] not in ('"', "'") or len(token) < 2:
        raise ValueError(token)
    data = token[1:-1].encode()
    return _ESCAPE.sub(_unescaped, data) if b"\\" in data else data


def _unescaped(found: re.Match[bytes]) -> bytes:
    octal, hexadecimal, code, simple = found.groups()
    if octal:
        return bytes([int(octal, 8) & 255])
    if hexadecimal:
        return bytes([int(hexadecimal, 16)])
    if code:
        return chr(int(code, 16)).encode("utf-8", "replace")
    return _SIMPLE.get(simple, simple)
