"""Networks with blocks: such as come back from Keras' files as they were, such of which every copy
comes back by itself, and such as cannot be models there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from exporters import nesting
from layers.blocks import BLOCK, BLOCK_INPUT
from layers.graph import Graph, Node
from tests.exporters.networks import edges, node

X = Node("x", BLOCK_INPUT, "x")


def use(
    identity: str, block: str, shares: str | None = None, repeat: Any = 1, **values: Any
) -> Node:
    params = {"block": block, "values": values, "repeat": repeat}
    return Node(identity, BLOCK, identity, params, shares=shares)


def block(nodes: list[Node], *wires: str, **params: float) -> dict[str, Any]:
    """A definition whose first port is ``x``."""
    given = [item.to_json() for item in (X, *nodes)]
    return {"params": params, "nodes": given, "edges": [item.to_json() for item in edges(*wires)]}


def network(nodes: list[Node], *wires: str, shape: list[Any] | None = None, **blocks: Any) -> Graph:
    """A network whose first input is ``in``."""
    first = node("in", "InputLayer", shape=[6] if shape is None else shape)
    return Graph([first, *nodes], edges(*wires), blocks, name="whole")


def dense(name: str, units: Any = 4, **params: Any) -> Node:
    made = node(name, "Dense", units=4, **params)
    return replace(made, params={**made.params, "units": units})


TOWER = block([dense("in"), dense("out", activation="tanh")], "x>in", "in>out")
BASE = block(
    [
        node("conv", "Conv2D", filters=3, kernel_size=3, trainable=False),
        node("norm", "BatchNormalization", trainable=False),
        node("pool", "GlobalAveragePooling2D"),
    ],
    *("x>conv", "conv>norm", "norm>pool"),
)
TWO_WAYS = block(
    [
        Node("y", BLOCK_INPUT, "y"),
        node("joined", "Concatenate"),
        dense("left", 3),
        dense("right", 2),
        node("sum", "BatchNormalization"),
    ],
    *("y>joined:0", "x>joined:1", "joined>left", "joined>right", "right>sum"),
)
HALF_FROZEN = block(
    [
        dense("first", trainable=False),
        node("norm", "BatchNormalization"),
        dense("second"),
        use("tower", "tower"),
        node("last", "BatchNormalization", trainable=False),
    ],
    *("x>first", "first>norm", "norm>second", "second>tower", "tower>last"),
)
STAGE = block(
    [
        use("wide", "layer", units={"expr": "2 * units"}),
        use("narrow", "layer", repeat={"expr": "times"}, units={"expr": "units"}),
    ],
    *("x>wide", "wide>narrow"),
    units=3,
    times=2,
)
LAYER = block(
    [dense("dense", {"expr": "units"}), node("norm", "BatchNormalization")],
    *("x>dense", "dense>norm"),
    units=4,
)

NETWORKS = {
    # A base model below a new head, as in transfer learning.
    "transfer": network(
        [use("vgg16", "vgg16"), dense("head", 2)],
        *("in>vgg16", "vgg16>head"),
        shape=[8, 8, 2],
        vgg16=BASE,
    ),
    "siamese": network(
        [
            node("other", "InputLayer", shape=[6]),
            use("tower", "tower"),
            use("again", "tower", "tower"),
            node("distance", "Subtract"),
            use("apart", "apart"),
        ],
        *("in>tower", "other>again", "tower>distance:0", "again>distance:1", "in>apart"),
        tower=TOWER,
        apart=TOWER,
    ),
    "ports": network(
        [
            node("side", "InputLayer", shape=[3]),
            use("core", "core"),
            dense("one"),
            dense("two"),
            dense("three"),
        ],
        *("side>core:0", "in>core:1", "core:1>one", "core:0>two", "core:1>three"),
        core=TWO_WAYS,
    ),
    # A block of which all outputs are those of the network, called twice.
    "ends": network(
        [use("core", "core"), dense("between", 6), use("again", "core", "core")],
        *("in>core:0", "in>core:1", "core:0>between", "core:1>again:0", "between>again:1"),
        core=block(
            [
                Node("y", BLOCK_INPUT, "y"),
                dense("p", 6),
                node("q", "Add"),
                node("r", "Multiply"),
            ],
            *("x>p", "p>q:0", "y>q:1", "p>r:0", "y>r:1"),
        ),
    ),
    "deep": network(
        [use("outer", "outer"), dense("end", 2)],
        *("in>outer", "outer>end"),
        inmost=block([node("norm", "BatchNormalization")], "x>norm"),
        middle=block(
            [dense("dense", 6), use("inmost", "inmost"), node("again", "Dense", shares="dense")],
            *("x>dense", "dense>inmost", "inmost>again"),
        ),
        outer=block(
            [use("middle", "middle"), node("relu", "ReLU"), use("twice", "middle", "middle")],
            *("x>middle", "middle>relu", "relu>twice"),
        ),
    ),
    "half_frozen": network(
        [use("base", "base"), dense("end")], "in>base", "base>end", base=HALF_FROZEN, tower=TOWER
    ),
    "states": network(
        [use("reader", "reader"), dense("end")],
        *("in>reader", "reader>end"),
        shape=[5, 3],
        reader=block(
            [
                node("lstm", "LSTM", units=3, return_state=True),
                node("both", "Concatenate"),
            ],
            *("x>lstm", "lstm:0>both:0", "lstm:1>both:1", "lstm:2>both:2"),
        ),
    ),
    "decoder": network(
        [
            node("target", "InputLayer", shape=[4, 2]),
            use("decoder", "decoder"),
            node("encoder", "GRU", units=3),
            node("mask", "InputLayer", shape=[4], dtype="bool"),
        ],
        *("in>encoder", "target>decoder:0", "encoder>decoder:1", "mask>decoder:2"),
        shape=[5, 3],
        decoder=block(
            [
                Node("state", BLOCK_INPUT, "state"),
                Node("mask", BLOCK_INPUT, "mask"),
                node("gru", "GRU", units=3, return_sequences=True),
            ],
            *("x>gru", "state>gru:1", "mask>gru:2"),
        ),
    ),
    "attention": network(
        [use("heads", "heads"), dense("between", 3), use("again", "heads", "heads")],
        *("in>heads:0", "in>heads:1", "heads>between", "between>again:0", "heads>again:1"),
        shape=[5, 3],
        heads=block(
            [
                Node("y", BLOCK_INPUT, "y"),
                node("heads", "MultiHeadAttention", num_heads=2, key_dim=3),
            ],
            *("x>heads:0", "y>heads:1"),
        ),
    ),
    "over_time": network(
        [use("steps", "steps"), node("end", "GRU", units=2)],
        *("in>steps", "steps>end"),
        shape=[4, 8, 8, 1],
        steps=block(
            [
                node(
                    "conv",
                    "TimeDistributed",
                    layer={"type": "Conv2D", "filters": 2, "kernel_size": 3},
                ),
                node("flat", "TimeDistributed", layer={"type": "Flatten"}),
            ],
            *("x>conv", "conv>flat"),
        ),
    ),
    "masks": Graph(
        [
            node("in", "InputLayer", shape=[6], dtype="int32"),
            use("words", "words"),
            use("reader", "reader"),
            node("mean", "GlobalAveragePooling1D"),
            node("last", "LSTM", units=2),
        ],
        edges("in>words", "words>reader", "reader>mean", "words>last"),
        {
            "words": block(
                [node("tokens", "Embedding", input_dim=5, output_dim=3, mask_zero=True)], "x>tokens"
            ),
            "reader": block(
                [
                    node("drop", "Dropout", rate=0.5),
                    node("gru", "GRU", units=3, return_sequences=True),
                ],
                *("x>drop", "drop>gru"),
            ),
        },
        name="whole",
    ),
    # One model for images of any size.
    "sizes": network(
        [
            node("large", "InputLayer", shape=[12, 9, 2]),
            use("eye", "eye"),
            use("again", "eye", "eye"),
            node("sum", "Add"),
        ],
        *("in>eye", "large>again", "eye>sum:0", "again>sum:1"),
        shape=[8, 8, 2],
        eye=BASE,
    ),
}
"""Networks whose blocks come back as they were."""

COPIES = {
    "twice": network(
        [use("one", "tower"), use("two", "tower"), node("sum", "Add")],
        *("in>one", "in>two", "one>sum:0", "two>sum:1"),
        tower=TOWER,
    ),
    "renamed": network([use("base", "tower")], "in>base", tower=TOWER),
    "expressions": network(
        [
            use("stage", "stage", units=2, times=3),
            use("again", "stage", "stage"),
            use("next", "stage", repeat=2),
            dense("narrow", 2),
            node("all", "Concatenate"),
        ],
        *("in>stage", "stage>next", "next>narrow", "narrow>again", "again>all:0", "narrow>all:1"),
        shape=[2],
        stage=STAGE,
        layer=LAYER,
    ),
    # Names inside blocks are nobody's concern until they are written.
    "names": network(
        [use("core", "odd")],
        "in>core",
        odd=block(
            [
                replace(dense("a"), name="twin"),
                replace(dense("b"), name="twin"),
                use("c", "tower", repeat=2),
                replace(dense("d"), name="c_1"),
            ],
            *("x>a", "a>b", "b>c", "c>d"),
        ),
        tower=TOWER,
    ),
}
"""Networks of which every copy of a block comes back as a block of its own, which is told."""

OPAQUE = Node("odd", "acme.Odd", "odd")
HIDDEN = block(
    [node("gru", "GRU", units=3, return_state=True), node("relu", "ReLU")], "x>gru", "gru>relu"
)
FLAT: dict[str, tuple[str, Graph]] = {
    "an input": (
        nesting.HAS_INPUT,
        network(
            [use("core", "core")],
            "in>core",
            core=block(
                [node("y", "InputLayer", shape=[6]), node("sum", "Add")], "x>sum", "y>sum:1"
            ),
        ),
    ),
    "states": (
        nesting.HIDDEN_OUTPUT,
        network(
            [use("core", "core")],
            "in>core",
            shape=[5, 3],
            core=block([node("gru", "GRU", units=3, return_state=True)], "x>gru"),
        ),
    ),
    "in the midst": (
        nesting.HIDDEN_OUTPUT,
        network(
            [use("outer", "outer")],
            "in>outer",
            outer=block([use("core", "core"), node("relu", "ReLU")], "x>core", "core>relu"),
            core=block([node("left", "ReLU"), dense("right")], "x>left", "x>right"),
        ),
    ),
    "unknown": (
        nesting.UNKNOWN_INPUT,
        network([OPAQUE, use("tower", "tower")], "in>odd", "odd>tower", tower=TOWER),
    ),
    "ranks": (
        nesting.CALLS_DIFFER,
        network(
            [
                node("steps", "InputLayer", shape=[3, 6]),
                use("tower", "tower"),
                use("again", "tower", "tower"),
            ],
            *("in>tower", "steps>again"),
            tower=TOWER,
        ),
    ),
    "sizes": (
        nesting.CALLS_DIFFER,
        network(
            [
                node("large", "InputLayer", shape=[8]),
                use("turn", "turn"),
                use("again", "turn", "turn"),
            ],
            *("in>turn", "large>again"),
            turn=block(
                [node("groups", "GroupNormalization", groups=2, scale=False, center=False)],
                "x>groups",
            ),
        ),
    ),
    "one phase": (
        nesting.HAS_ROLES,
        network(
            [use("core", "core"), node("end", "Add")],
            *("in>core", "core>end:0", "in>end:1"),
            core=block(
                [
                    replace(dense("one", 6), phase="train"),
                    replace(dense("other", 6), phase="test"),
                    node("relu", "ReLU"),
                ],
                *("x>one", "x>other", "one>relu", "other>relu"),
            ),
        ),
    ),
}
"""Blocks that no model inside the model can be, and why."""
