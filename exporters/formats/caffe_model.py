"""Caffe's binary format: a network with its weights."""

from __future__ import annotations

from typing import ClassVar

from exporters.caffe.attaching import attached
from exporters.caffe.reading import read
from exporters.caffe.wire import decode, encode
from exporters.caffe.writing import fields_of, written
from exporters.format import Format, Reading
from exporters.plan import flattened
from exporters.source import Source
from exporters.weights import Fitted, Weights
from layers.diagnostics import Diagnostic, GraphError
from layers.graph import Graph


class CaffeModel(Format):
    """A network of Caffe with its weights."""

    name: ClassVar = "caffe_model"
    label: ClassVar = "Caffe model"
    extensions: ClassVar = (".caffemodel",)
    description: ClassVar = "A network with its weights, as Caffe keeps what it has trained."
    keeps_layers: ClassVar = False
    order: ClassVar = 41
    media_type: ClassVar = "application/octet-stream"
    carries_weights: ClassVar = True

    def matches(self, source: Source) -> bool:
        return source.extension == ".caffemodel" or _starts_alike(source.data[:400])

    def read(self, source: Source) -> Reading:
        network = read(decode(source.data))
        return Reading(network.graph, self.name, network.diagnostics, network.weights or None)

    def attaches(self, source: Source) -> bool:
        return self.matches(source)

    def attach(self, source: Source, graph: Graph) -> Fitted:
        return attached(decode(source.data), graph)

    def write(self, graph: Graph, weights: Weights | None = None) -> bytes:
        made = written(graph, weights)
        if made.errors:
            raise GraphError(made.errors)
        return encode(fields_of(graph, made.layers, with_blobs=True))

    def obstacles(self, graph: Graph) -> tuple[Diagnostic, ...]:
        return tuple(written(graph).errors)

    def losses(self, graph: Graph) -> tuple[Diagnostic, ...]:
        return (*written(graph).notes, *flattened(graph, self.label))


def _starts_alike(head: bytes) -> bool:
    """Whether bytes start with a name and then a layer, as files of Caffe do."""
    if len(head) < 8 or head[0] != 0x0A or head[1] > 100 or b"\0" in head[2 : 2 + head[1]]:
        return False
    behind = head[2 + head[1] :]
    return behind.startswith((b"\xa2\x06", b"\x12", b"\x1a")) and (
        b"type" not in behind[:1]
        and (b"\x0a" in behind[:8] or b"\x22" in behind[:40] or b"\x12" in behind[:8])
    )
