"""A tiny training that nobody sees: it makes TensorFlow set up threads, kernels and its tracing."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from layers.graph import Edge, Graph, Node
from training import runner
from training.datasets.dataset import Data, Dataset, Facts, Say, Wanted
from training.events import Event
from training.recipe import Recipe


class _Nothing(Dataset):
    """Eight grey images of 8 x 8 pixels."""

    def __init__(self) -> None:
        self.about = Facts(
            "rehearsal", "image", (8, 8, 1), "uint8", "classes", (), ("no", "yes"), 8, 2, 1 / 255
        )

    @property
    def facts(self) -> Facts:
        return self.about

    def load(self, say: Say, wanted: Wanted) -> Data:
        x, y = np.zeros((8, 8, 8, 1), np.uint8), np.arange(8) % 2
        return Data(self.about, x, y, x[:2], y[:2])


def rehearse() -> None:
    """Build, train and measure a network of a few weights."""
    nodes = [
        Node("a", "InputLayer", "rehearsal_input", {"shape": [8, 8, 1]}),
        Node("b", "Conv2D", "rehearsal_conv", {"filters": 2, "kernel_size": [3, 3]}),
        Node("c", "Flatten", "rehearsal_flatten", {}),
        Node("d", "Dropout", "rehearsal_dropout", {"rate": 0.1}),
        Node("e", "Dense", "rehearsal_dense", {"units": 2, "activation": "softmax"}),
    ]
    edges = [Edge(one.id, other.id) for one, other in pairwise(nodes)]
    recipe = Recipe(epochs=1, batch_size=4, validation_split=0.25, seed=0)
    runner.fit(Graph(nodes, edges), _Nothing(), recipe, _ignore)


def _ignore(event: Event) -> None:
    pass
