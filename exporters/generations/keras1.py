"""Layers as Keras 1 spelt them, in the spelling of Keras 2.

Source: the documentation and ``get_config`` of Keras 1.0 to 1.2, and the interface table with which
Keras 2.0 read them (``keras/legacy/interfaces.py``).
"""

from __future__ import annotations

from typing import Any

Config = dict[str, Any]

WEIGHTED = {
    "init": "kernel_initializer",
    "bias": "use_bias",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
}
SPATIAL = {"border_mode": "padding", "dim_ordering": "data_format"}
CONVOLUTION = {**WEIGHTED, **SPATIAL, "nb_filter": "filters", "subsample": "strides"}
LINE = {"filter_length": "kernel_size", "subsample_length": "strides"}
RECURRENT = {
    **WEIGHTED,
    "output_dim": "units",
    "inner_init": "recurrent_initializer",
    "inner_activation": "recurrent_activation",
    "U_regularizer": "recurrent_regularizer",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
}
POOLING = {**SPATIAL, "pool_length": "pool_size", "stride": "strides"}
RATE = {"p": "rate"}

RENAMED: dict[str, dict[str, str]] = {
    "Dense": {**WEIGHTED, "output_dim": "units"},
    "TimeDistributedDense": {**WEIGHTED, "output_dim": "units"},
    "Convolution1D": {**CONVOLUTION, **LINE},
    "AtrousConvolution1D": {**CONVOLUTION, **LINE, "atrous_rate": "dilation_rate"},
    "Convolution2D": CONVOLUTION,
    "AtrousConvolution2D": {**CONVOLUTION, "atrous_rate": "dilation_rate"},
    "Deconvolution2D": CONVOLUTION,
    "SeparableConvolution2D": {
        **CONVOLUTION,
        "depthwise_init": "depthwise_initializer",
        "pointwise_init": "pointwise_initializer",
    },
    "Convolution3D": CONVOLUTION,
    "LocallyConnected1D": {**CONVOLUTION, **LINE},
    "LocallyConnected2D": CONVOLUTION,
    **{f"{kind}Pooling{rank}D": POOLING for kind in ("Max", "Average") for rank in (1, 2, 3)},
    **{f"Global{kind}Pooling{rank}D": SPATIAL for kind in ("Max", "Average") for rank in (1, 2, 3)},
    "UpSampling1D": {"length": "size"},
    "UpSampling2D": SPATIAL,
    "UpSampling3D": SPATIAL,
    "ZeroPadding2D": SPATIAL,
    "ZeroPadding3D": SPATIAL,
    "Cropping2D": SPATIAL,
    "Cropping3D": SPATIAL,
    "Dropout": RATE,
    "SpatialDropout1D": RATE,
    "SpatialDropout2D": {**RATE, **SPATIAL},
    "SpatialDropout3D": {**RATE, **SPATIAL},
    "GaussianDropout": RATE,
    "AlphaDropout": RATE,
    "GaussianNoise": {"sigma": "stddev"},
    "Embedding": {
        "init": "embeddings_initializer",
        "W_regularizer": "embeddings_regularizer",
        "W_constraint": "embeddings_constraint",
    },
    "LSTM": RECURRENT,
    "GRU": RECURRENT,
    "SimpleRNN": RECURRENT,
    "ConvLSTM2D": {
        **RECURRENT,
        **CONVOLUTION,
        "inner_init": "recurrent_initializer",
    },
    "BatchNormalization": {"beta_init": "beta_initializer", "gamma_init": "gamma_initializer"},
    "PReLU": {"init": "alpha_initializer"},
}
"""Old name of each argument to the new one, by class."""

CLASSES = {
    "Convolution1D": "Conv1D",
    "AtrousConvolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "AtrousConvolution2D": "Conv2D",
    "Deconvolution2D": "Conv2DTranspose",
    "SeparableConvolution2D": "SeparableConv2D",
    "Convolution3D": "Conv3D",
    # The same weights and values: Dense acts on the last axis since Keras 2.
    "TimeDistributedDense": "Dense",
}

KERNELS = (("nb_row", "nb_col"), ("kernel_dim1", "kernel_dim2", "kernel_dim3"))
ORDERINGS = {"th": "channels_first", "tf": "channels_last", "default": None}
WITHOUT_EFFECT = frozenset({"consume_less", "input_dtype", "input_length", "cache_enabled"})
DRAWS: dict[str, tuple[str, Config]] = {
    "uniform": ("RandomUniform", {"minval": -0.05, "maxval": 0.05}),
    "normal": ("RandomNormal", {"mean": 0.0, "stddev": 0.05}),
    "zero": ("Zeros", {}),
    "one": ("Ones", {}),
    "identity": ("Identity", {}),
    "orthogonal": ("Orthogonal", {"gain": 1.1}),
    # Keras 1 did not cut its normal distributions off.
    "glorot_normal": (
        "VarianceScaling",
        {"scale": 1.0, "mode": "fan_avg", "distribution": "untruncated_normal"},
    ),
    "he_normal": (
        "VarianceScaling",
        {"scale": 2.0, "mode": "fan_in", "distribution": "untruncated_normal"},
    ),
}
REGULARIZERS = frozenset(
    {"WeightRegularizer", "ActivityRegularizer", "L1L2Regularizer", "ActivityRegularization"}
)
CONSTRAINTS = {
    "MaxNorm": {"m": "max_value", "max_value": "max_value", "axis": "axis"},
    "maxnorm": {"m": "max_value", "max_value": "max_value", "axis": "axis"},
    "NonNeg": {},
    "nonneg": {},
    "UnitNorm": {"axis": "axis"},
    "unitnorm": {"axis": "axis"},
}
PROPER = {"maxnorm": "MaxNorm", "nonneg": "NonNeg", "unitnorm": "UnitNorm"}


def upgraded(class_name: str, config: Config, ordering: str | None) -> tuple[str, Config]:
    """One layer's class and configuration as Keras 2 calls them; what has its new name stays.

    Args:
        ordering: of the axes, where the layer states none.
    """
    names = RENAMED.get(class_name, {})
    made: Config = {}
    if "dim_ordering" in names and config.get("dim_ordering") in (None, "default") and ordering:
        config = {**config, "dim_ordering": ordering}
    for key, value in config.items():
        made.setdefault(names.get(key, key), _value(names.get(key, key), value))
    for key in WITHOUT_EFFECT & made.keys():
        _keep_shape(made, key)
    for kernel in KERNELS:
        if all(part in made for part in kernel):
            made["kernel_size"] = [made.pop(part) for part in kernel]
    _settle(class_name, made)
    return CLASSES.get(class_name, class_name), made


def _keep_shape(config: Config, key: str) -> None:
    """Drop what says nothing about the function, after taking the input's shape from it."""
    length = config.pop(key)
    if key == "input_length" and "input_dim" not in config and length is not None:
        config.setdefault("batch_input_shape", [None, length])


def _settle(class_name: str, config: Config) -> None:
    """What one class alone has."""
    if class_name != "Embedding" and "input_dim" in config:
        features = config.pop("input_dim")
        if type(features) is int and class_name in ("Dense", "MaxoutDense", "Highway"):
            config.setdefault("batch_input_shape", [None, features])
    if class_name == "Embedding" and config.get("dropout") in (0, 0.0):
        del config["dropout"]
    if class_name == "LSTM" and config.get("forget_bias_init") in ("one", "zero"):
        config["unit_forget_bias"] = config.pop("forget_bias_init") == "one"
    if class_name == "GRU":
        config.setdefault("reset_after", False)
    if class_name.startswith("ZeroPadding") and "padding" in config:
        config["padding"] = _borders(class_name, config["padding"])
    if class_name == "BatchNormalization" and config.get("mode") == 0:
        del config["mode"]
    if class_name == "SeparableConvolution2D" and "kernel_initializer" in config:
        drawn = config.pop("kernel_initializer")
        config.setdefault("depthwise_initializer", drawn)
        config.setdefault("pointwise_initializer", drawn)


def _borders(class_name: str, value: Any) -> Any:
    """Two numbers for each axis, where Keras 1 has one for both sides, or all in a row, or a name
    for each side.
    """
    if isinstance(value, dict):
        value = [value.get(f"{side}_pad", 0) for side in ("top", "bottom", "left", "right")]
        if class_name == "ZeroPadding1D":
            return value[2:]
    if not isinstance(value, list) or not all(type(item) is int for item in value):
        return value
    match class_name, value:
        case ("ZeroPadding2D", [_, _]) | ("ZeroPadding3D", [_, _, _]):
            return [[number, number] for number in value]
        case "ZeroPadding2D", [top, bottom, left, right]:
            return [[top, bottom], [left, right]]
    return value


def _value(key: str, value: Any) -> Any:
    """A value of Keras 1 in the form of Keras 2."""
    if key == "data_format":
        return ORDERINGS.get(value, value) if isinstance(value, str) else value
    if key.endswith("_initializer") and isinstance(value, str) and value in DRAWS:
        name, config = DRAWS[value]
        return {"class_name": name, "config": config}
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        return value
    if key.endswith("_regularizer") and value["name"] in REGULARIZERS:
        config = {part: value[part] for part in ("l1", "l2") if part in value}
        return {"class_name": "L1L2", "config": config}
    if key.endswith("_constraint") and value["name"] in CONSTRAINTS:
        names = CONSTRAINTS[value["name"]]
        config = {names[part]: value[part] for part in value if part in names}
        return {"class_name": PROPER.get(value["name"], value["name"]), "config": config}
    return value
