"""Every shape, weight count, cost and mistake of a network, in one walk; incremental over edits.

Diagnostics name root causes only: whatever lies downstream of a broken layer is *unknown*, not
wrong.
"""

from __future__ import annotations

from collections.abc import Mapping

from layers.blocks import BLOCK, block_at
from layers.checks import CHECKS
from layers.diagnostics import Diagnostic
from layers.graph import Graph, Node
from layers.known import Analysis, Change, NodeAnalysis, Totals
from layers.plain import is_same
from layers.remembered import Memo
from layers.trials import Trials
from layers.walk import (
    CYCLE,
    INPUT_EXTRA,
    INPUT_MISSING,
    NO_PORT,
    UNKNOWN_LAYER,
    analyse_node,
)

__all__ = [
    "CYCLE",
    "INPUT_EXTRA",
    "INPUT_MISSING",
    "NO_PORT",
    "UNKNOWN_LAYER",
    "Analysis",
    "Analyzer",
    "Change",
    "NodeAnalysis",
    "Totals",
    "analyse",
]


class Analyzer:
    """Keeps the analysis of a graph up to date; an edit re-analyses only what it reaches."""

    def __init__(self, graph: Graph) -> None:
        self.graph = Graph()
        self.analysis = Analysis({}, Totals(), {})
        self.memo = Memo()
        self.update(graph)

    def update(self, graph: Graph) -> Change:
        """Analyse the graph as it is now, and say what changed since the last update."""
        before, known = self.graph, self.analysis.nodes
        nodes: dict[str, NodeAnalysis] = {}
        changed: dict[str, NodeAnalysis | None] = {
            identity: None for identity in known if identity not in graph.nodes
        }
        same_edges = graph.wiring is before.wiring
        same_blocks = is_same(graph.blocks, before.blocks)
        # A walk that ran out of steps has left blocks out, which the next one may reach.
        same_blocks = same_blocks and not self.memo.is_spent
        if not same_blocks:
            self.memo.clear()
        unordered = graph.unordered | before.unordered
        moved: set[str] = set(changed)
        self.memo.steps = 0
        for identity in graph.order:
            node, old = graph.nodes[identity], known.get(identity)
            edges = graph.incoming(identity)
            if (
                old is not None
                and _same_layer(node, before.nodes[identity])
                and (same_edges or edges == before.incoming(identity))
                and (same_edges or identity not in unordered)
                and not any(edge.source in moved for edge in edges)
                # What a shared layer is depends on another node, anywhere in the order.
                and node.shares is None
                and (same_blocks or node.type != BLOCK)
            ):
                nodes[identity] = old
                continue
            new = analyse_node(graph, node, nodes, self.memo)
            nodes[identity] = new
            if old is None or new != old:
                changed[identity] = new
            if (
                old is None
                or old.outputs != new.outputs
                or old.layer != new.layer
                # What follows may speak of this node by its name.
                or node.name != before.nodes[identity].name
                or node.phase != before.nodes[identity].phase
            ):
                moved.add(identity)
        groups = _groups(graph, nodes, Trials(graph, nodes, self.memo.layers))
        old_groups = self.analysis.groups
        regrouped = {
            place: groups.get(place, ())
            for place in {**old_groups, **groups}
            if old_groups.get(place, ()) != groups.get(place, ())
        }
        self.graph = graph
        self.analysis = Analysis(nodes, _totals(nodes), groups)
        return Change(changed, regrouped)


def analyse(graph: Graph) -> Analysis:
    """Analyse a graph from scratch."""
    return Analyzer(graph).analysis


def _same_layer(node: Node, before: Node) -> bool:
    """Whether nothing that the analysis reads has changed (a node may have moved)."""
    return node is before or (
        is_same(node.params, before.params)
        and node.type == before.type
        and node.name == before.name
        and node.phase == before.phase
        and node.shares == before.shares
    )


def _groups(
    graph: Graph, nodes: Mapping[str, NodeAnalysis], trials: Trials
) -> dict[str, tuple[Diagnostic, ...]]:
    groups: dict[str, list[Diagnostic]] = {"": []}
    remarks: set[object] = set()
    for identity, node in nodes.items():
        if node.diagnostics:
            found = [item for item in node.diagnostics if _is_news(graph, item, remarks)]
            groups[identity] = list(map(trials.kept, found))
    for check in CHECKS:
        for diagnostic in check(graph, nodes):
            groups.setdefault(diagnostic.node or "", []).append(diagnostic)
    return {place: tuple(found) for place, found in groups.items() if found}


def _is_news(graph: Graph, mistake: Diagnostic, remarks: set[object]) -> bool:
    """Whether it has not been told of another use of the same block: a hint that holds of its
    definition need not be told a hundred times. What is wrong is told of each use.
    """
    if not mistake.inside or mistake.severity == "error":
        return True
    *way, last = [mistake.node or "", *(step.node for step in mistake.inside)]
    remark = (mistake.code, mistake.param, block_at(graph, way), last)
    is_news = remark not in remarks
    remarks.add(remark)
    return is_news


def _totals(nodes: Mapping[str, NodeAnalysis]) -> Totals:
    trainable = non_trainable = macs = memory = frozen = 0
    is_partial = False
    for node in nodes.values():
        trainable += node.trainable
        non_trainable += node.non_trainable
        frozen += node.frozen
        macs += node.macs or 0
        memory += node.activation_bytes or 0
        is_partial = is_partial or node.macs is None or node.activation_bytes is None
    return Totals(len(nodes), trainable, non_trainable, macs, memory, frozen, is_partial)
