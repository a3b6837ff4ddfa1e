"""The native JSON: everything that is known of a network, positions and notes included."""

from __future__ import annotations

import json
from typing import ClassVar

from exporters.format import Format, Reading
from exporters.source import Source
from exporters.weights import Weights
from layers.graph import Graph


class Native(Format):
    """The graph as it is stored."""

    name: ClassVar = "visualnn"
    label: ClassVar = "VisualNN JSON"
    extensions: ClassVar = (".visualnn.json", ".json")
    description: ClassVar = "Everything, with positions and notes; for keeping and sharing."
    order: ClassVar = 10
    media_type: ClassVar = "application/json"
    takes_mistakes: ClassVar = True

    def matches(self, source: Source) -> bool:
        if not source.looks_like_json:
            return False
        data = source.json
        return isinstance(data, dict) and (
            data.get("format") == "visualnn"
            or (isinstance(data.get("nodes"), list) and isinstance(data.get("edges"), list))
        )

    def read(self, source: Source) -> Reading:
        return Reading(Graph.from_json(source.json), self.name)

    def write(self, graph: Graph, weights: Weights | None = None) -> bytes:
        return (json.dumps(graph.to_json(), ensure_ascii=False, indent=1) + "\n").encode()
