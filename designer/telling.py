"""Diagnostics on their way to a page: as many as somebody reads, the errors first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from layers.diagnostics import Diagnostic, Problem, diagnose

MAX_TOLD = 300
MORE = Problem(
    "diagnostics.more",
    "{count} more of these are not listed.",
    "Mend some of those that are, and the others show.",
    severity="hint",
)


def told(diagnostics: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """Diagnostics as JSON, up to a number of them."""
    found = capped({"": tuple(diagnostics)})[""]
    return [diagnostic.to_json() for diagnostic in found]


def capped(groups: Mapping[str, tuple[Diagnostic, ...]]) -> dict[str, tuple[Diagnostic, ...]]:
    """The same diagnostics by their place, up to a number of them; how many more there are is told
    with those of the whole ("").
    """
    total = sum(map(len, groups.values()))
    if total <= MAX_TOLD:
        return dict(groups)
    found: dict[str, list[Diagnostic]] = {place: [] for place in groups}
    left = MAX_TOLD
    for is_error in (True, False):
        for place, group in groups.items():
            some = [item for item in group if (item.severity == "error") is is_error][:left]
            found[place] += some
            left -= len(some)
            if not left:
                break
    more = (diagnose(MORE, count=total - MAX_TOLD),)
    shown = {place: tuple(some) for place, some in found.items() if some}
    return {**shown, "": (*shown.get("", ()), *more)}
