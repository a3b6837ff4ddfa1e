"""One body for several that differ in nothing but numbers: the numbers become arguments.

An argument has the name of the block's parameter that it follows (``filters``, and ``4 * filters``
is written so); else that of what it is to its layer (``in_channels``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from exporters.code.text import Names, identifier
from exporters.code.torch.bodies import Body, without_loops_of_one
from exporters.code.torch.rule import USUAL
from layers.expressions import Number

NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])")
FACTORS = range(2, 17)
INCOMING = {
    "Conv": "in_channels",
    "Linear": "in_features",
    "Norm": "num_features",
    "LSTM": "input_size",
    "GRU": "input_size",
    "RNN": "input_size",
}
"""What PyTorch calls the size of what comes in, by a part of the module's name."""

_LITERAL = r"-?[\d.]+(?:e[+-]?\d+)?|\([\d.,e+ -]+\)|True|False|None|\"\w+\""
_USUAL = re.compile(rf"(?:, )?\w+={USUAL}(?:{_LITERAL})(?=[,)])")
COUNT = "count"
FIRST = re.compile(r"(\w+)\($")
NAMED = re.compile(r"(\w+)=$")

Column: TypeAlias = tuple[str, ...]
"""What stands at one place of the bodies."""


def skeleton(body: Body) -> tuple[str, ...]:
    """What bodies have in common that differ in nothing but numbers."""
    return tuple(NUMBER.sub("0", line).replace(USUAL, "") for line in _statements(body))


def generalized(
    bodies: Sequence[Body], values: Mapping[str, Sequence[Number]], classes: Collection[str]
) -> tuple[dict[str, Column], Body]:
    """The arguments with what each body gives for them, and the one body in which they stand.

    Args:
        bodies: of one skeleton.
        values: the block's parameters, with a value for each body.
        classes: names that no argument may have.
    """
    columns = list(
        zip(*(NUMBER.findall("\n".join(_statements(body))) for body in bodies), strict=True)
    )
    values = {name: each for name, each in values.items() if name not in classes}
    return _Generalizing(bodies[0], columns, values, classes).done()


def _statements(body: Body) -> list[str]:
    return [
        *(statement for _, statement in body.makes),
        *(statement for _, statement in body.runs),
        ", ".join(body.gives),
    ]


class _Generalizing:
    """Puts arguments into a body."""

    def __init__(
        self,
        body: Body,
        columns: Sequence[Column],
        values: Mapping[str, Sequence[Number]],
        classes: Collection[str],
    ) -> None:
        self.body = body
        self.columns = iter(columns)
        self.values = {
            name: tuple(map(str, each))
            for name, each in values.items()
            if identifier(name) == name and name not in body.taken.taken
        }
        self.names = Names((*body.taken.taken, *values, *classes))
        self.params: dict[str, Column] = {}
        self.written: dict[Column, tuple[str, str]] = {}
        self.kept: list[str] = []

    def done(self) -> tuple[dict[str, Column], Body]:
        """The arguments, and the body that uses them."""
        body = self.body
        makes = [(path, self._filled(line, self._made)) for path, line in body.makes]
        runs = [(path, self._filled(line, self._run)) for path, line in body.runs]
        gives = [self._filled(line, self._run) for line in body.gives]
        kept = [("", f"self.{name} = {name}") for name in self.kept]
        order = sorted(self.params, key=lambda name: name in self.values)
        params = {name: self.params[name] for name in order}
        return params, replace(body, makes=[*kept, *makes], runs=runs, gives=gives)

    def _filled(self, line: str, written: Callable[[str, str, Column], str]) -> str:
        """A statement with arguments in the place of the numbers that differ."""
        found, end = "", 0
        for match in NUMBER.finditer(line):
            column = next(self.columns)
            before = line[: match.start()]
            text = match[0]
            if len(set(column)) > 1:
                text = written(before, line, column)
                if " " in text and not (
                    before.rstrip()[-1:] in "(,=[" and line[match.end() :][:1] in "),]"
                ):
                    text = f"({text})"
            found += line[end : match.start()] + text
            end = match.end()
        return _plain(found + line[end:])

    def _made(self, before: str, line: str, column: Column) -> str:
        name, form = self._argument(before, line, column)
        return form.format(name)

    def _run(self, before: str, line: str, column: Column) -> str:
        name, form = self._argument(before, line, column)
        if name not in self.kept:
            self.kept.append(name)
        return form.format(f"self.{name}")

    def _argument(self, before: str, line: str, column: Column) -> tuple[str, str]:
        """The argument for numbers, and how they are said by it."""
        if column not in self.written:
            self.written[column] = self._followed(column, _hint(before)) or (
                self._new(before, line, column),
                "{}",
            )
        name, form = self.written[column]
        self.params.setdefault(name, self.values.get(name, column))
        return name, form

    def _followed(self, column: Column, hint: str) -> tuple[str, str] | None:
        """The parameter of the block that the numbers follow, and how."""
        for name, each in self.values.items():
            if each == column:
                return name, "{}"
        known = {
            name: tuple(map(int, each))
            for name, each in self.values.items()
            if all(map(str.isdigit, each))
        }
        if not all(map(str.isdigit, column)):
            return None
        wanted = tuple(map(int, column))
        for name, numbers in known.items():
            if hint == COUNT and wanted == tuple(number - 1 for number in numbers):
                return name, "{} - 1"
            for factor in FACTORS:
                if wanted == tuple(factor * number for number in numbers):
                    return name, f"{factor} * {{}}"
                # What comes in has its size from elsewhere, whatever it happens to be.
                if hint not in INCOMING.values() and numbers == tuple(
                    factor * number for number in wanted
                ):
                    return name, f"{{}} // {factor}"
        return None

    def _new(self, before: str, line: str, column: Column) -> str:
        """A new argument, named after what it is to its layer."""
        hint = _hint(before)
        if hint not in self.names.taken:
            return self.names.free(hint)
        module = re.match(r"self\.(\w+) = ", line)
        return self.names.free(f"{module[1]}_{hint}" if module else hint)


def _plain(line: str) -> str:
    """A statement without the arguments that have their defaults everywhere."""
    line = _USUAL.sub("", line)
    return without_loops_of_one(line.replace(USUAL, "").replace("(, ", "("))


def _hint(before: str) -> str:
    """What the number that follows is called in the call that it stands in."""
    if named := NAMED.search(before):
        return named[1]
    if first := FIRST.search(before):
        if first[1] == "range":
            return COUNT
        return next((name for part, name in INCOMING.items() if part in first[1]), "size")
    opened = before.rpartition("(")
    kind = re.search(r"(\w+)$", opened[0])
    if kind and opened[2].count(",") == 1:
        if "Linear" in kind[1]:
            return "out_features"
        if kind[1].startswith("Conv"):
            return "out_channels"
    return "size"
