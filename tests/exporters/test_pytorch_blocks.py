"""Blocks are modules of their own in PyTorch code, and compute what they did."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporters.code.torch.program import obstacles, program, state
from exporters.format import formats, read_source, write
from exporters.source import Source
from exporters.zoo import zoo
from layers.graph import Graph, Node
from tests.exporters.judging import computed, random_inputs, random_weights
from tests.exporters.networks import edges, node
from tests.exporters.test_keras_inner import NETWORKS as MODELS_IN_MODELS
from tests.exporters.test_pytorch import channels_first, module_of

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytestmark = pytest.mark.keras


def port(name: str) -> dict[str, Any]:
    return Node(name, "BlockInput", name).to_json()


def inner(identity: str, kind: str, **params: Any) -> dict[str, Any]:
    """A node of a block, whose parameters may be expressions."""
    return {"id": identity, "type": kind, "name": identity, "params": params}


def block(params: dict[str, Any], nodes: list[dict[str, Any]], *wires: str) -> dict[str, Any]:
    return {"params": params, "nodes": nodes, "edges": [each.to_json() for each in edges(*wires)]}


def use(identity: str, name: str, repeat: Any = 1, **values: Any) -> Node:
    params = {"block": name, "values": values, "repeat": repeat}
    return Node(identity, "Block", identity, params)


def again(identity: str, owner: str) -> Node:
    return Node(identity, "Block", identity, {}, shares=owner)


def expr(text: str) -> dict[str, str]:
    return {"expr": text}


BOTTLENECK = block(
    {"filters": 4, "strides": 1},
    [
        port("x"),
        inner("reduce", "Conv2D", filters=expr("filters"), kernel_size=1, strides=expr("strides")),
        inner("norm", "BatchNormalization"),
        inner("act", "ReLU"),
        inner("conv", "Conv2D", filters=expr("filters"), kernel_size=3, padding="same"),
        inner("expand", "Conv2D", filters=expr("4 * filters"), kernel_size=1),
        inner(
            "skip", "Conv2D", filters=expr("4 * filters"), kernel_size=1, strides=expr("strides")
        ),
        inner("sum", "Add"),
    ],
    "x>reduce",
    "reduce>norm",
    "norm>act",
    "act>conv",
    "conv>expand",
    "x>skip",
    "expand>sum",
    "skip>sum:1",
)

PAIR = block(
    {"units": 3},
    [
        port("left"),
        port("right"),
        inner("both", "Concatenate"),
        inner("one", "Dense", units=expr("units"), activation="tanh"),
        inner("other", "Dense", units=expr("units")),
    ],
    "left>both",
    "right>both:1",
    "both>one",
    "right>other",
)

SEQUENCE = block(
    {"units": 3},
    [
        port("steps"),
        inner("lstm", "LSTM", units=expr("units"), return_sequences=True, return_state=True),
        inner("again", "Dense", units=expr("units")),
    ],
    "steps>lstm",
    "lstm>again",
)

TURNED = block(
    {},
    [
        port("image"),
        inner("conv", "Conv2D", filters=4, kernel_size=3),
        inner("scale", "Dense", units=6),
    ],
    "image>conv",
    "conv>scale",
)

NORMED = block(
    {"epsilon": 0.001},
    [
        port("x"),
        inner("norm", "BatchNormalization", epsilon=expr("epsilon")),
        inner("last", "LayerNormalization", epsilon=0.00001),
    ],
    "x>norm",
    "norm>last",
)

NAMED = block(
    {"Inner": 3, "units": 2},
    [
        port("copy"),
        use("train", "inner", Inner=expr("Inner")).to_json(),
        inner("__secret", "Dense", units=expr("units")),
        inner("children", "Dense", units=4),
    ],
    "copy>train",
    "train>__secret",
    "__secret>children",
)

NETWORKS = {
    "numbers_in_defaults": Graph(
        [
            node("x", "InputLayer", shape=[4]),
            use("one", "normed"),
            use("two", "normed", epsilon=0.00001),
        ],
        edges("x>one", "one>two"),
        {"normed": NORMED},
        "numbers_in_defaults",
    ),
    "names_of_modules": Graph(
        [
            node("copy", "InputLayer", shape=[4]),
            use("eval", "named", Inner=5),
            use("modules", "named", units=6),
            use("pairs", "pair", repeat=2),
            node("sum", "Add"),
            node("end", "Add"),
        ],
        edges(
            *("copy>eval", "eval>modules", "modules>pairs", "eval>pairs:1", "pairs>sum"),
            *("pairs:1>sum:1", "sum>end", "sum>end:1"),
        ),
        {
            "named": NAMED,
            "pair": PAIR,
            "inner": block(
                {"Inner": 2},
                [port("x"), inner("dense", "Dense", units=expr("Inner"))],
                "x>dense",
            ),
        },
        "names_of_modules",
    ),
    "long_lists": Graph(
        [
            node("a", "InputLayer", shape=[64]),
            node("b", "InputLayer", shape=[64]),
            use("first_pairs_of_towers", "pair", repeat=3, units=16),
            use("second_pairs_of_towers", "pair", repeat=3, units=24),
            node("sum", "Add"),
        ],
        edges(
            *("a>first_pairs_of_towers", "b>first_pairs_of_towers:1"),
            "first_pairs_of_towers>second_pairs_of_towers",
            "first_pairs_of_towers:1>second_pairs_of_towers:1",
            *("second_pairs_of_towers>sum", "second_pairs_of_towers:1>sum:1"),
        ),
        {"pair": PAIR},
        "long_lists",
    ),
    "residual": Graph(
        [
            node("image", "InputLayer", shape=[12, 12, 3]),
            use("first", "bottleneck", filters=2),
            use("second", "bottleneck", filters=4, strides=2),
            use("third", "bottleneck", repeat=3, filters=4),
            node("pool", "GlobalAveragePooling2D"),
            node("dense", "Dense", units=5),
        ],
        edges("image>first", "first>second", "second>third", "third>pool", "pool>dense"),
        {"bottleneck": BOTTLENECK},
        "residual",
    ),
    "two_ports": Graph(
        [
            node("a", "InputLayer", shape=[4]),
            node("b", "InputLayer", shape=[3]),
            use("pairs", "pair", repeat=3),
            node("sum", "Add"),
        ],
        edges("a>pairs", "b>pairs:1", "pairs:0>sum", "pairs:1>sum:1"),
        {"pair": PAIR},
        "two_ports",
    ),
    "shared": Graph(
        [
            node("a", "InputLayer", shape=[4]),
            node("b", "InputLayer", shape=[4]),
            use("tower", "tower"),
            again("again", "tower"),
            node("difference", "Subtract"),
        ],
        edges("a>tower", "b>again", "tower>difference", "again>difference:1"),
        {
            "tower": block(
                {"units": 3},
                [
                    port("x"),
                    use("stack", "stack", repeat=2, units=expr("units")).to_json(),
                    inner("end", "Dense", units=2),
                ],
                "x>stack",
                "stack>end",
            ),
            "stack": block(
                {"units": 2},
                [port("x"), inner("dense", "Dense", units=expr("units"), activation="relu")],
                "x>dense",
            ),
        },
        "shared",
    ),
    "sequences": Graph(
        [
            node("steps", "InputLayer", shape=[5, 4]),
            use("first", "sequence", repeat=2),
            use("last", "sequence", units=5),
        ],
        edges("steps>first", "first>last"),
        {"sequence": SEQUENCE},
        "sequences",
    ),
    "turned": Graph(
        [
            node("image", "InputLayer", shape=[9, 8, 3]),
            use("turned", "turned", repeat=2),
            node("flat", "Flatten"),
        ],
        edges("image>turned", "turned>flat"),
        {"turned": TURNED},
        "turned",
    ),
}
"""Networks of blocks: what all copies share in a class, several ports, shared weights, states."""

ACROSS = Graph(
    [
        node("a", "InputLayer", shape=[3]),
        use("first", "tower"),
        node("dense", "Dense", units=3),
        use("second", "other"),
    ],
    edges("a>first", "first>dense", "dense>second"),
    {
        "tower": block(
            {}, [port("x"), inner("one", "Dense", units=3), inner("unused", "Dense", units=3)],
            "x>one", "one>unused",
        ),
        "other": block({}, [inner("data", "InputLayer", shape=[3]), port("x"), inner("sum", "Add")],
            "x>sum", "data>sum:1"),
    },
    "across",
)  # fmt: skip
"""A block with an input of the network inside it."""


@pytest.mark.parametrize("graph", NETWORKS.values(), ids=list(NETWORKS))
def test_the_modules_compute_what_keras_computes(graph: Graph, tmp_path: Path) -> None:
    assert not obstacles(graph)
    assert not program(graph).is_flat
    judge(graph, tmp_path)


def judge(graph: Graph, folder: Path) -> None:
    """PyTorch's outputs with carried weights are those of our Keras build."""
    weights, inputs = random_weights(graph), random_inputs(graph)
    module = module_of(graph, folder)
    carried = {name: torch.from_numpy(array) for name, array in state(graph, weights).items()}
    module.load_state_dict(carried, strict=True)
    module.eval()
    with torch.no_grad():
        given = [torch.from_numpy(np.ascontiguousarray(channels_first(each))) for each in inputs]
        made = module(*given)
    for result, wanted in zip(
        made if isinstance(made, tuple) else (made,), computed(graph, weights, inputs), strict=True
    ):
        np.testing.assert_allclose(result.numpy(), channels_first(wanted), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("make", MODELS_IN_MODELS)
def test_models_inside_models_are_modules(make: Callable[[], Any], tmp_path: Path) -> None:
    import keras

    keras.backend.clear_session()
    make().save(tmp_path / "model.keras")
    graph = read_source(Source.of_file(tmp_path / "model.keras")).graph
    assert not program(graph).is_flat
    judge(graph, tmp_path)


TWICE = Graph(
    [node("a", "InputLayer", shape=[3]), use("pairs", "pair", repeat=2), node("sum", "Add")],
    edges("a>pairs", "a>pairs:1", "pairs>sum", "pairs:1>sum:1"),
    {"pair": PAIR},
    "twice",
)
"""One tensor in both ports of the first of several copies."""


@pytest.mark.parametrize("graph", [ACROSS, TWICE], ids=["across", "twice"])
def test_what_modules_cannot_be_is_written_flat_and_said(graph: Graph, tmp_path: Path) -> None:
    assert program(graph).is_flat
    assert [item.code for item in formats()["pytorch"].losses(graph)] == ["format.blocks"]
    judge(graph, tmp_path)


def test_copies_that_differ_in_numbers_are_one_class() -> None:
    text = write(NETWORKS["residual"], "pytorch").decode()
    assert text.count("class Bottleneck") == 1
    assert "def __init__(self, in_channels, filters, strides):" in text
    assert "self.expand = nn.Conv2d(filters, 4 * filters, 1)" in text
    assert "self.second = Bottleneck(in_channels=8, filters=4, strides=2)" in text
    vgg = write(zoo()["vgg"].graph, "pytorch").decode()
    assert vgg.count("class Stage") == vgg.count("class Convolution") == 1
    assert "for _ in range(convolutions - 1)" in vgg
    assert "self.block3 = Stage(in_channels=128, filters=256, convolutions=4)" in vgg


def test_a_block_that_is_called_again_is_one_module() -> None:
    text = write(NETWORKS["shared"], "pytorch").decode()
    assert text.count(" = Tower(") == 1
    assert text.count("self.tower(") == 2


def test_lines_lead_into_the_classes_of_blocks() -> None:
    graph = zoo()["vgg"].graph
    text = write(graph, "pytorch").decode()
    lines = formats()["pytorch"].lines(graph, text)
    rows = [row.strip() for row in text.splitlines()]
    assert rows[lines["n1"][0] - 1].startswith("self.block1 = Stage(")
    assert rows[lines["n1-pool"][0] - 1] == "self.pool = nn.MaxPool2d(2)"
    assert rows[lines["n3-conv-conv"][0] - 1].startswith("self.conv = nn.Conv2d(in_channels")
    assert lines["n1-conv-conv"] == lines["n3-conv-conv"]
