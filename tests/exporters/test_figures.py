"""Figures: every network in two styles and six formats, whole, and every node to be found in it."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import pytest
from PIL import Image

from exporters.figures.diagram import diagram
from exporters.figures.drawing import Box, Drawing, Line, Polygon, Text
from exporters.figures.volumes import volumes
from exporters.format import write
from exporters.zoo import zoo
from layers.graph import Edge, Graph, Node

STYLES = {"diagram": diagram, "volumes": volumes}
ODD = Graph(
    [
        Node("a", "InputLayer", "<&\"'>", {"shape": [8]}, (0.0, 0.0)),
        Node("b", "caffe.PSROIPooling", "某层", {}, (0.0, 100.0)),
        Node("c", "Dense", "x" * 300, {"units": "many"}, (300.0, 100.0)),
    ],
    [Edge("a", "b"), Edge("a", "c")],
    name="<odd> & 怪",
)
NETWORKS = {name: card.graph for name, card in zoo().items()} | {"odd": ODD, "empty": Graph()}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", NETWORKS)
def test_every_node_is_drawn_inside_the_figure(name: str, style: str) -> None:
    graph = NETWORKS[name]
    drawing = STYLES[style](graph)
    assert {group.node for group in drawing.groups} - {""} == set(graph.nodes)
    for x, y in points(drawing):
        assert 0 <= x <= drawing.width
        assert 0 <= y <= drawing.height


def points(drawing: Drawing) -> list[tuple[float, float]]:
    """All corners in a drawing; of texts, where they stand."""
    found: list[tuple[float, float]] = []
    for group in drawing.groups:
        for shape in group.shapes:
            match shape:
                case Box():
                    right, bottom = shape.left + shape.width, shape.top + shape.height
                    found += [(shape.left, shape.top), (right, bottom)]
                case Polygon() | Line():
                    found += shape.points
                case Text():
                    found.append(shape.place)
    return found


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", NETWORKS)
def test_svg_is_xml_that_names_the_nodes(name: str, style: str) -> None:
    graph = NETWORKS[name]
    root = ElementTree.fromstring(write(graph, f"{style}_svg"))
    assert {item.get("data-node") for item in root.iter()} - {None} == set(graph.nodes)
    texts = {item.text for item in root.iter("{http://www.w3.org/2000/svg}title")}
    assert graph.name in texts


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", NETWORKS)
def test_png_and_pdf_are_whole(name: str, style: str) -> None:
    graph = NETWORKS[name]
    image = Image.open(io.BytesIO(write(graph, f"{style}_png")))
    image.load()
    drawing = STYLES[style](graph)
    assert image.size == (round(drawing.width * 2), round(drawing.height * 2))
    if graph.nodes:
        colours = image.getcolors(1 << 20)
        assert colours is not None
        assert len(colours) > 3
    page = write(graph, f"{style}_pdf")
    assert page.startswith(b"%PDF-")
    assert page.rstrip().endswith(b"%%EOF")


@pytest.mark.parametrize("name", NETWORKS)
def test_mermaid_and_dot_have_every_node_and_connection(name: str) -> None:
    graph = NETWORKS[name]
    chart = write(graph, "mermaid").decode()
    assert len(re.findall(r'^    n\d+\["', chart, re.MULTILINE)) == len(graph.nodes)
    assert len(re.findall(r"^    n\d+ -->", chart, re.MULTILINE)) == len(graph.edges)
    dot = write(graph, "dot").decode()
    assert dot.count(" -> ") == len(graph.edges)
    assert dot.count(", color=") == len(graph.nodes)
    assert dot.count("{") == dot.count("}") == 1


def test_a_network_of_thousands_is_drawn() -> None:
    count = 3000
    nodes = [Node(f"n{index}", "ReLU", f"relu_{index}", {}) for index in range(count)]
    edges = [Edge(f"n{index}", f"n{index + 1}") for index in range(count - 1)]
    graph = Graph(nodes, edges)
    for style in STYLES:
        assert Image.open(io.BytesIO(write(graph, f"{style}_png"))).size[0] > 0
