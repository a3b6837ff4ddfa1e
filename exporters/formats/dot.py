"""DOT: the language of Graphviz, which lays the network out anew."""

from __future__ import annotations

from typing import ClassVar

from exporters.figures.drawing import PALETTES
from exporters.figures.facts import facts_of, shape_text
from exporters.format import Format
from exporters.weights import Weights
from layers.graph import Graph


class Dot(Format):
    """A directed graph with a box for each layer and the shapes on the arrows."""

    name: ClassVar = "dot"
    label: ClassVar = "DOT (Graphviz)"
    extensions: ClassVar = (".dot", ".gv")
    description: ClassVar = "The network as a graph of Graphviz."
    order: ClassVar = 221
    takes_mistakes: ClassVar = True

    def write(self, graph: Graph, weights: Weights | None = None) -> bytes:
        facts = facts_of(graph)
        colours = PALETTES["light"]
        lines = [
            f"digraph {_quoted(graph.name)} {{",
            '  node [shape=box, style="rounded,filled", fillcolor=white, fontname="sans-serif"];',
            '  edge [fontname="sans-serif", fontsize=10];',
        ]
        for identity, about in facts.items():
            label = _quoted(f"{about.node.name}\n{about.kind}")
            colour = colours.of(about.category)
            lines.append(f'  {_quoted(identity)} [label={label}, color="{colour}"];')
        for edge in graph.edges:
            shape = _quoted(shape_text(facts[edge.source].shape))
            lines.append(f"  {_quoted(edge.source)} -> {_quoted(edge.target)} [label={shape}];")
        return ("\n".join([*lines, "}"]) + "\n").encode()


def _quoted(text: str) -> str:
    """A string of DOT; a line break is spelt."""
    spelt = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "")
    return f'"{spelt}"'
