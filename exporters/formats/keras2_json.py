"""The configuration of a model for Keras 2: what tf.keras 2.15 reads. Reading is that of Keras
JSON, which knows every generation.
"""

from __future__ import annotations

import json
from typing import ClassVar

from exporters import keras2_network
from exporters.format import Format
from exporters.nesting import told
from exporters.plan import phases
from exporters.weights import Weights
from layers.diagnostics import Diagnostic, GraphError
from layers.graph import Graph


class Keras2Json(Format):
    """A network for Keras 2."""

    name: ClassVar = "keras2_json"
    label: ClassVar = "Keras 2 JSON"
    extensions: ClassVar = (".json",)
    description: ClassVar = "What model_from_json of Keras 2 and tf.keras reads."
    order: ClassVar = 24
    keeps_functions: ClassVar = True
    media_type: ClassVar = "application/json"

    def write(self, graph: Graph, weights: Weights | None = None) -> bytes:
        model = keras2_network.keras2_configuration(graph)
        absent = self.obstacles(graph)
        if absent:
            raise GraphError(absent)
        whole = {**model, "keras_version": keras2_network.VERSION, "backend": "tensorflow"}
        return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()

    def obstacles(self, graph: Graph) -> tuple[Diagnostic, ...]:
        return keras2_network.obstacles(graph)

    def losses(self, graph: Graph) -> tuple[Diagnostic, ...]:
        return (
            *phases(graph, self.label),
            *told(graph),
            *keras2_network.losses(graph),
        )
