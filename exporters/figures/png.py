"""Drawings as PNG, twice as large as on the screen; large ones as large as an image may be."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from exporters.figures.drawing import Box, Drawing, Line, Polygon, Shape, Text
from exporters.figures.svg import arrow

SCALE = 2.0
MAX_PIXELS = 60_000_000

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def png(drawing: Drawing) -> bytes:
    """A drawing as a PNG image."""
    area = drawing.width * drawing.height
    scale = min(SCALE, (MAX_PIXELS / max(area, 1.0)) ** 0.5)
    size = max(1, round(drawing.width * scale)), max(1, round(drawing.height * scale))
    image = Image.new("RGB", size, drawing.ground)
    painter = _Painter(ImageDraw.Draw(image), scale)
    for group in drawing.groups:
        for shape in group.shapes:
            painter.paint(shape)
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=size[0] * size[1] < 10_000_000)
    return stream.getvalue()


class _Painter:
    """Paints shapes on an image at a scale."""

    def __init__(self, draw: ImageDraw.ImageDraw, scale: float) -> None:
        self.draw = draw
        self.scale = scale

    def paint(self, shape: Shape) -> None:
        scale = self.scale
        match shape:
            case Box():
                corners = [
                    (shape.left * scale, shape.top * scale),
                    ((shape.left + shape.width) * scale, (shape.top + shape.height) * scale),
                ]
                self.draw.rounded_rectangle(
                    corners,
                    shape.radius * scale,
                    shape.fill or None,
                    shape.line or None,
                    max(1, round(scale)) if shape.line else 0,
                )
            case Polygon():
                points = self._scaled(shape.points)
                self.draw.polygon(points, shape.fill, shape.line or None)
            case Line():
                width = max(1, round(shape.width * scale))
                self.draw.line(self._scaled(shape.points), shape.line, width, joint="curve")
                if shape.arrow:
                    self.draw.polygon(self._scaled(arrow(shape)), shape.line)
            case Text():
                anchor = {"start": "ls", "middle": "ms", "end": "rs"}[shape.anchor]
                place = (shape.place[0] * scale, shape.place[1] * scale)
                font = _font(max(1, round(shape.size * scale)))
                stroke = 0.4 * scale if shape.bold else 0
                self.draw.text(
                    place,
                    _drawable(shape.text),
                    shape.fill,
                    font,
                    anchor,
                    stroke_width=round(stroke / 2),
                )

    def _scaled(self, points: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
        return [(x * self.scale, y * self.scale) for x, y in points]


def _drawable(text: str) -> str:
    """A text in signs that the font has."""
    return text.replace("×", "x")


@lru_cache(maxsize=64)
def _font(size: int) -> Font:
    """The font that comes with Pillow."""
    return ImageFont.load_default(size)
