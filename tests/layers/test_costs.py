"""Products, memory and receptive fields, against published figures and TensorFlow's profiler."""

from __future__ import annotations

from typing import Any

import pytest

from layers.analysis import analyse
from layers.costs import SLOTS, training_memory
from layers.graph import Graph
from tests.layers.conftest import chain
from tests.layers.published import resnet50, vgg16


def test_vgg16_has_the_published_weights_and_products() -> None:
    totals = analyse(vgg16()).totals
    assert totals.weights == 138_357_544
    assert totals.macs == pytest.approx(15.5e9, rel=0.005)


def test_resnet50_has_the_published_weights_and_products() -> None:
    analysis = analyse(resnet50())
    assert [item.code for item in analysis.diagnostics] == ["bias.before_norm"] * 53
    assert analysis.totals.weights == 25_636_712
    assert analysis.totals.non_trainable == 53_120
    assert 3.8e9 < analysis.totals.macs < 4.1e9


@pytest.mark.parametrize(
    ("graph", "before", "size", "jump"),
    [(vgg16(), "Flatten", 212, 32), (resnet50(), "GlobalAveragePooling2D", 483, 32)],
)
def test_the_receptive_field_is_the_published_one(
    graph: Graph, before: str, size: int, jump: int
) -> None:
    """Araujo et al. 2019, table 1."""
    nodes = analyse(graph).nodes
    (end,) = (node for node in graph if node.type == before)
    (edge,) = graph.incoming(end.id)
    known = nodes[edge.source].to_json()
    assert known["receptive_field"] == [size, size]
    assert known["jump"] == [jump, jump]
    assert nodes[end.id].to_json()["receptive_field"] is None


def test_dilation_widens_and_enlarging_narrows_the_steps() -> None:
    graph = chain(
        ("InputLayer", {"shape": [32, 32, 3]}),
        ("Conv2D", {"filters": 2, "kernel_size": [3, 1], "dilation_rate": [4, 1]}),
        ("MaxPooling2D", {}),
        ("UpSampling2D", {}),
        ("Conv2DTranspose", {"filters": 2, "kernel_size": 4, "strides": 2, "padding": "same"}),
    )
    fields = [node.field for node in analyse(graph).nodes.values()]
    assert [field and field.size for field in fields] == [
        (1, 1), (9, 1), (10, 2), (10, 2), (11, 3)
    ]  # fmt: skip
    assert fields[-1] is not None
    assert fields[-1].jump == (0.5, 0.5)


@pytest.mark.parametrize("pool", ["MaxPooling1D", "AveragePooling1D"])
def test_endless_strides_see_no_further_than_numbers_go(pool: str) -> None:
    graph = chain(("InputLayer", {"shape": [None, 3]}), *[(pool, {"pool_size": 2**31 - 1})] * 80)
    known = list(analyse(graph).nodes.values())[-1].to_json()
    assert known["receptive_field"] == [2**53]
    assert known["jump"] == [2.0**53]


def test_costs_that_only_data_tell_are_no_numbers() -> None:
    shown = [
        analyse(chain(("InputLayer", {"shape": shape}), ("Dense", {"units": 3}))).totals.to_json()
        for shape in ([None, 4], [5, 4])
    ]
    assert [(one["macs"], one["activation_bytes"]) for one in shown] == [(None, None), (60, 140)]
    assert [one["weights"] for one in shown] == [15, 15]


def test_training_memory_adds_up() -> None:
    memory = training_memory(100, 20, activation_bytes=1000, batch_size=32, slots=SLOTS["Adam"])
    assert (memory.weights, memory.gradients, memory.slots) == (480, 400, 800)
    assert memory.activations == 32_000
    assert memory.total == 33_680
    totals = analyse(vgg16()).totals
    known = totals.to_json()
    by_hand = known["training_bytes"] + 8 * known["training_bytes_per_sample"]
    assert by_hand == totals.training_memory(batch_size=8).total


def test_frozen_weights_are_told_from_those_that_never_train() -> None:
    conv = {"filters": 4, "kernel_size": 3, "trainable": False}
    graph = chain(
        ("InputLayer", {"shape": [8, 8, 3]}), ("Conv2D", conv), ("BatchNormalization", {})
    )
    totals = analyse(graph).totals
    assert (totals.trainable, totals.non_trainable, totals.frozen) == (8, 112 + 8, 112)


PROFILED: list[tuple[str, Graph]] = [
    (
        "convolution",
        chain(
            ("InputLayer", {"shape": [32, 32, 16]}),
            ("Conv2D", {"filters": 64, "kernel_size": 3, "padding": "same", "use_bias": False}),
            ("Conv2D", {"filters": 64, "kernel_size": 5, "strides": 2, "use_bias": False}),
        ),
    ),
    (
        "depthwise",
        chain(
            ("InputLayer", {"shape": [32, 32, 32]}),
            ("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 2, "use_bias": False}),
            ("SeparableConv2D", {"filters": 48, "kernel_size": 5, "use_bias": False}),
        ),
    ),
    (
        "dense",
        chain(
            ("InputLayer", {"shape": [784]}),
            ("Dense", {"units": 512, "use_bias": False}),
            ("Dense", {"units": 512, "use_bias": False}),
            ("Dense", {"units": 10, "use_bias": False}),
        ),
    ),
    (
        "recurrent",
        chain(
            ("InputLayer", {"shape": [6, 256]}),
            (
                "LSTM",
                {"units": 512, "unroll": True, "use_bias": False, "return_sequences": True},
            ),
            ("GRU", {"units": 512, "unroll": True, "use_bias": False}),
        ),
    ),
]


@pytest.mark.keras
@pytest.mark.parametrize(("name", "graph"), PROFILED, ids=[name for name, _ in PROFILED])
def test_products_agree_with_tensorflows_profiler(name: str, graph: Graph) -> None:
    """Two operations a product; what is no product (biases, gates) is below one in a hundred."""
    counted = profiled_operations(graph)
    assert analyse(graph).totals.macs == pytest.approx(counted / 2, rel=0.01)


def profiled_operations(graph: Graph) -> int:
    """Floating point operations for one sample by TensorFlow's own count."""
    import tensorflow as tf

    from exporters.keras_model import build

    model = build(graph)
    spec = tf.TensorSpec((1, *model.input_shape[1:]), "float32")
    function = tf.function(lambda x: model(x, training=False)).get_concrete_function(spec)
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    frozen: Any = function.graph
    return int(profiler.profile(frozen, options=options).total_float_ops)
