"""A network as Keras functional code, as people write it: it runs as it stands."""

from __future__ import annotations

from typing import Any

from exporters.code.spans import Spans, Text, moved
from exporters.code.text import Names
from exporters.custom import sources
from exporters.keras_config import legal_model_name, module_of, spelt
from exporters.plan import Call, Plan, plan
from layers.declared import Variant
from layers.graph import Graph
from layers.layer import Layer
from layers.params import REQUIRED

WIDTH = 88
"""Columns of a line, as formatters have them by default."""

SPELT_OUT = frozenset({"pool_size"})
"""Parameters written even where they have their default: Keras has none for average pooling."""

LEADING = frozenset({"filters"})
"""Required parameters that come first in Keras' signatures, whatever the order of declaration."""


def flat_program(graph: Graph) -> Text:
    """The program, which leaves the model in ``model``. Raises GraphError."""
    made = plan(graph)
    names = _Names(made)
    lines: list[str] = []
    spans: Spans = {}
    for identity, call in made.calls.items():
        first = len(lines) + 1
        lines.extend(_statement(made, call, names))
        spans[identity] = first, len(lines)
    inputs = _tensors(made, made.inputs, names)
    outputs = _tensors(made, made.outputs, names)
    title = literal(legal_model_name(graph.name))
    kinds = [kind for call in made.calls.values() for kind in _kinds(call.layer)]
    used = [
        *(["layers"] if any(kind.package == "keras" for kind in kinds) else []),
        *(["ops"] if any(kind.package != "keras" for kind in kinds) else []),
    ]
    head = ["import keras", *([f"from keras import {', '.join(used)}"] if used else [])]
    # What Keras has not comes along.
    carried = dict(sources()[kind.__name__] for kind in kinds if kind.package != "keras")
    for text in carried.values():
        head += ["", "", *text.splitlines()]
    head += ["", ""] if carried else [""]
    end = assignment("model", "keras.Model", [inputs, outputs, f"name={title}"])
    count = made.analysis.totals.weights
    head.insert(0, f"# {count:,} parameters. Made with VisualNN.")
    return Text("\n".join([*head, *lines, "", *end, ""]), moved(spans, len(head)))


def class_name(kind: type[Layer]) -> str:
    """What a layer's class is called in a program."""
    return f"layers.{kind.__name__}" if kind.package == "keras" else kind.__name__


def _kinds(layer: Layer | None) -> list[type[Layer]]:
    """The class of a layer and of those inside it; none for an input."""
    if layer is None or layer.max_inputs == 0:
        return []
    inner = [value for value in layer.values.values() if isinstance(value, Layer)]
    return [type(layer), *(kind for item in inner for kind in _kinds(item))]


class _Names:
    """Variables: layer names made legal, each once."""

    def __init__(self, made: Plan) -> None:
        names = Names({"keras", "layers", "model", "ops", "pool", "pooled_size"})
        self.variables = {
            identity: names.free(call.node.name) for identity, call in made.calls.items()
        }
        shared = {call.owner.id for call in made.calls.values() if call.index}
        self.layers = {
            identity: names.free(f"{made.graph.nodes[identity].name}_layer")
            for identity in made.graph.nodes
            if identity in shared
        }


def _statement(made: Plan, call: Call, names: _Names) -> list[str]:
    """The lines for one call."""
    assert call.layer is not None
    variable = names.variables[call.node.id]
    name = f"name={literal(call.owner.name)}"
    made_arguments = [*arguments(call.layer), name]
    if not call.arguments:
        return assignment(variable, "keras.Input", made_arguments)
    tensors = [_tensor(made, identity, port, names) for identity, port in call.arguments]
    called_on = handed(*call.spelt([Code(tensor) for tensor in tensors]))
    constructor = class_name(type(call.layer))
    lines: list[str] = []
    if call.owner.id in names.layers:
        layer = names.layers[call.owner.id]
        if call.index == 0:
            lines = assignment(layer, constructor, made_arguments)
        return [*lines, *assignment(variable, layer, [called_on])]
    return assignment(variable, constructor, made_arguments, called_on)


def assignment(
    variable: str, called: str, given: list[str], then: str = "", width: int = WIDTH
) -> list[str]:
    """``variable = called(given)(then)``, on one line where it fits.

    Longer ones get a line for each argument, with the trailing comma that makes formatters keep it
    so.
    """
    line = f"{variable} = {called}({', '.join(given)})" + (f"({then})" if then else "")
    if len(line) <= width:
        return [line]
    lines = [f"{variable} = {called}("]
    for item in given:
        lines.extend(_exploded(item, 4, width))
    if not then:
        return [*lines, ")"]
    if len(f")({then})") <= width:
        return [*lines, f")({then})"]
    return [*lines, ")(", *_exploded(then, 4, width), ")"]


def _exploded(item: str, indent: int, width: int) -> list[str]:
    """One argument on a line of its own, a list of tensors that is too long on several."""
    room = " " * indent
    if len(room) + len(item) + 1 <= width or not item.startswith("["):
        return [f"{room}{item},"]
    return [
        f"{room}[",
        *(f"{room}    {member}," for member in item[1:-1].split(", ")),
        f"{room}],",
    ]


class Code(str):
    """Text that is code already."""

    __slots__ = ()


def arguments(thing: Layer | Variant) -> list[str]:
    """The arguments that make a layer or an initializer: what a layer cannot do without by
    position, what differs from its default by name.
    """
    required = [name for name, param in thing.params.items() if param.default is REQUIRED]
    values = thing.values
    usual = {
        name: values[name] if name in required else param.typed_default
        for name, param in thing.params.items()
    }
    positional: list[str] = []
    if isinstance(thing, Layer) and thing.max_inputs != 0:
        # What keras.Input takes are the parameters as they are; its configuration differs.
        positional = sorted(required, key=lambda name: name not in LEADING)
        values, usual = spelt(type(thing), values, call), spelt(type(thing), usual, call)
    named = [
        name
        for name, value in values.items()
        if name not in positional
        and (name in required or name in SPELT_OUT or value != usual[name])
    ]
    return [
        *(literal(values[name]) for name in positional),
        *(f"{name}={literal(values[name])}" for name in named),
    ]


def call(thing: Layer | Variant) -> Code:
    """The call that makes an initializer or the like, or a layer inside a layer."""
    if isinstance(thing, Layer):
        name = class_name(type(thing))
    else:
        name = f"{module_of(thing)}.{type(thing).__name__}"
    return Code(f"{name}({', '.join(arguments(thing))})")


def handed(by_position: list[Any], by_name: dict[str, Any]) -> str:
    """The arguments of a call, lists of tensors in square brackets."""

    def shown(value: Any) -> str:
        return f"[{', '.join(value)}]" if isinstance(value, list) else literal(value)

    named = [f"{key}={shown(value)}" for key, value in by_name.items()]
    return ", ".join([*map(shown, by_position), *named])


def literal(value: Any) -> str:
    """A value as Python; a single size without brackets."""
    if isinstance(value, Code):
        return value
    if isinstance(value, Layer | Variant):
        return call(value)
    if isinstance(value, list | tuple):
        items = [literal(item) for item in value]
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    if isinstance(value, str):
        plain = repr(value)
        return f'"{plain[1:-1]}"' if plain[0] == "'" and '"' not in value else plain
    return repr(value)


def _tensors(made: Plan, ends: tuple[tuple[str, int], ...], names: _Names) -> str:
    tensors = [_tensor(made, identity, port, names) for identity, port in ends]
    return tensors[0] if len(tensors) == 1 else f"[{', '.join(tensors)}]"


def _tensor(made: Plan, identity: str, port: int, names: _Names) -> str:
    variable = names.variables[identity]
    return f"{variable}[{port}]" if made.calls[identity].output_count > 1 else variable
