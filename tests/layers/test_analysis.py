"""Shapes, counts and mistakes of whole networks, from scratch and after edits."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from layers.analysis import Analyzer, analyse
from layers.checks import CHECKS
from layers.diagnostics import PROBLEMS, Problem
from layers.edits import apply
from layers.graph import Edge, Graph, Node
from tests.layers.conftest import chain


def codes(graph: Graph) -> list[tuple[str, str | None]]:
    return [(item.code, item.node) for item in analyse(graph).diagnostics]


def test_the_manuals_network_has_669706_weights(dnn: Graph) -> None:
    analysis = analyse(dnn)
    assert not analysis.diagnostics
    assert analysis.totals.weights == analysis.totals.trainable == 669_706
    assert analysis.totals.macs == 784 * 512 + 512 * 512 + 512 * 10
    assert analysis.nodes["n6"].to_json()["outputs"] == [{"shape": [None, 10], "dtype": "float32"}]


def branch(kind: str) -> Graph:
    """A network whose last node has two inputs."""
    nodes = [
        Node("i", "InputLayer", "i", {"shape": [4]}),
        Node("a", "Dense", "a", {"units": 3}),
        Node("b", "Dense", "b", {"units": 3}),
        Node("c", kind, "c"),
    ]
    edges = [Edge("i", "a"), Edge("i", "b"), Edge("a", "c"), Edge("b", "c", 0, 1)]
    return Graph(nodes, edges)


INPUT = ("InputLayer", {"shape": [8, 8, 3]})
CONV: dict[str, Any] = {"filters": 4, "kernel_size": 3}

MISTAKES: list[tuple[str, Graph, list[tuple[str, str | None]]]] = [
    ("rank", chain(("InputLayer", {"shape": [8, 3]}), ("Conv2D", CONV)), [("shape.rank", "n1")]),
    (
        "root cause only",
        chain(
            INPUT, ("Conv2D", CONV | {"kernel_size": 9}), ("Flatten", {}), ("Dense", {"units": 2})
        ),
        [("shape.window", "n1")],
    ),
    (
        "every parameter",
        chain(INPUT, ("Conv2D", {"filters": 0, "kernel_size": "x"})),
        [("param.minimum", "n1"), ("param.type", "n1")],
    ),
    (
        "endless enlarging",
        chain(("InputLayer", {"shape": [5, 5]}), *[("UpSampling1D", {"size": 2**31 - 1})] * 600),
        [("shape.too_large", "n1")],
    ),
    ("groups", chain(INPUT, ("Conv2D", CONV | {"groups": 2})), [("conv.groups", "n1")]),
    (
        "stride and dilation",
        chain(INPUT, ("Conv2D", CONV | {"strides": 2, "dilation_rate": 2})),
        [("conv.strided_and_dilated", "n1")],
    ),
    ("unknown type", chain(INPUT, ("Warp", {})), [("layer.unknown", "n1")]),
    ("unknown parameter", chain(INPUT, ("Flatten", {"colour": 1})), [("param.unknown", "n1")]),
    (
        "unknown parameter of an inner layer",
        chain(INPUT, ("Bidirectional", {"layer": {"type": "GRU", "units": 1, "colour": 1}})),
        [("param.unknown", "n1"), ("param.missing", "n1")],
    ),
    ("dangling", chain(("Flatten", {})), [("graph.no_input", None), ("input.missing", "n0")]),
    ("too many", branch("Flatten"), [("input.extra", "c")]),
    ("axis", chain(INPUT, ("Softmax", {"axis": 7})), [("shape.axis", "n1")]),
    (
        "unknown size",
        chain(("InputLayer", {"shape": [None]}), ("Dense", {"units": 2})),
        [("shape.unknown", "n1")],
    ),
    (
        "reshape",
        chain(("InputLayer", {"shape": [10]}), ("Reshape", {"target_shape": [3, 3]})),
        [("shape.reshape", "n1")],
    ),
    (
        "reshape twice open",
        chain(("InputLayer", {"shape": [10]}), ("Reshape", {"target_shape": [-1, -1]})),
        [("shape.reshape_unknown", "n1")],
    ),
    (
        "one unit",
        chain(("InputLayer", {"shape": [10]}), ("Dense", {"units": 1, "activation": "softmax"})),
        [("output.one_unit_softmax", "n1")],
    ),
    (
        "inner layer",
        chain(
            ("InputLayer", {"shape": [10, 4]}),
            ("TimeDistributed", {"layer": {"type": "LSTM", "units": 2}}),
        ),
        [("shape.rank", "n1")],
    ),
    (
        "inner outputs",
        chain(
            ("InputLayer", {"shape": [10, 4, 2]}),
            ("TimeDistributed", {"layer": {"type": "LSTM", "units": 2, "return_state": True}}),
        ),
        [("wrapper.one_output", "n1")],
    ),
    (
        "scalar",
        chain(("InputLayer", {"shape": []}), ("Dense", {"units": 1})),
        [("shape.rank_least", "n1")],
    ),
]


@pytest.mark.parametrize(
    ("graph", "expected"), [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES]
)
def test_a_mistake_is_named_at_its_place(
    graph: Graph, expected: list[tuple[str, str | None]]
) -> None:
    assert codes(graph) == expected


def test_names_must_be_unique_and_legal(dnn: Graph) -> None:
    twins = dnn.with_node(replace(dnn.nodes["n3"], name="dense_1"))
    assert codes(twins) == [("name.duplicate", "n3")]
    for name in ("a/b", "", "a b", "卷积", "a:b"):
        illegal = dnn.with_node(replace(dnn.nodes["n3"], name=name))
        assert codes(illegal) == [("name.illegal", "n3")]


def test_separate_parts_are_noticed(dnn: Graph) -> None:
    cut = Graph(dnn.nodes, dnn.edges[:2] + dnn.edges[3:])
    assert codes(cut) == [("input.missing", "n3"), ("graph.separate", None)] or set(codes(cut)) == {
        ("input.missing", "n3"),
        ("graph.separate", None),
    }


def test_a_loop_names_its_members_only() -> None:
    nodes = [
        Node("i", "InputLayer", "i", {"shape": [4]}),
        Node("a", "Flatten", "a"),
        Node("b", "Flatten", "b"),
        Node("c", "Flatten", "c"),
    ]
    graph = Graph(nodes, [Edge("i", "a"), Edge("a", "b"), Edge("b", "a", 0, 1), Edge("b", "c")])
    assert codes(graph) == [("graph.cycle", "a"), ("graph.cycle", "b")]


def test_an_output_that_does_not_exist_is_named() -> None:
    nodes = [Node("i", "InputLayer", "i", {"shape": [4]}), Node("a", "Flatten", "a")]
    assert codes(Graph(nodes, [Edge("i", "a", 2)])) == [("input.port", "a")]


def test_a_shared_layer_counts_its_weights_once() -> None:
    nodes = [
        Node("i", "InputLayer", "i", {"shape": [4]}),
        Node("j", "InputLayer", "j", {"shape": [4]}),
        Node("a", "Dense", "a", {"units": 3}),
        Node("b", "Dense", "b", shares="a"),
    ]
    graph = Graph(nodes, [Edge("i", "a"), Edge("j", "b")])
    analysis = analyse(graph)
    assert analysis.totals.weights == 15
    assert analysis.nodes["b"].outputs == analysis.nodes["a"].outputs
    wider = graph.with_node(replace(nodes[1], params={"shape": [5]}))
    assert ("layer.shared", "b") in codes(wider)
    orphan = graph.with_node(replace(nodes[3], shares="ghost"))
    assert ("layer.shared", "b") in codes(orphan)


FIXABLE = [row for row in MISTAKES if row[0] in {"groups", "stride and dilation", "too many"}] + [
    (
        "window",
        chain(
            INPUT, ("Conv2D", CONV | {"kernel_size": 9}), ("Flatten", {}), ("Dense", {"units": 2})
        ),
        [],
    ),
    ("rank", chain(("InputLayer", {"shape": [8, 3]}), ("Conv2D", CONV)), []),
]


@pytest.mark.parametrize(("name", "graph", "_"), FIXABLE, ids=[row[0] for row in FIXABLE])
def test_a_fix_removes_its_mistake(name: str, graph: Graph, _: object) -> None:
    (mistake,) = analyse(graph).errors
    assert mistake.fix is not None
    fixed = apply(graph, mistake.fix.edits)
    assert mistake.code not in [code for code, _ in codes(fixed)]


def test_every_name_fix_works(dnn: Graph) -> None:
    for name in ("dense_1", "a/b", ""):
        broken = dnn.with_node(replace(dnn.nodes["n3"], name=name))
        (mistake,) = analyse(broken).diagnostics
        assert mistake.fix is not None
        assert not analyse(apply(broken, mistake.fix.edits)).diagnostics


def test_an_edit_reanalyses_only_what_it_reaches(dnn: Graph) -> None:
    analyzer = Analyzer(dnn)
    changed = analyzer.update(dnn.with_node(replace(dnn.nodes["n3"], params={"units": 64})))
    assert set(changed.nodes) == {"n3", "n4", "n5"}
    assert analyzer.analysis.nodes["n5"].trainable == 64 * 10 + 10
    moved = replace(analyzer.graph.nodes["n3"], position=(9.0, 9.0))
    assert not analyzer.update(analyzer.graph.with_node(moved)).nodes


@pytest.mark.parametrize(("before", "after"), [(1, True), (True, 1), (1, 1.0)])
def test_values_that_are_equal_and_of_other_kinds_are_analysed_anew(
    before: object, after: object
) -> None:
    def graph(units: object) -> Graph:
        nodes = [
            Node("x", "InputLayer", "x", {"shape": [8]}),
            Node("d", "Dense", "d", {"units": units}),
        ]
        return Graph(nodes, [Edge("x", "d")])

    analyzer = Analyzer(graph(before))
    analyzer.update(graph(after))
    assert analyzer.analysis.diagnostics == analyse(graph(after)).diagnostics


def test_a_change_tells_of_removed_nodes_and_mended_mistakes(dnn: Graph) -> None:
    analyzer = Analyzer(dnn)
    without = Graph({key: node for key, node in dnn.nodes.items() if key != "n6"}, dnn.edges[:-1])
    assert analyzer.update(without).nodes == {"n6": None}
    broken = analyzer.update(without.with_node(replace(without.nodes["n1"], params={})))
    assert [item.code for item in broken.groups["n1"]] == ["param.missing"]
    assert analyzer.update(without).groups == {"n1": ()}


@pytest.mark.parametrize("seed", range(8))
def test_incremental_and_fresh_analysis_agree_after_random_edits(seed: int) -> None:
    chance = random.Random(seed)
    graph = chain(INPUT, *[("Conv2D", CONV | {"padding": "same"})] * 12, ("Flatten", {}))
    analyzer = Analyzer(graph)
    for _ in range(300):
        identity = chance.choice(list(graph.nodes))
        node = graph.nodes[identity]
        action = chance.randrange(6)
        if action == 0:
            graph = graph.with_node(
                replace(node, params={**node.params, "filters": chance.randrange(6)})
            )
        elif action == 1:
            graph = graph.with_node(
                replace(node, type=chance.choice(["Conv2D", "Flatten", "Warp"]))
            )
        elif action == 2 and graph.edges:
            edges = list(graph.edges)
            edges.remove(chance.choice(edges))
            graph = Graph(graph.nodes, edges)
        elif action == 3:
            target = chance.choice(list(graph.nodes))
            graph = Graph(graph.nodes, dict.fromkeys((*graph.edges, Edge(identity, target))))
        elif action == 4:
            graph = graph.with_node(replace(node, name=f"name_{chance.randrange(1000)}"))
        else:
            graph = graph.with_node(replace(node, shares=chance.choice([None, *graph.nodes])))
        analyzer.update(graph)
        fresh = analyse(graph)
        assert analyzer.analysis.nodes == fresh.nodes
        assert analyzer.analysis.groups == fresh.groups
        assert analyzer.analysis.totals == fresh.totals


def test_a_problem_declared_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        Problem("shape.rank", "another sentence")


def test_hints_start_with_a_verb_and_messages_end_with_a_stop() -> None:
    for problem in PROBLEMS.values():
        assert problem.message.endswith((".", "}")), problem.code
        assert not problem.hint or problem.hint[0].isupper() or problem.hint[0] == "{", problem.code
        assert problem.code.count(".") == 1


def test_checks_are_named_and_explained() -> None:
    assert len({rule.__name__ for rule in CHECKS}) == len(CHECKS)
    assert all(rule.__doc__ for rule in CHECKS)
