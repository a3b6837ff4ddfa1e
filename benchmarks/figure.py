"""A measured figure, what was promised of it, and how both are printed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

REPEATS = 15


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement.

    Attributes:
        name: what was measured.
        value: the figure.
        unit: its unit; "x" for a ratio to a peer in the same run.
        limit: what was promised: at most this, or at least this where `at_least`.
        remark: the peer, the spread, whatever makes the figure readable.
    """

    name: str
    value: float
    unit: str
    limit: float
    at_least: bool = False
    remark: str = ""

    @property
    def is_kept(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        verdict = "kept" if self.is_kept else "MISSED"
        value = f"{self.value:,.3g}" if self.value < 1000 else f"{self.value:,.0f}"
        promise = f"{sign} {self.limit:g} {self.unit}"
        return f"{self.name:<52} {value:>8} {self.unit:<3} {promise:<12} {verdict:<6} {self.remark}"


def median_s(action: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median wall-clock time of an action in seconds; a first run is not counted."""
    action()
    times: list[float] = []
    for _ in range(repeats):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return statistics.median(times)
