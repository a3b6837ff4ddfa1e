"""Resizing of images by our own Keras layer, against the formula written once more in NumPy."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.layers.test_own_values import computed, near, random

np = pytest.importorskip("numpy")
pytestmark = pytest.mark.keras


def place(new: int, old: int, made: int, align: str, factor: float | None) -> float:
    """Where a new place lies among the old ones."""
    if align == "corners":
        return new * (old - 1) / max(made - 1, 1)
    shift = 0.5 if align == "centers" else 0.0
    return (new + shift) * (1 / factor if factor else old / made) - shift


def line(values: Any, at: float, interpolation: str, align: str) -> Any:
    """The value at a place between those of a row."""
    last = len(values) - 1
    if interpolation == "nearest":
        return values[min(max(math.floor(at + (0.0 if align == "origin" else 0.5)), 0), last)]
    at = min(max(at, 0.0), last)
    before = min(math.floor(at), last)
    after = min(before + 1, last)
    return values[before] + (values[after] - values[before]) * (at - before)


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize("align", ["corners", "origin", "centers"])
@pytest.mark.parametrize(
    ("size", "scale"),
    [((9, 4), None), ((1, 1), None), (None, (2.0, 3.0)), (None, (0.5, 1.3)), ((5, 6), (9.0, 9.0))],
)
def test_interpolation_lays_one_image_on_another(
    interpolation: str, align: str, size: tuple[int, int] | None, scale: tuple[float, float] | None
) -> None:
    x = random(2, 5, 6, 3)
    made = size or tuple(int(old * by) for old, by in zip((5, 6), scale or (), strict=True))
    factors = (None, None) if size else scale or (None, None)
    expected = np.empty((2, *made, 3), "float32")
    for row, column in np.ndindex(*made):
        high = place(row, 5, made[0], align, factors[0])
        wide = place(column, 6, made[1], align, factors[1])
        rows = [line(x[:, :, at].swapaxes(0, 1), high, interpolation, align) for at in range(6)]
        expected[:, row, column] = line(np.stack(rows), wide, interpolation, align)
    params: dict[str, Any] = {"target_size": size, "interpolation": interpolation, "align": align}
    if scale:
        params["scale"] = scale
    near(computed("Interpolation2D", [x], **params), expected)
