"""(a, large) Analysing a network of NASNet-Large's size, from scratch and after an edit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from benchmarks.figure import Figure, median_s
from benchmarks.networks import convolutional
from layers.analysis import Analyzer, analyse

LAYERS = 1041


def measure() -> Iterator[Figure]:
    graph = convolutional(LAYERS)
    yield Figure(f"analysis of {LAYERS:,} layers", median_s(lambda: analyse(graph)) * 1e3, "ms", 60)
    analyzer = Analyzer(graph)
    middle = graph.nodes[f"n{LAYERS // 2 // 3 * 3 + 1}"]
    widths = count(33)

    def edit() -> None:
        params = {**middle.params, "filters": next(widths)}
        analyzer.update(analyzer.graph.with_node(replace(middle, params=params)))

    yield Figure("an edit in its middle", median_s(edit) * 1e3, "ms", 30)
