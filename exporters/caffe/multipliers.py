"""What a file says of each learned number beside its start: whether it is trained, and how strongly
it is pulled towards 0.

A `decay_mult` multiplies the solver's `weight_decay`, which the network's file does not know. What
is stated becomes an L2 penalty for the decay that nearly every solver has, 0 included; what is not
stated stays unsaid. So reading, writing and reading again changes nothing, and a solver that has
another decay scales what is there (:mod:`training.decay`).
"""

from __future__ import annotations

from typing import Any

from exporters.caffe.schema import View
from exporters.caffe.text import Fields
from layers.declared import Declared

DECAY = 0.0005
"""The weight_decay of Caffe's own examples, and of most networks."""
REGULARIZERS = (
    "kernel_regularizer", "depthwise_regularizer", "embeddings_regularizer", "alpha_regularizer",
    "gamma_regularizer", "bias_regularizer", "beta_regularizer",
)  # fmt: skip
"""Penalties on learned numbers, in the order of Caffe's blobs."""


def is_frozen(view: View) -> bool:
    """Whether a layer's multipliers keep all its numbers as they are. Raises GraphError."""
    rates = [param.get("lr_mult") for param in view.subs("param")]
    return bool(rates) and not any(rates)


def penalties(view: View, declared: type[Declared], params: dict[str, Any]) -> dict[str, Any]:
    """The penalties that stated multipliers of decay stand for. Raises GraphError."""
    if params.get("trainable") is False:
        return {}
    names = _names(declared, params)
    made: dict[str, Any] = {}
    for name, param in zip(names, view.subs("param"), strict=False):
        if param.has("decay_mult"):
            factor = max(param.get("decay_mult"), 0.0) * DECAY / 2
            made[name] = {"type": "L2", "l2": float(f"{factor:.9g}")}
    return made


def multiplier(penalty: object) -> float | None:
    """The multiplier of decay that a penalty (in its plain form) stands for; None for none."""
    if not isinstance(penalty, dict) or penalty.get("type") != "L2":
        return None
    strength = penalty.get("l2", 0.01)
    if not isinstance(strength, int | float):
        return None
    return float(f"{strength * 2 / DECAY:.9g}")


def stated(declared: type[Declared], plain: dict[str, Any], count: int) -> Fields:
    """The multipliers of a layer's first `count` blobs, where any is not Caffe's own."""
    if plain.get("trainable") is False:
        return {"param": [{"lr_mult": [0], "decay_mult": [0]} for _ in range(count)]}
    found = [multiplier(plain.get(name)) for name in _names(declared, plain)][:count]
    if all(value is None for value in found):
        return {}
    return {"param": [{} if value is None else {"decay_mult": [value]} for value in found]}


def _names(declared: type[Declared], params: dict[str, Any]) -> list[str]:
    has_bias = params.get("use_bias", True) and params.get("bias_term", True)
    return [
        name
        for name in REGULARIZERS
        if name in declared.params
        and (has_bias or name not in ("bias_regularizer", "beta_regularizer"))
        and (name != "gamma_regularizer" or params.get("scale", True))
        and (name != "beta_regularizer" or params.get("center", True))
    ]
