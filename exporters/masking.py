"""Which layers compute otherwise where Keras hands them a mask by itself."""

from __future__ import annotations

from exporters.plan import Call, Plan

HEEDING = (
    "Bidirectional",
    "TimeDistributed",
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
    "GlobalAveragePooling1D",
    "Softmax",
    "BatchNormalization",
    "Attention",
    "AdditiveAttention",
    "MultiHeadAttention",
    "GroupQueryAttention",
)
"""Layers that compute otherwise where a mask comes in, beside the recurrent ones."""


def is_masked(made: Plan, call: Call) -> bool:
    """Whether a mask reaches a layer that heeds it."""
    layer = call.layer
    # Only the first of several outputs carries one: states do not.
    carried = (made.calls[source].known.masked and not port for source, port in call.arguments)
    if layer is None or not any(carried):
        return False
    kind = type(layer)
    heeds = kind.masks == "unknown" or "zero_output_for_mask" in kind.params
    return heeds or kind.__name__ in HEEDING
