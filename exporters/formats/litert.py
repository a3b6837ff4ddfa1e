"""LiteRT files (.tflite), once TensorFlow Lite: for phones and small machines. Written only."""

from __future__ import annotations

from typing import ClassVar

from exporters.format import Format
from exporters.plan import phases
from exporters.tensorflow.obstacles import lite_obstacles
from exporters.weights import Weights
from layers.diagnostics import Diagnostic, GraphError
from layers.graph import Graph


class LiteRT(Format):
    """A model of LiteRT's own operations, in float32."""

    name: ClassVar = "litert"
    label: ClassVar = "LiteRT (TensorFlow Lite)"
    extensions: ClassVar = (".tflite",)
    description: ClassVar = "For phones and small machines, with the weights in it."
    order: ClassVar = 65
    media_type: ClassVar = "application/octet-stream"
    carries_weights: ClassVar = True
    runtime: ClassVar = "tensorflow"

    def write(self, graph: Graph, weights: Weights | None = None) -> bytes:
        obstacles = self.obstacles(graph)
        if obstacles:
            raise GraphError(obstacles)
        from exporters.tensorflow.writing import lite_model

        return lite_model(graph, weights)

    def obstacles(self, graph: Graph) -> tuple[Diagnostic, ...]:
        return lite_obstacles(graph)

    def losses(self, graph: Graph) -> tuple[Diagnostic, ...]:
        return phases(graph, self.label)
