"""Weights that Keras 3 rounded, as the numbers they stand for, and additions of low rank (LoRA),
added to the kernels beside which they are kept.

A kernel of whole numbers has a scale for each place of the output, or one and a zero point for each
group of rows; numbers of four bits lie two in a byte. The facts are those of ``_int8_call``,
``_int4_call``, ``_gptq_call`` and ``_awq_call``,
https://github.com/keras-team/keras/blob/master/keras/src/layers/core/einsum_dense.py; Keras 3.11 to
3.13 packed four bits along the first axis that is summed over, later ones along the last.

Of float8, files keep the kernel as it is, and what it was last rounded by, which is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from exporters.keras_rounding import Rounding
from exporters.keras_weights.places import ATTENTION, places
from exporters.keras_weights.stored import Stored
from exporters.weights import Array
from layers.diagnostics import Problem
from layers.layer import Layer, Weight

ZERO_LOST = Problem(
    "weights.zero_lost",
    "{count:layer has kernels|layers have kernels} rounded by GPTQ or AWQ, the first of them"
    " {name}, and the file does not say which number stands for 0: Keras 3.14 and later leave it"
    " out of this format. No weights are taken there.",
    "Save the model as .h5 in Keras, which keeps it.",
    severity="warning",
)
KERNELS = frozenset({"kernel", "embeddings", "reverse_embeddings"})
TUNED = frozenset({"Conv1D", "Conv2D", "Conv3D", "Dense", "EinsumDense", "Embedding"})
"""Classes that can have additions of low rank."""

PORTION = 2**20
"""Numbers that are worked on at a time."""
FLOAT8 = tuple(
    f"{what}_{part}"
    for what in ("inputs", "kernel", "outputs_grad")
    for part in ("scale", "amax_history")
)
_GROUPED = ("kernel_scale", "kernel_zero", "g_idx")
_SPECS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("int8", ("kernel", "bias", "kernel_scale")),
    ("int8", ("kernel", "bias", *_GROUPED)),
    ("float", ("kernel", "bias", *FLOAT8)),
    ("uint8", ("bias", "kernel", *_GROUPED)),
    ("uint8", ("bias", "kernel", "kernel_scale", "kernel_zero", "awq_scales", "g_idx")),
    ("int8", ("embeddings", "embeddings_scale")),
    ("int8", ("embeddings", "embeddings_scale", "embeddings_zero", "g_idx")),
    (
        "int8",
        ("embeddings", "embeddings_scale", "reverse_embeddings", "reverse_embeddings_scale"),
    ),
    (
        "int8",
        (
            *("embeddings", "embeddings_scale", "embeddings_zero", "g_idx"),
            *("reverse_embeddings", "reverse_embeddings_scale", "reverse_embeddings_zero"),
        ),
    ),
)
"""The order in which Keras 3 numbers what a rounded layer has (no bias where it has none), and the
dtype of its kernel.
"""


@dataclass(frozen=True, slots=True)
class Kernel:
    """A weight that may be rounded.

    Attributes:
        name: the last part of its name: ``kernel``.
        shape: as the catalogue has it.
        outputs: those of its axes that the output has, in the output's order.
        is_flat: whether newer files keep it as a matrix of rows that are summed over.
    """

    name: str
    shape: tuple[int, ...]
    outputs: tuple[int, ...]
    is_flat: bool

    @property
    def columns(self) -> int:
        return prod(self.shape[axis] for axis in self.outputs)

    @property
    def summed(self) -> int:
        """The first axis that is summed over."""
        axes = [axis for axis in range(len(self.shape)) if axis not in self.outputs]
        return axes[0] if axes else 0


def unrounded(
    layer: Layer, weights: Mapping[str, Weight], stored: Stored, arrays: Mapping[str, Array]
) -> Mapping[str, Array] | None:
    """The arrays that a file would hold if nothing in it were rounded or apart: the very same
    where that is so; None where they cannot be what they seem to be.

    Args:
        layer: whose they should be.
        weights: what it declares.
        stored: what the file has.
        arrays: its values, by their names in the file.
    """
    inner = layer.values.get("layer") if type(layer).__name__ == "TimeDistributed" else layer
    kind = type(inner).__name__ if isinstance(inner, Layer) else ""
    if stored.generation != 3 or (len(arrays) == len(weights) and not _has_bytes(arrays)):
        return arrays
    if not isinstance(inner, Layer) or kind not in TUNED | {*ATTENTION, "ReversibleEmbedding"}:
        return arrays
    objects = _objects(layer, weights, stored, arrays)
    if objects is None:
        return None
    made: dict[str, Array] = {}
    for part, parts in objects.items():
        owned = {name: weight for name, weight in weights.items() if _part(name) == part}
        for name, weight in owned.items():
            leaf = _leaf(name)
            found = parts.get(leaf)
            if leaf in KERNELS and found is not None:
                kernel = Kernel(leaf, weight.shape, _outputs(inner, name, weight), leaf == "kernel")
                found = _meant(kernel, parts, stored.rounding)
            if found is None:
                return None
            made[name] = found
    if stored.place:
        paths = places(layer, weights)
        return {paths[name]: array for name, array in made.items()}
    return made


def mode_of(weights: Mapping[str, Weight], arrays: Mapping[str, Array]) -> str:
    """How the arrays of a layer were rounded, as far as they tell; empty where they were not."""
    whole = [array for array in arrays.values() if array.dtype.itemsize == 1]
    if not whole:
        return "" if is_tuned(arrays) else "float8"
    if any(array.dtype == np.uint8 for array in whole):
        return "gptq"
    count = sum(prod(weight.shape) for name, weight in weights.items() if _leaf(name) in KERNELS)
    return "int8" if sum(array.size for array in whole) == count else "int4"


def is_zero_lost(arrays: Mapping[str, Array]) -> bool:
    """Whether a kernel of GPTQ or AWQ stands without its zero point."""
    whole = {path.rpartition("/")[0] for path, array in arrays.items() if array.dtype == np.uint8}
    return bool(whole) and len(whole) == sum(array.dtype == np.uint8 for array in arrays.values())


def is_tuned(arrays: Mapping[str, Array]) -> bool:
    """Whether additions of low rank are among the arrays of a layer."""
    return any(_leaf(path).startswith("lora_") for path in arrays)


def _leaf(name: str) -> str:
    return name.rpartition("/")[2]


def _has_bytes(arrays: Mapping[str, Array]) -> bool:
    return any(array.dtype.itemsize == 1 for array in arrays.values())


def _part(name: str) -> str:
    return name.rpartition("/")[0]


def _objects(
    layer: Layer, weights: Mapping[str, Weight], stored: Stored, arrays: Mapping[str, Array]
) -> dict[str, dict[str, Array]] | None:
    """What each object of a layer has by the name in Keras: the layer itself, or each projection of
    an attention.
    """
    files: dict[str, dict[str, Array]] = {}
    for path, array in arrays.items():
        around, _, leaf = path.removesuffix(":0").rpartition("/")
        files.setdefault(around.lstrip("_"), {})[leaf.replace("zero_point", "kernel_zero")] = array
    ours: dict[str, list[str]] = {}
    for name in weights:
        ours.setdefault(_part(name), []).append(name)
    if len(files) != len(ours):
        return None
    if not stored.place:
        return dict(zip(ours, files.values(), strict=True))
    paths = places(layer, weights)
    made = {}
    for part, names in ours.items():
        found = files.get(_part(paths[names[0]]).lstrip("_"))
        told = found and _told([_leaf(name) for name in names], found)
        if not told:
            return None
        made[part] = told
    return made


def _told(names: list[str], numbered: Mapping[str, Array]) -> dict[str, Array] | None:
    """Numbered arrays by the names that Keras has for them."""
    arrays = [numbered[key] for key in sorted(numbered, key=lambda key: (len(key), key))]
    if len(arrays) == len(names) and not _has_bytes(numbered):
        return dict(zip(names, arrays, strict=True))
    for dtype, spec in _SPECS:
        own = [name for name in spec if name != "bias" or "bias" in names]
        if len(own) != len(arrays) or not set(names) <= set(own):
            continue
        if arrays[own.index(names[0])].dtype.name.startswith(dtype):
            return dict(zip(own, arrays, strict=True))
    return None


def _outputs(layer: Layer, name: str, weight: Weight) -> tuple[int, ...]:
    """The axes of a kernel that the output has, in the output's order."""
    kind, rank = type(layer).__name__, len(weight.shape)
    if kind == "EinsumDense":
        kernel, _, output = str(layer.values["equation"]).partition(",")[2].partition("->")
        return tuple(kernel.index(letter) for letter in output if letter in kernel)
    if kind in ATTENTION:
        # A query's, key's or value's features become heads; heads become features in the end.
        return tuple(range(2, rank)) if name.startswith("attention_output") else (1, 2)
    return (0,) if name == "embeddings" else (rank - 1,)


def _meant(kernel: Kernel, parts: Mapping[str, Array], rounding: Rounding) -> Array | None:
    """The numbers that a kernel stands for, with what is to be added; None where sizes differ."""
    found: Array | None = parts[kernel.name]
    with np.errstate(all="ignore"):
        if found is not None and found.dtype.itemsize == 1:
            if found.dtype == np.uint8:
                found = _calibrated(kernel, parts)
            elif f"{kernel.name}_zero" in parts:
                found = _of_groups(kernel, parts)
            else:
                found = _of_outputs(kernel, parts, rounding.mode)
        return None if found is None else _tuned(kernel, found, parts, rounding.alpha)


def _of_outputs(kernel: Kernel, parts: Mapping[str, Array], mode: str) -> Array | None:
    """Whole numbers with a scale for each place of the output, which they are divided by."""
    whole, scale = parts[kernel.name], parts.get(f"{kernel.name}_scale")
    shape, columns = kernel.shape, kernel.columns
    if scale is None or scale.size != columns or not columns:
        return None
    rows = prod(shape) // columns
    if whole.shape == shape and not _is_packed(whole, mode):
        return whole / _spread(kernel, scale)
    if kernel.is_flat and scale.ndim == 1 and whole.shape == (rows, _half(columns)):
        return (_unpacked(whole, 1, columns, is_signed=True) / scale).reshape(shape)
    axis = kernel.summed
    if whole.shape != (*shape[:axis], _half(shape[axis]), *shape[axis + 1 :]):
        return None
    return _unpacked(whole, axis, shape[axis], is_signed=True) / _spread(kernel, scale)


def _is_packed(whole: Array, mode: str) -> bool:
    """Whether numbers have four bits although their count is that of the kernel, since one lies
    alone in each byte. Eight bits are used to their limits.
    """
    if mode:
        return mode.startswith("int4")
    return bool(whole.any()) and int(whole.min()) >= 0 and int(whole.max()) < 16


def _spread(kernel: Kernel, scale: Array) -> Array:
    """A scale, which lies as the output does, beside the kernel: 1 where it is summed over."""
    made = scale.reshape([kernel.shape[axis] for axis in kernel.outputs])
    made = made.transpose(np.argsort(kernel.outputs))
    return made.reshape(
        [size if axis in kernel.outputs else 1 for axis, size in enumerate(kernel.shape)]
    )


def _of_groups(kernel: Kernel, parts: Mapping[str, Array]) -> Array | None:
    """Numbers of four bits with a scale and a zero point for each group of what is summed over."""
    whole, zero = parts[kernel.name], parts[f"{kernel.name}_zero"]
    scale, groups = parts.get(f"{kernel.name}_scale"), parts.get("g_idx")
    columns = kernel.columns
    if scale is None or groups is None or scale.ndim != 2 or not columns:
        return None
    plain = (prod(kernel.shape) // columns, columns) if kernel.is_flat else kernel.shape
    axis = 0 if kernel.is_flat else kernel.summed
    packed = 1 if kernel.is_flat else axis
    sizes = list(plain)
    sizes[packed] = _half(plain[packed])
    index = _places(groups, plain[axis], scale.shape[axis])
    fits = whole.shape == tuple(sizes) and zero.shape == scale.shape
    if index is None or not fits or scale.shape[1 - axis] != plain[1 - axis]:
        return None
    found = _unpacked(whole, packed, plain[packed], is_signed=True)
    return _regrouped(found, scale, zero, index, axis).reshape(kernel.shape)


def _calibrated(kernel: Kernel, parts: Mapping[str, Array]) -> Array | None:
    """A matrix (output, input) of GPTQ or AWQ, of four or eight bits, whose inputs have groups."""
    whole, scale, zero = (parts.get(f"kernel{end}") for end in ("", "_scale", "_zero"))
    groups, factors = parts.get("g_idx"), parts.get("awq_scales")
    if whole is None or scale is None or zero is None or groups is None or scale.ndim != 2:
        return None
    columns, rows = len(scale), groups.size
    index = _places(groups, rows, scale.shape[1])
    if index is None or zero.shape != scale.shape or columns * rows != prod(kernel.shape):
        return None
    if whole.shape == (_half(columns), rows) and columns > 1:
        whole = _unpacked(whole, 0, columns, is_signed=False)
    if whole.shape != (columns, rows):
        return None
    found = _regrouped(whole, scale, zero, index, 1).T
    if factors is not None:
        if factors.shape != (rows,):
            return None
        found = found / factors[:, None]
    return np.ascontiguousarray(found).reshape(kernel.shape)


def _regrouped(whole: Array, scale: Array, zero: Array, index: Array, axis: int) -> Array:
    """Whole numbers less the zero points of their groups, times their scales: some rows at a time,
    as zero points and scales for all numbers take as much memory as these.
    """
    made = np.empty(whole.shape, scale.dtype)
    step = max(PORTION // max(whole.shape[1], 1), 1)
    for start in range(0, len(made), step):
        rows = slice(start, start + step)
        group, part = (index[rows], slice(None)) if axis == 0 else (index, rows)
        zeros = zero[part].take(group, axis).astype(scale.dtype)
        np.subtract(whole[rows], zeros, out=made[rows])
        made[rows] *= scale[part].take(group, axis)
    return made


def _places(groups: Array, count: int, limit: int) -> Array | None:
    """The group of each place along an axis, kept as numbers of any kind; None where one of them
    is no group.
    """
    if groups.shape != (count,) or not bool(((groups >= 0) & (groups < limit)).all()):
        return None
    return groups.astype(np.intp)


def _half(count: int) -> int:
    return (count + 1) // 2


def _unpacked(packed: Array, axis: int, count: int, *, is_signed: bool) -> Array:
    """Numbers of four bits, the lower ones of each byte first along an axis, a number each."""
    whole = packed.astype(np.uint8, copy=False)
    shape = (*packed.shape[:axis], count, *packed.shape[axis + 1 :])
    made = np.empty(shape, np.int8 if is_signed else np.uint8)
    before = (slice(None),) * axis
    made[(*before, slice(0, None, 2))] = whole & 15
    made[(*before, slice(1, None, 2))] = whole[(*before, slice(count // 2))] >> 4
    if is_signed:
        np.bitwise_xor(made, 8, out=made)
        np.subtract(made, 8, out=made)
    return made


def _tuned(
    kernel: Kernel, found: Array, parts: Mapping[str, Array], alpha: float | None
) -> Array | None:
    """A kernel with the product that stands beside it."""
    first, second = (parts.get(f"lora_{kernel.name}_{end}") for end in "ab")
    if first is None or second is None:
        return found
    rank = first.shape[-1] if first.ndim else 0
    shape = (*kernel.shape[:-1], rank), (rank, kernel.shape[-1])
    if not rank or (first.shape, second.shape) != shape or found.shape != kernel.shape:
        return None
    factor = np.float32((rank if alpha is None else alpha) / rank)
    return np.asarray(found + factor * np.tensordot(first, second, 1), np.float32)
