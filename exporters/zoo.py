"""The model zoo: networks that ship with the program, each in the native format with a card that
describes it.

A network is in the zoo by lying in ``models/`` as ``<name>.json`` beside ``<name>.card.json``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from exporters.format import read
from layers.analysis import Totals, analyse
from layers.blocks import expand
from layers.categories import Category
from layers.graph import Graph
from layers.layer import LAYERS

FOLDER = Path(__file__).parent.parent / "models"


@dataclass(frozen=True)
class Card:
    """What the zoo says of a network.

    Attributes:
        name: identity, the file's name.
        title, summary: by language.
        source: paper or address.
        dataset: name of the data set it is made for.
        input: shape of one sample.
        graph: the network.
        totals: sums of its analysis.
    """

    name: str
    title: dict[str, str]
    summary: dict[str, str]
    source: str
    dataset: str
    input: tuple[int | None, ...]
    graph: Graph
    totals: Totals

    @property
    def categories(self) -> list[str]:
        """Palette categories that occur in the network, in the palette's order."""
        used = {LAYERS[node.type].category for node in expand(self.graph).nodes.values()}
        return [category.id for category in Category if category in used]

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "summary": self.summary,
            "source": self.source,
            "dataset": self.dataset,
            "input": list(self.input),
            "layers": self.totals.layers,
            "weights": self.totals.weights,
            "macs": None if self.totals.is_partial else self.totals.macs,
            "categories": self.categories,
        }


@cache
def zoo() -> dict[str, Card]:
    """Every network of the zoo by name, small ones first."""
    cards = [_card(path) for path in FOLDER.glob("*.card.json")]
    return {card.name: card for card in sorted(cards, key=lambda card: card.totals.weights)}


def _card(path: Path) -> Card:
    name = path.name.removesuffix(".card.json")
    facts = json.loads(path.read_text("utf-8"))
    file = path.with_name(f"{name}.json")
    graph = read(file.read_bytes(), file.name).graph
    analysis = analyse(graph)
    outputs = analysis.nodes[graph.inputs[0].id].outputs
    return Card(
        name,
        facts["title"],
        facts["summary"],
        facts["source"],
        facts["dataset"],
        outputs[0].shape[1:] if outputs else (),
        graph,
        analysis.totals,
    )
