"""Blocks as functions and repeats as loops, only where that makes the very same network."""

from __future__ import annotations

from dataclasses import replace

import pytest

from exporters.code.text import identifier
from exporters.format import formats, read, write
from exporters.zoo import zoo
from layers.graph import Edge, Graph
from tests.exporters.networks import NETWORKS, facts


def test_blocks_are_functions_and_repeats_are_loops() -> None:
    text = write(zoo()["vgg"].graph, "python").decode()
    assert "def stage(x, filters, convolutions, name):\n" in text
    assert "    for index in range(convolutions):\n" in text
    assert 'block3 = stage(block2, filters=256, convolutions=4, name="block3")\n' in text
    assert text.count("layers.Conv2D(") == 1


def test_a_block_whose_names_depend_on_its_values_is_written_out() -> None:
    """A single copy has no number in its name, several have."""
    graph = zoo()["vgg"].graph
    first = graph.nodes["n1"]
    values = {"filters": 64, "convolutions": 1}
    changed = graph.with_node(replace(first, params={**first.params, "values": values}))
    text = write(changed, "python").decode()
    assert "def " not in text
    assert facts(read(text, "vgg.py").graph) == facts(changed)


def test_shared_blocks_are_written_out() -> None:
    graph = zoo()["vgg"].graph
    inner = graph.blocks["convolution"]
    pair = Graph(
        [
            replace(graph.nodes["n0"], id="a"),
            replace(graph.nodes["n1"], id="b", params={"block": "convolution", "values": {}}),
            replace(graph.nodes["n1"], id="c", name="again", params={}, shares="b"),
        ],
        [Edge("a", "b"), Edge("a", "c")],
        {"convolution": inner},
        name="pair",
    )
    text = write(pair, "python").decode()
    assert text.count("layers.Conv2D(") == 1
    assert "def " not in text
    assert facts(read(text, "pair.py").graph) == facts(pair)


def test_lines_lead_from_nodes_to_the_program() -> None:
    graph = zoo()["vgg"].graph
    text = write(graph, "python").decode()
    lines = formats()["python"].lines(graph, text)
    rows = text.splitlines()
    for node in graph.nodes.values():
        first, last = lines[node.id]
        assert rows[first - 1].startswith(f"{identifier(node.name)} = ")
        assert f'"{node.name}' in "".join(rows[first - 1 : last])
    inside = [span for key, span in lines.items() if key.startswith("n1-")]
    assert any("MaxPooling2D(" in "".join(rows[first - 1 : last]) for first, last in inside)
    assert any("Conv2D(" in "".join(rows[first - 1 : last]) for first, last in inside)


@pytest.mark.parametrize("graph", NETWORKS)
def test_every_node_has_its_lines(graph: Graph) -> None:
    text = write(graph, "python").decode()
    lines = formats()["python"].lines(graph, text)
    rows = text.splitlines()
    for node in graph.nodes.values():
        first, last = lines[node.id]
        assert identifier(node.name) in "".join(rows[first - 1 : last])
        assert not rows[first - 1].startswith(" ")
