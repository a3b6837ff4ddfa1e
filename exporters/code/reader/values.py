"""What names stand for while a program is read: layers, tensors, models, modules, functions."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

from layers.diagnostics import GraphError, Problem, diagnose

UNSUPPORTED = Problem(
    "python.unsupported",
    "Line {line}, column {column}: {what} cannot be read without running it.",
    "Write the model with literal arguments, or export it with model.to_json().",
)


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value that only running the program could tell; a mistake once a model needs it."""

    line: int
    column: int
    what: str

    def refuse(self) -> NoReturn:
        """Raises GraphError."""
        raise GraphError(
            [diagnose(UNSUPPORTED, line=self.line, column=self.column, what=self.what)]
        )


@dataclass(frozen=True, slots=True)
class Path:
    """Something imported, by its dotted name."""

    dotted: str


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the program."""

    tree: ast.FunctionDef


@dataclass(eq=False, slots=True)
class Layer:
    """A layer or a model inside a model, and its calls.

    Attributes:
        item: its configuration as Keras writes it.
        calls: positional and named arguments of each call.
    """

    item: dict[str, Any]
    calls: list[tuple[list[Any], dict[str, Any]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tensor:
    """An output of a call of a layer."""

    layer: Layer
    call: int
    port: int = 0


@dataclass(eq=False, slots=True)
class Sequential:
    """A stack of layers."""

    name: str
    members: list[Any] = field(default_factory=list)
    as_layer: Layer | None = None


@dataclass(eq=False, slots=True)
class Functional:
    """A model from tensors to tensors."""

    name: str
    inputs: list[Tensor]
    outputs: list[Tensor]
    as_layer: Layer | None = None


Model = Sequential | Functional


class Counter:
    """Names as Keras gives them: the class in small letters, numbered."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def name(self, kind: str) -> str:
        """The next name of a class."""
        stem = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", re.sub(r"\W+", "", kind))
        stem = re.sub(r"([a-z])([A-Z])", r"\1_\2", stem).lower()
        number = self.counts.get(stem, 0)
        self.counts[stem] = number + 1
        return f"{stem}_{number}" if number else stem


class TooLarge(Exception):
    """A program that makes more than can be read."""


class Budget:
    """Bounds what is copied: lists of lists, and models in models, multiply."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self) -> None:
        """Raises TooLarge."""
        self.left -= 1
        if self.left < 0:
            raise TooLarge
