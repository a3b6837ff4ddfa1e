"""Training in a test: one call, and what it has told."""

from __future__ import annotations

from typing import Any

from layers.graph import Graph
from training import datasets
from training.datasets.dataset import Data, Dataset, Facts, Say, Wanted
from training.recipe import Recipe
from training.sinks import ListSink

RECIPE = Recipe(epochs=3, batch_size=64, seed=5)


class Arrays(Dataset):
    """Samples that a test has made."""

    def __init__(self, about: Facts, x: Any, y: Any) -> None:
        self.about, self.x, self.y = about, x, y

    @property
    def facts(self) -> Facts:
        return self.about

    def load(self, say: Say, wanted: Wanted) -> Data:
        return Data(self.about, self.x, self.y, self.x[:10], self.y[:10])


def fit(
    graph: Graph, recipe: Recipe = RECIPE, dataset: Dataset | None = None, **settings: Any
) -> Any:
    """Train; gives the result and the sink."""
    from training import runner

    sink = ListSink()
    result = runner.fit(graph, dataset or datasets.find("digits"), recipe, sink, **settings)
    return result, sink
