"""Remedies in the words of a layer, turned into edits of the graph it stands in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from layers.diagnostics import Diagnostic, Fix, InsertBefore, Invalid, Remedy, SetParams
from layers.edits import AddNode, Connect, Disconnect, Edit, EditBlock
from layers.edits import SetParams as SetParamsEdit
from layers.edits import SetType as SetTypeEdit
from layers.expressions import has_expression
from layers.graph import Edge, Graph, Node
from layers.layer import LAYERS, Layer
from layers.params import Ints, Nullable


def place(graph: Graph, node: Node, mistake: Invalid) -> Diagnostic:
    """A layer's mistake with the node it belongs to, its remedy turned into edits."""
    fix = _fix(graph, node, mistake.remedy) if mistake.remedy else None
    return mistake.diagnostic(node.id, fix)


def insert_before(graph: Graph, node: Node, kind: str, params: Mapping[str, object]) -> Fix:
    """Put a layer between a node and what feeds its first input.

    It has the node's place. Who applies the fix makes room: an analysis is kept while layers move
    and others come behind them, so where those are is not known here.

    Args:
        graph: the network.
        node: the node before which the layer comes; it must have an input.
        kind: the class of the layer.
        params: its parameters that differ from the defaults.
    """
    remedy = InsertBefore(kind, params)
    name = graph.free_name(kind.lower())
    complete = LAYERS[kind](**params).to_json()
    inserted = Node(_free_id(graph, name), kind, name, complete, node.position)
    edge = graph.incoming(node.id)[0]
    edits: list[Edit] = [
        AddNode(inserted),
        Disconnect(edge),
        Connect(Edge(edge.source, inserted.id, edge.source_port)),
        Connect(Edge(inserted.id, node.id, 0, edge.target_port)),
    ]
    return Fix(remedy.label, tuple(edits))


def in_block(fix: Fix, name: str, stored: Graph) -> Fix | None:
    """A fix within a block as one of the block's definition.

    None where it would put a number in the place of an expression: what the expression follows is
    then what has to change, and that is for the user to say.

    Args:
        fix: made for the nodes of the block, its expressions replaced by their values.
        name: of the block.
        stored: its nodes as they are stored.
    """
    edits: list[Edit] = []
    for edit in fix.edits:
        if isinstance(edit, SetTypeEdit):
            kept = retyped(stored.nodes[edit.id].params, LAYERS[edit.type])
            edits.append(replace(edit, params=kept))
            continue
        if isinstance(edit, SetParamsEdit):
            known = stored.nodes[edit.id].params
            if any(has_expression(known.get(param)) for param in edit.params):
                return None
        edits.append(edit)
    return Fix(fix.label, (EditBlock(name, tuple(edits)),))


def _fix(graph: Graph, node: Node, remedy: Remedy) -> Fix:
    if isinstance(remedy, SetParams):
        return Fix(remedy.label, (SetParamsEdit(node.id, remedy.params),))
    if isinstance(remedy, InsertBefore):
        return insert_before(graph, node, remedy.type, remedy.params)
    kept = retyped(node.params, LAYERS[remedy.type])
    return Fix(remedy.label, (SetTypeEdit(node.id, remedy.type, kept),))


def retyped(params: Mapping[str, Any], kind: type[Layer]) -> dict[str, Any]:
    """Those of a layer's parameters that another class takes, too; a number for each axis becomes
    as many as that one has axes, counted from the last.
    """
    kept = {}
    for name, param in kind.params.items():
        if name not in params:
            continue
        value = params[name]
        inner = param.inner if isinstance(param, Nullable) else param
        if isinstance(inner, Ints) and isinstance(value, list) and value:
            last = value[-inner.length :]
            value = [*[value[0]] * (inner.length - len(last)), *last]
        if not has_expression(value):
            try:
                param.take(value)
            except Invalid:
                continue
        kept[name] = value
    return kept


def _free_id(graph: Graph, stem: str) -> str:
    number = 0
    while (identity := f"{stem[:50]}-{number}") in graph.nodes:
        number += 1
    return identity
