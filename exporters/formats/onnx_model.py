"""ONNX models: the operations with their constants, as every framework's runtimes take them."""

from __future__ import annotations

from typing import ClassVar

from exporters.format import Format
from exporters.plan import phases
from exporters.weights import Weights
from layers.diagnostics import Diagnostic
from layers.graph import Graph


class OnnxModel(Format):
    """A network as ONNX. The library is imported where it is used, not where formats are listed."""

    name: ClassVar = "onnx"
    label: ClassVar = "ONNX"
    extensions: ClassVar = (".onnx",)
    description: ClassVar = "Operations and weights for ONNX Runtime, PyTorch, OpenCV and others."
    order: ClassVar = 60
    media_type: ClassVar = "application/octet-stream"
    carries_weights: ClassVar = True

    def write(self, graph: Graph, weights: Weights | None = None) -> bytes:
        from exporters.onnx.writer import model

        return bytes(model(graph, weights or {}).SerializeToString(deterministic=True))

    def obstacles(self, graph: Graph) -> tuple[Diagnostic, ...]:
        from exporters.onnx.writer import obstacles

        return obstacles(graph)

    def losses(self, graph: Graph) -> tuple[Diagnostic, ...]:
        return phases(graph, self.label)
