"""Weights as a layer's initializers draw them, for files that cannot leave them out.

The distributions are those of https://keras.io/api/layers/initializers/; the numbers for a seed are
not Keras', whose generators differ from backend to backend.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import pi, prod, sqrt
from typing import Any

import numpy as np

from exporters.weights import Array
from layers.diagnostics import Invalid, Problem
from layers.layer import Layer, Weight
from layers.variants import Initializer

NEEDED = Problem(
    "weights.needed",
    "{weight} of {layer} with {param}={value} cannot be drawn here.",
    "Train the network once, or import weights, before exporting it so.",
)

SCALINGS: dict[str, tuple[float, str, str]] = {
    "GlorotUniform": (1.0, "fan_avg", "uniform"),
    "GlorotNormal": (1.0, "fan_avg", "truncated_normal"),
    "HeUniform": (2.0, "fan_in", "uniform"),
    "HeNormal": (2.0, "fan_in", "truncated_normal"),
    "LecunUniform": (1.0, "fan_in", "uniform"),
    "LecunNormal": (1.0, "fan_in", "truncated_normal"),
}
"""Factor, what it divides by, distribution: all are VarianceScaling."""
TRUNCATED_STDDEV = 0.87962566103423978
"""Of a normal distribution that is cut at two standard deviations."""
PARAMS = {
    "recurrent_kernel": ("recurrent_initializer",),
    "reverse_embeddings": ("embeddings_initializer",),
    "kernel": ("kernel_initializer", "depthwise_initializer"),
    "depthwise_kernel": ("depthwise_initializer",),
    "pointwise_kernel": ("pointwise_initializer",),
}
"""Where the initializer of a weight is not called after it."""
ZEROS = frozenset({"bias", "beta", "mean", "moving_mean", "count", "concat_score_bias"})
COSINES = {
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman": (0.42, 0.5, 0.08),
    "blackmanharris": (0.35875, 0.48829, 0.14128, 0.01168),
    "nuttall": (0.3635819, 0.4891775, 0.1365995, 0.0106411),
    "flattop": (0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368),
    "boxcar": (1.0,),
}
"""Windows that are sums of cosines, by their factors (Harris 1978)."""


def drawn(layer: Layer, weights: Mapping[str, Weight]) -> dict[str, Array]:
    """The weights of a layer before any training. Raises Invalid."""
    return {name: _weight(layer, name, weight) for name, weight in weights.items()}


def _weight(layer: Layer, name: str, weight: Weight) -> Array:
    kind, leaf = type(layer).__name__, name.rpartition("/")[2]
    inner = layer.values.get("layer")
    if isinstance(inner, Layer) and name != "vector_u":
        return _weight(inner, leaf if kind == "Bidirectional" else name, weight)
    if kind == "STFTSpectrogram":
        return _fourier(layer, name, weight.shape)
    if leaf == "kernel" and layer.values.get("bilinear"):
        return _bilinear(weight.shape)
    for param in (*PARAMS.get(leaf, ()), f"{leaf}_initializer"):
        initializer = layer.values.get(param)
        if isinstance(initializer, Initializer):
            values = _values(initializer, weight.shape)
            if leaf == "bias" and layer.values.get("unit_forget_bias"):
                units = weight.shape[0] // 4
                values[units : 2 * units] = 1
            return values
    if name == "vector_u":
        return _truncated(np.random.default_rng(), weight.shape) * np.float32(0.05)
    if leaf == "concat_score_weight" or leaf in ZEROS:
        value = 1.0 if leaf == "concat_score_weight" else 0.0
        return np.full(weight.shape, value, "int32" if leaf == "count" else "float32")
    if len(weight.shape) > 1:
        return _scaled(np.random.default_rng(), weight.shape, 1.0, "fan_avg", "uniform")
    return np.ones(weight.shape, "float32")


def _bilinear(shape: tuple[int, ...]) -> Array:
    """A kernel that interpolates between pixels. Source: Caffe's filler.hpp."""
    sides = []
    for length in shape[:2]:
        half = (length + 1) // 2
        middle = (2 * half - 1 - half % 2) / (2 * half)
        sides.append(1 - np.abs(np.arange(length) / half - middle))
    kernel = np.outer(*sides)[..., None, None]
    return np.broadcast_to(kernel, shape).astype("float32")


def _values(initializer: Initializer, shape: tuple[int, ...]) -> Array:
    """Values of an initializer."""
    kind, given = type(initializer).__name__, initializer.values
    chance = np.random.default_rng(given.get("seed"))
    if kind in SCALINGS:
        return _scaled(chance, shape, *SCALINGS[kind])
    made: dict[str, Callable[[], Any]] = {
        "Zeros": lambda: np.zeros(shape),
        "Ones": lambda: np.ones(shape),
        "Constant": lambda: np.full(shape, given["value"]),
        "RandomUniform": lambda: chance.uniform(given["minval"], given["maxval"], shape),
        "RandomNormal": lambda: chance.normal(given["mean"], given["stddev"], shape),
        "TruncatedNormal": lambda: given["mean"] + given["stddev"] * _truncated(chance, shape),
        "VarianceScaling": lambda: _scaled(
            chance, shape, given["scale"], given["mode"], given["distribution"]
        ),
        "Orthogonal": lambda: given["gain"] * _orthogonal(chance, shape),
        "Identity": lambda: given["gain"] * np.eye(shape[0], shape[-1]).reshape(shape),
    }
    return np.asarray(made[kind](), "float32")


def _scaled(
    chance: np.random.Generator, shape: tuple[int, ...], scale: float, mode: str, how: str
) -> Array:
    """Values whose variance falls with the number of inputs, of outputs, or their mean."""
    fan_in = prod(shape[:-1]) if len(shape) > 1 else prod(shape)
    fan_out = prod(shape[:-2]) * shape[-1] if len(shape) > 1 else prod(shape)
    variance = scale / max(
        {"fan_in": fan_in, "fan_out": fan_out}.get(mode, (fan_in + fan_out) / 2), 1
    )
    if how == "uniform":
        limit = sqrt(3 * variance)
        return (chance.random(shape, np.float32) * 2 - 1) * np.float32(limit)
    if how == "untruncated_normal":
        return chance.standard_normal(shape, np.float32) * np.float32(sqrt(variance))
    return _truncated(chance, shape) * np.float32(sqrt(variance) / TRUNCATED_STDDEV)


def _truncated(chance: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Normal values; those beyond two standard deviations are drawn again."""
    values = np.asarray(chance.standard_normal(shape, np.float32))
    while (far := np.abs(values) > 2).any():
        values[far] = chance.standard_normal(int(far.sum()), np.float32)
    return values


def _orthogonal(chance: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """A matrix with orthogonal rows or columns, whichever are fewer (Saxe et al. 2013)."""
    rows, columns = prod(shape[:-1]), shape[-1]
    q, r = np.linalg.qr(chance.standard_normal((max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diag(r))
    return np.asarray((q if rows >= columns else q.T).reshape(shape))


def _fourier(layer: Layer, name: str, shape: tuple[int, ...]) -> Array:
    """The kernel of a short-time Fourier transform: its waves under its window."""
    length, _, frequencies = shape
    window = layer.values["window"]
    if window is not None and window not in COSINES:
        raise Invalid(NEEDED, param="window", weight=name, layer=type(layer).__name__, value=window)
    angle = -2 * pi * np.outer(np.arange(length), np.arange(frequencies)) / (2 * (frequencies - 1))
    wave = np.cos(angle) if name == "real_kernel" else np.sin(angle)
    if window is not None:
        turn = 2 * pi * np.arange(length) / (length if layer.values["periodic"] else length - 1)
        shade = sum(
            (-1) ** n * factor * np.cos(n * turn) for n, factor in enumerate(COSINES[window])
        )
        shade = np.asarray(shade)
        total = {"density": sqrt((shade**2).sum()), "spectrum": np.abs(shade).sum()}
        wave = wave * shade[:, None] / total.get(layer.values["scaling"], 1.0)
    return wave.reshape(shape).astype("float32")
