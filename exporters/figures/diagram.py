"""The block diagram: every layer a card where it stands in the editor, connections as arrows."""

from __future__ import annotations

from exporters.figures.drawing import (
    PALETTES,
    Box,
    Drawing,
    Group,
    Line,
    Palette,
    Point,
    Shape,
    Text,
    Theme,
    cut,
    width_of,
)
from exporters.figures.facts import Facts, count_text, facts_of, shape_text
from exporters.layout import HEIGHT_PX, WIDTH_PX, place
from layers.blocks import BLOCK
from layers.graph import Graph

MARGIN_PX = 32
INSET_PX = 16


def diagram(graph: Graph, theme: Theme = "light") -> Drawing:
    """A network as the editor draws it."""
    colours = PALETTES[theme]
    graph = _placed(graph)
    facts = facts_of(graph)
    left = min((node.position[0] for node in graph.nodes.values()), default=0.0) - MARGIN_PX
    top = min((node.position[1] for node in graph.nodes.values()), default=0.0) - MARGIN_PX
    corners = {
        node.id: (node.position[0] - left, node.position[1] - top) for node in graph.nodes.values()
    }
    edges = [
        _edge(corners[edge.source], corners[edge.target], index, colours)
        for edge in graph.edges
        for index in [_share(graph, edge.target, edge.target_port)]
        if edge.source in corners and edge.target in corners
    ]
    cards = [_card(facts[identity], corner, colours) for identity, corner in corners.items()]
    return Drawing(
        max((x for x, _ in corners.values()), default=0.0) + WIDTH_PX + MARGIN_PX,
        max((y for _, y in corners.values()), default=0.0) + HEIGHT_PX + MARGIN_PX,
        colours.ground,
        (Group(tuple(line for line in edges)), *cards),
        graph.name,
    )


def _placed(graph: Graph) -> Graph:
    """The network with places for its nodes: its own, unless none was ever given."""
    places = {node.position for node in graph.nodes.values()}
    return place(graph) if len(places) < len(graph.nodes) else graph


def _share(graph: Graph, target: str, port: int) -> float:
    """Where along the top of a card a connection comes in, from 0 to 1."""
    count = len(graph.incoming(target))
    return (port + 1) / (max(count, port + 1) + 1)


def _edge(source: Point, target: Point, share: float, colours: Palette) -> Line:
    start = (source[0] + WIDTH_PX / 2, source[1] + HEIGHT_PX)
    end = (target[0] + WIDTH_PX * share, target[1] - 1)
    if abs(start[0] - end[0]) < 1:
        return Line((start, end), colours.edge, arrow=True)
    middle = end[1] - 20 if end[1] - start[1] >= 40 else (start[1] + end[1]) / 2
    bends = ((start[0], middle), (end[0], middle))
    return Line((start, *bends, end), colours.edge, arrow=True)


def _card(facts: Facts, corner: Point, colours: Palette) -> Group:
    x, y = corner
    shapes: list[Shape] = []
    if facts.node.type == BLOCK:
        # A stack: there is more inside.
        for step in (8.0, 4.0):
            shapes.append(
                Box(x + step, y + step, WIDTH_PX, HEIGHT_PX, colours.surface, colours.line, 8)
            )
    card = Box(x, y, WIDTH_PX, HEIGHT_PX, colours.surface, colours.line, 8, not facts.known)
    shapes += [card, Box(x + 5, y + 7, 4, HEIGHT_PX - 14, colours.of(facts.category), "", 2)]
    shape = shape_text(facts.shape)
    weights = count_text(facts.weights) if facts.weights else ""
    right = x + WIDTH_PX - 12
    room = WIDTH_PX - INSET_PX - 12
    shapes.append(Text((right, y + 24), shape, 11, colours.muted, "end", fixed=True))
    name_room = room - width_of(shape, 11, True) - 8
    name = cut(facts.node.name, 13, name_room)
    shapes.append(Text((x + INSET_PX, y + 24), name, 13, colours.text, bold=True))
    if weights:
        shapes.append(Text((right, y + 43), weights, 11, colours.muted, "end", fixed=True))
    kind = cut(facts.kind, 12, room - (width_of(weights, 11, True) + 8 if weights else 0))
    shapes.append(Text((x + INSET_PX, y + 43), kind, 12, colours.muted))
    return Group(tuple(shapes), facts.node.id, f"{facts.node.name}: {facts.kind}")
