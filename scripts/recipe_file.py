"""A recipe in a file: our own JSON, or a solver.prototxt of Caffe; and a solver for a recipe."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layers.graph import Graph
from scripts.console import Refused, warn
from training import solver
from training.datasets.dataset import Facts
from training.decay import Decay, decayed
from training.plan import held_out
from training.recipe import Recipe

MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class Given:
    """What a file says of training.

    Attributes:
        settings: a recipe as plain JSON, gaps included.
        iterations: steps in all, where the file counts these and no epochs.
        decay: the penalty on all weights, where the file has one.
    """

    settings: dict[str, Any]
    iterations: int | None = None
    decay: Decay | None = None

    def applied(self, graph: Graph) -> Graph:
        """The network with the file's penalty on its weights."""
        return graph if self.decay is None else decayed(graph, self.decay)

    def epochs(self, facts: Facts, recipe: Recipe) -> int | None:
        """The epochs that the file's steps are, at least one; None where it counts no steps.

        Raises Refused where the data set does not tell how many samples it has.
        """
        if self.iterations is None:
            return None
        if facts.train is None:
            raise Refused(
                "How many epochs the solver's iterations are is not known before the data are"
                " loaded.",
                "Give --epochs.",
            )
        return max(math.ceil(self.iterations / steps(facts.train, recipe)), 1)


def steps(samples: int, recipe: Recipe) -> int:
    """Steps in an epoch."""
    kept = samples - held_out(samples, recipe.validation_split)
    return max(math.ceil(kept / recipe.batch_size), 1)


def read(path: Path, graph: Graph) -> Given:
    """What a file says of training the network. Raises Refused, or GraphError."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path} cannot be read: {error}.", "Choose another recipe.") from None
    if text.lstrip().startswith("{"):
        try:
            settings = json.loads(text)
        except ValueError as error:
            raise Refused(f"{path} is no JSON: {error}.", "Correct it.") from None
        return Given(settings)
    if not solver.is_solver(text):
        raise Refused(
            f"{path} is no recipe.", "Give a solver.prototxt of Caffe, or a recipe as JSON."
        )
    found = solver.read(text)
    warn(found.notes)
    plain = found.recipe.to_json()
    settings = {name: plain[name] for name in ("optimizer", "schedule", "seed")}
    size = batch_size(graph)
    if size is not None:
        settings["batch_size"] = size
    return Given(settings, found.iterations, found.decay)


def batch_size(graph: Graph) -> int | None:
    """The batch of the network's training data, where a node says it."""
    for node in graph:
        size = node.params.get("batch_size")
        if node.phase != "test" and node.type.endswith("Data") and isinstance(size, int):
            return size
    return None


def write_solver(path: Path, net: str, recipe: Recipe, samples: int | None) -> None:
    """Write the recipe as a solver of the network in the file `net`. Raises GraphError."""
    count = recipe.epochs * (steps(samples, recipe) if samples else 1)
    text, notes = solver.write(recipe, net, count)
    warn(notes)
    path.write_text(text, encoding="utf-8")
