"""Tensors in protobuf as arrays, without copying where the bytes can stay."""

from __future__ import annotations

from typing import Any

import numpy as np

from exporters.protos import tensorflow_pb2 as pb
from exporters.tensorflow.problems import refuse
from exporters.weights import Array

MAX_ELEMENTS = 2**28

DTYPES: dict[int, str] = {
    pb.DT_FLOAT: "float32",
    pb.DT_DOUBLE: "float64",
    pb.DT_INT32: "int32",
    pb.DT_UINT8: "uint8",
    pb.DT_INT16: "int16",
    pb.DT_INT8: "int8",
    pb.DT_STRING: "string",
    pb.DT_INT64: "int64",
    pb.DT_BOOL: "bool",
    pb.DT_UINT16: "uint16",
    pb.DT_HALF: "float16",
    pb.DT_BFLOAT16: "bfloat16",
    pb.DT_UINT32: "uint32",
    pb.DT_UINT64: "uint64",
}
_VALUES = {
    "float32": "float_val",
    "float64": "double_val",
    "int64": "int64_val",
    "bool": "bool_val",
    "uint32": "uint32_val",
    "uint64": "uint64_val",
}


def dtype_name(number: int) -> str:
    """A type's name in Keras; references (100 and more) are those they refer to."""
    return DTYPES.get(number - 100 if number > 100 else number, "")


def shape_of(shape: pb.TensorShapeProto) -> tuple[int | None, ...] | None:
    """A shape with None for what is not known; None where even the rank is not."""
    if shape.unknown_rank:
        return None
    return tuple(dim.size if dim.size >= 0 else None for dim in shape.dim)


def array_of(tensor: pb.TensorProto) -> Array:
    """The values of a tensor; strings as objects. Raises GraphError."""
    dims = [dim.size for dim in tensor.tensor_shape.dim]
    count = 1
    for dim in dims:
        if dim < 0 or dim > MAX_ELEMENTS:
            refuse(f"a constant has an axis of {dim}")
        count *= dim
    if count > MAX_ELEMENTS or len(dims) > 32:
        refuse(f"a constant has {count:,} values")
    name = dtype_name(tensor.dtype)
    if name == "string":
        return _filled(np.array(list(tensor.string_val) or [b""], object), count, dims)
    if not name:
        refuse(f"a constant has values of the type {tensor.dtype}")
    if tensor.tensor_content:
        return from_bytes(tensor.tensor_content, name, dims)
    values: Any = getattr(tensor, _VALUES.get(name, "int_val"))
    if name in ("float16", "bfloat16"):
        bits = np.array([value & 0xFFFF for value in tensor.half_val] or [0], np.uint16)
        return _filled(_of_bits(bits, name), count, dims)
    wide = np.array(values if len(values) else [0])
    return _filled(wide.astype(name), count, dims)


def from_bytes(data: bytes | memoryview, dtype: str, dims: list[int]) -> Array:
    """Little-endian values as an array that uses these bytes. Raises GraphError."""
    stored = {"bfloat16": "uint16", "float16": "uint16"}.get(dtype, dtype)
    if dtype == "string":
        refuse("strings cannot be weights")
    flat = np.frombuffer(
        data, np.dtype(stored).newbyteorder("<"), len(data) // np.dtype(stored).itemsize
    )
    if flat.size != int(np.prod(dims, dtype=np.int64)) or flat.nbytes != len(data):
        refuse(f"a constant of the shape {dims!r:.60} has {len(data):,} bytes")
    if stored != dtype:
        flat = _of_bits(flat, dtype)
    return flat.reshape(dims)


def _of_bits(bits: Array, dtype: str) -> Array:
    """Half floats from their bits; bfloat16 becomes float32, of which it is the upper half."""
    if dtype == "float16":
        return bits.astype(np.uint16).view(np.float16)
    return (bits.astype(np.uint32) << 16).view(np.float32)


def _filled(values: Array, count: int, dims: list[int]) -> Array:
    """The values in their shape; the last one stands for all that follow."""
    if values.size == count:
        return values.reshape(dims)
    if not count:
        return values[:0].reshape(dims)
    if values.size > count:
        refuse(f"a constant of the shape {dims!r:.60} has {values.size:,} values")
    if values.size == 1:
        return np.broadcast_to(values[0], dims)
    if count > 2**24:
        refuse(f"a constant of {count:,} values names {values.size:,} of them")
    rest = np.full(count - values.size, values[-1], values.dtype)
    return np.concatenate([values, rest]).reshape(dims)
