"""The reference pages say what the classes say."""

from __future__ import annotations

from layers.layer import LAYERS
from layers.reference import pages, stale


def test_no_page_is_stale() -> None:
    assert stale() == [], "run `make generate`"


def test_every_layer_and_parameter_has_its_place() -> None:
    for layer in LAYERS.values():
        page = pages()[f"{layer.category.id}.md"]
        assert f"\n## {layer.__name__}\n" in page
        for name in layer.params:
            assert f"| `{name}` |" in page


def test_pages_are_short_enough_to_read_on_the_web() -> None:
    assert all(len(text) < 200_000 for text in pages().values())
