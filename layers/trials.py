"""Which fixes within blocks are offered: one is made wherever the block is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from layers.blocks import BLOCK
from layers.diagnostics import Diagnostic, Fix
from layers.edits import apply
from layers.graph import Graph
from layers.known import NodeAnalysis
from layers.remembered import Memo, Remembered
from layers.walk import analyse_node

MAX_TRIALS = 16
"""Fixes that are tried after an edit; more than one is rare."""


class Trials:
    """Tries fixes within blocks on a network that is analysed: those are kept that mend what they
    are for, and leave every layer well that is.

    Args:
        graph: the network.
        nodes: what is known of it, by id.
        layers: those that are made already.
    """

    def __init__(self, graph: Graph, nodes: Mapping[str, NodeAnalysis], layers: Remembered) -> None:
        self.graph = graph
        self.nodes = nodes
        self.layers = layers
        self._results: dict[str, dict[str, NodeAnalysis] | None] = {}

    def kept(self, mistake: Diagnostic) -> Diagnostic:
        """A mistake as it is, or without its fix."""
        if mistake.fix is None or not mistake.inside or self._mends(mistake, mistake.fix):
            return mistake
        return replace(mistake, fix=None)

    def _mends(self, mistake: Diagnostic, fix: Fix) -> bool:
        key = repr(fix.edits)
        if key not in self._results:
            is_left = len(self._results) < MAX_TRIALS
            self._results[key] = self._after(fix) if is_left else None
        result = self._results[key]
        if result is None:
            return False
        left = result[mistake.node or ""].diagnostics
        return all(_place(item) != _place(mistake) for item in left)

    def _after(self, fix: Fix) -> dict[str, NodeAnalysis] | None:
        """What is known once a fix is made; None where a layer breaks that was well.

        Layers are looked at anew where they are blocks, or what comes before them has changed.
        """
        changed = apply(self.graph, fix.edits)
        memo = Memo()
        memo.layers = self.layers
        after: dict[str, NodeAnalysis] = {}
        moved: set[str] = set()
        for identity in changed.order:
            node, before = changed.nodes[identity], self.nodes[identity]
            sources = (edge.source for edge in changed.incoming(identity))
            if node.type == BLOCK or node.shares or not moved.isdisjoint(sources):
                after[identity] = analyse_node(changed, node, after, memo)
                if after[identity].outputs != before.outputs:
                    moved.add(identity)
            else:
                after[identity] = before
            if before.outputs is not None and after[identity].outputs is None:
                return None
        return after


def _place(mistake: Diagnostic) -> object:
    """What tells a mistake from others, in whichever copy it is."""
    return mistake.code, mistake.param, [step.node for step in mistake.inside]
