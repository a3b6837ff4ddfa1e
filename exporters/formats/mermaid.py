"""Mermaid: a flowchart as text, which many pages and readmes draw."""

from __future__ import annotations

from typing import ClassVar

from exporters.figures.facts import facts_of, shape_text
from exporters.format import Format
from exporters.weights import Weights
from layers.graph import Graph


class Mermaid(Format):
    """A flowchart with a box for each layer and the shapes on the arrows."""

    name: ClassVar = "mermaid"
    label: ClassVar = "Mermaid"
    extensions: ClassVar = (".mmd",)
    description: ClassVar = "A flowchart as text, for Markdown pages."
    order: ClassVar = 220
    takes_mistakes: ClassVar = True

    def write(self, graph: Graph, weights: Weights | None = None) -> bytes:
        facts = facts_of(graph)
        ids = {identity: f"n{index}" for index, identity in enumerate(graph.nodes)}
        lines = ["flowchart TD"]
        for identity, about in facts.items():
            label = f"<b>{_legal(about.node.name)}</b><br/>{_legal(about.kind)}"
            lines.append(f'    {ids[identity]}["{label}"]')
        for edge in graph.edges:
            shape = shape_text(facts[edge.source].shape)
            lines.append(f'    {ids[edge.source]} -->|"{shape}"| {ids[edge.target]}')
        return ("\n".join(lines) + "\n").encode()


def _legal(text: str) -> str:
    """A text between quotes: Mermaid spells signs of its own by number."""
    return "".join(
        sign if sign.isalnum() or sign in " _-.,:×=()" else f"#{ord(sign)};" for sign in text
    )
