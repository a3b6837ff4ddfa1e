"""YAML as plain data, within bounds: what JSON can say, and nothing that runs.

Built from the parser's events, so that nothing is nested by recursion, no tag makes an object, and
an alias counts as often as it is used (ten lines of them can stand for billions of items).
Python's tuples, which Keras 1 and 2 wrote, are lists.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

MAX_BYTES = 4 * 2**20
MAX_ITEMS = 400_000
MAX_DEPTH = 64

_JSON_FLOAT = re.compile(r"-?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+")
_RESOLVER: Any = yaml.resolver.Resolver()
_PLAIN = "tag:yaml.org,2002:"
_TEXT = frozenset({"str", "python/str", "python/unicode"})
_LISTS = frozenset({"seq", "python/tuple", "python/list"})
_SCALARS: dict[str, type] = {"python/int": int, "python/long": int, "python/float": float}
_TRUE, _FALSE = frozenset({"true", "yes", "on"}), frozenset({"false", "no", "off"})
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NotPlain(ValueError):
    """What in a text is no plain YAML, as a sentence without its subject."""


def parse(text: str) -> Any:
    """The first document of a text as dictionaries, lists, texts, numbers, booleans and None.

    Raises:
        NotPlain: where it is no YAML, too large, nested too deep, or holds tags or loops.
    """
    if len(text) > MAX_BYTES:
        raise NotPlain(f"it has more than {MAX_BYTES // 2**20} MB")
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.DocumentEndEvent):
                break
            builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        raise NotPlain(f"{getattr(error, 'problem', None) or 'it does not parse'}{place}") from None
    except (RecursionError, ValueError) as error:
        raise error if isinstance(error, NotPlain) else NotPlain(str(error)[:100]) from None
    return builder.root


class _Builder:
    """Puts values together from events; `counts` are their items, aliases written out."""

    def __init__(self) -> None:
        self.root: Any = None
        self.stack: list[tuple[Any, str | None]] = []
        self.counts: list[int] = []
        self.keys: list[Any] = []
        self.anchors: dict[str, tuple[Any, int, int]] = {}
        self.heights: list[int] = []
        self.total = 0

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.ScalarEvent):
            value = _scalar(event)
            if event.anchor:
                self.anchors[event.anchor] = value, 1, 0
            self._add(value, 1, 0)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise NotPlain(f"*{event.anchor} stands for nothing that is complete")
            self._add(*self.anchors[event.anchor])
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            is_list = isinstance(event, yaml.SequenceStartEvent)
            tag = (event.tag or "").removeprefix(_PLAIN)
            if tag and tag not in (_LISTS if is_list else {"map", "python/dict"}):
                raise NotPlain(f"it holds an object of Python, {tag:.60}")
            if len(self.stack) >= MAX_DEPTH:
                raise NotPlain(f"it is nested deeper than {MAX_DEPTH} levels")
            self.stack.append(([] if is_list else {}, event.anchor))
            self.counts.append(1)
            self.keys.append(_NONE)
            self.heights.append(0)
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            value, anchor = self.stack.pop()
            count, height = self.counts.pop(), self.heights.pop() + 1
            self.keys.pop()
            if anchor:
                self.anchors[anchor] = value, count, height
            self._add(value, count, height)

    def _add(self, value: Any, count: int, height: int) -> None:
        """Put a finished value into what holds it."""
        if not self.stack:
            self.root = value
            return
        holder = self.stack[-1][0]
        self.counts[-1] += count
        self.heights[-1] = max(self.heights[-1], height)
        if self.counts[-1] > MAX_ITEMS:
            raise NotPlain(f"it has more than {MAX_ITEMS:,} items")
        if len(self.stack) + height > MAX_DEPTH:
            raise NotPlain(f"it is nested deeper than {MAX_DEPTH} levels")
        if isinstance(holder, list):
            holder.append(value)
        elif self.keys[-1] is _NONE:
            if isinstance(value, list | dict):
                raise NotPlain("a name in it is no text")
            self.keys[-1] = str(value)
        else:
            if self.keys[-1] in holder:
                raise NotPlain(f"the name {self.keys[-1]!r:.60} stands twice in one object")
            holder[self.keys[-1]] = value
            self.keys[-1] = _NONE


_NONE = object()


def _scalar(event: Any) -> Any:
    tag = event.tag or _RESOLVER.resolve(yaml.ScalarNode, event.value, event.implicit)
    tag, text = tag.removeprefix(_PLAIN), event.value
    if tag == "str" and event.implicit[0] and not event.style and _JSON_FLOAT.fullmatch(text):
        return _number(text, float)
    if tag in _TEXT or tag in ("timestamp", "merge", "value"):
        return text
    if tag == "null" or tag == "python/none":
        return None
    if tag in ("bool", "python/bool"):
        word = text.lower()
        if word not in _TRUE | _FALSE:
            raise NotPlain(f"{text!r:.30} is neither true nor false")
        return word in _TRUE
    if tag in ("int", "float", *_SCALARS):
        return _number(text, _SCALARS.get(tag, int if tag == "int" else float))
    raise NotPlain(f"it holds an object of Python, {tag:.60}")


def _number(text: str, kind: type) -> int | float:
    if len(text) > 30:
        raise NotPlain(f"a number has {len(text)} digits")
    try:
        if kind is int:
            return int(text.replace("_", ""), 0)
        value = float(text.replace("_", ""))
    except ValueError:
        raise NotPlain(f"{text!r:.30} is no number") from None
    if value != value or value in (float("inf"), float("-inf")):
        raise NotPlain(f"{text!r:.30} is no finite number")
    return value
