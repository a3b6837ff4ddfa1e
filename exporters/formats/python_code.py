"""Programs with the Keras functional API: written, and read without running them."""

from __future__ import annotations

from typing import ClassVar

from exporters.code.keras_blocks import program
from exporters.code.reader.program import network as network_of_program
from exporters.code.spans import with_blocks
from exporters.format import Format, Reading
from exporters.layout import place
from exporters.plan import phases
from exporters.source import Source
from exporters.weights import Weights
from layers.diagnostics import Diagnostic
from layers.graph import Graph


class PythonCode(Format):
    """A program that builds the model."""

    name: ClassVar = "python"
    label: ClassVar = "Python (Keras)"
    extensions: ClassVar = (".py",)
    description: ClassVar = "A program with the Keras functional API that builds the model."
    order: ClassVar = 30
    media_type: ClassVar = "text/x-python; charset=utf-8"

    def matches(self, source: Source) -> bool:
        head = source.data[:65536]
        is_code = source.extension == ".py" or b"\nimport " in head or b"\nfrom " in head
        return is_code and not source.looks_like_json and b"keras" in head

    def read(self, source: Source) -> Reading:
        network = network_of_program(source)
        return Reading(place(network.graph), self.name, network.diagnostics)

    def write(self, graph: Graph, weights: Weights | None = None) -> bytes:
        return program(graph).text.encode()

    def lines(self, graph: Graph, text: str) -> dict[str, tuple[int, int]]:
        made = program(graph)
        return with_blocks(graph, made.lines) if made.text == text else super().lines(graph, text)

    def losses(self, graph: Graph) -> tuple[Diagnostic, ...]:
        return phases(graph, self.label)
