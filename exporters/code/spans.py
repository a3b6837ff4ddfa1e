"""Programs, and which of their lines are about which node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from layers.blocks import BLOCK
from layers.graph import Graph

Spans = dict[str, tuple[int, int]]
"""First and last line of nodes by their ids, from 1."""


@dataclass
class Text:
    """A written program.

    Attributes:
        text: the program.
        lines: lines of each node.
    """

    text: str
    lines: Spans = field(default_factory=dict)


def moved(spans: Mapping[str, tuple[int, int]], by: int) -> Spans:
    """Spans that many lines further down."""
    return {identity: (first + by, last + by) for identity, (first, last) in spans.items()}


def with_blocks(graph: Graph, spans: Spans) -> Spans:
    """Spans with those of blocks that have none: the first lines in a row of what is in a block,
    whose ids begin with its own.
    """
    found = dict(spans)
    for node in graph.nodes.values():
        inner = sorted(span for key, span in spans.items() if key.startswith(f"{node.id}-"))
        if node.type == BLOCK and inner and node.id not in spans:
            first, last = inner[0]
            for start, end in inner:
                last = max(last, end) if start <= last + 1 else last
            found[node.id] = first, last
    return found
