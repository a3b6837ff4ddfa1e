"""Blocks as functions and repeats as loops in Keras code.

The program is read back before it is handed out; where it would not make the very same network
(layers that blocks share, names that meet), it is written layer by layer instead.
"""

from __future__ import annotations

import ast
from typing import Any

from exporters.code.keras_code import (
    WIDTH,
    Code,
    arguments,
    assignment,
    class_name,
    flat_program,
    handed,
    literal,
)
from exporters.code.reader.program import network
from exporters.code.spans import Spans, Text, moved
from exporters.code.text import Names, identifier
from exporters.keras_config import legal_model_name
from exporters.plan import plan
from exporters.source import Source
from layers.blocks import BLOCK, BLOCK_INPUT, Part, has_blocks, part
from layers.diagnostics import GraphError, Invalid
from layers.expressions import is_expression
from layers.graph import Graph, Node
from layers.layer import LAYERS

RESERVED = ("keras", "layers", "model", "ops", "name", "index", "range")


class _Unfit(Exception):
    """A network that this way of writing does not suit."""


def program(graph: Graph) -> Text:
    """The program, which leaves the model in ``model``. Raises GraphError."""
    flat = flat_program(graph)
    if not has_blocks(graph):
        return flat
    try:
        text = _Writer(graph).text()
        made = network(Source(text.text.encode(), "model.py")).graph
    except (_Unfit, GraphError, Invalid):
        return flat
    return text if _facts(made) == _facts(plan(graph).graph) else flat


def _facts(graph: Graph) -> Any:
    """Layers by name and connections, of networks in which nothing is shared."""
    names = {node.id: node.name for node in graph.nodes.values()}
    layers = {
        node.name: (node.type, node.shares, LAYERS[node.type].check(node.params)[0])
        for node in graph.nodes.values()
    }
    wires = {
        (names[edge.source], edge.source_port, names[edge.target], edge.target_port)
        for edge in graph.edges
    }
    return legal_model_name(graph.name), layers, wires, len(graph)


class _Writer:
    """Writes a network whose blocks become functions."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.functions: dict[str, list[str]] = {}
        self.spans: dict[str, Spans] = {}
        self.names = Names(RESERVED)
        self.called = {name: self.names.free(name) for name in graph.blocks}

    def text(self) -> Text:
        """The program. Raises _Unfit, Invalid."""
        graph = self.graph
        names = Names(self.names.taken)
        lines, ends, spans = self._body(graph, graph.nodes, {}, names, prefix="")
        inputs = [ends[node.id] for node in graph.nodes.values() if _is_input(node)]
        outputs = [
            ends[node.id]
            for node in graph.nodes.values()
            if not graph.outgoing(node.id) and not _is_input(node)
        ]
        end = assignment(
            "model",
            "keras.Model",
            [_several(inputs), _several(outputs), f"name={literal(legal_model_name(graph.name))}"],
        )
        count = plan(graph).analysis.totals.weights
        head = [
            f"# {count:,} parameters. Made with VisualNN.",
            "import keras",
            "from keras import layers",
        ]
        inside: dict[str, Spans] = {}
        for block, function in self.functions.items():
            head += ["", "", *function]
            inside[block] = moved(self.spans[block], len(head) - len(function))
        text = "\n".join([*head, "", "", *lines, "", *end, ""])
        return Text(text, self._within(graph.nodes, moved(spans, len(head) + 2), inside))

    def _within(
        self, nodes: dict[str, Node], spans: Spans, inside: dict[str, Spans], prefix: str = ""
    ) -> Spans:
        """The lines of nodes, and of those in the functions of their blocks."""
        found = {f"{prefix}{identity}": span for identity, span in spans.items()}
        for node in nodes.values():
            if node.type == BLOCK:
                block = node.params["block"]
                inner = {
                    item["id"]: Node.from_json(item) for item in self.graph.blocks[block]["nodes"]
                }
                found |= self._within(inner, inside[block], inside, f"{prefix}{node.id}-")
        return found

    def _function(self, block: str, found: Part) -> None:
        """Write the function of a block, after those of the blocks inside it."""
        definition = self.graph.blocks[block]
        params = list(definition.get("params", {}))
        if any(identifier(name) != name or name in RESERVED for name in params):
            raise _Unfit
        names = Names((*self.names.taken, *params))
        given = {
            identity: names.free(found.graph.nodes[identity].name) for identity in found.inputs
        }
        raw = {item["id"]: Node.from_json(item) for item in definition["nodes"]}
        lines, ends, spans = self._body(found.graph, raw, given, names, prefix="{name}_")
        results = ", ".join(ends[identity] for identity in found.outputs)
        head = f"def {self.called[block]}({', '.join([*given.values(), *params, 'name'])}):"
        lines = [*lines, f"return {results}"]
        self.spans[block] = moved(spans, 1)
        self.functions[block] = [head, *(f"    {line}" if line else "" for line in lines)]

    def _body(
        self,
        graph: Graph,
        raw: dict[str, Node],
        given: dict[str, str],
        names: Names,
        prefix: str,
    ) -> tuple[list[str], dict[str, str], Spans]:
        """The statements of one level, the variable of each of its nodes, and its lines."""
        lines: list[str] = []
        spans: Spans = {}
        ends = dict(given)
        width = WIDTH - 4 if prefix else WIDTH
        for node in graph:
            if node.id in given:
                continue
            if node.shares or node.type == BLOCK_INPUT:
                raise _Unfit
            edges = graph.incoming(node.id)
            if any(edge.source_port for edge in edges):
                raise _Unfit
            tensors = [ends[edge.source] for edge in edges]
            variable = names.free(node.name)
            ends[node.id] = variable
            called = f"{prefix}{node.name}"
            first = len(lines) + 1
            if node.type == BLOCK:
                lines += self._use(node, raw[node.id], tensors, variable, called, width)
                spans[node.id] = first, len(lines)
                continue
            kind = LAYERS.get(node.type)
            if kind is None or kind.package != "keras" or kind.role != "layer":
                raise _Unfit
            layer = kind(**node.params)
            values = {
                key: _symbolic(raw[node.id].params.get(key), value)
                for key, value in layer.values.items()
            }
            made = [*arguments(kind.of(values)), f"name={_text(called)}"]
            if not tensors:
                lines += assignment(variable, "keras.Input", made)
                spans[node.id] = first, len(lines)
                continue
            # Which of the inputs is a mask is told by its dtype, which is not known here.
            may_be_masked = any("mask" in name for name in layer.input_names)
            if layer.call_arguments or (may_be_masked and len(tensors) > layer.min_inputs):
                raise _Unfit
            shown = handed(*layer.arguments([Code(tensor) for tensor in tensors], ()))
            lines += assignment(variable, class_name(kind), made, shown, width)
            spans[node.id] = first, len(lines)
        return lines, ends, spans

    def _use(
        self, node: Node, raw: Node, tensors: list[str], variable: str, called: str, width: int
    ) -> list[str]:
        """The call of a block's function, in a loop where it is repeated."""
        found = part(self.graph.blocks, node.params)
        if len(found.outputs) != 1 or len(found.inputs) != len(tensors):
            raise _Unfit
        if found.name not in self.functions:
            self._function(found.name, found)
        given = raw.params.get("values", {})
        values = [
            f"{name}={literal(_symbolic(given.get(name), value))}"
            for name, value in found.values.items()
        ]
        function = self.called[found.name]
        repeat = raw.params.get("repeat", 1)
        if repeat == 1:
            made = [*tensors, *values, f"name={_text(called)}"]
            return assignment(variable, function, made, width=width)
        number = Code(f"f{literal(called + '_{index + 1}')}")
        made = [variable, *values, f"name={number}"]
        return [
            f"{variable} = {tensors[0]}",
            f"for index in range({literal(_symbolic(repeat, repeat))}):",
            *(f"    {line}" for line in assignment(variable, function, made, width=width - 4)),
        ]


def _is_input(node: Node) -> bool:
    return node.type in LAYERS and LAYERS[node.type].max_inputs == 0


def _several(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f"[{', '.join(values)}]"


def _text(name: str) -> str:
    """A name as a text that takes in the function's own."""
    return f"f{literal(name)}" if "{name}" in name else literal(name)


def _symbolic(raw: Any, typed: Any) -> Any:
    """A value with the expressions of the block in the place of their results."""
    if is_expression(raw):
        return Code(ast.unparse(ast.parse(raw["expr"].strip(), mode="eval")))
    if isinstance(raw, list) and isinstance(typed, tuple) and len(raw) == len(typed):
        return tuple(_symbolic(one, other) for one, other in zip(raw, typed, strict=True))
    return typed
