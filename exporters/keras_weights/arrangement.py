"""The arrays of a layer as a file has them, arranged as the catalogue declares its weights.

Since Keras 2 that is a matter of order: what is trained first. Keras 1 kept each gate of a
recurrent layer by itself, and kernels as its backend liked them; CuDNN's layers kept each gate
transposed. The facts are those of ``preprocess_weights_for_loading`` in Keras 2,
https://github.com/keras-team/keras/blob/2.2.4/keras/engine/saving.py
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from exporters.keras_weights.places import places
from exporters.keras_weights.stored import Stored
from exporters.keras_weights.targets import Target
from exporters.weights import Array
from layers.layer import Layer, Weight

CONVOLUTIONS = ("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "ConvLSTM2D")
GATES = {"LSTM": "ifco", "ConvLSTM2D": "ifco", "GRU": "zrh"}
"""In the catalogue's order."""
OLD_GATES = {"LSTM": "icfo", "ConvLSTM2D": "icfo", "GRU": "zrh"}
"""In the order of Keras 1."""


def arranged(
    target: Target, stored: Stored, arrays: Mapping[str, Array]
) -> dict[str, Array] | None:
    """The arrays by the catalogue's names for them; None where they are not this layer's.

    Args:
        target: the layer they should belong to.
        stored: what the file has, for names and generation.
        arrays: its values by their names in the file, in its order.
    """
    layer, weights = target.layer, target.weights
    if stored.generation == 3 and stored.place:
        found = _by_place(layer, weights, arrays)
    else:
        found = _in_order(layer, weights, stored, list(arrays.values()))
    if found is None or found.keys() != weights.keys():
        return None
    for name, reordering in target.reorderings.items():
        try:
            found[name] = reordering.apply(found[name])
        except (ValueError, KeyError):
            return None
    fits = all(found[name].shape == weight.shape for name, weight in weights.items())
    return {name: found[name] for name in weights} if fits else None


def _by_place(
    layer: Layer, weights: Mapping[str, Weight], arrays: Mapping[str, Array]
) -> dict[str, Array] | None:
    """Keras 3's: each weight has a place; that of some was once called with an underscore more."""
    plain = {_plain(path): array for path, array in arrays.items()}
    wanted = {name: _plain(path) for name, path in places(layer, weights).items()}
    if not set(wanted.values()) <= plain.keys():
        return None
    return {name: plain[path] for name, path in wanted.items()}


def _plain(path: str) -> str:
    return "/".join(part.lstrip("_") for part in path.split("/"))


def _in_order(
    layer: Layer, weights: Mapping[str, Weight], stored: Stored, arrays: list[Array]
) -> dict[str, Array] | None:
    """The older ones: in order, what is trained first."""
    kind = type(layer).__name__
    if kind == "Bidirectional":
        made: dict[str, Array] = {}
        half = len(arrays) // 2
        for direction, part in (("forward", arrays[:half]), ("backward", arrays[half:])):
            inner = {
                name.removeprefix(f"{direction}/"): weight
                for name, weight in weights.items()
                if name.startswith(f"{direction}/")
            }
            found = _in_order(layer.values["layer"], inner, stored, part)
            if found is None:
                return None
            made |= {f"{direction}/{name}": array for name, array in found.items()}
        return made
    if kind == "TimeDistributed":
        return _in_order(layer.values["layer"], weights, stored, arrays)
    order = sorted(weights, key=lambda name: not weights[name].trainable)
    if kind in GATES and len(arrays) == 3 * len(GATES[kind]):
        arrays = _fused(kind, arrays)
    if len(arrays) != len(order):
        return None
    found = dict(zip(order, arrays, strict=True))
    shapes = {name: weight.shape for name, weight in weights.items()}
    if kind in CONVOLUTIONS:
        for name in ("kernel", "recurrent_kernel"):
            if name in found:
                found[name] = _kernel(kind, found[name], shapes[name], stored)
    elif kind in ("LSTM", "GRU"):
        found = _without_cudnn(kind, found, shapes)
    return found


def _fused(kind: str, arrays: list[Array]) -> list[Array]:
    """One matrix instead of one for each gate: Keras 1 had W, U and b of every gate in turn."""
    old, new = OLD_GATES[kind], GATES[kind]
    by_gate = {gate: arrays[3 * place : 3 * place + 3] for place, gate in enumerate(old)}
    sizes = {tuple(array.shape for array in by_gate[gate]) for gate in new}
    if len(sizes) > 1:
        return []
    # Kernels that begin with their filters are joined there.
    axis = 0 if kind == "ConvLSTM2D" and by_gate[new[0]][0].shape[0] == arrays[2].shape[0] else -1
    return [
        np.concatenate([by_gate[gate][part] for gate in new], axis=axis if part < 2 else -1)
        for part in range(3)
    ]


def _kernel(kind: str, kernel: Array, shape: tuple[int, ...], stored: Stored) -> Array:
    """A kernel of whichever backend as one of TensorFlow's: (space …, input, output)."""
    found = kernel
    if kind == "Conv1D" and kernel.ndim == 4:
        # (steps, 1, input, filters), or (filters, input, steps, 1).
        swapped = kernel.transpose(2, 3, 1, 0)
        usual = kernel[:, 0] if kernel.shape[1] == 1 else None
        other = swapped[:, 0] if swapped.shape[1] == 1 else None
        found = next(
            (item for item in (usual, other) if item is not None and item.shape == shape), kernel
        )
    elif stored.generation < 2 and kernel.ndim == len(shape):
        found = _channels_last(kind, kernel, shape, stored)
    if stored.is_theano and found.ndim == len(shape):
        # Theano convolves where TensorFlow correlates.
        found = found[tuple(slice(None, None, -1) for _ in shape[:-2])]
    return found


def _channels_last(kind: str, kernel: Array, shape: tuple[int, ...], stored: Stored) -> Array:
    """A kernel of Keras 1, which may begin with its filters and may be as it should be."""
    space = range(2, kernel.ndim)
    if kind == "Conv2DTranspose":
        # Here Keras 1 had (filters, input) and (input, filters); now it is (filters, input).
        turned, as_it_is = kernel.transpose(2, 3, 0, 1), kernel.transpose(0, 1, 3, 2)
    else:
        turned, as_it_is = kernel.transpose(*space, 1, 0), kernel
    fitting = [item for item in (as_it_is, turned) if item.shape == shape]
    if len(fitting) == 2:
        return turned if stored.is_channels_first else as_it_is
    return fitting[0] if fitting else kernel


def _without_cudnn(
    kind: str, found: dict[str, Array], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, Array]:
    """The weights of CuDNNLSTM and CuDNNGRU as those of LSTM and GRU.

    They are known by their bias, which has one part for the input and one for the state. Each gate
    of a kernel is the transposed matrix, stored in the shape of the matrix itself.
    """
    bias, shape = found.get("bias"), shapes.get("bias", ())
    gates = len(GATES[kind])
    units = shapes["recurrent_kernel"][0]
    is_cudnn = bias is not None and bias.shape == (2 * gates * units,)
    if bias is None or not is_cudnn or (kind == "GRU" and len(shape) != 2):
        return found
    bias = bias.reshape(2, gates * units)
    return {
        "kernel": _untransposed(found["kernel"], gates),
        "recurrent_kernel": _untransposed(found["recurrent_kernel"], gates),
        "bias": bias if kind == "GRU" else bias.sum(axis=0),
    }


def _untransposed(kernel: Array, gates: int) -> Array:
    if kernel.ndim != 2 or kernel.shape[1] % gates:
        return kernel
    blocks = [block.reshape(block.shape[::-1]).T for block in np.split(kernel, gates, axis=1)]
    return np.concatenate(blocks, axis=1)
