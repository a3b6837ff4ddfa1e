"""Layer volumes, as papers draw convolutional networks: a tensor is a block as high and deep as its
picture and as wide as its channels; data flow to the right.

Sizes are not to scale, or nothing could be seen beside the first layer: lengths go with the root of
the size, widths with its logarithm.
"""

from __future__ import annotations

import math
from collections import defaultdict

from exporters.figures.drawing import (
    PALETTES,
    Drawing,
    Group,
    Line,
    Palette,
    Point,
    Polygon,
    Shape,
    Text,
    Theme,
    cut,
    mix,
    shade,
)
from exporters.figures.facts import Facts, facts_of, shape_text
from exporters.layout import place
from layers.graph import Graph

MARGIN_PX = 40.0
GAP_PX = 34.0
LABEL_PX = 84.0
"""Room for the labels below a block."""
SLOPE = 0.42
"""How far a step into the depth goes to the right and up."""
THIN_PX = 7.0


def volumes(graph: Graph, theme: Theme = "light") -> Drawing:
    """A network as a row of blocks; branches stand above one another."""
    colours = PALETTES[theme]
    facts = facts_of(graph)
    columns = _columns(graph)
    sizes = {identity: _size(graph, facts, identity) for identity in graph.nodes}
    lefts: dict[int, float] = {}
    x = MARGIN_PX
    for column in sorted(columns):
        lefts[column] = x
        width = max(sizes[item][0] + sizes[item][2] * SLOPE for item in columns[column])
        x += max(width, _label_room(facts, columns[column])) + GAP_PX
    rows = max((len(items) for items in columns.values()), default=1)
    height = max((size[1] + size[2] * SLOPE for size in sizes.values()), default=0.0)
    row_height = height + LABEL_PX
    corners: dict[str, Point] = {}
    for column, items in columns.items():
        for index, identity in enumerate(items):
            row = (rows - len(items)) / 2 + index
            middle = MARGIN_PX + row * row_height + height / 2
            _, tall, deep = sizes[identity]
            corners[identity] = (lefts[column], middle + tall / 2 + deep * SLOPE / 2)
    lines = [
        Line(
            (_exit(corners[e.source], sizes[e.source]), _entry(corners[e.target], sizes[e.target])),
            colours.edge,
            arrow=True,
        )
        for e in graph.edges
    ]
    blocks = [
        _block(facts[identity], corners[identity], sizes[identity], colours)
        for identity in sorted(graph.nodes, key=lambda item: corners[item][0])
    ]
    return Drawing(
        x + MARGIN_PX - GAP_PX,
        2 * MARGIN_PX + rows * row_height - LABEL_PX / 3,
        colours.ground,
        (Group(tuple(lines)), *blocks),
        graph.name,
    )


def _columns(graph: Graph) -> dict[int, list[str]]:
    """Nodes by how far they are from the inputs, those of a column from top to bottom."""
    placed = place(graph)
    tops = sorted({node.position[1] for node in placed.nodes.values()})
    found: dict[int, list[str]] = defaultdict(list)
    for node in sorted(placed.nodes.values(), key=lambda item: item.position[0]):
        found[tops.index(node.position[1])].append(node.id)
    return dict(found)


def _size(graph: Graph, facts: dict[str, Facts], identity: str) -> tuple[float, float, float]:
    """Width, height and depth of a block, in pixels."""
    shape = facts[identity].shape
    if not shape:
        return 26.0, 26.0, 26.0
    known = [dim or 32 for dim in shape]
    channels = known[-1]
    width = 4 + 7 * math.log2(channels + 1)
    if _changes_nothing(graph, facts, identity):
        width = THIN_PX
    if len(known) == 1:
        return THIN_PX + 5, min(30 + 18 * math.log2(channels + 1), 230.0), 12.0
    height = _length(known[0])
    depth = _length(known[1]) if len(known) > 2 else 14.0
    return width, height, depth


def _changes_nothing(graph: Graph, facts: dict[str, Facts], identity: str) -> bool:
    """Whether a layer passes a tensor on in its shape, without weights: an activation, say."""
    sources = [facts[edge.source].shape for edge in graph.incoming(identity)]
    own = facts[identity]
    return not own.weights and sources == [own.shape]


def _length(size: int) -> float:
    return min(18 + 13 * math.sqrt(size), 240.0)


def _label_room(facts: dict[str, Facts], items: list[str]) -> float:
    """How wide the labels below a column may be."""
    return 58.0 if all(len(facts[item].node.name) < 9 for item in items) else 84.0


def _exit(corner: Point, size: tuple[float, float, float]) -> Point:
    width, height, depth = size
    return corner[0] + width + depth * SLOPE / 2, corner[1] - height / 2 - depth * SLOPE / 2


def _entry(corner: Point, size: tuple[float, float, float]) -> Point:
    _, height, depth = size
    return corner[0] - 2, corner[1] - height / 2 - depth * SLOPE / 2


def _block(
    facts: Facts, corner: Point, size: tuple[float, float, float], colours: Palette
) -> Group:
    """A block from its lower left front corner, with its labels below."""
    x, y = corner
    width, height, depth = size
    dx, dy = depth * SLOPE, -depth * SLOPE
    colour = mix(colours.of(facts.category), colours.ground, 0.35)
    line = shade(colour, 0.7)
    front = ((x, y), (x + width, y), (x + width, y - height), (x, y - height))
    side = (
        (x + width, y),
        (x + width + dx, y + dy),
        (x + width + dx, y + dy - height),
        (x + width, y - height),
    )
    top = (
        (x, y - height),
        (x + width, y - height),
        (x + width + dx, y - height + dy),
        (x + dx, y - height + dy),
    )
    middle = x + width / 2
    shapes: list[Shape] = [
        Polygon(side, shade(colour, 0.82), line),
        Polygon(top, mix(colour, "#ffffff", 0.25), line),
        Polygon(front, colour, line),
        Text((middle, y + 18), shape_text(facts.shape), 10, colours.text, "middle", fixed=True),
        Text((middle, y + 32), cut(facts.node.name, 11, 96), 11, colours.text, "middle", bold=True),
        Text((middle, y + 45), cut(facts.kind, 10, 100), 10, colours.muted, "middle"),
    ]
    return Group(tuple(shapes), facts.node.id, f"{facts.node.name}: {facts.kind}")
