"""The parts of TensorFlow's files that are read without it: tensors, attributes of TensorFlow.js,
checkpoints.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exporters.format import read
from exporters.protos import tensorflow_pb2 as pb
from exporters.tensorflow.bundle import MAGIC, Bundle
from exporters.tensorflow.messages import graph_of_json
from exporters.tensorflow.tensors import array_of
from layers.diagnostics import GraphError


def tensor(dtype: Any, *dims: int, **values: Any) -> pb.TensorProto:
    made = pb.TensorProto(dtype=dtype, **values)
    for dim in dims:
        made.tensor_shape.dim.add().size = dim
    return made


TENSORS: dict[str, tuple[pb.TensorProto, list[Any]]] = {
    "one for all": (tensor(pb.DT_FLOAT, 3, float_val=[2.0]), [2.0, 2.0, 2.0]),
    "the last for the rest": (tensor(pb.DT_INT32, 4, int_val=[1, 2]), [1, 2, 2, 2]),
    "none": (tensor(pb.DT_FLOAT, 0, float_val=[1.0]), []),
    "half": (tensor(pb.DT_HALF, 2, half_val=[0x3C00, 0xC000]), [1.0, -2.0]),
    "brain": (tensor(pb.DT_BFLOAT16, 1, half_val=[0x3F80]), [1.0]),
    "half in bytes": (tensor(pb.DT_HALF, 1, tensor_content=b"\x00\x3c"), [1.0]),
    "brain in bytes": (tensor(pb.DT_BFLOAT16, 1, tensor_content=b"\x80\x3f"), [1.0]),
    "truth": (tensor(pb.DT_BOOL, 2, bool_val=[True, False]), [True, False]),
    "text": (tensor(pb.DT_STRING, 1, string_val=[b"a"]), [b"a"]),
    "long": (tensor(pb.DT_INT64, 1, int64_val=[2**40]), [2**40]),
}


@pytest.mark.parametrize("name", TENSORS)
def test_values_however_they_are_stored(name: str) -> None:
    stored, values = TENSORS[name]
    assert array_of(stored).tolist() == values


BROKEN = {
    "a negative axis": tensor(pb.DT_FLOAT, -2, float_val=[1.0]),
    "more than any memory": tensor(pb.DT_FLOAT, 2**20, 2**20, float_val=[1.0]),
    "too many axes": tensor(pb.DT_FLOAT, *[1] * 40, float_val=[1.0]),
    "no type": tensor(pb.DT_INVALID, 1),
    "more than its shape": tensor(pb.DT_FLOAT, 2, float_val=[1.0, 2.0, 3.0]),
    "bytes of another shape": tensor(pb.DT_FLOAT, 2, tensor_content=b"1234567"),
    "most left out": tensor(pb.DT_FLOAT, 2**25, float_val=[1.0, 2.0]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_values_that_cannot_be_are_refused(name: str) -> None:
    with pytest.raises(GraphError) as caught:
        array_of(BROKEN[name])
    assert [item.code for item in caught.value.diagnostics] == ["tensorflow.malformed"]


def test_attributes_of_tensorflow_js() -> None:
    attrs = {
        "s": {"s": "U0FNRQ=="},
        "i": {"i": "3"},
        "f": {"f": 0.5},
        "b": {"b": True},
        "type": {"type": "DT_FLOAT"},
        "shape": {"shape": {"dim": [{"size": "-1"}, {"size": "4"}]}},
        "tensor": {"tensor": {"dtype": 3, "tensorShape": {"dim": [{"size": 1}]}, "intVal": [7]}},
        "bytes": {"tensor": {"dtype": "DT_INT32", "tensorShape": {}, "tensorContent": "BwAAAA=="}},
        "list": {"list": {"i": ["1", "2"], "f": [0.5], "s": ["VkFMSUQ="]}},
    }
    graph = graph_of_json([{"name": "n", "op": "Op", "attr": attrs}])
    made = graph.node[0].attr
    assert (made["s"].s, made["i"].i, made["f"].f, made["b"].b) == (b"SAME", 3, 0.5, True)
    assert made["type"].type == pb.DT_FLOAT
    assert [dim.size for dim in made["shape"].shape.dim] == [-1, 4]
    assert array_of(made["tensor"].tensor).tolist() == [7]
    assert array_of(made["bytes"].tensor).tolist() == 7
    assert list(made["list"].list.i) == [1, 2]
    assert list(made["list"].list.s) == [b"VALID"]


@pytest.mark.parametrize(
    "node",
    [3, {"name": "n", "input": "x"}, {"name": "n", "attr": {"a": {"i": "x"}}}],
    ids=["no object", "no list", "no number"],
)
def test_nodes_that_are_none_are_refused(node: Any) -> None:
    with pytest.raises(GraphError):
        read(json.dumps({"modelTopology": {"node": [node]}}), "model.json")


def varint(value: int) -> bytes:
    made = b""
    while value > 127:
        made += bytes([value & 127 | 128])
        value >>= 7
    return made + bytes([value])


def block(entries: dict[bytes, bytes]) -> bytes:
    """A block of a table with one place to start from, and its trailer."""
    made = b"".join(
        b"\0" + varint(len(key)) + varint(len(value)) + key + value
        for key, value in entries.items()
    )
    return made + (0).to_bytes(4, "little") + (1).to_bytes(4, "little") + b"\0" * 5


def table(entries: dict[bytes, bytes]) -> bytes:
    inner = block(entries)
    handle = varint(0) + varint(len(inner) - 5)
    index = block({b"z": handle})
    footer = varint(0) + varint(0) + varint(len(inner)) + varint(len(index) - 5)
    return inner + index + footer.ljust(40, b"\0") + MAGIC


def entry(*dims: int, dtype: Any = pb.DT_FLOAT, offset: int = 0, size: int = 8) -> bytes:
    made = pb.BundleEntryProto(dtype=dtype, offset=offset, size=size)
    for dim in dims:
        made.shape.dim.add().size = dim
    return made.SerializeToString()


def bundle(entries: dict[bytes, bytes], values: bytes = b"") -> Bundle:
    header = pb.BundleHeaderProto(num_shards=1).SerializeToString()
    return Bundle(memoryview(table({b"": header, **entries})), lambda *_: memoryview(values))


def test_what_a_checkpoint_holds() -> None:
    values = np.array([1, 2], np.float32).tobytes() + b"\x02" + b"crc!" + b"hi"
    found = bundle(
        {b"a": entry(2), b"b": entry(dtype=pb.DT_STRING, offset=8, size=7), b"c": entry(2)}, values
    )
    array = found.array("a")
    assert array is not None
    assert array.tolist() == [1.0, 2.0]
    assert found.text("b") == b"hi"
    assert (found.array("b"), found.array("d"), found.text("a"), found.text("d")) == (None,) * 4


CHECKPOINTS: dict[str, Callable[[], Any]] = {
    "no table": lambda: Bundle(memoryview(b"x" * 80), lambda *_: None),
    "a broken block": lambda: Bundle(memoryview(b"\xff" * 80 + MAGIC), lambda *_: None),
    "big-endian": lambda: bundle({b"": pb.BundleHeaderProto(endianness="BIG").SerializeToString()}),
    "no entry": lambda: bundle({b"a": b"\xff"}),
    "a broken shape": lambda: bundle({b"a": entry(-1)}, b"12345678").array("a"),
    "values cut off": lambda: bundle({b"a": entry(2)}, b"1234").array("a"),
}


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_checkpoints_that_are_broken_are_refused(name: str) -> None:
    with pytest.raises(GraphError) as caught:
        CHECKPOINTS[name]()
    assert [item.code for item in caught.value.diagnostics] == ["tensorflow.malformed"]
