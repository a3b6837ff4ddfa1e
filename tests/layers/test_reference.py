"""The reference pages say what the classes say."""

from __future__ import annotations

from layers.layer import LAYERS
from layers.reference import pages, stale
from layers.schema import catalog


def test_no_page_is_stale() -> None:
    assert stale() == [], "run `make generate`"


def test_every_layer_and_parameter_has_its_place() -> None:
    made = pages()
    for layer in LAYERS.values():
        page = made[f"{layer.category.id}.md"]
        assert f"\n## {layer.__name__}\n" in page
        for name in layer.params:
            assert f"| `{name}` |" in page


def test_the_editor_is_told_what_the_pages_say() -> None:
    """Its help shows these members of the catalogue."""
    made = pages()
    for name, told in catalog()["layers"].items():
        page = made[f"{told['category']}.md"]
        chapter = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        call, shapes = told["example"]
        texts = [told["remarks"], call, shapes, told["source"], *told["doc"].split("\n\n")]
        texts += [param["help"].replace("|", "\\|") for param in told["params"]]
        assert told["doc"]
        assert told["source"]
        for text in texts:
            assert text in chapter, f"{name}: {text}"


def test_pages_are_short_enough_to_read_on_the_web() -> None:
    assert all(len(text) < 200_000 for text in pages().values())
