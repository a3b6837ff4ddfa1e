"""Where a network read from Keras begins and ends.

Here an output is a layer that feeds nothing. Keras names outputs, so a tensor that goes on to other
layers can be one too; then a linear activation stands for it, which changes no value.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from exporters.plan import is_input
from layers.analysis import analyse
from layers.diagnostics import Diagnostic, Problem, diagnose
from layers.graph import Edge, Graph, Node
from layers.layer import LAYERS

OUTPUT_ADDED = Problem(
    "keras.output_added",
    "{name} is an output and feeds other layers, too; {added} stands for that output.",
    "Leave it: it changes no value.",
    severity="hint",
)


def without_leftovers(graph: Graph, candidates: set[str], kept: set[str]) -> Graph:
    """The network without those of the candidates that feed nothing that is used."""
    uses = {identity: len(graph.outgoing(identity)) for identity in graph.nodes}
    gone: set[str] = set()
    stack = [item for item in candidates if not uses[item] and item not in kept]
    while stack:
        identity = stack.pop()
        gone.add(identity)
        for edge in graph.incoming(identity):
            uses[edge.source] -= 1
            if edge.source in candidates and edge.source not in kept and not uses[edge.source]:
                stack.append(edge.source)
    if not gone:
        return graph
    nodes = [node for node in graph.nodes.values() if node.id not in gone]
    return Graph(nodes, [edge for edge in graph.edges if edge.target not in gone], name=graph.name)


def with_outputs(
    graph: Graph, outputs: list[tuple[str, int]]
) -> tuple[Graph, list[str], list[Diagnostic]]:
    """The network with a layer that feeds nothing for each output (node id, port), the ids of these
    in order, and notes.
    """
    if len({identity for identity, _ in outputs}) == len(outputs) and all(
        port == 0 and _is_plain_end(graph, identity) for identity, port in outputs
    ):
        return graph, [identity for identity, _ in outputs], []
    known = analyse(graph).nodes
    nodes, edges = dict(graph.nodes), list(graph.edges)
    has_inputs_only = all(is_input(node) for node in nodes.values())
    ends: list[str] = []
    notes: list[Diagnostic] = []
    place = 0
    while place < len(outputs):
        identity, port = outputs[place]
        tensors = known[identity].outputs if identity in known else None
        count = len(tensors) if tensors else sum(1 for end, _ in outputs if end == identity)
        is_whole = outputs[place : place + count] == [(identity, each) for each in range(count)]
        if (
            is_whole
            and not graph.outgoing(identity)
            and (has_inputs_only or not is_input(graph.nodes[identity]))
            and identity not in ends
        ):
            ends.append(identity)
            place += count
            continue
        name = graph.nodes[identity].name
        added = Graph(nodes).free_name(f"{name[:150]}_output")
        new = f"o{place}"
        nodes[new] = Node(new, "Activation", added, {"activation": "linear"})
        edges.append(Edge(identity, new, port))
        notes.append(diagnose(OUTPUT_ADDED, name=name, added=added))
        ends.append(new)
        place += 1
    return Graph(nodes, edges, name=graph.name), ends, notes


SEVERAL = frozenset({"return_state", "merge_mode", "layer", "slice_points", "count", "call"})
"""Parameters of layers that may have several outputs."""


def _is_plain_end(graph: Graph, identity: str) -> bool:
    """Whether a node is an end as it is: it feeds nothing, and has one output for certain."""
    node = graph.nodes[identity]
    kind = LAYERS.get(node.type)
    return (
        not graph.outgoing(identity)
        and kind is not None
        and kind.max_inputs != 0
        and SEVERAL.isdisjoint(kind.params)
    )


def numbered(
    graph: Graph, inputs: Iterable[str], outputs: Iterable[str]
) -> tuple[Graph, dict[str, str]]:
    """The network with inputs and outputs stored in this order, and ids that sort in the order of
    storing; and these ids by the old ones.
    """
    order = list(graph.nodes)
    for group in (inputs, outputs):
        wanted = dict.fromkeys(group)
        places = [place for place, identity in enumerate(order) if identity in wanted]
        for place, identity in zip(places, wanted, strict=True):
            order[place] = identity
    fresh = {identity: f"n{number:05}" for number, identity in enumerate(order)}
    nodes = [
        replace(
            graph.nodes[identity],
            id=fresh[identity],
            shares=fresh[shared] if (shared := graph.nodes[identity].shares) else None,
        )
        for identity in order
    ]
    edges = [
        Edge(fresh[edge.source], fresh[edge.target], edge.source_port, edge.target_port)
        for edge in graph.edges
    ]
    return Graph(nodes, edges, name=graph.name), fresh
