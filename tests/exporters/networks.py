"""Networks that the tests of formats share: the zoo, one for each example of each layer, and some
with every kind of connection.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from exporters.zoo import zoo
from layers.blocks import expand
from layers.diagnostics import Diagnostic, GraphError
from layers.graph import Edge, Graph, Node
from layers.layer import LAYERS, Example, Layer

T = TypeVar("T")


def node(identity: str, kind: str, shares: str | None = None, **params: Any) -> Node:
    """A node with complete parameters, named as its id."""
    complete = {} if shares else LAYERS[kind](**params).to_json()
    return Node(identity, kind, identity, complete, shares=shares)


def edges(*texts: str) -> list[Edge]:
    """Edges from texts such as ``a>b`` or ``a:1>b:0``."""
    made = []
    for text in texts:
        source, target = ((*end.split(":"), "0")[:2] for end in text.split(">"))
        made.append(Edge(source[0], target[0], int(source[1]), int(target[1])))
    return made


def of_example(layer: type[Layer], example: Example) -> Graph:
    """A network of the inputs of an example and its layer."""
    if layer.max_inputs == 0:
        tail = node("tail", "Flatten")
        return Graph(
            [node("input", layer.__name__, **example.params), tail],
            edges("input>tail"),
            name="example",
        )
    inputs = [
        node(
            f"input_{port}",
            "InputLayer",
            shape=list(tensor.shape[1:]),
            batch_size=tensor.shape[0],
            dtype=tensor.dtype,
        )
        for port, tensor in enumerate(example.inputs)
    ]
    wires = edges(*(f"input_{port}>it:{port}" for port in range(len(inputs))))
    return Graph([*inputs, node("it", layer.__name__, **example.params)], wires, name="example")


EXAMPLES = [
    pytest.param(of_example(layer, example), id=f"{name}-{number}")
    for name, layer in LAYERS.items()
    if layer.role == "layer"
    for number, example in enumerate(layer.examples)
]

CONNECTED = {
    "branches": Graph(
        [
            node("image", "InputLayer", shape=[8, 8, 3]),
            node("numbers", "InputLayer", shape=[5]),
            node("conv", "Conv2D", filters=4, kernel_size=3, activation="relu"),
            node("pool", "GlobalAveragePooling2D"),
            node("dense", "Dense", units=4),
            node("both", "Concatenate"),
            node("sum", "Add"),
            node("left", "Dense", units=2, activation="softmax"),
            node("right", "Dense", units=1),
        ],
        edges(
            "image>conv",
            "conv>pool",
            "numbers>dense",
            "dense>both:1",
            "pool>both:0",
            "pool>sum:0",
            "dense>sum:1",
            "both>left",
            "sum>right",
        ),
        name="branches",
    ),
    "siamese": Graph(
        [
            node("one", "InputLayer", shape=[6]),
            node("two", "InputLayer", shape=[6]),
            node("encoder", "Dense", units=3, activation="tanh"),
            node("again", "Dense", shares="encoder"),
            node("twice", "Dense", units=3),
            node("thrice", "Dense", shares="twice"),
            node("difference", "Subtract"),
            node("score", "Dense", units=1, activation="sigmoid"),
        ],
        edges(
            "one>encoder",
            "two>again",
            "again>twice",
            "twice>thrice",
            "encoder>difference:0",
            "thrice>difference:1",
            "difference>score",
        ),
        name="siamese",
    ),
    "states": Graph(
        [
            node("steps", "InputLayer", shape=[None, 4]),
            node("lstm", "LSTM", units=3, return_sequences=True, return_state=True),
            node("last", "Dense", units=2),
            node("cell", "Dense", units=2),
            node("pooled", "GlobalMaxPooling1D"),
        ],
        edges("steps>lstm", "lstm:1>last", "lstm:2>cell", "lstm:0>pooled"),
        name="states",
    ),
    "seq2seq": Graph(
        [
            node("source", "InputLayer", shape=[None, 4]),
            node("target", "InputLayer", shape=[None, 5]),
            node("encoder", "LSTM", units=3, return_state=True),
            node("decoder", "LSTM", units=3, return_sequences=True, return_state=True),
            node("next", "GRU", units=3, return_sequences=True),
            node("words", "Dense", units=5, activation="softmax"),
        ],
        edges(
            "source>encoder",
            "target>decoder",
            "encoder:1>decoder:1",
            "encoder:2>decoder:2",
            "decoder>next",
            "decoder:1>next:1",
            "next>words",
        ),
        name="seq2seq",
    ),
    "seq2seq_both_ways": Graph(
        [
            node("source", "InputLayer", shape=[6, 4]),
            node("hidden", "Dense", units=3),
            node("last", "GlobalMaxPooling1D"),
            node(
                "encoder",
                "Bidirectional",
                layer={"type": "LSTM", "units": 3, "return_state": True, "return_sequences": True},
            ),
            node(
                "decoder",
                "Bidirectional",
                layer={"type": "LSTM", "units": 3, "return_sequences": True},
            ),
            node("other", "Bidirectional", layer={"type": "GRU", "units": 3}, merge_mode="sum"),
            node("pooled", "GlobalMaxPooling1D"),
            node("both", "Concatenate"),
        ],
        edges(
            "source>last",
            "last>hidden",
            "source>encoder",
            "encoder>decoder",
            *(f"encoder:{port}>decoder:{port}" for port in range(1, 5)),
            "encoder>other",
            "encoder:3>other:1",
            "hidden>other:2",
            "decoder>pooled",
            "pooled>both",
            "other>both:1",
        ),
        name="seq2seq_both_ways",
    ),
    "unused_input": Graph(
        [
            node("used", "InputLayer", shape=[4]),
            node("unused", "InputLayer", shape=[3]),
            node("dense", "Dense", units=2),
        ],
        edges("used>dense"),
        name="unused_input",
    ),
    "open_states": Graph(
        [
            node("steps", "InputLayer", shape=[7, 4]),
            node("gru", "GRU", units=3, return_state=True),
        ],
        edges("steps>gru"),
        name="open_states",
    ),
    "input_only": Graph([node("alone", "InputLayer", shape=[4])], name="input_only"),
}

NETWORKS = [
    *(pytest.param(card.graph, id=name) for name, card in zoo().items()),
    *(pytest.param(graph, id=name) for name, graph in CONNECTED.items()),
]


def attempt(action: Callable[[], T]) -> T | tuple[Diagnostic, ...]:
    """What an action gives, or the diagnostics with which it is refused: at least one."""
    try:
        return action()
    except GraphError as error:
        return error.diagnostics or (Diagnostic("test.silent", "It gave no reason."),)


def facts(graph: Graph) -> Any:
    """What a conversion must keep: layers by name with parameters and sharing, and connections.

    Keras has no name for the second call of a layer: a node that shares goes by its owner's name
    and a number.
    """
    graph = expand(graph)
    names: dict[str, str] = {}
    calls: Counter[str] = Counter()
    for item in graph:
        owner = graph.nodes[item.shares].name if item.shares else item.name
        names[item.id] = f"{owner} #{calls[owner]}" if item.shares else owner
        calls[owner] += 1
    layers = {
        names[item.id]: (item.type, None if item.shares else dict(item.params))
        for item in graph.nodes.values()
    }
    wires = {
        (names[edge.source], edge.source_port, names[edge.target], edge.target_port)
        for edge in graph.edges
    }
    return graph.name, layers, wires
