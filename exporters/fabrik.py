"""The layers of the original VisualNN (and of Fabrik before it) as layers of the catalogue.

Their networks keep channels first in dimensions and axes, as Caffe does, yet what they wrote for
Keras keeps them last: here they are last. Parameters stand under Caffe's names; the editor's own
default is meant where one is missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeAlias

Params: TypeAlias = dict[str, Any]
Made: TypeAlias = tuple[str, Params]
Rule: TypeAlias = Callable[["Values"], Made]

FILLERS = {
    "xavier": "GlorotNormal",
    "msra": "HeNormal",
    "gaussian": "RandomNormal",
    "uniform": "RandomUniform",
    "constant": "Constant",
    "positive_unitball": "GlorotUniform",
    "bilinear": "GlorotUniform",
}
PENALTIES = {"l1": "L1", "l2": "L2", "l1_l2": "L1L2", "L1L2": "L1L2"}
LIMITS = {"max_norm": "MaxNorm", "non_neg": "NonNeg", "unit_norm": "UnitNorm"}
_WHOLE = re.compile(r"-?[0-9]{1,9}")
AXES = {"1D": "w", "2D": "hw", "3D": "dhw"}
CONTROL = frozenset({"caffe", "endPoint", "endpoint", "inplace", "dragDrop", "layer_type"})


@dataclass
class Values:
    """The parameters of one layer; `used` are those that a rule has looked at."""

    given: Mapping[str, Any]
    used: set[str]

    def text(self, name: str, default: str = "") -> str:
        self.used.add(name)
        value = self.given.get(name)
        return default if value in (None, "") else str(value)

    def number(self, name: str, default: float | None = None) -> Any:
        """A whole number where it is one; as it stands where it is none, for the analysis."""
        self.used.add(name)
        value = self.given.get(name)
        if value in (None, ""):
            return default
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                return value
            if not isfinite(value):
                return self.given[name]
        return int(value) if isinstance(value, float) and value.is_integer() else value

    def decimal(self, name: str, default: float) -> Any:
        value = self.number(name, default)
        return float(value) if isinstance(value, int) else value

    def switch(self, name: str, default: bool) -> bool:
        self.used.add(name)
        value = self.given.get(name, default)
        return value.lower() == "true" if isinstance(value, str) else bool(value)

    def dims(self, name: str = "dim") -> list[Any]:
        """Numbers in a text, as in "1, 3, 224, 224"."""
        self.used.add(name)
        value = self.given.get(name)
        parts = value if isinstance(value, list) else str(value or "").split(",")
        found = []
        for part in parts:
            word = str(part).strip()
            found.append(int(word) if _WHOLE.fullmatch(word) else None)
        return [] if found == [None] else found

    @property
    def rank(self) -> str:
        self.used.add("layer_type")
        kind = self.given.get("layer_type")
        return kind if isinstance(kind, str) and kind in AXES else "2D"

    def window(self, stem: str, default: int | None = 1) -> list[Any]:
        """One number for each axis, from height, width and depth."""
        self.used.update(f"{stem}_{axis}" for axis in "hwd")
        return [self.number(f"{stem}_{axis}", default) for axis in AXES[self.rank]]

    def learned(self, **fillers: str) -> Params:
        """Initializers, penalties and limits, and whether there is a bias."""
        made: Params = {}
        for ours, theirs in fillers.items():
            name = self.text(theirs)
            if name and name != "None":
                made[ours] = FILLERS.get(name) or "".join(
                    part[:1].upper() + part[1:] for part in name.split("_")
                )
        for key in self.given:
            table = PENALTIES if key.endswith("_regularizer") else LIMITS
            if key.endswith(("_regularizer", "_constraint")):
                name = self.text(key)
                if name in table:
                    made[key] = table[name]
        if "use_bias" in self.given:
            made["use_bias"] = self.switch("use_bias", True)
        return made


def _weighted(values: Values) -> Params:
    return values.learned(kernel_initializer="weight_filler", bias_initializer="bias_filler")


def _convolution(values: Values) -> Made:
    params = {
        "filters": values.number("num_output"),
        "kernel_size": values.window("kernel", None),
        "strides": values.window("stride"),
        "dilation_rate": values.window("dilation"),
        **_weighted(values),
    }
    return f"Conv{values.rank}", params


def _pooling(values: Values) -> Made:
    kind = {"AVE": "Average", "MAX": "Max"}.get(values.text("pool", "MAX"))
    if kind is None:
        return "Pooling", dict(values.given)
    params = {"pool_size": values.window("kernel", None), "strides": values.window("stride")}
    values.used.add("padding")
    return f"{kind}Pooling{values.rank}", params


def _deconvolution(values: Values) -> Made:
    params = {
        "filters": values.number("num_output"),
        "kernel_size": [values.number("kernel_h"), values.number("kernel_w")],
        "strides": [values.number("stride_h", 1), values.number("stride_w", 1)],
        "dilation_rate": [values.number("dilation_h", 1), values.number("dilation_w", 1)],
        "padding": values.text("padding", "SAME").lower(),
        **_weighted(values),
    }
    values.used.update(("pad_h", "pad_w"))
    return "Conv2DTranspose", params


def _separable(values: Values) -> Made:
    fillers = {f"{part}_initializer": f"{part}_initializer" for part in ("depthwise", "pointwise")}
    params = {
        "filters": values.number("num_output"),
        "kernel_size": [values.number("kernel_h"), values.number("kernel_w")],
        "strides": [values.number("stride_h", 1), values.number("stride_w", 1)],
        "depth_multiplier": values.number("depth_multiplier", 1),
        "padding": values.text("padding", "SAME").lower(),
        **values.learned(bias_initializer="bias_initializer", **fillers),
    }
    values.used.update(("pad_h", "pad_w"))
    return "SeparableConv2D", params


def _local(values: Values) -> Made:
    params = {
        "filters": values.number("filters"),
        "kernel_size": values.window("kernel", None),
        "strides": values.window("stride"),
        **values.learned(
            kernel_initializer="kernel_initializer", bias_initializer="bias_initializer"
        ),
    }
    return f"LocallyConnected{values.rank}", params


def _recurrent(kind: str) -> Rule:
    def rule(values: Values) -> Made:
        params = {
            "units": values.number("num_output"),
            "dropout": values.decimal("dropout", 0.0),
            "recurrent_dropout": values.decimal("recurrent_dropout", 0.0),
            "return_sequences": values.switch("return_sequences", False),
            **_weighted(values),
            **values.learned(recurrent_initializer="recurrent_initializer"),
        }
        if kind != "SimpleRNN":
            params["recurrent_activation"] = values.text("recurrent_activation", "hard_sigmoid")
        if kind == "LSTM":
            params["unit_forget_bias"] = values.switch("unit_forget_bias", True)
        if kind == "GRU":
            params["reset_after"] = False
        return kind, params

    return rule


def _input(values: Values) -> Made:
    _, *sample = values.dims() or [None]
    return "InputLayer", {"shape": [*sample[1:], *sample[:1]]}


def _eltwise(values: Values) -> Made:
    kinds = {"Product": "Multiply", "Sum": "Add"}
    kind = str(values.given.get("layer_type", "Sum"))
    return kinds.get(kind, kind), {"axes": -1} if kind == "Dot" else {}


def _concat(values: Values) -> Made:
    axis = values.number("axis", -1)
    # Axis 1 is that of the channels, which are last here.
    return "Concatenate", {"axis": -1 if axis == 1 else axis}


def _batchnorm(values: Values) -> Made:
    params = {
        "momentum": values.decimal("moving_average_fraction", 0.999),
        "epsilon": values.decimal("eps", 1e-5),
        "center": False,
        "scale": False,
        **values.learned(
            moving_mean_initializer="moving_mean_initializer",
            moving_variance_initializer="moving_variance_initializer",
        ),
    }
    values.used.add("use_global_stats")
    return "BatchNormalization", params


def _scale(values: Values) -> Made:
    values.used.update(("axis", "num_axes", "scale"))
    fillers = values.learned(gamma_initializer="filler", beta_initializer="bias_filler")
    return "Scale", {"bias_term": values.switch("bias_term", False), **fillers}


def _relu(values: Values) -> Made:
    slope = values.decimal("negative_slope", 0.0)
    return ("LeakyReLU", {"negative_slope": slope}) if slope else ("Activation", _function("relu"))


def _function(name: str) -> Params:
    return {"activation": name}


def _activation(name: str) -> Rule:
    return lambda values: ("Activation", _function(name))


def _plain(kind: str, **defaults: Any) -> Rule:
    """A layer with the same parameters: numbers, switches and texts by their defaults."""

    def rule(values: Values) -> Made:
        params: Params = {}
        for name, default in defaults.items():
            if isinstance(default, bool):
                params[name] = values.switch(name, default)
            elif isinstance(default, float):
                params[name] = values.decimal(name, default)
            elif isinstance(default, str):
                params[name] = values.text(name, default)
            else:
                params[name] = values.number(name, default)
        return kind, params

    return rule


RULES: dict[str, Rule] = {
    "Input": _input,
    "Convolution": _convolution,
    "Pooling": _pooling,
    "Upsample": lambda values: (f"UpSampling{values.rank}", {"size": values.window("size")}),
    "LocallyConnected": _local,
    "Deconvolution": _deconvolution,
    "DepthwiseConv": _separable,
    "RNN": _recurrent("SimpleRNN"),
    "Recurrent": _recurrent("SimpleRNN"),
    "GRU": _recurrent("GRU"),
    "LSTM": _recurrent("LSTM"),
    "Flatten": _plain("Flatten"),
    "Reshape": lambda values: ("Reshape", {"target_shape": values.dims()[1:]}),
    "Concat": _concat,
    "Eltwise": _eltwise,
    "Softmax": lambda values: ("Activation", _function("softmax")),
    "Permute": lambda values: ("Permute", {"dims": values.dims()}),
    "RepeatVector": _plain("RepeatVector", n=None),
    "Regularization": _plain("ActivityRegularization", l1=0.0, l2=0.0),
    "Masking": _plain("Masking", mask_value=0.0),
    "ReLU": _relu,
    "PReLU": lambda values: ("PReLU", {}),
    "ELU": _plain("ELU", alpha=1.0),
    "ThresholdedReLU": _plain("ThresholdedReLU", theta=1.0),
    **{
        kind: _activation(name)
        for kind, name in {
            "SELU": "selu",
            "Softplus": "softplus",
            "Softsign": "softsign",
            "Sigmoid": "sigmoid",
            "TanH": "tanh",
            "HardSigmoid": "hard_sigmoid",
            "Linear": "linear",
        }.items()
    },
    "AbsVal": _plain("AbsVal"),
    "Power": _plain("Power", power=1.0, scale=1.0, shift=0.0),
    "Exp": _plain("Exp", base=-1.0, scale=1.0, shift=0.0),
    "Log": _plain("Log", base=-1.0, scale=1.0, shift=0.0),
    "BNLL": _plain("BNLL"),
    "Threshold": _plain("Threshold", threshold=0.0),
    "Bias": lambda values: ("Bias", values.learned(bias_initializer="filler")),
    "Scale": _scale,
    "LRN": _plain("LRN", local_size=5, alpha=1.0, beta=0.75, k=1.0, norm_region="ACROSS_CHANNELS"),
    "MVN": _plain("MVN", normalize_variance=False, across_channels=False, eps=1e-9),
    "BatchNorm": _batchnorm,
    "InnerProduct": lambda values: (
        "Dense",
        {"units": values.number("num_output"), **_weighted(values)},
    ),
    "Dropout": _plain("Dropout", rate=0.5, seed=None),
    "Embed": lambda values: (
        "Embedding",
        {
            "output_dim": values.number("num_output"),
            "input_dim": values.number("input_dim"),
            "mask_zero": values.switch("mask_zero", False),
            **values.learned(embeddings_initializer="weight_filler"),
        },
    ),
    "GaussianNoise": _plain("GaussianNoise", stddev=None),
    "GaussianDropout": _plain("GaussianDropout", rate=None),
    "AlphaDropout": _plain("AlphaDropout", rate=None, seed=None),
}
"""What each type becomes. Types that are missing here have their own name in the catalogue (losses,
data sources, what only Caffe has), with the parameters that it knows, or stay what they are.
"""
