"""Caffe's text format: networks of every syntax in, the current one out."""

from __future__ import annotations

import re
from typing import ClassVar

from exporters.caffe.reading import read
from exporters.caffe.text import parse, text_of
from exporters.caffe.writing import fields_of, written
from exporters.format import Format, Reading
from exporters.plan import flattened
from exporters.source import Source
from exporters.weights import Weights
from layers.diagnostics import Diagnostic, GraphError
from layers.graph import Graph

_LAYER = re.compile(r"^\s*(?:layers?\s*:?\s*\{|input\s*:\s*[\"'])", re.MULTILINE)
_HEAD = re.compile(r"(?:\s|#[^\n]*\n)*[A-Za-z_]\w*\s*[:{]")
_NODE = re.compile(r"^\s*(?:node|graph|ir_version)\s*:?\s*\{", re.MULTILINE)


def _text(source: Source) -> str:
    """A file as text; many have Chinese comments from before UTF-8."""
    try:
        return source.text
    except GraphError:
        data = bytes(source.data[:])
        if b"\0" in data:
            raise
        return data.decode("gb18030", "replace")


class CaffePrototxt(Format):
    """A network of Caffe as text."""

    name: ClassVar = "caffe_prototxt"
    label: ClassVar = "Caffe prototxt"
    extensions: ClassVar = (".prototxt",)
    description: ClassVar = "What caffe.Net and OpenCV's readNetFromCaffe read."
    keeps_layers: ClassVar = False
    order: ClassVar = 40

    def matches(self, source: Source) -> bool:
        if not _HEAD.match(source.head.decode("utf-8", "replace")):
            return False
        text = _text(source)
        return _LAYER.search(text) is not None and _NODE.search(text) is None

    def read(self, source: Source) -> Reading:
        network = read(parse(_text(source)))
        return Reading(network.graph, self.name, network.diagnostics)

    def write(self, graph: Graph, weights: Weights | None = None) -> bytes:
        made = written(graph)
        if made.errors:
            raise GraphError(made.errors)
        return text_of(fields_of(graph, made.layers)).encode()

    def obstacles(self, graph: Graph) -> tuple[Diagnostic, ...]:
        return tuple(written(graph).errors)

    def losses(self, graph: Graph) -> tuple[Diagnostic, ...]:
        return (*written(graph).notes, *flattened(graph, self.label))
