"""What a recurrent layer may be handed beside its sequence: states to start from, and a mask.

Inputs come in this order: the sequence, all states or none, the mask. A mask is what has the dtype
bool and comes last: Keras gives tensors of that dtype no other meaning there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from layers.diagnostics import Invalid, Problem
from layers.tensor import Shape, Tensor, shape_text

INPUT_NAMES = ("sequences", "initial_state", "mask")
"""Keras' names for them."""

COUNT = Problem(
    "recurrent.states",
    "{layer} starts from {needed} state(s), its initial_state; it has {got}.",
    "Connect all of them behind the sequence, or none.",
)
STATE = Problem(
    "recurrent.state",
    "{layer} needs initial_state {place} as {expected}; got {found}.",
    "Give it as many values as the layer has, for example by a Dense before it.",
)
MASK = Problem(
    "recurrent.mask",
    "{layer} needs a mask with a value for each step, {expected}; got {found}.",
    "Give the mask as many steps as the sequence.",
)


def has_mask(inputs: Sequence[Tensor]) -> bool:
    """Whether the last of the inputs is a mask."""
    return len(inputs) > 1 and inputs[-1].dtype == "bool"


def check_states(layer: str, inputs: Sequence[Tensor], states: Sequence[Shape]) -> None:
    """Refuse states and masks that do not fit.

    Args:
        layer: its class, for messages.
        inputs: all that it is handed.
        states: shapes of the states that it keeps.

    Raises:
        Invalid: naming what is wrong with both values.
    """
    sequence, *given = inputs
    if has_mask(inputs):
        mask = given.pop()
        if not _fits(mask.shape, sequence.shape[:2]):
            expected, found = shape_text(sequence.shape[:2]), shape_text(mask.shape)
            raise Invalid(MASK, layer=layer, expected=expected, found=found)
    if given and len(given) != len(states):
        raise Invalid(COUNT, layer=layer, needed=len(states), got=len(given))
    for place, (state, wanted) in enumerate(zip(given, states, strict=False), 1):
        if not _fits(state.shape, wanted):
            expected, found = shape_text(wanted), shape_text(state.shape)
            raise Invalid(STATE, layer=layer, place=place, expected=expected, found=found)


def _fits(found: Shape, wanted: Shape) -> bool:
    return len(found) == len(wanted) and all(
        one is None or other is None or one == other
        for one, other in zip(found, wanted, strict=True)
    )


def called_with(
    given: Sequence[Any], inputs: Sequence[Tensor], count: int
) -> tuple[list[Any], dict[str, Any]]:
    """How a recurrent layer is called: the sequence by position, the rest by name.

    Args:
        given: what stands for each input.
        inputs: the inputs, none where they are not known.
        count: of the states that it keeps.
    """
    sequence, *further = given
    named: dict[str, Any] = {}
    masked = has_mask(inputs) if inputs else len(further) not in (0, count)
    mask = further.pop() if masked else None
    if further:
        named["initial_state"] = further if len(further) > 1 else further[0]
    if masked:
        named["mask"] = mask
    return [sequence], named
