"""Drawings as PDF, one page as large as the drawing."""

from __future__ import annotations

import io

from reportlab.lib.colors import HexColor
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from exporters.figures.drawing import Box, Drawing, Line, Polygon, Shape, Text
from exporters.figures.svg import arrow

MAX_SIDE = 14_400
"""The longest a page may be, in points."""
CHINESE = "STSong-Light"
"""A font that readers of PDF bring along; nothing has to be embedded."""


def pdf(drawing: Drawing) -> bytes:
    """A drawing as a PDF document of one page."""
    stream = io.BytesIO()
    scale = min(1.0, MAX_SIDE / max(drawing.width, drawing.height))
    size = (drawing.width * scale, drawing.height * scale)
    canvas = Canvas(stream, pagesize=size, invariant=1)
    canvas.setTitle(drawing.title)
    canvas.scale(scale, scale)
    canvas.setFillColor(HexColor(drawing.ground))
    canvas.rect(0, 0, drawing.width, drawing.height, stroke=0, fill=1)
    painter = _Painter(canvas, drawing.height)
    for group in drawing.groups:
        for shape in group.shapes:
            painter.paint(shape)
    canvas.showPage()
    canvas.save()
    return stream.getvalue()


class _Painter:
    """Paints shapes on a page, whose zero is at the bottom."""

    def __init__(self, canvas: Canvas, height: float) -> None:
        self.canvas = canvas
        self.height = height

    def paint(self, shape: Shape) -> None:
        canvas = self.canvas
        match shape:
            case Box():
                self._colours(shape.fill, shape.line, 1)
                canvas.setDash([4, 3] if shape.dashed else [])
                canvas.roundRect(
                    shape.left,
                    self.height - shape.top - shape.height,
                    shape.width,
                    shape.height,
                    shape.radius,
                    stroke=int(bool(shape.line)),
                    fill=int(bool(shape.fill)),
                )
                canvas.setDash([])
            case Polygon():
                self._colours(shape.fill, shape.line, 0.8)
                self._path(shape.points, closed=True, stroke=bool(shape.line), fill=True)
            case Line():
                self._colours(shape.line, shape.line, shape.width)
                self._path(shape.points, closed=False, stroke=True, fill=False)
                if shape.arrow:
                    self._path(arrow(shape), closed=True, stroke=False, fill=True)
            case Text():
                canvas.setFillColor(HexColor(shape.fill))
                canvas.setFont(_font(shape), shape.size)
                x, y = shape.place[0], self.height - shape.place[1]
                draw = {
                    "start": canvas.drawString,
                    "middle": canvas.drawCentredString,
                    "end": canvas.drawRightString,
                }[shape.anchor]
                draw(x, y, shape.text)

    def _colours(self, fill: str, line: str, width: float) -> None:
        if fill:
            self.canvas.setFillColor(HexColor(fill))
        if line:
            self.canvas.setStrokeColor(HexColor(line))
        self.canvas.setLineWidth(width)

    def _path(
        self, points: tuple[tuple[float, float], ...], *, closed: bool, stroke: bool, fill: bool
    ) -> None:
        path = self.canvas.beginPath()
        path.moveTo(points[0][0], self.height - points[0][1])
        for x, y in points[1:]:
            path.lineTo(x, self.height - y)
        if closed:
            path.close()
        self.canvas.drawPath(path, stroke=int(stroke), fill=int(fill))


def _font(text: Text) -> str:
    """One of the fonts that every reader has."""
    try:
        text.text.encode("cp1252")
    except UnicodeEncodeError:
        if CHINESE not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
        return CHINESE
    if text.fixed:
        return "Courier"
    return "Helvetica-Bold" if text.bold else "Helvetica"
