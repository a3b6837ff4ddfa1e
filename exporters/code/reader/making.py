"""What calls of imported names make: layers, inputs, models, initializers and their like."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from exporters.code.reader.signatures import POSITIONAL
from exporters.code.reader.values import (
    Budget,
    Counter,
    Functional,
    Layer,
    Model,
    Opaque,
    Path,
    Sequential,
    Tensor,
)
from exporters.operations.making import is_single
from exporters.operations.operation import OF_KERAS, OF_TENSORFLOW
from layers.layer import LAYERS
from layers.params import REQUIRED
from layers.variants import Constraint, Initializer, Regularizer

ROOTS = ("tensorflow.python.keras.", "tensorflow.keras.", "tf_keras.", "keras.src.")
FAMILIES = {"initializers": Initializer, "regularizers": Regularizer, "constraints": Constraint}
MERGES = {
    name.lower(): name
    for name in (
        "Add",
        "Subtract",
        "Multiply",
        "Average",
        "Maximum",
        "Minimum",
        "Concatenate",
        "Dot",
    )
}
EVERYTHING: dict[str, tuple[str, ...]] = {
    "keras.layers": (
        "Input",
        *MERGES,
        *(name for name, kind in LAYERS.items() if kind.package == "keras"),
    ),
    "keras.models": ("Model", "Sequential"),
}
"""What ``from ... import *`` brings, by module."""
SHAPES = ("batch_shape", "input_shape", "batch_input_shape")
MAX_VALUES = 300_000


class Refusal(Exception):
    """What cannot be read."""


def canonical(dotted: str) -> str:
    """A dotted name under ``keras``, whatever package it comes from."""
    for root in ROOTS:
        if f"{dotted}.".startswith(root):
            return f"keras.{dotted.removeprefix(root[:-1]).lstrip('.')}".rstrip(".")
    return dotted


def imported(module: str | None, names: list[ast.alias]) -> Iterator[tuple[str, Path]]:
    """What an import from a module binds; of everything, the layers and models of Keras."""
    for alias in names:
        if alias.name != "*":
            yield alias.asname or alias.name, Path(f"{module}.{alias.name}")
            continue
        for name in EVERYTHING.get(canonical(str(module)), ()):
            yield name, Path(f"{module}.{name}")


class Maker:
    """Makes what a program makes."""

    def __init__(self) -> None:
        self.counter = Counter()
        self.models: list[Model] = []
        self.budget = Budget(MAX_VALUES)

    def call(self, dotted: str, args: list[Any], named: dict[str, Any]) -> Any:
        """The value of a call of an imported name. Raises Refusal."""
        parts = canonical(dotted).split(".")
        if any(_is_of_tensors(value) for value in (*args, *named.values())):
            made = self.operation(parts, args, named)
            if made is not None:
                return made
        if parts[0] != "keras":
            raise Refusal(f"{dotted}()")
        name = parts[-1]
        if name == "Input" and parts[1:2] in (["layers"], ["Input"], ["engine"]):
            return self._input(args, named)
        if name in ("Sequential", "Model", "Functional") and "applications" not in parts:
            return self._model(name, args, named)
        if parts[1:2] == ["layers"] or (len(parts) == 2 and name in LAYERS):
            if name in MERGES:
                given = dict(zip(("inputs", *POSITIONAL[MERGES[name]]), args, strict=False)) | named
                return self.apply(
                    self.layer(
                        MERGES[name],
                        [],
                        {key: value for key, value in given.items() if key != "inputs"},
                    ),
                    [given.get("inputs")],
                    {},
                )
            return self.layer(name, args, named)
        for part, family in FAMILIES.items():
            if part in parts[1:]:
                return self._variant(family, name, args, named)
        if parts[1:2] == ["activations"] or name in ("DTypePolicy",):
            raise Refusal(f"{dotted}()")
        raise Refusal(f"{dotted}()")

    def layer(self, kind: str, args: list[Any], named: dict[str, Any], module: str = "") -> Layer:
        """A layer. Raises Refusal."""
        names = POSITIONAL.get(kind)
        known = LAYERS.get(kind)
        if names is None and known is not None:
            names = tuple(key for key, param in known.params.items() if param.default is REQUIRED)
        if len(args) > len(names or ()):
            raise Refusal(f"{kind} with {len(args)} positional arguments")
        config = dict(zip(names or (), args, strict=False)) | named
        for key in SHAPES:
            if isinstance(config.get(key), int):
                config[key] = [config[key]]
        own = known.params if known else {}
        if "input_dim" not in own and isinstance(config.get("input_dim"), int):
            config["input_shape"] = [config.pop("input_dim")]
        config = {key: self.plain(value) for key, value in config.items()}
        if isinstance(config.get("input_shape"), list) and kind != "InputLayer":
            config["batch_input_shape"] = [None, *config.pop("input_shape")]
        if kind == "InputLayer":
            config = self._input_config(config)
        name = config.get("name")
        config["name"] = name if isinstance(name, str) else self.counter.name(kind)
        item: dict[str, Any] = {"class_name": kind, "config": config, "name": config["name"]}
        if known is not None and known.package != "keras":
            item |= {"registered_name": f"{known.package}>{kind}", "module": known.package}
        elif module:
            item |= {"registered_name": f"{module}>{kind}", "module": module}
        return Layer(item)

    def operation(self, parts: list[str], args: list[Any], named: dict[str, Any]) -> Tensor | None:
        """An operation on tensors by its dotted name, as files have it; None where it is none that
        layers may compute. Raises Refusal.
        """
        name = parts[-1]
        is_keras = parts[:2] in (["keras", "ops"], ["keras", "activations"])
        if not (is_keras or parts[0] == "tensorflow") or not is_single(name):
            return None
        if name == "gelu" and parts[1] == "activations":
            return None  # It is exact by default, and the operation is not.
        given: dict[str, Any] = {"name": self.counter.name(name)}
        if is_keras:
            kind = "".join(part.capitalize() for part in name.split("_"))
            item = {"module": f"{OF_KERAS[0]}numpy", "class_name": kind}
        else:
            item = {"class_name": OF_TENSORFLOW[0]}
            given["function"] = name
        layer = Layer({**item, "config": given, "name": given["name"]})
        return self.apply(layer, args, named)

    def _input_config(self, config: dict[str, Any]) -> dict[str, Any]:
        given = dict(config)
        shape = given.pop("shape", None)
        shape = given.pop("input_shape", shape)
        size = given.pop("batch_size", None)
        if isinstance(shape, int):
            shape = [shape]
        if shape is not None:
            if not isinstance(shape, list | tuple):
                raise Refusal("an input of this shape")
            given["batch_shape"] = [size, *shape]
        return given

    def _input(self, args: list[Any], named: dict[str, Any]) -> Tensor:
        given = dict(zip(("shape", "batch_size", "dtype"), args, strict=False)) | named
        made = self.layer("InputLayer", [], given)
        return Tensor(made, 0)

    def _model(self, kind: str, args: list[Any], named: dict[str, Any]) -> Model:
        model: Model
        if kind == "Sequential":
            given = dict(zip(("layers", "trainable", "name"), args, strict=False)) | named
            model = Sequential(_name(given.get("name")) or self.counter.name(kind))
            members = given.get("layers") or ()
            if not isinstance(members, list | tuple):
                _refuse(members, "a Sequential of this")
            for member in members:
                self.add(model, member)
        else:
            given = dict(zip(("inputs", "outputs", "name"), args, strict=False)) | named
            for old in ("input", "output"):
                if old in given:
                    given[f"{old}s"] = given.pop(old)
            name = _name(given.get("name")) or self.counter.name("functional")
            model = Functional(name, _ends(given.get("inputs")), _ends(given.get("outputs")))
        self.models.append(model)
        return model

    def add(self, model: Sequential, member: Any) -> None:
        """Put a layer on top of a stack. Raises Refusal."""
        if isinstance(member, Tensor) and not member.layer.calls and not model.members:
            member = member.layer
        if not isinstance(member, Layer | Model):
            _refuse(member, "a member of a Sequential")
        model.members.append(member)

    def apply(self, thing: Any, args: list[Any], named: dict[str, Any]) -> Tensor:
        """Call a layer or a model on tensors. Raises Refusal."""
        if isinstance(thing, Model):
            if thing.as_layer is None:
                item = {"class_name": "", "model": thing, "name": thing.name}
                thing.as_layer = Layer(item)
            layer = thing.as_layer
        else:
            layer = thing
        plain = [self.plain(value) for value in args]
        given = {key: self.plain(value) for key, value in named.items()}
        if not any(_holds_tensor(value) for value in (*plain, *given.values())):
            raise Refusal("a layer that is called on no tensor")
        layer.calls.append((plain, given))
        return Tensor(layer, len(layer.calls) - 1)

    def _variant(
        self, family: Any, name: str, args: list[Any], named: dict[str, Any]
    ) -> dict[str, Any]:
        wanted = name.replace("_", "").lower()
        kind = next((each for each in family.alternatives if each.lower() == wanted), None)
        if kind is None:
            raise Refusal(name)
        config = dict(zip(family.alternatives[kind].params, args, strict=False)) | named
        if wanted == "l2" and "l" in config:
            config["l2"] = config.pop("l")
        return {
            "class_name": kind,
            "config": {key: self.plain(value) for key, value in config.items()},
        }

    def plain(self, value: Any) -> Any:
        """A value in a configuration: layers as theirs. Raises Refusal."""
        self.budget.spend()
        if isinstance(value, Layer):
            return dict(value.item)
        if (
            isinstance(value, Tensor)
            or value is None
            or isinstance(value, bool | int | float | str)
        ):
            return value
        if isinstance(value, list | tuple):
            return [self.plain(item) for item in value]
        if isinstance(value, dict) and all(isinstance(key, str) for key in value):
            return {key: self.plain(item) for key, item in value.items()}
        if isinstance(value, Path):
            parts = canonical(value.dotted).split(".")
            if parts[0] == "keras" and len(parts) > 2 and parts[1] in ("activations", *FAMILIES):
                return parts[-1]
        _refuse(value, "this value")


def _refuse(value: Any, what: str) -> Any:
    if isinstance(value, Opaque):
        value.refuse()
    raise Refusal(what)


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _ends(value: Any) -> list[Tensor]:
    if isinstance(value, dict):
        value = list(value.values())
    ends = list(value) if isinstance(value, list | tuple) else [value]
    for end in ends:
        if not isinstance(end, Tensor):
            _refuse(end, "a model whose ends are no tensors")
    if not ends:
        raise Refusal("a model without tensors")
    return ends


def _holds_tensor(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(_holds_tensor(item) for item in value)
    return isinstance(value, Tensor)


def _is_of_tensors(value: Any) -> bool:
    """Whether an argument is a tensor, or has some right in it."""
    items = value if isinstance(value, list | tuple) else [value]
    return any(isinstance(item, Tensor) for item in items[:1000])
