"""Graphs that TensorFlow makes, read here and held to its own numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from exporters.format import Reading, read, write
from exporters.weights import Array
from layers.analysis import analyse
from layers.layer import LAYERS
from tests.exporters.judging import computed
from tests.exporters.tensorflow.running import largest_difference, run_graph

CHANCE = np.random.default_rng(3)

Case = tuple[str, tuple[int | None, ...], str, Callable[[Any, Any], Any]]
"""What it is, the shape of x, the layers in order (or what is kept), and what is made of x."""

ROW = (None, 4)
STEPS = (None, 6, 4)
IMAGE = (None, 6, 8, 4)


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


def each(cases: Sequence[Case]) -> pytest.MarkDecorator:
    """Once for each case, by what it is."""
    return pytest.mark.parametrize("case", [pytest.param(case, id=case[0]) for case in cases])


def is_computed_alike(case: Case) -> Reading:
    """The reading of a case, of the layers that it says, and judged."""
    _, shape, kinds, make = case
    reading = judged(of_one(shape, make))
    assert [item.type for item in reading.graph][1:] == kinds.split()
    return reading


def is_written_alike(case: Case) -> None:
    """The same, and once more of what is written of it."""
    reading = is_computed_alike(case)
    again = read(write(reading.graph, "tensorflow", reading.weights), "again.pb")
    assert [item.type for item in again.graph][1:] == case[2].split()


def is_kept(case: Case) -> None:
    """A case of which an operation stays what it is, between layers that are known."""
    _, shape, kind, make = case

    def build(tf: Any, x: Any) -> Any:
        return tf.nn.relu(make(tf, tf.nn.relu(x)), name="end")

    definition, _, _ = graph_of(of_one(shape, build))
    reading = read(definition.SerializeToString(), "graph.pb")
    assert f"tf.{kind}" in {item.type for item in reading.graph} - LAYERS.keys()
    assert "tensorflow.unknown_op" in {item.code for item in reading.diagnostics}
