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
    assert [tensor.shape for tensor in inside["x"].outputs or ()] == [(None, 16, 16, 64)]
    assert [tensor.shape for tensor in inside["pool"].outputs or ()] == [(None, 8, 8, 128)]


def test_blocks_in_blocks_can_be_looked_into() -> None:
    inside = analyse_inside(VGG, ["n2", "conv"])
    conv = inside["conv"]
    assert conv.trainable == 3 * 3 * 64 * 128 + 128
    assert [tensor.shape for tensor in conv.outputs or ()] == [(None, 16, 16, 128)]


def test_insides_sum_up_to_their_block() -> None:
    inside = analyse_inside(VGG, ["n3"])
    assert sum(node.trainable for node in inside.values()) == analyse(VGG).nodes["n3"].trainable


@pytest.mark.parametrize("path", [["n0"], ["none"], ["n2", "pool"]])
def test_what_is_no_block_is_refused(path: list[str]) -> None:
    with pytest.raises(GraphError) as refused:
        analyse_inside(VGG, path)
    assert [item.code for item in refused.value.diagnostics] == ["block.no_node"]
