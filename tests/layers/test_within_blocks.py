"""Mistakes within blocks: where they are told, and which fixes are offered."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from layers.analysis import analyse
from layers.blocks import block_at
from layers.edits import apply, edit_from_json
from layers.graph import Edge, Graph, Node
from layers.inside import analyse_inside
from layers.walk import MOST_TOLD
from tests.layers.test_blocks import edges, node, using


@pytest.mark.parametrize(
    ("graph", "code", "way"),
    [
        (using(block="nothing"), "block.unknown", []),
        (using(block="endless"), "block.nested", []),
        (using(0), "block.repeat", []),
        (using(2.5), "block.repeat", []),
        (using({"expr": "1"}), "block.repeat", []),
        (using(colour=1), "block.param", []),
        (using(filters="x"), "block.malformed", []),
        (using(filters=7), "merge.shapes", ["sum"]),
        (using(2, filters=7), "merge.shapes", ["sum"]),
        (using(filters=0), "param.minimum", ["deep", "conv"]),
        (using(3, filters=0), "param.minimum", ["deep", "conv"]),
        (using(block="doubling", n=-1), "block.repeat", ["more"]),
        (using(block="doubling", n=2**60), "block.repeat", ["more"]),
    ],
)
def test_a_mistake_in_a_block_is_told_with_the_way_to_it(
    graph: Graph, code: str, way: list[str]
) -> None:
    (found,) = analyse(graph).errors
    assert (found.code, found.node) == (code, "b")
    assert [f"{step.node} {step.copy or ''}".strip() for step in found.inside] == way
    assert all(step.name == step.node for step in found.inside)
    assert str(found).startswith(found.message) is (way == [])


def boxed(*nodes: dict[str, Any], params: dict[str, Any] | None = None) -> dict[str, Any]:
    """A block whose nodes stand in a row behind its input."""
    names = ["in", *(item["id"] for item in nodes)]
    row = [f"{one}>{two}" for one, two in pairwise(names)]
    return {
        "params": params or {},
        "nodes": [node("in", "BlockInput"), *nodes],
        "edges": edges(*row),
    }


def fed_by(shapes: list[list[int]], blocks: dict[str, Any], **values: object) -> Graph:
    """The block "it", once behind an input of each of these shapes."""
    nodes, wires = [], []
    for place, shape in enumerate(shapes):
        nodes.append(Node(f"i{place}", "InputLayer", f"i{place}", {"shape": shape}))
        params = {"block": "it", "values": values}
        nodes.append(Node(f"b{place}", "Block", f"b{place}", params))
        wires.append(Edge(f"i{place}", f"b{place}"))
    return Graph(nodes, wires, blocks)


@pytest.mark.parametrize("word", ["if", "and", "lambda", "True", "None"])
def test_a_parameter_is_not_called_like_a_word_of_the_language(word: str) -> None:
    graph = fed_by([[4]], {"it": boxed(node("act", "ReLU"), params={word: 3})})
    (found,) = analyse(graph).errors
    assert (found.code, found.values["param"], found.node is None) == (
        "block.reserved",
        word,
        False,
    )


LINE = node("conv", "Conv1D", filters={"expr": "filters"}, kernel_size=[3])
GROUPS: dict[str, Any] = {"filters": 8, "kernel_size": [3, 3]}
ALONE = {"it": boxed(LINE, params={"filters": 4})}
NESTED = {
    "it": boxed(node("more", "Block", block="conv")),
    "conv": boxed(node("conv", "Conv2D", groups=3, **GROUPS)),
}
FOLLOWING = {"it": boxed(node("conv", "Conv2D", groups={"expr": "g"}, **GROUPS), params={"g": 3})}


@pytest.mark.parametrize(
    ("graph", "label", "kept"),
    [
        (fed_by([[9, 9, 2]], ALONE), "Switch to Conv2D", {"filters": {"expr": "filters"}}),
        (fed_by([[9, 9, 2], [8, 8, 2]], ALONE), "Switch to Conv2D", {}),
        (fed_by([[9, 9, 2], [8, 2]], ALONE), None, {}),
        (fed_by([[9, 9, 2]], NESTED), "Set groups to 1", {"filters": 8}),
        (fed_by([[9, 9, 2]], FOLLOWING), None, {}),
        (fed_by([[9, 9, 3]], FOLLOWING, g=2), None, {}),
    ],
)
def test_a_fix_in_a_block_is_offered_where_it_mends_and_does_no_harm(
    graph: Graph, label: str | None, kept: dict[str, Any]
) -> None:
    mistakes = analyse(graph).errors
    assert mistakes
    for mistake in mistakes:
        assert (mistake.fix.label if mistake.fix else None) == label
        if mistake.fix is None:
            continue
        edits = [edit_from_json(edit.to_json()) for edit in mistake.fix.edits]
        mended = apply(graph, edits)
        assert not analyse(mended).errors
        assert list(mended.nodes.values()) == list(graph.nodes.values())
        block = mended.blocks["conv" if "conv" in graph.blocks else "it"]
        assert kept.items() <= block["nodes"][1]["params"].items()
        assert block["params"] == graph.blocks.get("conv", graph.blocks["it"])["params"]


def test_a_mistake_in_one_copy_only_says_in_which() -> None:
    """Without padding a copy makes the image smaller, until a window is larger than it."""
    block = {"it": boxed(node("conv", "Conv2D", **GROUPS))}
    graph = fed_by([[7, 7, 8]], block)
    graph = graph.with_node(replace(graph.nodes["b0"], params={"block": "it", "repeat": 5}))
    (mistake,) = analyse(graph).diagnostics
    assert [step.copy for step in mistake.inside] == [4]
    assert str(mistake).startswith("copy 4 › conv: ")
    inside = analyse_inside(graph, ["b0"])
    assert inside.copies == (4,)
    assert [tensor.shape for tensor in inside.nodes["in"].outputs or ()] == [(None, 1, 1, 8)]
    assert [item.inside for item in inside.groups["conv"]] == [()]


def test_parameters_are_looked_at_though_it_is_not_known_what_comes_in() -> None:
    graph = fed_by([[9, 9, 2]], {"it": boxed(node("dense", "Dense", units=-1))})
    cut = Graph(graph.nodes, (), graph.blocks)
    assert [item.code for item in analyse(cut).groups["b0"]] == ["input.missing", "param.minimum"]
    wide = Graph(graph.nodes, [*graph.edges, Edge("i0", "b0", 0, 1)], graph.blocks)
    assert [item.code for item in analyse(wide).groups["b0"]] == ["input.extra", "param.minimum"]
    assert set(analyse_inside(cut, ["b0"]).groups) == {"dense"}


NORMED = [node("conv", "Conv2D", **GROUPS), node("norm", "BatchNormalization")]


@pytest.mark.parametrize(
    ("nodes", "code", "way", "label"),
    [
        (NORMED, "bias.before_norm", ["conv"], "Switch use_bias of conv off"),
        (
            [node("a", "Softmax"), node("b", "Softmax")],
            "output.two_softmax",
            ["b"],
            "Remove b",
        ),
    ],
)
def test_what_holds_of_a_network_s_nodes_holds_of_a_block_s(
    nodes: list[dict[str, Any]], code: str, way: list[str], label: str
) -> None:
    outer = {"it": boxed(node("inner", "Block", block="part", repeat=2)), "part": boxed(*nodes)}
    graph = fed_by([[9, 9, 8]], outer)
    (found,) = analyse(graph).diagnostics
    assert (found.code, found.node) == (code, "b0")
    assert [step.name for step in found.inside] == ["inner", *way]
    assert analyse(graph).nodes["b0"].outputs
    assert found.fix is not None
    assert found.fix.label == label
    mended = analyse(apply(graph, found.fix.edits))
    assert not mended.diagnostics
    assert mended.nodes["b0"].outputs


def test_a_hint_is_told_of_one_use_of_a_block_and_shown_in_each() -> None:
    blocks = {"it": boxed(node("inner", "Block", block="part")), "part": boxed(*NORMED)}
    graph = fed_by([[9, 9, 8], [9, 9, 3]], blocks)
    twin = Node("t", "Block", "t", shares="b0")
    graph = Graph({**graph.nodes, "t": twin}, [*graph.edges, Edge("i0", "t")], blocks)
    found = [item for item in analyse(graph).diagnostics if item.node]
    assert [(item.code, item.node) for item in found] == [("bias.before_norm", "b0")]
    for path in (["b0", "inner"], ["b1", "inner"], ["t", "inner"]):
        (hint,) = analyse_inside(graph, path).groups["conv"]
        assert hint.fix is not None
        assert not [item for item in analyse(apply(graph, hint.fix.edits)).diagnostics if item.node]


@pytest.mark.parametrize("path", [["none"], ["b0", "none"], ["b0", "conv", "deeper"]])
def test_a_way_that_leads_nowhere_names_no_block(path: list[str]) -> None:
    assert block_at(fed_by([[9, 9, 8]], {"it": boxed(*NORMED)}), path) == ""


def test_mistakes_in_blocks_in_blocks_do_not_multiply() -> None:
    """Eight uses on each of six levels are 262,144 of the layer at fault."""
    inner = Node("fault", "Conv2D", "fault", {"filters": 4, "kernel_size": [3, 3]})
    wrong = {"params": {}, "nodes": [node("in", "BlockInput"), inner.to_json()]}
    blocks: dict[str, Any] = {"b0": {**wrong, "edges": edges("in>fault")}}
    for level in range(1, 7):
        uses = [node(f"u{use}", "Block", block=f"b{level - 1}") for use in range(8)]
        lines = edges(*(f"in>u{use}" for use in range(8)))
        nodes = [node("in", "BlockInput"), *uses]
        blocks[f"b{level}"] = {"params": {}, "nodes": nodes, "edges": lines}
    start = Node("x", "InputLayer", "x", {"shape": [7]})
    graph = Graph([start, Node("b", "Block", "b", {"block": "b6"})], [Edge("x", "b")], blocks)
    errors = analyse(graph).errors
    assert {error.code for error in errors} == {"shape.rank"}
    assert len(errors) == MOST_TOLD
    assert len(errors[0].inside) == 7


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_block_that_was_put_into_itself_is_told_at_once(times: int) -> None:
    uses = [node(f"self{use}", "Block", block="b") for use in range(times)]
    nodes = [node("in", "BlockInput"), node("dense", "Dense", units=3), *uses]
    blocks = {"b": {"params": {}, "nodes": nodes, "edges": edges("in>dense")}}
    start = Node("x", "InputLayer", "x", {"shape": [7]})
    graph = Graph([start, Node("b", "Block", "b", {"block": "b"})], [Edge("x", "b")], blocks)
    assert [(item.code, item.node) for item in analyse(graph).errors] == [("block.nested", "b")]
