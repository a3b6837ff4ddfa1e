"""Parameters made of others: one of a family of alternatives, and values that may be null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from layers.diagnostics import Invalid, Problem
from layers.params.base import REQUIRED, Param

if TYPE_CHECKING:
    from layers.declared import Variant
    from layers.layer import Layer

T = TypeVar("T")

INNER_CALL = Problem(
    "param.inner_call",
    "{param}: {inner} is not called with {name}={value} by itself; the layer around it is called.",
    "Set {name} of the layer around it.",
)

REMEMBERED = 200
LONGEST = 300
"""How many values, and how long ones as text, a parameter remembers once they are checked."""


class Of(Param["Variant"]):
    """One of a family of alternatives with parameters of their own, such as an initializer.

    Legal as JSON: the alternative's name, or ``{"type": name, **parameters}``.
    """

    kind = "object"

    def __init__(
        self,
        family: type[Variant],
        default: object = REQUIRED,
        *,
        help: str,
        advanced: bool = True,
    ) -> None:
        self.family = family
        self.expected = f"one of {', '.join(family.alternatives)}"
        self._taken: dict[str, Variant] = {}
        super().__init__(default, help=help, advanced=advanced)

    def take(self, value: object) -> Variant:
        if isinstance(value, self.family):
            return value
        # A large network says the same few things thousands of times.
        key = repr(value)
        taken = self._taken.get(key)
        if taken is None:
            taken = self._make(value)
            if len(self._taken) < REMEMBERED and len(key) < LONGEST:
                self._taken[key] = taken
        return taken

    def _make(self, value: object) -> Variant:
        given = {"type": value} if isinstance(value, str) else value
        if not isinstance(given, dict):
            raise self.wrong(value)
        chosen = self.family.alternatives.get(str(given.get("type")))
        if chosen is None:
            raise self.wrong(given.get("type"))
        try:
            return chosen(**{name: item for name, item in given.items() if name != "type"})
        except Invalid as mistake:
            raise mistake.within(self.name) from None

    def plain(self, value: Variant) -> dict[str, Any]:
        return value.to_json()

    def schema(self) -> dict[str, Any]:
        variants = [
            {"name": name, "params": variant.schema()}
            for name, variant in self.family.alternatives.items()
        ]
        return super().schema() | {"variants": variants}


class Inner(Param["Layer"]):
    """A layer inside a layer, as wrappers hold one: ``{"type": "LSTM", "units": 64}`` as JSON.

    Args:
        of: names of the layers that may stand there; all that take one input where it is empty.
    """

    kind = "layer"
    expected = "a layer"

    def __init__(self, *of: str, preset: dict[str, Any], help: str) -> None:
        self.of = of
        super().__init__(help=help, preset=preset)

    def names(self) -> list[str]:
        """Names of the layers that may stand there."""
        from layers.layer import LAYERS

        return sorted(self.of or (name for name, layer in LAYERS.items() if layer.can_take_one()))

    def take(self, value: object) -> Layer:
        from layers.layer import LAYERS, Layer

        if isinstance(value, Layer):
            return value
        if not isinstance(value, dict) or value.get("type") not in self.names():
            raise self.wrong(value)
        try:
            made = LAYERS[value["type"]](
                **{name: item for name, item in value.items() if name != "type"}
            )
        except Invalid as mistake:
            raise mistake.within(self.name) from None
        for name, said in made.call_arguments.items():
            raise Invalid(INNER_CALL, param=self.name, inner=value["type"], name=name, value=said)
        return made

    def plain(self, value: Layer) -> dict[str, Any]:
        return {"type": type(value).__name__, **value.to_json()}

    def schema(self) -> dict[str, Any]:
        return super().schema() | {"layers": self.names()}


class Nullable(Param[T | None]):
    """Another parameter that may also be null."""

    kind = "nullable"

    def __init__(self, inner: Param[T], default: object = None) -> None:
        self.inner = inner
        super().__init__(
            default,
            help=inner.help,
            unit=inner.unit,
            advanced=inner.advanced,
            preset=inner.preset,
        )

    def __set_name__(self, owner: type, name: str) -> None:
        self.inner.__set_name__(owner, name)
        super().__set_name__(owner, name)

    def take(self, value: object) -> T | None:
        return None if value is None else self.inner.take(value)

    def plain(self, value: Any) -> Any:
        return None if value is None else self.inner.plain(value)

    def schema(self) -> dict[str, Any]:
        inner = {name: item for name, item in self.inner.schema().items() if name != "default"}
        own = {"nullable": True, "required": False, "default": self.plain(self.typed_default)}
        return inner | own
