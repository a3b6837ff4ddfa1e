"""Activation functions in Keras files: which of the catalogue's they are, and how one that is none
of them, which stays as it is, is written back.

A function is a name (``relu``, ``somebody>relux`` of a package), an object around a name, or a
layer that is used as one. TensorFlow Addons: https://www.tensorflow.org/addons/api_docs/python/tfa/activations
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exporters.source import unescaped
from layers.diagnostics import Diagnostic, Problem, diagnose
from layers.layer import Layer
from layers.params import Function

TAKEN = Problem(
    "keras.function_taken",
    "{name}: the function {function} of the file's own is taken to be {known} of Keras 3.",
    "Check that it computes {formula}.",
    severity="hint",
)

APART = Problem(
    "keras.function_apart",
    "{name}: its activation, a {kind}, is a layer of its own behind it here.",
    "Keep both when you move one.",
    severity="hint",
)

SAME = {
    "softmax_v2": "softmax",
    "log_softmax_v2": "log_softmax",
    "swish": "silu",
    "identity": "linear",
    "exp": "exponential",
    "Addons>mish": "mish",
    "Addons>hardshrink": "hard_shrink",
    "Addons>softshrink": "soft_shrink",
    "Addons>tanhshrink": "tanh_shrink",
    "Addons>sparsemax": "sparsemax",
}
"""Functions of TensorFlow and its Addons by their names in files, as Keras calls what computes the
same. (Addons' ``gelu`` approximates by tanh, as none of Keras' does by its name.)
"""
LAYERS_APART = ("ELU", "LeakyReLU", "ReLU", "Softmax")
"""Layers without weights that are used as functions."""
FORMULAS = {
    "hard_silu": "x · relu6(x + 3) / 6",
    "hard_sigmoid": "relu6(x + 3) / 6",
    "mish": "x · tanh(softplus(x))",
    "silu": "x · sigmoid(x)",
}
CUSTOMARY = {
    **dict.fromkeys(("hard_swish", "hardswish", "h_swish", "hswish", "HardSwish"), "hard_silu"),
    **dict.fromkeys(("hard-swish", "h-swish"), "hard_silu"),
    **dict.fromkeys(("h_sigmoid", "hsigmoid"), "hard_sigmoid"),
    "Mish": "mish",
    **dict.fromkeys(("Swish", "SiLU"), "silu"),
}
"""Functions that programs bring along under names which stand for one formula everywhere."""


def function_of(value: Any, name: str, generation: int) -> tuple[Any, list[Diagnostic]]:
    """A function of a file as the catalogue calls it, where it is one of its own; as a name, where
    it is described by no more.

    Args:
        value: as the file has it.
        name: of the layer, for messages.
        generation: of Keras.
    """
    if isinstance(value, dict) and value.get("class_name") == "function":
        value = value.get("config")
    if isinstance(value, dict):
        return _of_layer(value), []
    if not isinstance(value, str):
        return value, []
    if value == "hard_swish" and generation > 2:
        return "hard_silu", []
    known = CUSTOMARY.get(value)
    if known is None:
        return SAME.get(value, value), []
    formula = FORMULAS[known]
    return known, [diagnose(TAKEN, name=name, function=value, known=known, formula=formula)]


def _of_layer(value: dict[str, Any]) -> Any:
    """The function of a layer of Keras that is used as one, where it has a name of its own."""
    config = value.get("config")
    kind = value["class_name"] if isinstance(value.get("class_name"), str) else ""
    if not isinstance(config, dict):
        return value
    slope = config.get("negative_slope", config.get("alpha"))
    match kind:
        case "LeakyReLU" if _is(slope, 0.2):
            return "leaky_relu"
        case "ELU" if _is(slope if slope is not None else 1.0, 1.0):
            return "elu"
        case "Softmax" if config.get("axis", -1) in (-1, [-1]):
            return "softmax"
        case "ReLU" if not slope and not config.get("threshold"):
            limit = config.get("max_value")
            if limit is None:
                return "relu"
            return "relu6" if _is(limit, 6.0) else value
        case "Activation" if isinstance(config.get("activation"), str):
            return SAME.get(config["activation"], config["activation"])
    return value


def _is(value: Any, wanted: float) -> bool:
    """Whether a number of 32 bits is this one."""
    return isinstance(value, int | float) and abs(value - wanted) < 1e-7


def apart(
    kind: type[Layer] | None, item: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """A layer of a file, and the layer of Keras that it uses as its activation, which computes the
    same behind it; None where it uses none, or applies it elsewhere than to its output.
    """
    config = item.get("config")
    if kind is None or kind.states or not isinstance(config, dict):
        return item, None
    function = config.get("activation")
    if not isinstance(function, dict) or config.get("activity_regularizer") is not None:
        return item, None
    inner, name = function.get("config"), function.get("class_name")
    if name not in LAYERS_APART or not isinstance(inner, dict) or not is_foreign(kind, config):
        return item, None
    given = {key: value for key, value in inner.items() if key != "name"}
    if name == "LeakyReLU" and "alpha" in given:
        given.setdefault("negative_slope", given.pop("alpha"))
    behind = {"class_name": name, "config": given}
    return {**item, "config": {**config, "activation": "linear"}}, behind


def is_foreign(kind: type[Layer], config: Mapping[str, Any], generation: int = 3) -> bool:
    """Whether a layer of this class has a function that the catalogue does not know."""
    return any(
        isinstance(param, Function)
        and config.get(key) is not None
        and function_of(config[key], "", generation)[0] not in param.choices
        for key, param in kind.params.items()
    )


def kept_functions(kind: type[Layer], params: Mapping[str, Any]) -> dict[str, Any]:
    """The functions of a layer that the catalogue does not know, as Keras 3 writes them."""
    return {
        key: _written(params[key])
        for key, param in kind.params.items()
        if isinstance(param, Function) and key in params and params[key] not in param.choices
    }


def _written(value: Any) -> Any:
    if not isinstance(value, str):
        return unescaped(value)
    names = {"module": "builtins", "class_name": "function", "registered_name": "function"}
    return {**names, "config": value}
