"""A mistake as a value: what it is, where it is, and how to repair it.

A :class:`Problem` is one kind of mistake, declared once with its sentence. Rules raise
:class:`Invalid`; the analysis
turns that into a :class:`Diagnostic` with a place. :class:`GraphError` carries diagnostics across
a border that cannot go on (HTTP 422, exit code 2).

Messages are templates (``{name}`` placeholders) and a diagnostic keeps the values, so that a page
can show the same sentence in another language. A number brings its words for one and for many:
``{count:layer has|layers have}``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from layers.edits import Edit

Severity: TypeAlias = Literal["error", "warning", "hint"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of mistake. ``message`` says what is and what was expected; ``hint`` starts with a
    verb.

    Declaring a second problem under the same code raises ValueError.
    """

    code: str
    message: str
    hint: str = ""
    severity: Severity = "error"

    def __post_init__(self) -> None:
        if PROBLEMS.setdefault(self.code, self) is not self:
            raise ValueError(f"problem {self.code!r} is declared twice")


PROBLEMS: dict[str, Problem] = {}
"""Every kind of mistake by its code, ``area.problem``."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A repair that one click applies: a sentence and the edits it makes."""

    label: str
    edits: tuple[Edit, ...]

    def to_json(self) -> dict[str, object]:
        return {"label": self.label, "edits": [edit.to_json() for edit in self.edits]}


@dataclass(frozen=True, slots=True)
class InsertBefore:
    """Remedy: put a layer between the one at fault and what feeds its first input."""

    type: str
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def label(self) -> str:
        values = ", ".join(f"{name}={value}" for name, value in self.params.items())
        return f"Insert {self.type}({values})" if values else f"Insert {self.type}"


@dataclass(frozen=True, slots=True)
class SetParams:
    """Remedy: give parameters of the layer at fault other values."""

    params: Mapping[str, object]

    @property
    def label(self) -> str:
        return "Set " + ", ".join(f"{name} to {value}" for name, value in self.params.items())


@dataclass(frozen=True, slots=True)
class SetType:
    """Remedy: replace the layer at fault by another class, keeping the parameters both have."""

    type: str

    @property
    def label(self) -> str:
        return f"Switch to {self.type}"


Remedy: TypeAlias = InsertBefore | SetParams | SetType
"""A repair in the words of a layer; the analysis turns it into a :class:`Fix`."""


class Invalid(Exception):
    """Raised by a rule: a problem, the values in its sentence, the parameter, a remedy."""

    def __init__(
        self,
        problem: Problem,
        *,
        param: str | None = None,
        remedy: Remedy | None = None,
        **values: object,
    ) -> None:
        self.problem = problem
        self.param = param
        self.remedy = remedy
        self.values = {"param": param, **values} if param else values
        super().__init__(_said(problem.message, self.values))

    def within(self, param: str) -> Invalid:
        """The same mistake, inside the value of an outer parameter."""
        self.param = param
        return self

    def diagnostic(self, node: str | None = None, fix: Fix | None = None) -> Diagnostic:
        """The same mistake with a place."""
        return _fill(self.problem, self.values, node, self.param, fix)


@dataclass(frozen=True, slots=True)
class Step:
    """One step into a block, on the way to a mistake within it.

    Attributes:
        node: id of a node in the block.
        name: what that node is called.
        copy: in which copy of the block, counted from 1; None for the first, as for the only one.
    """

    node: str
    name: str
    copy: int | None = None

    def to_json(self) -> dict[str, object]:
        return {"node": self.node, "name": self.name, "copy": self.copy}


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A mistake with its place (node id, parameter) and, where one exists, a fix.

    Attributes:
        inside: where the node is a block's and the mistake within it: the steps from there to the
            node at fault, whose parameter `param` is.
    """

    code: str
    message: str
    hint: str = ""
    severity: Severity = "error"
    node: str | None = None
    param: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    fix: Fix | None = None
    inside: tuple[Step, ...] = ()

    @property
    def located(self) -> str:
        """The message, behind the names that lead to a node within a block."""
        way = " › ".join(
            f"copy {step.copy} › {step.name}" if step.copy else step.name for step in self.inside
        )
        return f"{way}: {self.message}" if way else self.message

    def to_json(self) -> dict[str, object]:
        return {
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "severity": self.severity,
            "node": self.node,
            "param": self.param,
            "values": {name: plain(value) for name, value in self.values.items()},
            "fix": self.fix.to_json() if self.fix else None,
            "inside": [step.to_json() for step in self.inside],
        }

    def __str__(self) -> str:
        return f"{self.located} {self.hint}".strip()


def diagnose(
    problem: Problem,
    *,
    node: str | None = None,
    fix: Fix | None = None,
    **values: object,
) -> Diagnostic:
    """A diagnostic of a problem found outside the rules of a layer."""
    return _fill(problem, values, node, None, fix)


def _fill(
    problem: Problem,
    values: Mapping[str, object],
    node: str | None,
    param: str | None,
    fix: Fix | None,
) -> Diagnostic:
    message, hint = _said(problem.message, values), _said(problem.hint, values)
    return Diagnostic(problem.code, message, hint, problem.severity, node, param, values, fix)


def _said(template: str, values: Mapping[str, object]) -> str:
    counted = {
        name: _Count(value) if type(value) is int else value for name, value in values.items()
    }
    return template.format_map(counted)


class _Count(int):
    """A number that takes "one|many" as its format."""

    def __format__(self, form: str) -> str:
        if "|" not in form:
            return super().__format__(form)
        one, many = form.split("|")
        return f"{int(self)} {one if self == 1 else many}"


class GraphError(Exception):
    """Diagnostics at a border that cannot go on."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(str(diagnostic) for diagnostic in self.diagnostics))


def plain(value: object) -> object:
    """A placeholder's value as JSON: numbers and booleans stay, everything else becomes text."""
    return value if isinstance(value, bool | int | float) or value is None else str(value)
