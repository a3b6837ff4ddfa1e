"""What travels along an edge: a shape and a dtype.

Axis 0 is always the batch and channels come last: ``(batch, height, width, channels)``. A
dimension that is known only at run time is ``None``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

Dim: TypeAlias = int | None
Shape: TypeAlias = tuple[Dim, ...]

DTYPE_BYTES = {
    "bool": 1,
    "int8": 1,
    "uint8": 1,
    "int16": 2,
    "uint16": 2,
    "float16": 2,
    "bfloat16": 2,
    "int32": 4,
    "uint32": 4,
    "float32": 4,
    "int64": 8,
    "uint64": 8,
    "float64": 8,
    "string": 0,
}
"""Size of one element in bytes; 0 where it has no fixed size."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """The type of a tensor: ``shape`` with the batch axis first, and a Keras dtype name."""

    shape: Shape
    dtype: str = "float32"

    @property
    def rank(self) -> int:
        """Number of axes, the batch axis included."""
        return len(self.shape)

    def with_shape(self, shape: Iterable[Dim]) -> Tensor:
        """The same dtype with another shape."""
        return Tensor(tuple(shape), self.dtype)

    def to_json(self) -> dict[str, object]:
        """``{"shape": [null, 28, 28, 1], "dtype": "float32"}``."""
        return {"shape": list(self.shape), "dtype": self.dtype}


def taken(tensor: Tensor) -> Tensor:
    """What a layer of Keras makes of an input before it computes: every float is a float32."""
    return Tensor(tensor.shape) if "float" in tensor.dtype else tensor


def joint_dtype(tensors: Iterable[Tensor]) -> str:
    """The dtype of values made of several tensors: floats win over whole numbers."""
    dtypes = [tensor.dtype for tensor in tensors]
    return "float32" if "float32" in dtypes else dtypes[0]


def product(dims: Iterable[Dim]) -> Dim:
    """The product of dimensions; unknown as soon as one of them is, except that 0 wins."""
    result: Dim = 1
    for dim in dims:
        if dim == 0:
            return 0
        result = None if dim is None or result is None else result * dim
    return result


def shape_text(shape: Iterable[Dim]) -> str:
    """A shape as people write it: ``(?, 28, 28, 1)``."""
    return "(" + ", ".join("?" if dim is None else str(dim) for dim in shape) + ")"


def size_bytes(tensor: Tensor) -> Dim:
    """Bytes of one sample of a tensor (the batch axis left out); None where an axis is unknown."""
    count = product(tensor.shape[1:])
    return None if count is None else count * DTYPE_BYTES[tensor.dtype]
