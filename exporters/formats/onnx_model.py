"""ONNX models: the operations with their constants, as every framework's runtimes take them."""

from __future__ import annotations

from typing import ClassVar

from exporters.format import Format, Reading
from exporters.plan import flattened, phases
from exporters.source import Source
from exporters.weights import Fitted, Weights
from layers.diagnostics import Diagnostic
from layers.graph import Graph

SECOND_FIELDS = (b"\x12", b"\x1a", b"\x22", b"\x28", b"\x32", b"\x3a", b"\x42")
"""How the fields of a model begin: its producer, domain, version, description, graph, opset."""


class OnnxModel(Format):
    """A network as ONNX. The library is imported where it is used, not where formats are listed."""

    name: ClassVar = "onnx"
    label: ClassVar = "ONNX"
    extensions: ClassVar = (".onnx",)
    description: ClassVar = "Operations and weights for ONNX Runtime, PyTorch, OpenCV and others."
    order: ClassVar = 60
    media_type: ClassVar = "application/octet-stream"
    carries_weights: ClassVar = True
    keeps_layers: ClassVar = False

    def matches(self, source: Source) -> bool:
        """A protobuf whose first field is ir_version, a small number, and that is called .onnx or
        goes on with another of a model's fields.
        """
        data = source.data
        return (
            data[:1] == b"\x08"
            and (
                source.extension == ".onnx"
                or (
                    b"\x01" <= data[1:2] <= b"\x20"
                    and data[2:3] in SECOND_FIELDS
                    # A producer's name is short; a SavedModel has its whole graph there.
                    and not (data[2:3] == b"\x12" and data[3:4] >= b"\x80")
                )
            )
        )

    def read(self, source: Source) -> Reading:
        from exporters.onnx.network import network

        graph, notes, weights = network(source)
        return Reading(graph, self.name, notes, weights or None)

    def attaches(self, source: Source) -> bool:
        return self.matches(source)

    def attach(self, source: Source, graph: Graph) -> Fitted:
        from exporters.onnx.attaching import fitted

        reading = self.read(source)
        return fitted(graph, reading.graph, reading.weights or {})

    def write(self, graph: Graph, weights: Weights | None = None) -> bytes:
        from exporters.onnx.writer import model

        return bytes(model(graph, weights or {}).SerializeToString(deterministic=True))

    def obstacles(self, graph: Graph) -> tuple[Diagnostic, ...]:
        from exporters.onnx.writer import obstacles

        return obstacles(graph)

    def losses(self, graph: Graph) -> tuple[Diagnostic, ...]:
        return (*phases(graph, self.label), *flattened(graph, self.label))
