"""SavedModels: the zip of the folder that TensorFlow writes, or its saved_model.pb alone."""

from __future__ import annotations

from typing import ClassVar

from exporters.archive import SIGNATURE
from exporters.format import Format, Reading
from exporters.plan import phases
from exporters.source import Source
from exporters.tensorflow import messages
from exporters.tensorflow.obstacles import obstacles
from exporters.tensorflow.saved import GRAPH, read_archive, read_saved_model
from exporters.weights import Weights
from layers.diagnostics import Diagnostic
from layers.graph import Graph


class TensorFlowSavedModel(Format):
    """A SavedModel with one signature, zipped."""

    name: ClassVar = "tensorflow_saved_model"
    label: ClassVar = "TensorFlow SavedModel (zip)"
    extensions: ClassVar = (".zip", ".pb", ".pbtxt")
    description: ClassVar = "The folder that TensorFlow loads and serves, with the weights, zipped."
    order: ClassVar = 63
    media_type: ClassVar = "application/zip"
    carries_weights: ClassVar = True
    runtime: ClassVar = "tensorflow"

    def matches(self, source: Source) -> bool:
        data = source.data
        if data[:4] == SIGNATURE:
            # Members' names stand in the directory at the end.
            return data.find(GRAPH.encode()) >= 0
        return messages.is_saved_model(source) or messages.is_saved_model_text(source)

    def read(self, source: Source) -> Reading:
        if source.data[:4] == SIGNATURE:
            return read_archive(source, self.name)
        return read_saved_model(source, self.name)

    def write(self, graph: Graph, weights: Weights | None = None) -> bytes:
        from exporters.tensorflow.writing import saved_model

        return saved_model(graph, weights)

    def obstacles(self, graph: Graph) -> tuple[Diagnostic, ...]:
        return obstacles(graph)

    def losses(self, graph: Graph) -> tuple[Diagnostic, ...]:
        return phases(graph, self.label)
