"""Protobuf's text format without a schema: any field of any fork is kept as it stands.

A message is a dictionary from a field's name to all its values, in order. A value is a message, a
:class:`Quoted` text, or the bare word (a number, a name) as it was written.
Source: https://protobuf.dev/reference/protobuf/textformat-spec/
"""

from __future__ import annotations

import re
from typing import Any, NoReturn, TypeAlias

from layers.diagnostics import GraphError, Problem, diagnose

MAX_DEPTH = 32
MAX_TOKENS = 1_500_000

Fields: TypeAlias = dict[str, list[Any]]

SYNTAX = Problem(
    "caffe.syntax",
    "This is not a text file of Caffe: {reason} in line {line}.",
    "Export it again; perhaps it was cut off or edited by hand.",
)

_TOKEN = re.compile(
    r"""[\s,;]+|\#[^\n]*|("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[A-Za-z0-9_.+\-/]+|[{}<>:\[\]])|(.)""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|(.))", re.DOTALL)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_CLOSING = {"{": "}", "<": ">"}


class Quoted(str):
    """A text that stands in quotes."""

    __slots__ = ()


def parse(text: str) -> Fields:
    """The message that a text describes. Raises GraphError."""
    top: Fields = {}
    # What is open: a message, what closes it, and the name of the list that it stands in.
    stack: list[tuple[Fields, str, str]] = [(top, "", "")]
    # `name` waits for its value; `listed` says whether one value of [a, b, c] does.
    name, listed, expects_value = "", False, False
    count = 0
    for match in _TOKEN.finditer(text):
        token = match[1]
        if token is None:
            if match[2]:
                _refuse(text, match.start(), f"{match[2]!r} has no meaning")
            continue
        count += 1
        if count > MAX_TOKENS:
            _refuse(text, match.start(), f"there are more than {MAX_TOKENS:,} words")
        fields = stack[-1][0]
        if name:
            if token in _CLOSING:
                if len(stack) > MAX_DEPTH:
                    _refuse(text, match.start(), f"there are more than {MAX_DEPTH} levels")
                inner: Fields = {}
                fields.setdefault(name, []).append(inner)
                stack.append((inner, _CLOSING[token], name if listed else ""))
                name, listed, expects_value = "", False, False
            elif token == ":" and not expects_value:
                expects_value = True
            elif token == "[" and expects_value and not listed:
                listed = True
            elif token == "]" and listed:
                name, listed, expects_value = "", False, False
            elif expects_value and token not in "}>:[]":
                value = unquoted(token) if token[0] in "\"'" else token
                fields.setdefault(name, []).append(value)
                if not listed:
                    name, expects_value = "", False
            else:
                _refuse(text, match.start(), f"{name:.60} has no value")
        elif len(stack) > 1 and token == stack[-1][1]:
            name = stack.pop()[2]
            listed = expects_value = bool(name)
        elif _NAME.fullmatch(token):
            name = token
        elif token[0] in "\"'" and fields and isinstance(_last(fields), Quoted):
            # Neighbouring texts are one.
            values = fields[next(reversed(fields))]
            values[-1] = Quoted(values[-1] + unquoted(token))
        else:
            _refuse(text, match.start(), f"{token:.60} where a name is expected")
    if name or len(stack) > 1:
        _refuse(text, len(text), "the end comes too early")
    return top


def _last(fields: Fields) -> object:
    return fields[next(reversed(fields))][-1]


def unquoted(token: str) -> Quoted:
    """What stands between quotes."""
    inner = token[1:-1]
    if "\\" not in inner:
        return Quoted(inner)

    def character(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 8) & 0xFF)
        if match[2]:
            return chr(int(match[2], 16))
        return _SIMPLE.get(match[3], match[3])

    return Quoted(_ESCAPE.sub(character, inner))


def text_of(fields: Fields, indent: int = 0) -> str:
    """A message as text; numbers and truth values may be Python's."""
    margin = "  " * indent
    lines: list[str] = []
    for name, values in fields.items():
        for value in values:
            if isinstance(value, dict):
                inner = text_of(value, indent + 1)
                lines.append(f"{margin}{name} {{\n{inner}{margin}}}\n")
            else:
                lines.append(f"{margin}{name}: {word(value)}\n")
    return "".join(lines)


def word(value: object) -> str:
    """A value that is no message, as it is written."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Quoted):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        escaped = re.sub(r"[\x00-\x1f]", lambda found: f"\\{ord(found[0]):03o}", escaped)
        return f'"{escaped}"'
    if isinstance(value, float):
        return f"{value:.9g}" if float(f"{value:.9g}") != value else f"{value!r}".removesuffix(".0")
    return str(value)


def _refuse(text: str, position: int, reason: str) -> NoReturn:
    line = text.count("\n", 0, position) + 1
    raise GraphError([diagnose(SYNTAX, reason=reason, line=line)])
