"""The inside of a block has the shapes that its node gives it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layers.analysis import analyse
from layers.diagnostics import GraphError
from layers.graph import Graph
from layers.inside import analyse_inside

MODELS = Path(__file__).resolve().parents[2] / "models"
VGG = Graph.from_json(json.loads((MODELS / "vgg.json").read_text("utf-8")))


def test_nodes_of_a_block_have_the_shapes_of_their_place() -> None:
    inside = analyse_inside(VGG, ["n2"])
    assert [tensor.shape for tensor in inside.nodes["x"].outputs or ()] == [(None, 16, 16, 64)]
    assert [tensor.shape for tensor in inside.nodes["pool"].outputs or ()] == [(None, 8, 8, 128)]


def test_blocks_in_blocks_can_be_looked_into() -> None:
    inside = analyse_inside(VGG, ["n2", "conv"])
    conv = inside.nodes["conv"]
    assert conv.trainable == 3 * 3 * 64 * 128 + 128
    assert [tensor.shape for tensor in conv.outputs or ()] == [(None, 16, 16, 128)]


def test_insides_sum_up_to_their_block() -> None:
    inside = analyse_inside(VGG, ["n3"])
    weights = [node.trainable for node in inside.nodes.values()]
    assert sum(weights) == analyse(VGG).nodes["n3"].trainable


@pytest.mark.parametrize("path", [["n0"], ["none"], ["n2", "pool"]])
def test_what_is_no_block_is_refused(path: list[str]) -> None:
    with pytest.raises(GraphError) as refused:
        analyse_inside(VGG, path)
    assert [item.code for item in refused.value.diagnostics] == ["block.no_node"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (["n3"], {"conv": ["conv"]}),
        (["n3", "conv"], {"conv": []}),
        (["n5"], {"conv": []}),
    ],
)
def test_a_mistake_stands_at_the_nodes_that_lead_to_it(
    path: list[str], found: dict[str, list[str]]
) -> None:
    block = json.loads(json.dumps(VGG.blocks["convolution"]))
    (conv,) = (node for node in block["nodes"] if node["type"] == "Conv2D")
    conv["params"]["filters"] = {"expr": "filers"}
    graph = Graph(VGG.nodes, VGG.wiring, {**VGG.blocks, "convolution": block})
    inside = analyse_inside(graph, path)
    ways = {
        place: [step.node for item in group for step in item.inside]
        for place, group in inside.groups.items()
    }
    assert ways == found
    assert inside.copies == (1,) * len(path)
    assert {item.code for group in inside.groups.values() for item in group} == {"expression.name"}
