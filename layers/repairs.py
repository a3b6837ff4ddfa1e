"""Remedies in the words of a layer, turned into edits of the graph it stands in."""

from __future__ import annotations

from layers.diagnostics import Diagnostic, Fix, InsertBefore, Invalid, Remedy, SetParams
from layers.edits import AddNode, Connect, Disconnect, Edit
from layers.edits import SetParams as SetParamsEdit
from layers.edits import SetType as SetTypeEdit
from layers.graph import Edge, Graph, Node
from layers.layer import LAYERS


def place(graph: Graph, node: Node, mistake: Invalid) -> Diagnostic:
    """A layer's mistake with the node it belongs to, its remedy turned into edits."""
    fix = _fix(graph, node, mistake.remedy) if mistake.remedy else None
    return mistake.diagnostic(node.id, fix)


def _fix(graph: Graph, node: Node, remedy: Remedy) -> Fix:
    edits: list[Edit] = []
    if isinstance(remedy, SetParams):
        edits.append(SetParamsEdit(node.id, remedy.params))
    elif isinstance(remedy, InsertBefore):
        stem = remedy.type.lower()
        left, top = node.position
        name = graph.free_name(stem)
        inserted = Node(
            f"{node.id[:40]}-{stem}", remedy.type, name, remedy.params, (left, top - 80)
        )
        edits.append(AddNode(inserted))
        for edge in graph.incoming(node.id)[:1]:
            edits.append(Disconnect(edge))
            edits.append(Connect(Edge(edge.source, inserted.id, edge.source_port)))
            edits.append(Connect(Edge(inserted.id, node.id, 0, edge.target_port)))
    else:
        kept = {
            name: value for name, value in node.params.items() if name in LAYERS[remedy.type].params
        }
        edits.append(SetTypeEdit(node.id, remedy.type, kept))
    return Fix(remedy.label, tuple(edits))
