"""Figures of a network for papers, slides and pages: two styles, each as SVG, PNG and PDF."""

from __future__ import annotations

from typing import ClassVar, Protocol

from exporters.figures.diagram import diagram
from exporters.figures.drawing import Drawing
from exporters.figures.svg import svg
from exporters.figures.volumes import volumes
from exporters.format import Format
from exporters.weights import Weights
from layers.graph import Graph


def png(drawing: Drawing) -> bytes:
    """A drawing as a PNG image. Pillow is imported where the first one is painted."""
    from exporters.figures.png import png as paint

    return paint(drawing)


def pdf(drawing: Drawing) -> bytes:
    """A drawing as a PDF document. Its library is imported where the first one is painted."""
    from exporters.figures.pdf import pdf as paint

    return paint(drawing)


class Style(Protocol):
    """How a network is drawn."""

    def __call__(self, graph: Graph) -> Drawing: ...


class Painter(Protocol):
    """What a drawing becomes."""

    def __call__(self, drawing: Drawing) -> bytes: ...


class _Figure(Format):
    """Base of the figures: a style and a painter."""

    style: ClassVar[Style]
    painter: ClassVar[Painter]
    takes_mistakes: ClassVar = True

    def write(self, graph: Graph, weights: Weights | None = None) -> bytes:
        return self.painter(self.style(graph))


class DiagramSvg(_Figure):
    name: ClassVar = "diagram_svg"
    label: ClassVar = "Diagram (SVG)"
    extensions: ClassVar = (".svg",)
    description: ClassVar = "The network as the editor draws it, for pages and vector programs."
    order: ClassVar = 200
    media_type: ClassVar = "image/svg+xml"
    style = staticmethod(diagram)
    painter = staticmethod(svg)


class DiagramPng(_Figure):
    name: ClassVar = "diagram_png"
    label: ClassVar = "Diagram (PNG)"
    extensions: ClassVar = (".png",)
    description: ClassVar = "The network as the editor draws it, as an image."
    order: ClassVar = 201
    media_type: ClassVar = "image/png"
    style = staticmethod(diagram)
    painter = staticmethod(png)


class DiagramPdf(_Figure):
    name: ClassVar = "diagram_pdf"
    label: ClassVar = "Diagram (PDF)"
    extensions: ClassVar = (".pdf",)
    description: ClassVar = "The network as the editor draws it, for papers."
    order: ClassVar = 202
    media_type: ClassVar = "application/pdf"
    style = staticmethod(diagram)
    painter = staticmethod(pdf)


class VolumesSvg(_Figure):
    name: ClassVar = "volumes_svg"
    label: ClassVar = "Layer volumes (SVG)"
    extensions: ClassVar = (".volumes.svg",)
    description: ClassVar = "Every tensor as a block of its size, as papers draw them."
    order: ClassVar = 210
    media_type: ClassVar = "image/svg+xml"
    style = staticmethod(volumes)
    painter = staticmethod(svg)


class VolumesPng(_Figure):
    name: ClassVar = "volumes_png"
    label: ClassVar = "Layer volumes (PNG)"
    extensions: ClassVar = (".volumes.png",)
    description: ClassVar = "Every tensor as a block of its size, as an image."
    order: ClassVar = 211
    media_type: ClassVar = "image/png"
    style = staticmethod(volumes)
    painter = staticmethod(png)


class VolumesPdf(_Figure):
    name: ClassVar = "volumes_pdf"
    label: ClassVar = "Layer volumes (PDF)"
    extensions: ClassVar = (".volumes.pdf",)
    description: ClassVar = "Every tensor as a block of its size, for papers."
    order: ClassVar = 212
    media_type: ClassVar = "application/pdf"
    style = staticmethod(volumes)
    painter = staticmethod(pdf)
