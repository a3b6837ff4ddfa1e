"""Blocks: their arithmetic, their analysis, and the flat network they stand for."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from layers.analysis import Analyzer, analyse
from layers.blocks import expand, names_within
from layers.diagnostics import Invalid
from layers.expressions import evaluate
from layers.graph import Edge, Graph, Node

NAMES = {"filters": 64, "depth": 3, "rate": 0.5, "wide": True, "endless": 10**400}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 * filters", 128),
        ("filters // 3 + 1", 22),
        ("filters % 5", 4),
        ("-(depth - 5)", 2),
        ("depth >= 3", True),
        ("depth != 3", False),
        ("rate * 2", 1.0),
        ("wide", True),
        ("7", 7),
    ],
)
def test_arithmetic_over_parameters(text: str, value: float) -> None:
    assert evaluate(text, NAMES) == value


HOSTILE = [
    "__import__('os').system('true')",
    "filters.__class__",
    "(lambda: 1)()",
    "[1][0]",
    "'a' * 3",
    "filters ** 9",
    "filters / 2",
    "1 if depth else 2",
    "depth and 2",
    "f'{depth}'",
    "depth := 3",
    "1 < depth < 5",
    "True",
    "1j",
    "not depth",
    "",
    "   ",
    "1 +",
    "1\n2",
    "9" * 199,
    "1e999",
    "filters // 0",
    "filters % (depth - 3)",
    "endless * 1.5",
    "unknown + 1",
    "9007199254740992 * 9007199254740992",
    "-" * 150 + "1",
    "1+" * 99 + "1",
    "1" * 201,
    7,
    None,
    ["1"],
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_else_is_evaluated_and_at_once(text: object) -> None:
    started = time.process_time()
    with pytest.raises(Invalid) as caught:
        evaluate(text, NAMES)
    assert caught.value.problem.code.startswith("expression.")
    assert time.process_time() - started < 0.1


def node(identity: str, kind: str, shares: str | None = None, **params: Any) -> dict[str, Any]:
    return Node(identity, kind, identity, params, shares=shares).to_json()


def edges(*pairs: str) -> list[dict[str, Any]]:
    ends = [pair.split(">") for pair in pairs]
    return [Edge(source, target).to_json() for source, target in ends]


BLOCKS: dict[str, Any] = {
    "convolution": {
        "params": {"filters": 8, "size": 3},
        "nodes": [
            node("in", "BlockInput"),
            node(
                "conv",
                "Conv2D",
                filters={"expr": "filters"},
                kernel_size=[{"expr": "size"}, {"expr": "size"}],
                padding="same",
            ),
            node("norm", "BatchNormalization"),
        ],
        "edges": edges("in>conv", "conv>norm"),
    },
    "residual": {
        "params": {"filters": 8},
        "nodes": [
            node("in", "BlockInput"),
            node(
                "deep", "Block", block="convolution", values={"filters": {"expr": "filters"}},
                repeat=2,
            ),
            node("sum", "Add"),
        ],
        "edges": [*edges("in>deep", "deep>sum"), Edge("in", "sum", 0, 1).to_json()],
    },
    "endless": {
        "params": {},
        "nodes": [node("in", "BlockInput"), node("self", "Block", block="endless")],
        "edges": edges("in>self"),
    },
    "doubling": {
        "params": {"n": 1},
        "nodes": [
            node("in", "BlockInput"),
            node("more", "Block", block="residual", repeat={"expr": "n"}),
        ],
        "edges": edges("in>more"),
    },
}  # fmt: skip


def using(repeat: object = 1, block: str = "residual", **values: object) -> Graph:
    """An input, a block, and a ReLU behind it."""
    nodes = [
        Node("i", "InputLayer", "input", {"shape": [16, 16, 8]}),
        Node("b", "Block", "body", {"block": block, "repeat": repeat, "values": values}),
        Node("r", "ReLU", "relu"),
    ]
    return Graph(nodes, [Edge("i", "b"), Edge("b", "r")], BLOCKS)


@pytest.mark.parametrize("repeat", [1, 2, 5])
def test_a_block_counts_what_its_layers_count(repeat: int) -> None:
    graph = using(repeat)
    known = analyse(graph)
    flat = analyse(expand(graph))
    assert not known.errors
    assert not flat.errors
    assert known.nodes["r"].outputs == flat.nodes["r"].outputs
    assert known.nodes["r"].field == flat.nodes["r"].field
    for figure in ("trainable", "non_trainable", "macs", "activation_bytes"):
        assert getattr(known.totals, figure) == getattr(flat.totals, figure), figure
    assert known.totals.weights == repeat * 2 * (9 * 8 * 8 + 8 + 4 * 8)


def test_an_expanded_network_has_stable_names_and_ids() -> None:
    flat = expand(using(2))
    assert [item.name for item in flat] == [
        "input",
        "body_1_deep_1_conv",
        "body_1_deep_1_norm",
        "body_1_deep_2_conv",
        "body_1_deep_2_norm",
        "body_1_sum",
        "body_2_deep_1_conv",
        "body_2_deep_1_norm",
        "body_2_deep_2_conv",
        "body_2_deep_2_norm",
        "body_2_sum",
        "relu",
    ]
    assert flat.incoming("b-1-sum") == (
        Edge("b-1-deep-2-norm", "b-1-sum"),
        Edge("i", "b-1-sum", 0, 1),
    )
    assert expand(flat) is flat
    assert [item.id for item in expand(using(1))][1] == "b-deep-1-conv"


def test_a_shared_block_has_the_weights_of_the_first() -> None:
    graph = using()
    twin = Node("t", "Block", "twin", shares="b")
    both = Graph({**graph.nodes, "t": twin}, [*graph.edges, Edge("i", "t")], BLOCKS)
    known, flat = analyse(both), analyse(expand(both))
    assert not flat.errors
    assert known.totals.weights == flat.totals.weights == analyse(graph).totals.weights
    assert known.nodes["t"].outputs == known.nodes["b"].outputs


def test_an_unconnected_block_misses_its_input() -> None:
    graph = using()
    cut = Graph(graph.nodes, graph.edges[1:], BLOCKS)
    assert ("input.missing", "b") in [(item.code, item.node) for item in analyse(cut).diagnostics]


def test_a_changed_block_is_analysed_anew() -> None:
    graph = using()
    analyzer = Analyzer(graph)
    wider = {
        **BLOCKS,
        "convolution": {**BLOCKS["convolution"], "params": {"filters": 8, "size": 5}},
    }
    changed = analyzer.update(Graph(graph.nodes, graph.wiring, wider))
    assert "b" in changed.nodes
    fresh = analyse(Graph(graph.nodes, graph.wiring, wider))
    assert analyzer.analysis.totals == fresh.totals


def test_a_thousand_copies_are_analysed_once() -> None:
    """Where each gives what it was given; windows see a little more with every copy."""
    dense = {
        "nodes": [node("in", "BlockInput"), node("dense", "Dense", units=8)],
        "edges": edges("in>dense"),
    }
    nodes = [
        Node("i", "InputLayer", "input", {"shape": [8]}),
        Node("b", "Block", "body", {"block": "dense", "repeat": 1000}),
    ]
    graph = Graph(nodes, [Edge("i", "b")], {"dense": dense})
    started = time.process_time()
    totals = analyse(graph).totals
    assert time.process_time() - started < 0.1
    assert totals.weights == 1000 * 72


def test_blocks_that_multiply_are_refused_before_they_fill_the_memory() -> None:
    blocks = dict(BLOCKS)
    for level in range(5):
        inner = "residual" if level == 0 else f"level{level - 1}"
        blocks[f"level{level}"] = {
            "nodes": [node("in", "BlockInput"), node("x", "Block", block=inner, repeat=1000)],
            "edges": edges("in>x"),
        }
    graph = using(block="level4")
    graph = Graph(graph.nodes, graph.wiring, blocks)
    with pytest.raises(Invalid, match="more than"):
        expand(graph)


def test_copies_that_all_differ_end_the_analysis_in_time() -> None:
    """Padding makes every copy see another shape, so that none is known already."""
    blocks: dict[str, Any] = {
        "a": {
            "nodes": [node("in", "BlockInput"), node("pad", "ZeroPadding1D", padding=[1, 1])],
            "edges": edges("in>pad"),
        }
    }
    for outer, inner in (("b", "a"), ("c", "b")):
        blocks[outer] = {
            "nodes": [node("in", "BlockInput"), node("x", "Block", block=inner, repeat=1000)],
            "edges": edges("in>x"),
        }
    nodes = [Node("i", "InputLayer", "input", {"shape": [5, 5]})]
    nodes += [
        Node(f"u{n}", "Block", f"u{n}", {"block": name, "repeat": repeat})
        for n, (name, repeat) in enumerate([("a", 1000), ("c", 1000), ("b", 1)])
    ]
    wires = [Edge("i", item.id) for item in nodes[1:]]
    started = time.process_time()
    analyzer = Analyzer(Graph(nodes, wires, blocks))
    found = [(item.code, item.node) for item in analyzer.analysis.diagnostics]
    assert ("block.too_large", "u1") in found
    assert time.process_time() - started < 20
    mended = Graph([item for item in nodes if item.id != "u1"], [wires[0], wires[2]], blocks)
    analyzer.update(mended)
    assert analyzer.analysis.totals == analyse(mended).totals
    again = replace(nodes[3], params={"block": "b", "repeat": 2})
    mended = Graph([nodes[0], nodes[1], again], [wires[0], wires[2]], blocks)
    analyzer.update(mended)
    assert not any(item.code == "block.too_large" for item in analyzer.analysis.diagnostics)


def test_long_names_of_blocks_give_legal_ids() -> None:
    graph = using(2)
    long = replace(graph.nodes["b"], id="b" * 60)
    renamed = Graph(
        [graph.nodes["i"], long, graph.nodes["r"]], [Edge("i", long.id), Edge(long.id, "r")], BLOCKS
    )
    flat = expand(renamed)
    assert len(flat) == len(expand(graph))
    assert Graph.from_json(flat.to_json()) == flat


def test_a_block_that_is_shared_shares_the_blocks_that_are_shared_in_it() -> None:
    blocks = {
        "inner": {
            "nodes": [node("in", "BlockInput"), node("dense", "Dense", units=4)],
            "edges": edges("in>dense"),
        },
        "outer": {
            "nodes": [
                node("in", "BlockInput"),
                node("one", "Block", block="inner"),
                node("two", "Block", shares="one"),
            ],
            "edges": edges("in>one", "one>two"),
        },
    }
    nodes = [
        Node("x", "InputLayer", "x", {"shape": [4]}),
        Node("a", "Block", "a", {"block": "outer"}),
        Node("b", "Block", "b", {}, shares="a"),
    ]
    graph = Graph(nodes, [Edge("x", "a"), Edge("a", "b")], blocks)
    owners = {item.id: item.shares for item in expand(graph).nodes.values()}
    assert owners == {
        "x": None,
        "a-one-dense": None,
        "a-two-dense": "a-one-dense",
        "b-one-dense": "a-one-dense",
        "b-two-dense": "a-one-dense",
    }
    assert analyse(expand(graph)).errors == []
    assert analyse(graph).totals.weights == analyse(expand(graph)).totals.weights == 20
    assert names_within(graph)["b-two-dense"] == ("b", "two", "dense")


def test_expanded_nodes_are_stored_as_their_blocks_are() -> None:
    """Stored order tells which output of a network comes first."""
    blocks = {
        "inner": {
            "nodes": [
                node("in", "BlockInput"),
                node("late", "ReLU"),
                node("early", "ReLU"),
                node("before", "ReLU"),
            ],
            "edges": edges("in>before", "in>early", "before>late"),
        },
    }
    nodes = [
        Node("x", "InputLayer", "x", {"shape": [4]}),
        Node("last", "ReLU", "last"),
        Node("block", "Block", "block", {"block": "inner"}),
        Node("first", "ReLU", "first"),
    ]
    wires = [Edge("x", "first"), Edge("x", "block"), Edge("first", "last")]
    stored = list(expand(Graph(nodes, wires, blocks)).nodes)
    assert stored == ["x", "last", "block-late", "block-early", "block-before", "first"]
