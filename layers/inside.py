"""What is inside a block as one of its nodes uses it: the shapes and costs of one copy.

Of several copies it is the first with a mistake in it, else the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from layers.analysis import NodeAnalysis, analyse
from layers.blocks import BLOCK, drawn
from layers.diagnostics import Diagnostic, GraphError, Invalid, Problem, diagnose
from layers.graph import Graph
from layers.remembered import Memo
from layers.trials import Trials
from layers.walk import copies, feeds_of, look

NO_BLOCK = Problem("block.no_node", "{id} is no block of this network.", "Reload the network.")


@dataclass(frozen=True, slots=True)
class Inside:
    """The inside of a block.

    Attributes:
        nodes: what is known of its nodes, by their ids there.
        groups: by id of the node there, the mistakes of this copy.
        copies: which copy is looked into, from 1 on, for each block on the way.
    """

    nodes: dict[str, NodeAnalysis]
    groups: dict[str, tuple[Diagnostic, ...]]
    copies: tuple[int, ...]


def analyse_inside(graph: Graph, path: Sequence[str]) -> Inside:
    """Analyse the nodes inside a block.

    Args:
        graph: the network.
        path: ids of Block nodes, each inside the one before; the last is looked into.

    Raises:
        GraphError: where the path leads nowhere, or a block on it is broken.
    """
    whole, memo = analyse(graph), Memo()
    nodes = dict(whole.nodes)
    known = whole.nodes.get(path[0], NodeAnalysis())
    trials = Trials(graph, whole.nodes, memo.layers)
    # Hints are told of one use of a block only, yet hold of each.
    mistakes = [trials.kept(item) for item in known.diagnostics if _leads(item, path[1:])]
    chosen: list[int] = []
    for depth, identity in enumerate(path, 1):
        node = graph.nodes.get(identity)
        owner = graph.nodes.get(node.shares) if node and node.shares else node
        if node is None or owner is None or owner.type != BLOCK:
            raise GraphError([diagnose(NO_BLOCK, id=identity)])
        # The first mistake that leads on from here says in which copy.
        copy = next((item.inside[depth - 1].copy for item in mistakes), None) or 1
        mistakes = [item for item in mistakes if (item.inside[depth - 1].copy or 1) == copy]
        try:
            found = drawn(graph.blocks, owner.params, depth)
            feeds = feeds_of(found, graph.arriving(identity), nodes)
            for number, times, fed, _, _ in copies(found, feeds, memo, depth - 1):
                feeds = fed
                if number <= copy < number + times:
                    break
            nodes = look(found, feeds, memo, depth - 1)
        except Invalid as mistake:
            raise GraphError([mistake.diagnostic(identity)]) from None
        graph = found.graph
        chosen.append(copy)
    groups: dict[str, tuple[Diagnostic, ...]] = {}
    for item in mistakes:
        first, *others = item.inside[len(path) - 1 :]
        inner = replace(item, node=first.node, inside=tuple(others))
        groups[first.node] = (*groups.get(first.node, ()), inner)
    return Inside(nodes, groups, tuple(chosen))


def _leads(mistake: Diagnostic, way: Sequence[str]) -> bool:
    """Whether a mistake is within the block to which these steps lead."""
    steps = [step.node for step in mistake.inside]
    return len(steps) > len(way) and steps[: len(way)] == list(way)
