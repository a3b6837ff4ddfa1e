"""Ends of networks that still have the axes of an image or a sequence: an answer for each place,
where one for the whole is meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from layers.diagnostics import Diagnostic, Fix, Problem, diagnose
from layers.graph import Graph, Node
from layers.known import NodeAnalysis
from layers.layer import LAYERS
from layers.repairs import insert_before
from layers.tensor import product, shape_text

PLACES = Problem(
    "output.places",
    "{name} gives classes at every place of an image, not for the whole: {shape}.",
    "Insert a Flatten or a global pooling before {first}, so that an image has one answer.",
    severity="warning",
)

MOST_WEIGHTS = 10_000_000
"""Of a Dense behind a Flatten: a larger one is better fed by a pooling."""


def answers_are_for_the_whole(
    graph: Graph, nodes: Mapping[str, NodeAnalysis]
) -> Iterator[Diagnostic]:
    """Dense works on the last axis: behind an image it answers at every place, and nothing says so
    until labels are compared with it.
    """
    for node in graph.outputs:
        outputs = nodes[node.id].outputs
        if not outputs or outputs[0].rank != 4:
            continue
        shape = outputs[0].shape
        way = _way(graph, node)
        first = _first_dense(nodes, way)
        if first is None or shape[1:3] == (1, 1) or not any(map(_is_softmax, way)):
            continue
        yield diagnose(
            PLACES,
            node=first.id,
            fix=flattened(graph, nodes, node),
            name=node.name,
            shape=shape_text(shape),
            first=first.name,
        )


def flattened(graph: Graph, nodes: Mapping[str, NodeAnalysis], node: Node) -> Fix | None:
    """A Flatten before the first of the last Dense layers, where they still see several axes; a
    global pooling where sizes are not known, or the weights would be too many.
    """
    first = _first_dense(nodes, _way(graph, node))
    if first is None:
        return None
    tensor = (nodes[first.id].inputs or ())[0]
    length, units = product(tensor.shape[1:]), first.params.get("units")
    is_small = length is not None and isinstance(units, int) and length * units <= MOST_WEIGHTS
    pooling = f"GlobalAveragePooling{tensor.rank - 2}D"
    if not is_small and pooling in LAYERS and tensor.shape[-1] is not None:
        return insert_before(graph, first, pooling, {})
    return insert_before(graph, first, "Flatten", {}) if length is not None else None


def passes(node: Node) -> bool:
    """Whether a layer may stand behind the one that sets the number of outputs."""
    kind = LAYERS.get(node.type)
    return kind is not None and kind.effect != "makes"


def _way(graph: Graph, node: Node) -> list[Node]:
    """A node and those before it, as long as each has units or maps what it is given."""
    way = []
    while len(edges := graph.incoming(node.id)) == 1 and ("units" in node.params or passes(node)):
        way.append(node)
        node = graph.nodes[edges[0].source]
    return way


def _first_dense(nodes: Mapping[str, NodeAnalysis], way: list[Node]) -> Node | None:
    """The first Dense on a way that sees several axes."""
    for node in reversed(way):
        inputs = nodes[node.id].inputs
        if node.type == "Dense" and inputs and inputs[0].rank > 2:
            return node
    return None


def _is_softmax(node: Node) -> bool:
    return node.type == "Softmax" or node.params.get("activation") == "softmax"
