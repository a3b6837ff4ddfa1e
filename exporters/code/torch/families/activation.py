"""Activations: functions of each value, and softmax over an axis."""

from __future__ import annotations

from exporters.code.torch.rule import Unwritable, Use, Written, rule

FUNCTIONS = {
    "linear": "{0}",
    "relu": "F.relu({0})",
    "relu6": "F.relu6({0})",
    "elu": "F.elu({0})",
    "selu": "F.selu({0})",
    "celu": "F.celu({0})",
    "gelu": "F.gelu({0})",
    "sigmoid": "torch.sigmoid({0})",
    "tanh": "torch.tanh({0})",
    "softplus": "F.softplus({0})",
    "softsign": "F.softsign({0})",
    "silu": "F.silu({0})",
    "swish": "F.silu({0})",
    "mish": "F.mish({0})",
    "exponential": "torch.exp({0})",
    "hard_sigmoid": "F.hardsigmoid({0})",
    "hard_silu": "F.hardswish({0})",
    "hard_swish": "F.hardswish({0})",
    "hard_tanh": "F.hardtanh({0})",
    "hard_shrink": "F.hardshrink({0})",
    "soft_shrink": "F.softshrink({0})",
    "tanh_shrink": "F.tanhshrink({0})",
    "leaky_relu": "F.leaky_relu({0}, 0.2)",
    "log_sigmoid": "F.logsigmoid({0})",
    "softmax": "F.softmax({0}, dim={axis})",
    "log_softmax": "F.log_softmax({0}, dim={axis})",
    "sparse_plus": "torch.where({0} < 1, ({0}.clamp(min=-1) + 1).square() / 4, {0})",
    "sparse_sigmoid": "(({0} + 1) / 2).clamp(0, 1)",
    "squareplus": "({0} + torch.sqrt({0}.square() + 4)) / 2",
}


def activated(expression: str, name: str, axis: int = -1) -> str:
    """An expression with an activation by Keras' name; `axis` is where the channels are.

    Raises Unwritable.
    """
    if name not in FUNCTIONS:
        raise Unwritable(f"the activation {name}")
    # The expression may hold placeholders itself.
    return FUNCTIONS[name].replace("{axis}", str(axis)).replace("{0}", expression)


@rule("Activation")
def activation(use: Use) -> Written:
    axis = use.axis(-1)
    return Written(activated("{0}", use["activation"], -1 if axis == use.rank - 1 else axis))


@rule("ReLU")
def relu(use: Use) -> Written:
    top, slope, threshold = use["max_value"], use["negative_slope"], use["threshold"]
    if threshold and (slope or top is not None):
        top_part = "{0}" if top is None else f"{{0}}.clamp(0.0, {top})"
        return Written(
            f"torch.where({{0}} > {threshold}, {top_part}, {slope} * ({{0}} - {threshold}))"
        )
    if threshold:
        return Written(f"F.threshold({{0}}, {threshold}, 0.0)")
    if top is not None and slope:
        return Written(f"F.leaky_relu({{0}}, {slope}).clamp(max={top})")
    if top is not None:
        return Written("F.relu6({0})" if top == 6 else f"{{0}}.clamp(0.0, {top})")
    return Written(f"F.leaky_relu({{0}}, {slope})" if slope else "F.relu({0})")


@rule("LeakyReLU")
def leaky_relu(use: Use) -> Written:
    return Written(f"F.leaky_relu({{0}}, {use['negative_slope']})")


@rule("ELU")
def elu(use: Use) -> Written:
    return Written(f"F.elu({{0}}, alpha={use['alpha']})")


@rule("ThresholdedReLU")
def thresholded_relu(use: Use) -> Written:
    return Written(f"F.threshold({{0}}, {use['theta']}, 0.0)")


@rule("Softmax")
def softmax(use: Use) -> Written:
    return Written(f"F.softmax({{0}}, dim={use.axis(use['axis'])})")
