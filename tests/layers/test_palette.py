"""The palette keeps the manual's entries, names and order, whatever the catalogue adds."""

from __future__ import annotations

from layers.palette import MANUAL
from layers.schema import catalog


def test_the_manuals_39_entries_come_first_in_its_order() -> None:
    entries = catalog()["entries"]
    assert len(MANUAL) == 39
    assert [entry["id"] for entry in entries if entry["id"] in MANUAL] == list(MANUAL)
    for category in catalog()["categories"]:
        listed = [entry["id"] in MANUAL for entry in entries if entry["category"] == category["id"]]
        assert listed == sorted(listed, reverse=True)
