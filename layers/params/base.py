"""What all parameter descriptors share: what values are legal, what they default to, and how a
form shows them.

A descriptor reads as its type on an instance (``layer.units`` is an ``int``). ``take`` turns JSON
into the typed value
or raises :class:`~layers.diagnostics.Invalid`; ``plain`` goes back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, overload

from layers.diagnostics import Invalid, Problem

if TYPE_CHECKING:
    from layers.declared import Declared

T = TypeVar("T")

WRONG_TYPE = Problem("param.type", "{param} must be {expected}; got {value}.", "Enter {expected}.")
TOO_SMALL = Problem(
    "param.minimum", "{param} must be at least {limit}; got {value}.", "Enter {limit} or more."
)
TOO_LARGE = Problem(
    "param.maximum", "{param} must be at most {limit}; got {value}.", "Enter {limit} or less."
)
NOT_A_CHOICE = Problem(
    "param.choice", "{param} must be one of {choices}; got {value}.", "Choose one of them."
)


class _Required:
    """The type of REQUIRED."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED = _Required()
"""Default of a parameter that must be given."""

LIMIT = 2**31 - 1
"""Largest integer any parameter takes: sizes beyond it overflow the tensors of every backend."""


class Param(Generic[T]):
    """Base of the descriptors.

    Args:
        default: value where none is given; REQUIRED where one must be.
        help: one sentence for the form and the reference page.
        unit: unit of the number, if it has one ("s", "px").
        advanced: whether the form hides it at first.
        preset: what a layer newly put on the canvas gets where the default is REQUIRED.
    """

    kind: ClassVar[str]
    expected: str = "a value"

    def __init__(
        self,
        default: object = REQUIRED,
        *,
        help: str,
        unit: str = "",
        advanced: bool = False,
        preset: object = None,
    ) -> None:
        self.default = default
        self.help = help
        self.unit = unit
        self.advanced = advanced
        self.preset = preset
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        if self.default is not REQUIRED:
            self.typed_default = self.take(self.default)

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: Declared, owner: type) -> T: ...
    def __get__(self, instance: Declared | None, owner: type) -> Self | T:
        if instance is None:
            return self
        value: T = instance.values[self.name]
        return value

    def take(self, value: object) -> T:
        """The typed value of plain JSON. Raises Invalid."""
        raise NotImplementedError

    def plain(self, value: Any) -> Any:
        """The plain JSON of a typed value."""
        return value

    def wrong(self, value: object) -> Invalid:
        """The mistake of a value of the wrong type."""
        return Invalid(WRONG_TYPE, param=self.name, expected=self.expected, value=short(value))

    def example(self) -> object:
        """A legal value, for hints and for new nodes."""
        return self.preset

    def schema(self) -> dict[str, Any]:
        """This parameter as the page's form needs it (ParamSchema)."""
        schema: dict[str, Any] = {
            "name": self.name,
            "kind": self.kind,
            "required": self.default is REQUIRED,
            "nullable": False,
            "help": self.help,
            "unit": self.unit,
            "advanced": self.advanced,
            "preset": self.preset,
        }
        if self.default is not REQUIRED:
            schema["default"] = self.plain(self.typed_default)
        return schema


Number = TypeVar("Number", int, float)


def within(param: Param[Any], value: Number, low: Number | None, high: Number | None) -> Number:
    """The value, if it lies within the limits. Raises Invalid."""
    if low is not None and value < low:
        raise Invalid(TOO_SMALL, param=param.name, limit=low, value=value)
    if high is not None and value > high:
        raise Invalid(TOO_LARGE, param=param.name, limit=high, value=value)
    return value


def short(value: object) -> str:
    """A value as it stands in a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
