"""What a figure is made of: boxes, polygons, lines and texts, in pixels, left and top first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Point: TypeAlias = tuple[float, float]
Theme: TypeAlias = Literal["light", "dark"]
Anchor: TypeAlias = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with round corners; without fill or line where these are empty."""

    left: float
    top: float
    width: float
    height: float
    fill: str = ""
    line: str = ""
    radius: float = 0.0
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Polygon:
    """A filled outline."""

    points: tuple[Point, ...]
    fill: str
    line: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """Straight pieces through points; with an arrow at the end where it says so."""

    points: tuple[Point, ...]
    line: str
    width: float = 1.2
    arrow: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text on its base line."""

    place: Point
    text: str
    size: float
    fill: str
    anchor: Anchor = "start"
    bold: bool = False
    fixed: bool = False


Shape: TypeAlias = Box | Polygon | Line | Text


@dataclass(frozen=True, slots=True)
class Group:
    """What is drawn for one node (its id), or for nothing in particular."""

    shapes: tuple[Shape, ...]
    node: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure: its size, its ground, and groups in the order in which they are painted."""

    width: float
    height: float
    ground: str
    groups: tuple[Group, ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a theme: those of the editor."""

    ground: str
    surface: str
    line: str
    edge: str
    text: str
    muted: str
    categories: Mapping[str, str]

    def of(self, category: str) -> str:
        """The colour of a palette category; a quiet one where it has none."""
        return self.categories.get(category, self.muted)


_COLOURS = {
    "data": ("#5b6474", "#98a1b2"),
    "vision": ("#2f6fde", "#6ea3f7"),
    "recurrent": ("#8a52d6", "#b48af0"),
    "utility": ("#7b8496", "#98a1b2"),
    "activation": ("#d97a06", "#f2a44a"),
    "normalization": ("#0f9b8e", "#45c9ba"),
    "common": ("#4f5bd5", "#8d97e6"),
    "noise": ("#c2489a", "#e57fc1"),
    "wrapper": ("#a36a2b", "#cf9c62"),
    "attention": ("#cf3f5b", "#f27b91"),
    "preprocessing": ("#3b8a3e", "#74c477"),
    "loss": ("#b23c3c", "#ea7d7d"),
}

PALETTES: dict[Theme, Palette] = {
    "light": Palette(
        *("#ffffff", "#ffffff", "#cfd4dc", "#8a92a2", "#1c2130", "#646c7d"),
        {name: light for name, (light, _) in _COLOURS.items()},
    ),
    "dark": Palette(
        *("#131518", "#23262c", "#41454f", "#8a92a2", "#e7e9ee", "#9da5b4"),
        {name: dark for name, (_, dark) in _COLOURS.items()},
    ),
}


def shade(colour: str, factor: float) -> str:
    """A colour made darker (below 1) or lighter (above 1)."""
    channels = (int(colour[index : index + 2], 16) for index in (1, 3, 5))
    return "#" + "".join(f"{max(0, min(255, round(item * factor))):02x}" for item in channels)


def mix(colour: str, other: str, share: float) -> str:
    """A colour with a share of another."""
    pairs = ((int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


AVERAGE_WIDTH = 0.56
"""Of a letter, in sizes of the letters; a sign of a Chinese text takes a whole one."""


def width_of(text: str, size: float, fixed: bool = False) -> float:
    """About how wide a text is drawn, in pixels."""
    each = 0.6 if fixed else AVERAGE_WIDTH
    return sum(size if ord(sign) > 0x2E80 else size * each for sign in text)


def cut(text: str, size: float, room: float, fixed: bool = False) -> str:
    """A text that fits, ended by an ellipsis where it had to be cut."""
    if width_of(text, size, fixed) <= room:
        return text
    while text and width_of(text + "…", size, fixed) > room:
        text = text[:-1]
    return text + "…"
