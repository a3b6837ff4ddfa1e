"""Drawings as SVG; the group of a node carries its id (``data-node``), so that a page can link
them.
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from exporters.figures.drawing import Box, Drawing, Group, Line, Polygon, Shape, Text

SANS = "system-ui, 'Segoe UI', 'Noto Sans', 'PingFang SC', 'Microsoft YaHei', sans-serif"
FIXED = "ui-monospace, 'SF Mono', Menlo, Consolas, monospace"


def svg(drawing: Drawing) -> bytes:
    """A drawing as an SVG document."""
    width, height = _number(drawing.width), _number(drawing.height)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" role="img">'
    )
    parts = [
        head,
        f"<title>{escape(drawing.title)}</title>",
        f'<rect width="100%" height="100%" fill="{drawing.ground}"/>',
        *(_group(group) for group in drawing.groups),
        "</svg>\n",
    ]
    return "\n".join(parts).encode()


def _group(group: Group) -> str:
    attributes = f" data-node={quoteattr(group.node)}" if group.node else ""
    title = f"<title>{escape(group.title)}</title>" if group.title else ""
    return f"<g{attributes}>{title}{''.join(map(_shape, group.shapes))}</g>"


def _shape(shape: Shape) -> str:
    match shape:
        case Box():
            dash = ' stroke-dasharray="4 3"' if shape.dashed else ""
            return (
                f'<rect x="{_number(shape.left)}" y="{_number(shape.top)}"'
                f' width="{_number(shape.width)}" height="{_number(shape.height)}"'
                f' rx="{_number(shape.radius)}" fill="{shape.fill or "none"}"'
                f' stroke="{shape.line or "none"}"{dash}/>'
            )
        case Polygon():
            return (
                f'<polygon points="{_points(shape.points)}" fill="{shape.fill}"'
                f' stroke="{shape.line or "none"}" stroke-width="0.8" stroke-linejoin="round"/>'
            )
        case Line():
            tip = (
                f'<polygon points="{_points(arrow(shape))}" fill="{shape.line}"/>'
                if shape.arrow
                else ""
            )
            return (
                f'<polyline points="{_points(shape.points)}" fill="none" stroke="{shape.line}"'
                f' stroke-width="{_number(shape.width)}" stroke-linejoin="round"/>{tip}'
            )
        case Text():
            weight = ' font-weight="600"' if shape.bold else ""
            family = FIXED if shape.fixed else SANS
            return (
                f'<text x="{_number(shape.place[0])}" y="{_number(shape.place[1])}"'
                f' font-size="{_number(shape.size)}" font-family="{family}"'
                f' fill="{shape.fill}" text-anchor="{shape.anchor}"{weight}>'
                f"{escape(_legal(shape.text))}</text>"
            )


def arrow(line: Line) -> tuple[tuple[float, float], ...]:
    """The tip of an arrow at the end of a line: three corners."""
    (x, y), (px, py) = line.points[-1], line.points[-2]
    length = max(((x - px) ** 2 + (y - py) ** 2) ** 0.5, 1e-6)
    dx, dy = (x - px) / length, (y - py) / length
    back = (x - 7 * dx, y - 7 * dy)
    return (
        (x, y),
        (back[0] - 3.5 * dy, back[1] + 3.5 * dx),
        (back[0] + 3.5 * dy, back[1] - 3.5 * dx),
    )


def _points(points: tuple[tuple[float, float], ...]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _legal(text: str) -> str:
    """A text without the signs that XML cannot hold."""
    return "".join(sign for sign in text if sign >= " " and not "\ufdd0" <= sign <= "\ufdef")
