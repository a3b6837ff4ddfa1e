"""(a) Analysing a network of 100 layers, against building the same network in Keras."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figure import Figure, median_s
from benchmarks.networks import convolutional
from layers.analysis import analyse
from layers.graph import Graph


def measure() -> Iterator[Figure]:
    data = convolutional().to_json()
    ours = median_s(lambda: analyse(Graph.from_json(data)))
    yield Figure("analysis of 100 layers, JSON to shapes", ours * 1e3, "ms", 5)

    import keras

    from exporters.keras_model import build

    graph = Graph.from_json(data)
    theirs = median_s(lambda: (keras.backend.clear_session(), build(graph)), repeats=5)
    remark = f"Keras builds it in {theirs * 1e3:,.0f} ms"
    yield Figure("the same against building it in Keras", theirs / ours, "x", 100, True, remark)
