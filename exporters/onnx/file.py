"""An ONNX file as a model and its constants, within bounds: nothing outside the file is read."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from google.protobuf.message import DecodeError
from onnx import GraphProto, ModelProto, TensorProto

from exporters.onnx.data import DTYPES
from exporters.onnx.wire import Broken, stripped
from exporters.source import Source
from exporters.weights import Array
from layers.diagnostics import GraphError, Problem, diagnose
from layers.graph import MAX_NODES
from layers.graph import TOO_LARGE as TOO_MANY

MAX_OPERATIONS = 5 * MAX_NODES
MAX_SIZE = 2**31
"""Numbers in one constant."""

BROKEN = Problem(
    "onnx.broken", "{file} is no whole ONNX model: {reason}.", "Export or download it again."
)
EXTERNAL = Problem(
    "onnx.external",
    "{file} keeps the values of {name} in another file, {location}.",
    "Save the model with all its data in one file: onnx.save(onnx.load(path), path).",
)


@dataclass
class Content:
    """A model, its graph and opset, and its constants by name."""

    model: ModelProto
    graph: GraphProto
    opset: int
    constants: dict[str, Array]
    producer: str


def content(source: Source) -> Content:
    """Open a file. Raises GraphError."""
    view = memoryview(source.data)
    model = ModelProto()
    try:
        found = stripped(view)
        model.ParseFromString(found.message)
    except Broken as error:
        raise broken(source, str(error)) from None
    except (DecodeError, ValueError):
        raise broken(source, "its fields are not those of a model") from None
    graph = model.graph
    if not _is_text(model):
        raise broken(source, "it holds names that are no text")
    if len(graph.node) > MAX_OPERATIONS:
        raise GraphError(
            [diagnose(TOO_MANY, count=len(graph.node), things="operations", limit=MAX_OPERATIONS)]
        )
    if graph.sparse_initializer:
        raise broken(source, "it holds sparse constants, which are not read")
    opset = next((one.version for one in model.opset_import if one.domain in ("", "ai.onnx")), 1)
    constants = {}
    for place, tensor in enumerate(graph.initializer):
        constants[tensor.name] = array(source, tensor, view, found.spans.get(place))
    return Content(model, graph, int(opset), constants, model.producer_name[:80])


def _is_text(model: ModelProto) -> bool:
    """Whether every name is text; protobuf hands out bytes where one is not."""
    graph = model.graph
    names: list[object] = [graph.name, model.producer_name]
    names.extend(one.domain for one in model.opset_import)
    for node in graph.node:
        names += [node.name, node.op_type, node.domain, *node.input, *node.output]
        for item in node.attribute:
            names += [item.name, item.t.name]
    for tensor in graph.initializer:
        names.append(tensor.name)
        names.extend(one.value for one in tensor.external_data)
    for info in [*graph.input, *graph.output]:
        names += [info.name, info.doc_string]
    return all(isinstance(name, str) and "\0" not in name for name in names)


def array(
    source: Source,
    tensor: TensorProto,
    view: memoryview | None = None,
    span: tuple[int, int] | None = None,
) -> Array:
    """The values of a tensor: a view of the file where `span` says where they lie. Raises
    GraphError.
    """
    if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
        place = next((one.value for one in tensor.external_data if one.key == "location"), "")
        raise GraphError(
            [
                diagnose(
                    EXTERNAL,
                    file=source.name,
                    name=tensor.name[:80] or "a constant",
                    location=repr(place[:80]),
                )
            ]
        )
    name = DTYPES.get(tensor.data_type)
    shape = tuple(tensor.dims)
    if name is None:
        raise broken(source, f"the constant {tensor.name:.60} has a dtype that is not read")
    dtype = np.dtype(name).newbyteorder("<")
    size = math.prod(shape)
    if any(dim < 0 for dim in shape) or len(shape) > 16 or size > MAX_SIZE:
        raise broken(source, f"the constant {tensor.name:.60} has an impossible shape")
    if span is not None and view is not None:
        data: memoryview | bytes = view[span[0] : span[1]]
    else:
        data = tensor.raw_data
    if data or not size:
        found = np.frombuffer(data, dtype) if len(data) % dtype.itemsize == 0 else None
    else:
        found = _listed(tensor, dtype)
    if found is None or found.size != size:
        raise broken(source, f"the constant {tensor.name:.60} has other values than its shape says")
    return found.reshape(shape)


def _listed(tensor: TensorProto, dtype: np.dtype[np.generic]) -> Array:
    """Values that are kept as a list of numbers."""
    if dtype == np.float32:
        return np.asarray(tensor.float_data, dtype)
    if dtype == np.float64:
        return np.asarray(tensor.double_data, dtype)
    if dtype == np.int64:
        return np.asarray(tensor.int64_data, dtype)
    if dtype in (np.uint32, np.uint64):
        return np.asarray(tensor.uint64_data, "uint64").astype(dtype)
    if dtype == np.float16:
        return np.asarray(tensor.int32_data, "int32").astype("uint16").view("float16")
    return np.asarray(tensor.int32_data, "int32").astype(dtype)


def broken(source: Source, reason: str) -> GraphError:
    """The error of a file that is no model."""
    return GraphError([diagnose(BROKEN, file=source.name, reason=reason)])
