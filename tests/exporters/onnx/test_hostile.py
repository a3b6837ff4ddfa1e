"""Files that are broken or meant to harm: one diagnosis each, in bounded time and memory."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import NodeProto, TensorProto, helper, numpy_helper

from exporters.format import Reading, read, write
from layers.analysis import analyse
from layers.diagnostics import GraphError
from layers.graph import Graph
from tests.exporters.judging import random_weights
from tests.exporters.networks import CONNECTED, attempt, edges, node

LIMIT_S = 5.0
CASES = int(os.environ.get("FUZZ_CASES", "150"))
"""Of each kind of damage; `make fuzz` reads many more."""

SEEDS = [write(graph, "onnx", random_weights(graph)) for graph in CONNECTED.values()]


def check(data: bytes) -> Reading | None:
    """Read anything: a network that can be stored, analysed and written, or one diagnosis."""
    began = time.process_time()
    reading = attempt(lambda: read(data, "mutant.onnx"))
    if isinstance(reading, Reading):
        assert Graph.from_json(reading.graph.to_json()) == reading.graph
        json.dumps(reading.graph.to_json(), allow_nan=False).encode()
        analyse(reading.graph)
        attempt(lambda: write(reading.graph, "onnx", reading.weights))
    else:
        assert len(reading) == 1
    assert time.process_time() - began < LIMIT_S
    return reading if isinstance(reading, Reading) else None


def refused(data: bytes) -> str:
    began = time.process_time()
    with pytest.raises(GraphError) as caught:
        read(data, "x.onnx")
    assert time.process_time() - began < LIMIT_S
    (found,) = caught.value.diagnostics
    return found.code


def test_damaged_bytes_harm_nobody() -> None:
    chance = random.Random(1)
    for _ in range(CASES):
        damaged = bytearray(chance.choice(SEEDS))
        for _ in range(chance.randrange(1, 6)):
            place = chance.randrange(len(damaged))
            match chance.randrange(4):
                case 0:
                    damaged[place] = chance.randrange(256)
                case 1:
                    damaged[place] ^= 1 << chance.randrange(8)
                case 2:
                    del damaged[place : place + chance.randrange(1, 20)]
                case _:
                    damaged[place:place] = bytes([chance.randrange(256)])
            if not damaged:
                break
        check(bytes(damaged) or b"\x08")


KINDS = (
    *("Conv", "Reshape", "Transpose", "MatMul", "Gemm", "LSTM", "Concat", "Slice", "Squeeze"),
    *("Unsqueeze", "Gather", "Pad", "MaxPool", "Resize", "Split", "Shape", "ConstantOfShape"),
    *("Tile", "Clip", "BatchNormalization", "Softmax", "Flatten", "Cast", "Expand", "Range"),
    *(
        "And",
        "Equal",
        "Less",
        "Not",
        "Where",
        "Attention",
        "Celu",
        "Einsum",
        "Max",
        "Min",
        "ReduceL2",
        "ReduceMax",
        "Selu",
        "Swish",
    ),
    *("ReduceMean", "ConvTranspose", "Nonsense", "Loop", "PRelu", "GRU", "Div", "Constant"),
)
NUMBERS = (-1, 0, 1, 2, 7, 10**6, 2**40, -(2**63), 2**63 - 1)
ARRAYS = (
    np.zeros(0, "float32"),
    np.asarray([1, -1]),
    np.asarray([2**62] * 3),
    np.asarray([np.nan], "float32"),
    np.ones((3, 3, 3, 3), "float32"),
)


def changed(item: NodeProto, graph: Any, chance: random.Random) -> None:
    """One wrong thing in a model that parses."""
    names = [end for other in graph.node for end in (*other.input, *other.output)]
    match chance.randrange(6):
        case 0:
            item.op_type = chance.choice(KINDS)
        case 1 if item.input:
            item.input[chance.randrange(len(item.input))] = chance.choice([*names, "", "nobody"])
        case 2 if item.attribute:
            attribute = chance.choice(item.attribute)
            if attribute.ints:
                attribute.ints[0] = chance.choice(NUMBERS)
            attribute.i = chance.choice(NUMBERS)
            attribute.f = chance.choice([float("nan"), float("inf"), -1.0])
        case 3 if graph.initializer:
            tensor = chance.choice(graph.initializer)
            tensor.CopyFrom(numpy_helper.from_array(chance.choice(ARRAYS), tensor.name))
        case 4 if graph.input:
            dims = chance.choice(graph.input).type.tensor_type.shape.dim
            dims.add().dim_value = chance.choice(NUMBERS)
        case _:
            item.output[0] = chance.choice(names)


def test_wrong_operations_harm_nobody() -> None:
    chance = random.Random(2)
    read_at_all = 0
    for _ in range(2 * CASES):
        model = onnx.load_model_from_string(chance.choice(SEEDS))
        for _ in range(chance.randrange(1, 4)):
            if model.graph.node:
                changed(chance.choice(model.graph.node), model.graph, chance)
        read_at_all += check(model.SerializeToString()) is not None
    assert read_at_all > CASES // 4


def model(nodes: list[Any], tensors: list[TensorProto] | None = None) -> bytes:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 4])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    return bytes(
        helper.make_model(helper.make_graph(nodes, "g", [x], [y], tensors)).SerializeToString()
    )


def external() -> TensorProto:
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4, 4])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../../etc/passwd")
    return tensor


def huge() -> TensorProto:
    return TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2**40, 2**40])


PRODUCT = [helper.make_node("MatMul", ["x", "w"], ["y"], "m")]
BROKEN = {
    "cut off": (SEEDS[0][: len(SEEDS[0]) // 2], "onnx.broken"),
    "no graph": (b"\x08\x08\x12\x07pytorch", "onnx.broken"),
    "data in another file": (model(PRODUCT, [external()]), "onnx.external"),
    "impossible shape": (model(PRODUCT, [huge()]), "onnx.broken"),
    "a loop": (
        model(
            [
                helper.make_node("Add", ["x", "b"], ["a"]),
                helper.make_node("Add", ["a", "x"], ["b"]),
                helper.make_node("Relu", ["b"], ["y"]),
            ]
        ),
        "onnx.broken",
    ),
    "an input that nothing makes": (
        model([helper.make_node("Relu", ["nobody"], ["y"])]),
        "onnx.broken",
    ),
    "two makers of one tensor": (
        model([helper.make_node("Relu", ["x"], ["y"]), helper.make_node("Tanh", ["x"], ["y"])]),
        "onnx.broken",
    ),
    "a name that is no text": (
        model([helper.make_node("Relu", ["x"], ["y"], "QQQQ")]).replace(
            b"QQQQ", b"\xff\xfe\xff\xfe"
        ),
        "onnx.broken",
    ),
    "a shape that fills the memory": (
        model(
            [
                helper.make_node("ConstantOfShape", ["s"], ["w"]),
                helper.make_node("MatMul", ["x", "w"], ["y"]),
            ],
            [numpy_helper.from_array(np.asarray([4, 2**38]), "s")],
        ),
        "onnx.broken",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_has_one_diagnosis(case: str) -> None:
    data, code = BROKEN[case]
    assert refused(data) == code


def test_a_file_of_a_million_operations_is_refused_in_time() -> None:
    one = helper.make_node("Relu", ["x"], ["x"]).SerializeToString()
    graph = (b"\x0a" + bytes([len(one)]) + one) * 1_000_000
    length, rest = b"", len(graph)
    while rest:
        length += bytes([rest & 0x7F | (0x80 if rest > 0x7F else 0)])
        rest >>= 7
    assert refused(b"\x08\x08\x3a" + length + graph) == "onnx.broken"


COUNT = 20_000
FILLED = helper.make_node("ConstantOfShape", ["square"], ["k"])
COLUMN = helper.make_node("ConstantOfShape", ["column"], ["c"])
ROW = helper.make_node("ConstantOfShape", ["row"], ["r"])
GROWING = {
    "compared": [FILLED, helper.make_node("Equal", ["k", "k"], ["z"])],
    "spread": [COLUMN, ROW, helper.make_node("Add", ["c", "r"], ["z"])],
    "chosen": [
        *(COLUMN, ROW, helper.make_node("Cast", ["r"], ["n"], to=7)),
        *(helper.make_node("Not", ["n"], ["w"]), helper.make_node("Where", ["w", "c", "r"], ["z"])),
    ],
    "multiplied": [COLUMN, ROW, helper.make_node("MatMul", ["c", "r"], ["z"])],
    "the largest": [COLUMN, ROW, helper.make_node("Max", ["c", "r"], ["z"])],
    "tiled": [COLUMN, helper.make_node("Tile", ["c", "column"], ["z"])],
    "looked up": [
        *(FILLED, helper.make_node("Cast", ["k"], ["n"], to=7)),
        helper.make_node("Gather", ["c", "n"], ["z"], axis=0),
    ],
}


@pytest.mark.parametrize("case", GROWING)
def test_constants_that_would_grow_are_kept_as_what_makes_them(case: str) -> None:
    nodes = list(GROWING[case])
    if case == "looked up":
        nodes.insert(0, COLUMN)
    nodes.append(helper.make_node("Cast", ["z"], ["f"], to=1))
    nodes.append(helper.make_node("Add", ["x", "f"], ["y"]))
    shapes = {"square": [COUNT, COUNT], "column": [COUNT, 1], "row": [1, COUNT]}
    tensors = [numpy_helper.from_array(np.array(s, "int64"), name) for name, s in shapes.items()]
    tracemalloc.start()
    try:
        check(model(nodes, tensors))
        assert tracemalloc.get_traced_memory()[1] < 2**26
    finally:
        tracemalloc.stop()


HEADS: dict[str, Any] = {"q_num_heads": 1, "kv_num_heads": 1, "is_causal": 1}
MANY = {
    "windows of a border": (
        [1, 1, 30_000, 30_000],
        [helper.make_node("AveragePool", ["x"], ["y"], kernel_shape=[3, 3], pads=[1, 1, 0, 0])],
    ),
    "looks back": (
        [1, 4000, 4],
        [
            helper.make_node("Attention", [f"x{n or ''}"] * 3, [f"x{n + 1}"], **HEADS)
            for n in range(40)
        ]
        + [helper.make_node("Relu", ["x40"], ["y"])],
    ),
}


@pytest.mark.parametrize("case", MANY)
def test_few_words_that_stand_for_many_numbers_are_kept(case: str) -> None:
    shape, nodes = MANY[case]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)
        for name, dims in (("x", shape), ("y", None))
    ]
    graph = helper.make_graph(nodes, "graph", ends[:1], ends[1:])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)])
    tracemalloc.start()
    try:
        reading = check(made.SerializeToString())
        assert tracemalloc.get_traced_memory()[1] < 2**30
    finally:
        tracemalloc.stop()
    assert reading is not None
    assert any(item.code == "onnx.unknown_operation" for item in reading.diagnostics)


def test_graphs_inside_graphs_are_not_walked() -> None:
    inner = helper.make_graph([], "leaf", [], [])
    for _ in range(25):
        inner = helper.make_graph(
            [helper.make_node("If", ["c"], ["o"], then_branch=inner)], "g", [], []
        )
    check(model([helper.make_node("If", ["x"], ["y"], then_branch=inner)]))


MEASURE = """
import sys
from pathlib import Path
from exporters.format import read_source, read
from exporters.source import Source
import exporters.onnx.network
read(Path(sys.argv[1]).read_bytes(), "small.onnx")
def peak_kb():
    # Not getrusage, which remembers the process that started this one.
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])
before = peak_kb()
reading = read_source(Source.of_file(Path(sys.argv[2])))
for own in reading.weights.values():
    for one in own.values():
        one.sum()
print(peak_kb() - before)
"""


def test_a_large_file_opens_without_copies_of_its_weights(tmp_path: Path) -> None:
    """100 MB of weights, each page of which is used, in at most twice as much memory."""
    graph = Graph(
        [
            node("x", "InputLayer", shape=[16, 16, 64]),
            node("conv", "Conv2D", filters=2048, kernel_size=3),
            node("again", "Conv2D", filters=1024, kernel_size=3),
            node("pool", "GlobalAveragePooling2D"),
            node("dense", "Dense", units=5000),
        ],
        edges("x>conv", "conv>again", "again>pool", "pool>dense"),
    )
    large, small = tmp_path / "large.onnx", tmp_path / "small.onnx"
    large.write_bytes(write(graph, "onnx", random_weights(graph)))
    small.write_bytes(SEEDS[0])
    grown_kb = int(
        subprocess.run(
            [sys.executable, "-c", MEASURE, str(small), str(large)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
    assert large.stat().st_size > 100e6
    assert grown_kb * 1024 <= 2 * large.stat().st_size
