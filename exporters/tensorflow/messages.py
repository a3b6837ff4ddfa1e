"""A file's bytes, text or JSON as a GraphDef or SavedModel message: recognised cheaply, parsed
within bounds.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.message import DecodeError

from exporters.protos import tensorflow_pb2 as pb
from exporters.protos.text import TextError, parse
from exporters.source import Source
from exporters.tensorflow.problems import refuse

MAX_FIELDS = 400_000
"""Members of the outermost message: nodes, mostly."""

_TEXT = re.compile(
    rb"\A(?:\s*#[^\n]*\n)*\s*(?:node\s*:?\s*[{<\[]|versions\s*:?\s*\{|library\s*:?\s*\{)"
)
_SAVED_TEXT = re.compile(
    rb"\A(?:\s*#[^\n]*\n)*\s*(?:saved_model_schema_version\s*:|meta_graphs\s*\{)"
)


def fields(data: memoryview) -> Iterator[tuple[int, int, int, int]]:
    """The members of a message: number, wire type, start and end of its content.

    Raises:
        ValueError: where it is none.
    """
    at, count = 0, 0
    while at < len(data):
        count += 1
        if count > MAX_FIELDS:
            raise ValueError("it has too many members")
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 2:
            length, at = _varint(data, at)
        elif kind == 0:
            start = at
            _, at = _varint(data, at)
            yield number, kind, start, at
            continue
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError(f"wire type {kind}")
        if number < 1 or at + length > len(data):
            raise ValueError("it is cut off")
        yield number, kind, at, at + length
        at += length


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("it is cut off")
        byte = data[at]
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return value, at
        shift += 7


def is_graph(source: Source) -> bool:
    """Whether a file is a GraphDef in binary: every member has its number and type, and the first
    node has a name and an operation.
    """
    data = memoryview(source.data)
    if data[0] not in (0x0A, 0x12, 0x18, 0x22):
        return False
    has_node = False
    try:
        for number, kind, start, end in fields(data):
            if number > 16 or (number in (1, 2, 4) and kind != 2):
                return False
            if number == 1 and not has_node:
                inner = [item[:2] for item in fields(data[start:end])]
                if (2, 2) not in inner or any(item[0] > 7 or item[1] != 2 for item in inner):
                    return False
                has_node = True
    except ValueError as error:
        # A whole file of one's own is worth a message; a foreign one is left to other formats.
        return has_node and (source.extension == ".pb" or "many" in str(error))
    return has_node


def is_saved_model(source: Source) -> bool:
    """Whether a file is a saved_model.pb: a version and meta graphs with a graph in them."""
    data = memoryview(source.data)
    if data[0] not in (0x08, 0x12):
        return False
    try:
        items = list(fields(data))
        if any((number, kind) not in ((1, 0), (2, 2)) for number, kind, *_ in items):
            return False
        graphs = [data[start:end] for number, _, start, end in items if number == 2]
        return any(
            (number, kind) == (2, 2) for graph in graphs for number, kind, *_ in fields(graph)
        )
    except ValueError:
        return False


def is_graph_text(source: Source) -> bool:
    return bool(_TEXT.match(source.head)) and b"\0" not in source.head


def is_saved_model_text(source: Source) -> bool:
    return bool(_SAVED_TEXT.match(source.head)) and b"\0" not in source.head


def graph_of(source: Source) -> pb.GraphDef:
    """The graph in a file that matches. Raises GraphError."""
    made = pb.GraphDef()
    _fill(made, source)
    return made


def saved_model_of(source: Source) -> pb.SavedModel:
    """The saved model in a file that matches. Raises GraphError."""
    made = pb.SavedModel()
    _fill(made, source)
    return made


def _fill(message: pb.GraphDef | pb.SavedModel, source: Source) -> None:
    if is_graph_text(source) or is_saved_model_text(source):
        try:
            parse(source.text, message)
        except TextError as error:
            refuse(str(error))
        return
    data = memoryview(source.data)
    try:
        for _ in fields(data):
            pass
        # Parsing copies every weight once; a mapped file stays on the disk.
        message.ParseFromString(source.data[:])
    except (DecodeError, ValueError) as error:
        refuse(f"{error!s:.80}")


def graph_of_json(nodes: Any) -> pb.GraphDef:
    """The graph of a TensorFlow.js model, whose weights lie in other files. Raises GraphError."""
    made = pb.GraphDef()
    for item in nodes if isinstance(nodes, list) else []:
        if not isinstance(item, dict):
            refuse("a node is no object")
        node = made.node.add()
        node.name, node.op = str(item.get("name", "")), str(item.get("op", ""))
        inputs, attrs = item.get("input") or [], item.get("attr") or {}
        if not isinstance(inputs, list) or not isinstance(attrs, dict):
            refuse(f"{node.name:.60} is malformed")
        node.input.extend(str(name) for name in inputs)
        for key, value in attrs.items():
            try:
                _attr(node.attr[key], value)
            except (ValueError, TypeError, KeyError, AttributeError):
                refuse(f"the attribute {key:.40} of {node.name:.60} is malformed")
    return made


def _attr(target: pb.AttrValue, value: dict[str, Any]) -> None:
    """Fill an attribute from JSON; raises ValueError and its like where it is none."""
    for kind, content in value.items():
        if kind == "s":
            target.s = base64.b64decode(content)
        elif kind == "i":
            target.i = int(content)
        elif kind == "f":
            target.f = float(content)
        elif kind == "b":
            target.b = bool(content)
        elif kind == "type":
            target.type = _type(content)
        elif kind == "shape":
            target.shape.SetInParent()
            _shape(target.shape, content)
        elif kind == "tensor":
            target.tensor.dtype = _type(content.get("dtype", 1))
            _shape(target.tensor.tensor_shape, content.get("tensorShape") or {})
            _tensor(target.tensor, content)
        elif kind == "list":
            target.list.SetInParent()
            target.list.i.extend(int(item) for item in content.get("i") or [])
            target.list.f.extend(float(item) for item in content.get("f") or [])
            target.list.s.extend(base64.b64decode(item) for item in content.get("s") or [])


def _tensor(target: pb.TensorProto, content: dict[str, Any]) -> None:
    if content.get("tensorContent"):
        target.tensor_content = base64.b64decode(content["tensorContent"])
    target.int_val.extend(int(item) for item in content.get("intVal") or [])
    target.float_val.extend(float(item) for item in content.get("floatVal") or [])


def _type(value: Any) -> Any:
    return pb.DataType.Value(value) if isinstance(value, str) else int(value)


def _shape(target: pb.TensorShapeProto, content: dict[str, Any]) -> None:
    target.unknown_rank = bool(content.get("unknownRank", False))
    for dim in content.get("dim") or []:
        target.dim.add().size = int(dim.get("size", 0))
