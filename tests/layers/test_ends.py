"""What training compares with labels: which tensors, which of them counts, what they are called."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from layers.analysis import analyse
from layers.ends import End, ends, main_end
from layers.graph import Edge, Graph, Node
from layers.lowering import has_roles, lowered


def found(graph: Graph) -> tuple[End, ...]:
    """The ends of a network without errors."""
    analysis = analyse(graph)
    assert not analysis.errors
    return ends(
        graph, analysis.nodes, lowered(graph, analysis.nodes) if has_roles(graph) else graph
    )


def heads(*losses: tuple[str, dict[str, Any]], deep: int | None = None) -> Graph:
    """A trunk with a head and a loss of this name for each; one head may be deeper."""
    nodes = [
        Node("data", "Data", "data", {"crop_size": 2, "channels": 1}),
        Node("flat", "Flatten", "flat"),
    ]
    edges = [Edge("data", "flat")]
    for number, (name, settings) in enumerate(losses):
        source = "flat"
        if number == deep:
            nodes.append(Node("more", "Dense", "more", {"units": 3}))
            edges.append(Edge("flat", "more"))
            source = "more"
        head, loss = f"head{number}", f"loss{number}"
        params = {key: value for key, value in settings.items() if key == "loss_weight"}
        nodes.append(Node(head, "Dense", head, {"units": 3}))
        nodes.append(
            Node(loss, "SoftmaxWithLoss", name, params, phase=settings.get("phase", "both"))
        )
        edges += [Edge(source, head), Edge(head, loss), Edge("data", loss, 1, 1)]
    return Graph(nodes, edges)


MAINS: list[tuple[str, list[dict[str, Any]], int | None, int]] = [
    ("the heaviest", [{"loss_weight": 0.3}, {}, {"loss_weight": 0.3}], 2, 1),
    ("the deepest of equals", [{}, {}, {}], 1, 1),
    ("the last by name of alike ones", [{}, {}, {}], None, 2),
    ("never one of training alone", [{}, {"phase": "train", "loss_weight": 5.0}], 1, 0),
    ("unless there is no other", [{"phase": "train"}, {"phase": "test"}], None, 0),
]


@pytest.mark.parametrize(
    ("losses", "deep", "main"), [row[1:] for row in MAINS], ids=[r[0] for r in MAINS]
)
def test_one_end_is_the_main_one(losses: list[dict[str, Any]], deep: int | None, main: int) -> None:
    graph = heads(*((f"l{number}", given) for number, given in enumerate(losses)), deep=deep)
    assert main_end(found(graph)).node.id == f"loss{main}"


NAMES = [
    (["loss1_loss", "loss2_loss", "loss3_loss3"], ["loss1", "loss2", "loss3"]),
    (["loss", "aux"], ["loss", "aux"]),
    (["a_loss", "a"], ["a_loss", "a"]),
    (["a_loss", "a_loss1", "b_loss"], ["a_loss", "a_loss1", "b"]),
    (["val_a", "_loss"], ["_val_a", "_loss"]),
    (["policy", "val"], ["policy", "_val"]),
    (["policy", "val_loss"], ["policy", "_val"]),
    (["only_loss"], [""]),
]


@pytest.mark.parametrize(("given", "names"), NAMES)
def test_losses_are_named_after_their_nodes(given: list[str], names: list[str]) -> None:
    ends_of = {end.node.name: end.name for end in found(heads(*((name, {}) for name in given)))}
    assert [ends_of[name] for name in given] == names


def test_the_order_in_which_nodes_are_stored_changes_nothing() -> None:
    graph = heads(("a", {}), ("b", {"loss_weight": 0.5}), ("c", {}))
    turned = Graph(dict(reversed(graph.nodes.items())), reversed(graph.edges))
    assert found(turned) == found(graph)


def test_losses_that_count_nothing_or_only_in_the_test_are_no_ends() -> None:
    graph = heads(("a", {}), ("b", {"loss_weight": 0.0}), ("c", {"phase": "test"}))
    assert [end.node.name for end in found(graph)] == ["a"]


def measured(graph: Graph) -> dict[str, bool]:
    """By the name of the loss node, whether an end is measured."""
    return {end.node.name: end.is_measured for end in found(graph)}


def test_branches_of_training_alone_are_not_measured() -> None:
    graph = heads(("a", {}), ("b", {}), ("c", {"phase": "train"}), deep=0)
    assert measured(graph) == {"a": True, "b": True, "c": False}
    branch = graph.with_node(replace(graph.nodes["head1"], phase="train"))
    assert measured(branch) == {"a": True, "b": False, "c": False}
    # What the main end needs, too, is there at any time.
    trunk = graph.with_node(replace(graph.nodes["flat"], phase="train"))
    assert measured(trunk) == {"a": True, "b": True, "c": False}


def test_a_loss_without_a_function_of_its_own_compares_the_tensor_itself() -> None:
    """As networks in stages do it: what is compared feeds what follows, too."""
    nodes = [
        Node("x", "InputLayer", "x", {"shape": [4]}),
        Node("y", "InputLayer", "y", {"shape": [4]}),
        Node("split", "Split", "split"),
        Node("stage1", "Dense", "stage1", {"units": 4}),
        Node("stage2", "Dense", "stage2", {"units": 4}),
        Node("loss1", "EuclideanLoss", "loss1"),
        Node("loss2", "EuclideanLoss", "loss2"),
    ]
    edges = [
        Edge("x", "stage1"),
        Edge("stage1", "stage2"),
        Edge("y", "split"),
        Edge("stage1", "loss1"),
        Edge("stage2", "loss2"),
        Edge("split", "loss1", 0, 1),
        Edge("split", "loss2", 1, 1),
    ]
    both = found(Graph(nodes, edges))
    assert [end.place for end in both] == [("stage1", 0), ("stage2", 0)]
    assert [end.labels for end in both] == [("y", 0)] * 2


def test_a_network_without_loss_nodes_ends_in_its_outputs() -> None:
    nodes = [
        Node("x", "InputLayer", "x", {"shape": [5, 4]}),
        Node("unused", "InputLayer", "unused", {"shape": [5, 4]}),
        Node("lstm", "LSTM", "lstm", {"units": 4, "return_state": True}),
        Node("head", "Dense", "head", {"units": 4}),
        Node("shown", "Dense", "shown", {"units": 4}, phase="test"),
    ]
    graph = Graph(nodes, [Edge("x", "lstm"), Edge("x", "head"), Edge("x", "shown")])
    assert [end.place for end in found(graph)] == [
        ("head", 0),
        ("lstm", 0),
        ("lstm", 1),
        ("lstm", 2),
    ]
    assert [end.name for end in found(graph)] == ["head", "lstm", "lstm_1", "lstm_2"]
    only = Graph([nodes[0], nodes[4]], [Edge("x", "shown")])
    assert [end.place for end in found(only)] == [("shown", 0)]
    assert found(Graph(nodes[:1])) == ()
