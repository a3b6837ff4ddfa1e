"""Networks that several journeys draw."""

from __future__ import annotations

from collections.abc import Sequence

from tests.journeys.user import Editor


def draw_manuals_network(
    editor: Editor, inputs: int, totals: Sequence[str] = (), activation: str | None = None
) -> None:
    """Input, then twice Inner Product 512 and Dropout 0.2, then Inner Product 10 and Softmax.

    Args:
        activation: of the first two Inner Products; as it comes from the palette where None.
        totals: the parameter totals that the page shows after each Inner Product.
    """
    shown = iter(totals)

    def append_inner_product(units: int) -> None:
        editor.append("inner-product")
        editor.set("units", units)
        if total := next(shown, None):
            editor.expect_parameters(total)

    editor.append("input")
    editor.set("shape", inputs)
    for _ in range(2):
        append_inner_product(512)
        if activation is not None:
            editor.choose("activation", activation)
        editor.append("dropout")
        editor.set("rate", 0.2)
    append_inner_product(10)
    editor.append("softmax")


def draw_one_layer(editor: Editor, inputs: int) -> None:
    """Ten classes straight from the input: the least that can be trained on digits."""
    editor.append("input")
    editor.set("shape", inputs)
    editor.append("inner-product")
    editor.set("units", 10)
    editor.append("softmax")
    editor.expect_parameters(f"{inputs * 10 + 10:,}")
