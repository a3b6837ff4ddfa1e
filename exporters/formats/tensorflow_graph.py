"""TensorFlow graphs: a GraphDef in binary or as text, frozen or without values, and the JSON of
TensorFlow.js.
"""

from __future__ import annotations

from typing import ClassVar

from exporters.format import Format, Reading
from exporters.plan import phases
from exporters.source import Source
from exporters.tensorflow import messages
from exporters.tensorflow.embedded import embedded_network
from exporters.tensorflow.network import network_of
from exporters.tensorflow.obstacles import obstacles
from exporters.tensorflow.program import program_of
from exporters.weights import Weights
from layers.diagnostics import Diagnostic
from layers.graph import Graph


class TensorFlowGraph(Format):
    """A GraphDef in binary."""

    name: ClassVar = "tensorflow"
    label: ClassVar = "TensorFlow GraphDef"
    extensions: ClassVar[tuple[str, ...]] = (".pb", ".graphdef")
    description: ClassVar = "A frozen graph with the weights in it."
    order: ClassVar = 60
    media_type: ClassVar = "application/octet-stream"
    carries_weights: ClassVar = True
    runtime: ClassVar = "tensorflow"

    def matches(self, source: Source) -> bool:
        return messages.is_graph(source)

    def read(self, source: Source) -> Reading:
        graph = messages.graph_of(source)
        title = source.name.rpartition(".")[0] or "network"
        own = embedded_network(graph, self.name)
        return own or network_of(program_of(graph), self.name, title)

    def write(self, graph: Graph, weights: Weights | None = None) -> bytes:
        from exporters.tensorflow.writing import frozen_graph

        return bytes(frozen_graph(graph, weights).SerializeToString(deterministic=True))

    def obstacles(self, graph: Graph) -> tuple[Diagnostic, ...]:
        return obstacles(graph)

    def losses(self, graph: Graph) -> tuple[Diagnostic, ...]:
        return phases(graph, self.label)


class TensorFlowText(TensorFlowGraph):
    """A GraphDef as text."""

    name: ClassVar = "tensorflow_text"
    label: ClassVar = "TensorFlow GraphDef (text)"
    extensions: ClassVar[tuple[str, ...]] = (".pbtxt",)
    description: ClassVar = "A frozen graph as text, for reading and small networks."
    order: ClassVar = 61
    media_type: ClassVar = "text/plain; charset=utf-8"

    def matches(self, source: Source) -> bool:
        return messages.is_graph_text(source)

    def write(self, graph: Graph, weights: Weights | None = None) -> bytes:
        from google.protobuf import text_format

        from exporters.tensorflow.writing import frozen_graph

        return text_format.MessageToString(frozen_graph(graph, weights)).encode()


class TensorFlowJs(Format):
    """A graph of TensorFlow.js; its weights lie in other files."""

    name: ClassVar = "tensorflow_js"
    label: ClassVar = "TensorFlow.js graph"
    extensions: ClassVar = (".json",)
    description: ClassVar = "The model.json of a converted graph, without its weights."
    order: ClassVar = 62

    def matches(self, source: Source) -> bool:
        if not source.looks_like_json:
            return False
        data = source.json
        topology = data.get("modelTopology") if isinstance(data, dict) else None
        return isinstance(topology, dict) and isinstance(topology.get("node"), list)

    def read(self, source: Source) -> Reading:
        data = source.json
        program = program_of(messages.graph_of_json(data["modelTopology"]["node"]))
        program.has_values = False
        title = source.name.rpartition(".")[0] or "network"
        return network_of(program, self.name, title)
