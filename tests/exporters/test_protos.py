"""What the compiler made of the schemas is what they say today."""

from __future__ import annotations

from exporters.protos.generate import FOLDER, generated


def test_what_is_generated_is_not_stale() -> None:
    stale = [
        name for name, content in generated().items() if (FOLDER / name).read_text() != content
    ]
    assert not stale, f"run `make generate`: {stale}"
