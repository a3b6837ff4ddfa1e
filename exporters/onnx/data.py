"""Arrays as ONNX' tensors and back, without a copy where the values lie as raw bytes."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper

from exporters.weights import Array

DTYPES: dict[int, str] = {
    TensorProto.FLOAT: "float32",
    TensorProto.DOUBLE: "float64",
    TensorProto.FLOAT16: "float16",
    TensorProto.INT8: "int8",
    TensorProto.INT16: "int16",
    TensorProto.INT32: "int32",
    TensorProto.INT64: "int64",
    TensorProto.UINT8: "uint8",
    TensorProto.UINT16: "uint16",
    TensorProto.UINT32: "uint32",
    TensorProto.UINT64: "uint64",
    TensorProto.BOOL: "bool",
}
"""ONNX' numbers of the dtypes that NumPy has, too."""

NUMBERS = {name: number for number, name in DTYPES.items()}


def fill(tensor: TensorProto, array: Array, name: str) -> None:
    """Make a tensor of an array, of the same dtype."""
    tensor.name = name
    tensor.data_type = NUMBERS[array.dtype.name]
    tensor.dims.extend(array.shape)
    tensor.raw_data = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def number_of(dtype: str) -> int:
    """ONNX' number of a dtype."""
    return int(helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))
