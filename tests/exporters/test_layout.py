"""Where nodes are put that come without positions, and what the zoo says of itself."""

from __future__ import annotations

import json

import pytest

from exporters.format import read, write
from exporters.layout import HEIGHT_PX, WIDTH_PX, place
from exporters.zoo import FOLDER, zoo
from layers.analysis import analyse
from layers.blocks import expand
from layers.graph import Edge, Graph, Node
from layers.layer import LAYERS
from tests.exporters.networks import NETWORKS


@pytest.mark.parametrize("graph", NETWORKS)
def test_no_two_boxes_overlap_and_data_flow_downwards(graph: Graph) -> None:
    placed = place(graph)
    boxes = [node.position for node in placed.nodes.values()]
    for index, (left, top) in enumerate(boxes):
        for other_left, other_top in boxes[:index]:
            assert abs(left - other_left) >= WIDTH_PX or abs(top - other_top) >= HEIGHT_PX
    for edge in placed.edges:
        assert placed.nodes[edge.source].position[1] < placed.nodes[edge.target].position[1]


def test_a_chain_is_a_straight_column() -> None:
    graph = place(zoo()["cnn"].graph)
    assert {node.position[0] for node in graph.nodes.values()} == {-100.0}
    assert [node.position[1] for node in graph] == [100.0 * row for row in range(13)]


def test_a_loop_can_be_placed() -> None:
    nodes = [Node(identity, "Flatten", identity) for identity in "abc"]
    placed = place(Graph(nodes, [Edge("a", "b"), Edge("b", "c"), Edge("c", "b")]))
    assert len({node.position for node in placed.nodes.values()}) == 3


@pytest.mark.parametrize("card", zoo().values(), ids=zoo())
def test_a_network_of_the_zoo_is_complete_sound_and_described(card: object) -> None:
    from exporters.zoo import Card

    assert isinstance(card, Card)
    assert analyse(card.graph).diagnostics == []
    for node in expand(card.graph).nodes.values():
        assert node.params == LAYERS[node.type](**node.params).to_json(), node.name
    assert place(card.graph) == card.graph
    shown = card.to_json()
    assert json.loads(json.dumps(shown)) == shown
    assert card.title.keys() == card.summary.keys() == {"en", "zh"}
    assert shown["categories"][0] == "data"
    file = FOLDER / f"{card.name}.json"
    assert write(read(file.read_bytes(), file.name).graph, "visualnn") == file.read_bytes()


def test_the_zoo_lists_small_networks_first() -> None:
    assert list(zoo()) == ["dnn", "cnn", "alexnet", "lstm", "vgg"]
    weights = [card.totals.weights for card in zoo().values()]
    assert weights == [669_706, 1_199_882, 1_250_666, 2_691_713, 45_239_370]
    assert zoo()["cnn"].to_json()["input"] == [28, 28, 1]
    assert zoo()["lstm"].to_json()["dataset"] == "imdb"
