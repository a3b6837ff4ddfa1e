"""What is wrong with networks as a whole, and that a fix mends it."""

from __future__ import annotations

from typing import Any

import pytest

from layers import checks, node_checks
from layers.analysis import analyse
from layers.diagnostics import Problem
from layers.edits import apply
from layers.graph import Edge, Graph, Node
from tests.layers.conftest import chain

INPUT: tuple[str, dict[str, Any]] = ("InputLayer", {"shape": [12]})
TOKENS: tuple[str, dict[str, Any]] = ("InputLayer", {"shape": [9], "dtype": "int32"})
IMAGE: tuple[str, dict[str, Any]] = ("InputLayer", {"shape": [16, 16, 3]})
MASKED: tuple[str, dict[str, Any]] = (
    "Embedding",
    {"input_dim": 9, "output_dim": 4, "mask_zero": True},
)


def joined(kind: str, first: dict[str, Any], second: dict[str, Any], **params: Any) -> Graph:
    """Two inputs and a layer that takes both."""
    nodes = [
        Node("a", "InputLayer", "a", first),
        Node("b", "InputLayer", "b", second),
        Node("c", kind, "c", params),
    ]
    return Graph(nodes, [Edge("a", "c"), Edge("b", "c", 0, 1)])


FOUND: list[tuple[str, Graph, list[tuple[str, str | None]]]] = [
    (
        "an unused input",
        Graph(
            {**chain(INPUT, ("Flatten", {})).nodes, "x": Node("x", "InputLayer", "x", INPUT[1])},
            [Edge("n0", "n1")],
        ),
        [("graph.separate", None), ("graph.unused_input", "x")],
    ),
    (
        "data of the test in the place of those of the training",
        Graph(
            [
                Node("a", "Data", "a", {"crop_size": 2, "channels": 1}, phase="train"),
                Node("b", "Data", "b", {"crop_size": 2, "channels": 1}, phase="test"),
                Node("c", "Flatten", "c"),
            ],
            [Edge("a", "c")],
        ),
        [],
    ),
    (
        "data of the test alone",
        Graph(
            [
                Node("a", "InputLayer", "a", {"shape": [2]}),
                Node("b", "Data", "b", {"crop_size": 2, "channels": 1}, phase="test"),
                Node("c", "Flatten", "c"),
            ],
            [Edge("a", "c")],
        ),
        [("graph.separate", None), ("graph.unused_input", "b")],
    ),
    (
        "an unused state",
        chain(
            ("InputLayer", {"shape": [5, 3]}),
            ("LSTM", {"units": 2, "return_state": True}),
            ("Dense", {"units": 1}),
        ),
        [("graph.unused_output", "n1"), ("graph.unused_output", "n1")],
    ),
    (
        "types that meet",
        joined("Add", {"shape": [4]}, {"shape": [4], "dtype": "int32"}),
        [("graph.dtype", "c")],
    ),
    (
        "tokens as fractions",
        chain(INPUT, ("Embedding", {"input_dim": 9, "output_dim": 4}), ("Flatten", {})),
        [("graph.tokens", "n1")],
    ),
    ("a lost mask", chain(TOKENS, MASKED, ("Flatten", {})), [("mask.lost", "n2")]),
    ("a used mask", chain(TOKENS, MASKED, ("LSTM", {"units": 3})), []),
    (
        "a mask that passes on",
        chain(TOKENS, MASKED, ("Dropout", {"rate": 0.5}), ("GlobalMaxPooling1D", {})),
        [("mask.lost", "n3")],
    ),
    (
        "dropout of the output",
        chain(INPUT, ("Dense", {"units": 3}), ("Dropout", {"rate": 0.5})),
        [("output.dropout", "n2")],
    ),
    (
        "dropout under the softmax",
        chain(INPUT, ("Dense", {"units": 3}), ("Dropout", {"rate": 0.5}), ("Softmax", {})),
        [("output.dropout", "n2")],
    ),
    (
        "softmax twice",
        chain(INPUT, ("Dense", {"units": 3, "activation": "softmax"}), ("Softmax", {})),
        [("output.two_softmax", "n2")],
    ),
    (
        "no input",
        Graph([Node("d", "Dense", "d", {"units": 3})], []),
        [("graph.no_input", None), ("input.missing", "d")],
    ),
    (
        "data that an unknown layer brings",
        Graph([Node("d", "caffe.Theirs", "d", {"output_shape": [4]})], []),
        [("layer.unknown", "d")],
    ),
    (
        "what an unknown layer gives beside what is stated",
        Graph(
            [
                Node("d", "caffe.Theirs", "d", {"output_shape": [4]}),
                Node("a", "Flatten", "a"),
                Node("b", "Flatten", "b"),
            ],
            [Edge("d", "a"), Edge("d", "b", 1)],
        ),
        [("layer.unknown", "d")],
    ),
    (
        "an illegal name",
        Graph([Node("a", "InputLayer", "my input", {"shape": [4]})], []),
        [("name.illegal", "a")],
    ),
    (
        "a name twice",
        Graph(
            [Node("a", "InputLayer", "same", {"shape": [4]}), Node("b", "Flatten", "same")],
            [Edge("a", "b")],
        ),
        [("name.duplicate", "b")],
    ),
    (
        "a softmax over one unit",
        chain(INPUT, ("Dense", {"units": 1, "activation": "softmax"})),
        [("output.one_unit_softmax", "n1")],
    ),
    (
        "a shared layer of other weights",
        Graph(
            [
                Node("a", "InputLayer", "a", {"shape": [4]}),
                Node("b", "InputLayer", "b", {"shape": [5]}),
                Node("d", "Dense", "d", {"units": 3}),
                Node("e", "Dense", "e", shares="d"),
                Node("f", "Add", "f"),
            ],
            [Edge("a", "d"), Edge("b", "e"), Edge("d", "f"), Edge("e", "f", 0, 1)],
        ),
        [("layer.shared", "e")],
    ),
    (
        "scores that are probabilities already",
        Graph(
            [
                Node("x", "InputLayer", "x", {"shape": [8]}),
                Node("y", "InputLayer", "y", {"shape": []}),
                Node("s", "Softmax", "s"),
                Node("l", "SoftmaxWithLoss", "l"),
            ],
            [Edge("x", "s"), Edge("s", "l"), Edge("y", "l", 0, 1)],
        ),
        [("loss.activation", "l")],
    ),
    (
        "a loss of probabilities",
        joined("SoftmaxWithLoss", {"shape": [4]}, {"shape": []}),
        [],
    ),
    (
        "a bias that a function of others comes behind",
        chain(
            IMAGE,
            ("Conv2D", {"filters": 4, "kernel_size": 3, "activation": "somebody>odd"}),
            ("BatchNormalization", {}),
        ),
        [("param.function", "n1")],
    ),
    (
        "a useless bias",
        chain(IMAGE, ("Conv2D", {"filters": 4, "kernel_size": 3}), ("BatchNormalization", {})),
        [("bias.before_norm", "n1")],
    ),
    (
        "a bias that is used",
        chain(
            IMAGE,
            ("Conv2D", {"filters": 4, "kernel_size": 3, "activation": "relu"}),
            ("BatchNormalization", {}),
        ),
        [],
    ),
    (
        "classes at every place",
        chain(
            IMAGE,
            ("Conv2D", {"filters": 4, "kernel_size": 3}),
            ("Dense", {"units": 8}),
            ("Dropout", {"rate": 0.5}),
            ("Dense", {"units": 3}),
            ("Softmax", {}),
        ),
        [("output.places", "n2")],
    ),
    (
        "classes at every place of images of any size",
        chain(
            ("InputLayer", {"shape": [None, None, 3]}),
            ("Dense", {"units": 3, "activation": "softmax"}),
        ),
        [("output.places", "n1")],
    ),
    (
        "classes at the one place that is left",
        chain(
            ("InputLayer", {"shape": [1, 1, 3]}), ("Dense", {"units": 3, "activation": "softmax"})
        ),
        [],
    ),
    ("values at every place", chain(IMAGE, ("Dense", {"units": 3})), []),
    (
        "classes at every place, by windows",
        chain(IMAGE, ("Conv2D", {"filters": 4, "kernel_size": 1}), ("Softmax", {})),
        [],
    ),
    (
        "too many weights",
        chain(("InputLayer", {"shape": [50_000]}), ("Dense", {"units": 10_000})),
        [("size.weights", "n1")],
    ),
    (
        "too large an output",
        chain(
            ("InputLayer", {"shape": [4096, 4096, 3]}),
            ("Conv2D", {"filters": 64, "kernel_size": 1}),
        ),
        [("size.activation", "n1")],
    ),
]


@pytest.mark.parametrize(
    ("graph", "expected"), [row[1:] for row in FOUND], ids=[r[0] for r in FOUND]
)
def test_it_is_found(graph: Graph, expected: list[tuple[str, str | None]]) -> None:
    assert [(item.code, item.node) for item in analyse(graph).diagnostics] == expected


def test_a_loss_of_scores_must_not_get_probabilities() -> None:
    nodes = [
        Node("x", "InputLayer", "x", {"shape": [8]}),
        Node("y", "InputLayer", "y", {"shape": []}),
        Node("d", "Dense", "d", {"units": 3}),
        Node("s", "Softmax", "s"),
        Node("l", "SoftmaxWithLoss", "l"),
    ]
    edges = [Edge("x", "d"), Edge("d", "s"), Edge("s", "l"), Edge("y", "l", 0, 1)]
    graph = Graph(nodes, edges)
    (found,) = analyse(graph).diagnostics
    assert (found.code, found.node) == ("loss.activation", "l")
    assert found.fix is not None
    assert not analyse(apply(graph, found.fix.edits)).diagnostics


@pytest.mark.parametrize("graph", [row[1] for row in FOUND], ids=[row[0] for row in FOUND])
def test_a_fix_mends_what_it_says(graph: Graph) -> None:
    for found in analyse(graph).diagnostics:
        if found.fix is not None:
            left = analyse(apply(graph, found.fix.edits)).diagnostics
            assert (found.code, found.node) not in [(item.code, item.node) for item in left]


def test_every_check_has_a_network_that_it_finds_fault_with() -> None:
    known = (*vars(checks).values(), *vars(node_checks).values())
    declared = {item.code for item in known if isinstance(item, Problem)}
    assert declared <= {code for row in FOUND for code, _ in row[2]}


def test_most_of_them_can_be_mended_by_a_click() -> None:
    fixable = {item.code for row in FOUND for item in analyse(row[1]).diagnostics if item.fix}
    assert fixable == {
        "graph.unused_input",
        "graph.tokens",
        "output.dropout",
        "output.places",
        "output.two_softmax",
        "bias.before_norm",
        "loss.activation",
        "name.duplicate",
        "name.illegal",
    }
