"""Things described by typed parameters: the base of layers, initializers, optimizers and recipes.

A subclass of :class:`Declared` lists its parameters as class attributes, as a Django model lists
its fields; forms, checks, defaults, file formats and reference pages are all read from that list.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

from layers.diagnostics import Invalid, Problem
from layers.params import REQUIRED, Param

UNKNOWN_PARAM = Problem(
    "param.unknown",
    "{owner} has no parameter {param}.",
    "Remove it, or check its spelling against the reference page.",
    severity="warning",
)
MISSING_PARAM = Problem(
    "param.missing",
    "{owner} needs a value for {param}.",
    "Set {param} to {example}.",
)


class Declared:
    """Base of everything that has declared parameters.

    ``params`` maps names to descriptors in the order of declaration, base classes first.
    """

    params: ClassVar[dict[str, Param[Any]]] = {}

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        params: dict[str, Param[Any]] = {}
        for base in reversed(cls.__mro__):
            for name, member in vars(base).items():
                if isinstance(member, Param):
                    params[name] = member
                elif name in params:
                    # A subclass drops an inherited parameter by setting it to None.
                    del params[name]
        cls.params = params

    def __init__(self, **values: object) -> None:
        """Check and take parameter values; those not given take their defaults.

        Raises:
            Invalid: for the first unknown, missing or illegal value.
        """
        taken, mistakes = type(self).check(values)
        if mistakes:
            raise mistakes[0]
        self.values = taken

    @classmethod
    def check(cls, values: Mapping[str, object]) -> tuple[dict[str, Any], list[Invalid]]:
        """The complete, typed values, and every mistake (which takes its default)."""
        taken: dict[str, Any] = {}
        mistakes: list[Invalid] = []
        known = 0
        for name, param in cls.params.items():
            if name in values:
                known += 1
                try:
                    taken[name] = param.take(values[name])
                    continue
                except Invalid as mistake:
                    mistakes.append(mistake)
                # What is odd within a value, and is no error there, leaves none here.
                is_missing = mistakes[-1].problem.severity != "error"
            else:
                is_missing = True
            if is_missing and param.default is REQUIRED:
                mistakes.append(
                    Invalid(MISSING_PARAM, param=name, owner=cls.__name__, example=param.example())
                )
            if param.default is not REQUIRED:
                taken[name] = param.typed_default
        if known < len(values):
            mistakes.extend(
                Invalid(UNKNOWN_PARAM, owner=cls.__name__, param=name)
                for name in values
                if name not in cls.params
            )
        return taken, mistakes

    @classmethod
    def of(cls, values: dict[str, Any]) -> Any:
        """An instance over values that :meth:`check` has already taken."""
        made = cls.__new__(cls)
        made.values = values
        return made

    def to_json(self) -> dict[str, Any]:
        """Every parameter as plain JSON, defaults written out."""
        return {name: self.params[name].plain(value) for name, value in self.values.items()}

    def replace(self, **values: object) -> Any:
        """The same thing with some parameters changed. Raises Invalid."""
        changed = copy.copy(self)
        changed.values = self.values | {
            name: self.params[name].take(value) for name, value in values.items()
        }
        return changed

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Declared)
            and type(self) is type(other)
            and self.values == other.values
        )

    def __hash__(self) -> int:
        return hash((type(self), repr(self.values)))

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"{type(self).__name__}({given})"

    @classmethod
    def summary(cls) -> str:
        """First sentence of the docstring."""
        return (inspect.getdoc(cls) or "").split("\n\n")[0].replace("\n", " ")

    @classmethod
    def schema(cls) -> list[dict[str, Any]]:
        """The parameters as the page's form needs them."""
        return [param.schema() for param in cls.params.values()]


class Variant(Declared):
    """One member of a family of alternatives, such as the initializers: a parameter's value that
    has parameters itself.

    A direct subclass is a family; its subclasses are the alternatives, under their Keras class
    names (one whose name
    starts with an underscore is shared ground). As JSON: ``{"type": "L2", "l2": 0.01}``.
    """

    alternatives: ClassVar[dict[str, type[Variant]]]

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        if Variant in cls.__bases__:
            cls.alternatives = {}
        elif cls.__name__.startswith("_"):
            return
        elif cls.__name__ in cls.alternatives:
            raise ValueError(f"{cls.__name__} is declared twice")
        else:
            cls.alternatives[cls.__name__] = cls

    def to_json(self) -> dict[str, Any]:
        return {"type": type(self).__name__, **super().to_json()}
