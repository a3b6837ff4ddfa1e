"""The model zoo: networks that ship with the program, in models/, each with a card beside it.

models/<name>.json       the network in the native format
models/<name>.card.json  {"title": {"en", "zh"}, "summary": {"en", "zh"}, "source", "dataset", …}
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings

from designer.errors import not_found
from layers.analysis import Analysis, analyse
from layers.graph import Graph
from layers.layer import LAYERS


@dataclass(frozen=True, slots=True)
class Model:
    """A network of the zoo."""

    name: str
    card: dict[str, Any]
    graph: Graph
    analysis: Analysis

    def to_json(self) -> dict[str, Any]:
        """What the list of the zoo shows."""
        totals = self.analysis.totals
        return {
            **self.card,
            "name": self.name,
            "layers": totals.layers,
            "weights": totals.weights,
            "macs": totals.macs,
            "input": self._input,
            "categories": sorted({LAYERS[node.type].category.id for node in self.graph}),
        }

    @property
    def _input(self) -> list[int | None] | None:
        """Shape of the first input without the batch axis."""
        for node in self.graph.inputs:
            if outputs := self.analysis.nodes[node.id].outputs:
                return list(outputs[0].shape[1:])
        return None


@cache
def models() -> dict[str, Model]:
    """The zoo by name."""
    found = {}
    for file in sorted((settings.BASE_DIR / "models").glob("*.card.json")):
        name = file.name.removesuffix(".card.json")
        graph = Graph.from_json(json.loads(file.with_name(f"{name}.json").read_text()))
        found[name] = Model(name, json.loads(file.read_text()), graph, analyse(graph))
    return found


def find(name: str) -> Model:
    """A network of the zoo. Raises Refusal (404)."""
    model = models().get(name)
    if model is None:
        raise not_found("model in the zoo")
    return model
