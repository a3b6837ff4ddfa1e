"""Where nodes stand that come from a file without positions: layer below layer, beside one another
where they branch.

The numbers are the canvas's: a node is a box of fixed size, and data flow downwards.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from layers.graph import Graph

WIDTH_PX = 200
HEIGHT_PX = 56
GAP_X_PX = 60
GAP_Y_PX = 44


def place(graph: Graph) -> Graph:
    """The same network with every node placed: its row is the longest way from an input, its column
    that of what feeds it.
    """
    rows: dict[str, int] = {}
    for identity in graph.order:
        feeding = [rows[edge.source] for edge in graph.incoming(identity) if edge.source in rows]
        rows[identity] = max(feeding, default=-1) + 1
    members: dict[int, list[str]] = defaultdict(list)
    for identity in graph.order:
        members[rows[identity]].append(identity)
    centre: dict[str, float] = {}
    for row in sorted(members):
        wanted = {
            identity: _mean(
                [centre[edge.source] for edge in graph.incoming(identity) if edge.source in centre]
            )
            for identity in members[row]
        }
        ordered = sorted(members[row], key=lambda identity: wanted[identity])
        step = WIDTH_PX + GAP_X_PX
        middle = _mean(list(wanted.values())) if row else 0.0
        for column, identity in enumerate(ordered):
            centre[identity] = middle + (column - (len(ordered) - 1) / 2) * step
    return Graph(
        [
            replace(
                node,
                position=(
                    float(round(centre[node.id] - WIDTH_PX / 2)),
                    float(rows[node.id] * (HEIGHT_PX + GAP_Y_PX)),
                ),
            )
            for node in graph.nodes.values()
        ],
        graph.wiring,
        graph.blocks,
        graph.name,
    )


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0
