"""The order of the palette: the manual's 39 entries come first in their category, as it lists them.

Source: the manual of the original VisualNN, chapter 2. What is not listed comes behind.
"""

from __future__ import annotations

MANUAL = (
    "input",
    "convolution",
    "pool",
    "upsample",
    "locally-connected",
    "deconvolution",
    "depthwise-convolution",
    "rnn",
    "gru",
    "lstm",
    "flatten",
    "reshape",
    "concat",
    "eltwise",
    "softmax",
    "permute",
    "repeat-vector",
    "regularization",
    "masking",
    "relu",
    "prelu",
    "elu",
    "thresholded-relu",
    "selu",
    "softplus",
    "softsign",
    "sigmoid",
    "tanh",
    "hard-sigmoid",
    "lrn",
    "batch-norm",
    "inner-product",
    "dropout",
    "embed",
    "gaussian-noise",
    "gaussian-dropout",
    "alpha-dropout",
    "time-distributed",
    "bidirectional",
)
"""Ids of the manual's entries, in its order."""


def place(identity: str) -> int:
    """Where an entry stands among the others of its category."""
    return MANUAL.index(identity) if identity in MANUAL else len(MANUAL)
