"""Graphs that TensorFlow makes, read here and held to its own numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from exporters.format import Reading, read
from exporters.weights import Array
from layers.analysis import analyse
from layers.layer import LAYERS
from tests.exporters.judging import computed
from tests.exporters.tensorflow.running import largest_difference, run_graph

CHANCE = np.random.default_rng(3)


def weight(*shape: int) -> Array:
    """A kernel that keeps values near 1."""
    fan_in = max(int(np.prod(shape[:-1])), 1)
    return CHANCE.normal(0, fan_in**-0.5, shape).astype("float32")


def positive(*shape: int) -> Array:
    """Variances, and what is divided by."""
    return CHANCE.uniform(0.5, 1.5, shape).astype("float32")


def graph_of(build: Callable[[Any], Any]) -> tuple[Any, dict[str, Array], list[str]]:
    """What a builder makes in a graph of its own: the definition, an input for each placeholder,
    and the names of its outputs.
    """
    import tensorflow as tf

    graph = tf.Graph()
    with graph.as_default():
        inputs, outputs = build(tf)
    fed = {
        name: CHANCE.integers(0, 20, [dim or 2 for dim in tensor.shape]).astype("int32")
        if tensor.dtype == tf.int32
        else CHANCE.normal(size=[dim or 2 for dim in tensor.shape]).astype("float32")
        for name, tensor in inputs.items()
    }
    return graph.as_graph_def(), fed, [tensor.name for tensor in outputs]


def of_one(shape: tuple[int | None, ...], make: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    """A builder of a graph from one placeholder `x`."""

    def build(tf: Any) -> Any:
        x = tf.compat.v1.placeholder(tf.float32, shape, name="x")
        return {"x": x}, [make(tf, x)]

    return build


def judged(build: Callable[[Any], Any]) -> Reading:
    """The reading of a graph, all layers known, whose build computes what TensorFlow does."""
    definition, fed, outputs = graph_of(build)
    reading = read(definition.SerializeToString(), "graph.pb")
    assert {item.type for item in reading.graph} <= LAYERS.keys()
    assert not analyse(reading.graph).errors
    wanted = run_graph(definition, fed, outputs)
    found = computed(reading.graph, reading.weights or {}, list(fed.values()))
    assert largest_difference(found, wanted) < 1e-5
    return reading
