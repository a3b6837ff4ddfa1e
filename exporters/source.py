"""A file someone sent: its bytes under a limit, its text and its JSON, each decoded once and only
within bounds.

Everything that can be wrong with a file as such ends here as
:class:`~layers.diagnostics.GraphError`, so that formats may trust what they get: finite numbers,
whole text, bounded depth and size.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from functools import cached_property
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, Self

from exporters import yaml_text
from layers.diagnostics import Diagnostic, GraphError, Problem, diagnose
from layers.plain import is_plain

MAX_BYTES = 2 * 2**30
"""Of any file: what a file with weights may have."""
MAX_TEXT_BYTES = 32 * 2**20
MAX_ITEMS = 2_000_000
MAX_DEPTH = 64
MAX_DIGITS = 18
HEAD_BYTES = 4096

EMPTY = Problem("file.empty", "{file} is empty.", "Choose another file.")
TOO_LARGE = Problem(
    "file.too_large",
    "{file} has {size_mb} MB; the limit is {limit_mb} MB.",
    "Choose a file with the network alone, without its weights.",
)
NOT_TEXT = Problem(
    "file.not_text",
    "{file} is not UTF-8 text: byte {position} is {byte}.",
    "Save it as UTF-8.",
)
NOT_JSON = Problem(
    "file.json",
    "{file} is not JSON: {reason} at line {line}, column {column}.",
    "Export it again; perhaps it was cut off or edited by hand.",
)
BAD_JSON = Problem(
    "file.json_content", "{file} holds JSON that cannot be used: {reason}.", "Export it again."
)

NOT_YAML = Problem(
    "file.yaml",
    "{file} is YAML that cannot be used: {reason}.",
    "Export the network as JSON instead.",
)

_DOUBTFUL = re.compile(r"\\u(?:[dD][89abcdefABCDEF]|0000)")
_ESCAPED = "escaped text"


class Source:
    """A file's bytes and name, and what they decode to.

    Attributes:
        data: the bytes; of a mapped file, read from the disk where they are used. ``data[a:b]`` is
            bytes; ``memoryview(data)`` slices without copying.
        filename: as it was sent.
        name: its last part, for messages.

    Raises:
        GraphError: where the file is empty or too large; from the properties, where it does not
            decode.
    """

    def __init__(self, data: bytes | mmap, filename: str = "") -> None:
        self.data = data
        self.filename = filename
        self.name = filename.replace("\\", "/").rpartition("/")[2][:100] or "The file"
        if not data[:HEAD_BYTES].strip() and not data[:].strip():
            raise GraphError([diagnose(EMPTY, file=self.name)])
        if len(data) > MAX_BYTES:
            raise GraphError([self._too_large(MAX_BYTES)])

    @classmethod
    def of_file(cls, path: Path, filename: str = "") -> Self:
        """A file on the disk, mapped instead of read. Raises GraphError, OSError."""
        with path.open("rb") as file:
            if not path.stat().st_size:
                return cls(b"", filename or path.name)
            return cls(mmap(file.fileno(), 0, access=ACCESS_READ), filename or path.name)

    def _too_large(self, limit: int) -> Diagnostic:
        return diagnose(
            TOO_LARGE,
            file=self.name,
            size_mb=round(len(self.data) / 2**20, 1),
            limit_mb=limit // 2**20,
        )

    @property
    def head(self) -> bytes:
        """The first bytes, without a byte order mark and leading blanks."""
        return self.data[:HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip()

    @property
    def extension(self) -> str:
        """What follows the last dot of the name, in lower case, with the dot; empty where there is
        none.
        """
        return "." + self.name.rpartition(".")[2].lower() if "." in self.name else ""

    @property
    def looks_like_json(self) -> bool:
        return self.head.startswith((b"{", b"[", b'"{'))

    @cached_property
    def text(self) -> str:
        """The bytes as UTF-8, of which there may be fewer than of weights. Raises GraphError."""
        if len(self.data) > MAX_TEXT_BYTES:
            raise GraphError([self._too_large(MAX_TEXT_BYTES)])
        try:
            return self.data[:].decode("utf-8-sig")
        except UnicodeDecodeError as error:
            byte = f"0x{self.data[error.start]:02x}"
            raise GraphError(
                [diagnose(NOT_TEXT, file=self.name, position=error.start, byte=byte)]
            ) from None

    @cached_property
    def json(self) -> Any:
        """The text as JSON: finite numbers, no name twice in one object, bounded depth and size.
        Raises GraphError.
        """
        if self._holds_doubtful_text:
            raise GraphError([self.bad_json("it holds characters that no text can have")])
        return self._value

    @property
    def escaped_json(self) -> Any:
        """The same, with text that no database keeps (Python's bytecode, in Keras' Lambda) as
        ``{"escaped text": ...}``: see :func:`unescaped`. Raises GraphError.
        """
        return _escaped(self._value) if self._holds_doubtful_text else self._value

    @cached_property
    def yaml(self) -> Any:
        """The text as YAML, of which only what JSON can say, too. Raises GraphError."""
        try:
            value = yaml_text.parse(self.text)
        except yaml_text.NotPlain as error:
            raise GraphError([diagnose(NOT_YAML, file=self.name, reason=str(error))]) from None
        return value if _is_text(value) else _escaped(value)

    @cached_property
    def _value(self) -> Any:
        value = self._parsed(self.text)
        # json.dump(model.to_json()) writes the JSON as a string in JSON: a common mistake, easily
        # mended.
        return self._parsed(value) if isinstance(value, str) else value

    @cached_property
    def _holds_doubtful_text(self) -> bool:
        return bool(_DOUBTFUL.search(self.text)) and not _is_text(self._value)

    def _parsed(self, text: str) -> Any:
        # Counting what separates items bounds the memory of parsing before anything is parsed.
        if sum(text.count(sign) for sign in "[{,") > MAX_ITEMS:
            raise GraphError([self.bad_json(f"it has more than {MAX_ITEMS:,} items")])
        try:
            value = json.loads(
                text,
                object_pairs_hook=_unique,
                parse_int=_whole,
                parse_float=_finite,
                parse_constant=_refuse,
            )
        except json.JSONDecodeError as error:
            reason = error.msg[:1].lower() + error.msg[1:]
            raise GraphError(
                [
                    diagnose(
                        NOT_JSON,
                        file=self.name,
                        reason=reason,
                        line=error.lineno,
                        column=error.colno,
                    )
                ]
            ) from None
        except ValueError as error:
            raise GraphError([self.bad_json(str(error))]) from None
        except RecursionError:
            raise GraphError([self.bad_json("it is nested too deep")]) from None
        if not is_plain(value, depth=MAX_DEPTH, items=2 * MAX_ITEMS):
            raise GraphError([self.bad_json(f"it is nested deeper than {MAX_DEPTH} levels")])
        return value

    def bad_json(self, reason: str) -> Diagnostic:
        """The diagnostic of JSON that parses and still cannot be used."""
        return diagnose(BAD_JSON, file=self.name, reason=reason)


def _is_text(value: Any) -> bool:
    """Whether a database can keep every string in JSON: no half of a character, no NUL."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            if "\0" in item or any("\ud800" <= sign <= "\udfff" for sign in item):
                return False
        elif isinstance(item, dict):
            stack.extend(item)
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return True


def _escaped(value: Any) -> Any:
    """A value of bounded depth with doubtful text as what JSON writes for it."""
    if isinstance(value, str):
        return value if _is_text(value) else {_ESCAPED: json.dumps(value)}
    if isinstance(value, dict):
        return {
            key if _is_text(key) else json.dumps(key): _escaped(item) for key, item in value.items()
        }
    return [_escaped(item) for item in value] if isinstance(value, list) else value


def unescaped(value: Any) -> Any:
    """The value as it stood in the file."""
    if isinstance(value, dict):
        text = value.get(_ESCAPED)
        if isinstance(text, str) and len(value) == 1:
            try:
                return json.loads(text)
            except ValueError:
                return text
        return {key: unescaped(item) for key, item in value.items()}
    return [unescaped(item) for item in value] if isinstance(value, list) else value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the name {twice!r:.60} stands twice in one object")
    return made


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS + 1:
        raise ValueError(f"a number has {len(text)} digits")
    return int(text)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:30]} is too large")
    return value


def _refuse(text: str) -> float:
    raise ValueError(f"{text} is no number in JSON")
