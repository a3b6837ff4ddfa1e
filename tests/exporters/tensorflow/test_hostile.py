"""TensorFlow files that are broken or meant to harm: one diagnosis each, in bounded time."""

from __future__ import annotations

import os
import random
import time
import zipfile
from functools import partial
from io import BytesIO

import numpy as np
import pytest

from exporters.format import Format, Reading, formats, read
from exporters.protos import tensorflow_pb2 as pb
from exporters.source import Source
from exporters.tensorflow.patterns.numbers import numbers_of
from exporters.tensorflow.program import Op, Program
from layers.analysis import analyse
from layers.diagnostics import Diagnostic, GraphError
from tests.exporters.networks import attempt

LIMIT_S = 5.0
CASES = int(os.environ.get("TENSORFLOW_CASES", "400"))
NAMES = ("tensorflow", "tensorflow_text", "tensorflow_saved_model")


def constant(graph: pb.GraphDef, name: str, *dims: int) -> None:
    tensor = graph.node.add(name=name, op="Const").attr["value"].tensor
    tensor.dtype = pb.DT_FLOAT
    for dim in dims:
        tensor.tensor_shape.dim.add().size = dim
    tensor.float_val.append(0.5)


def dense() -> pb.GraphDef:
    """A small network: two products of matrices."""
    graph = pb.GraphDef()
    shape = graph.node.add(name="x", op="Placeholder").attr["shape"].shape
    for size in (-1, 4):
        shape.dim.add().size = size
    graph.node[0].attr["dtype"].type = pb.DT_FLOAT
    constant(graph, "a/kernel", 4, 3)
    constant(graph, "a/bias", 3)
    constant(graph, "b/kernel", 3, 2)
    graph.node.add(name="a/MatMul", op="MatMul", input=["x", "a/kernel"])
    graph.node.add(name="a/BiasAdd", op="BiasAdd", input=["a/MatMul", "a/bias"])
    graph.node.add(name="a/Relu", op="Relu", input=["a/BiasAdd"])
    graph.node.add(name="b/MatMul", op="MatMul", input=["a/Relu", "b/kernel"])
    return graph


def saved() -> pb.SavedModel:
    model = pb.SavedModel(saved_model_schema_version=1)
    meta = model.meta_graphs.add()
    meta.meta_info_def.tags.append("serve")
    meta.graph_def.CopyFrom(dense())
    meta.signature_def["serving_default"].outputs["y"].name = "b/MatMul:0"
    return model


def zipped(**members: bytes) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("saved_model.pb", saved().SerializeToString())
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    return packed.getvalue()


SEEDS = {
    "graph.pb": dense().SerializeToString(),
    "graph.pbtxt": str(dense()).encode(),
    "saved_model.pb": saved().SerializeToString(),
    "model.zip": zipped(variables__variables_index=b"x" * 64),
}


def asked(form: Format, data: bytes, filename: str) -> Reading | None:
    """What a format reads of a file that it takes for its own."""
    source = Source(data, filename)
    return form.read(source) if form.matches(source) else None


def outcome(data: bytes, filename: str) -> list[str] | None:
    """Codes of a refusal; None where the file opens. In bounded time, by TensorFlow's formats."""
    began = time.process_time()
    codes: list[str] | None = None
    for name in NAMES:
        form = formats()[name]
        found = attempt(partial(asked, form, data, filename))
        if isinstance(found, Reading):
            analyse(found.graph)
        elif found is not None:
            assert all(isinstance(item, Diagnostic) for item in found)
            codes = [item.code for item in found]
    assert time.process_time() - began < LIMIT_S
    return codes


@pytest.mark.parametrize("name", SEEDS)
def test_the_seeds_open(name: str) -> None:
    reading = read(SEEDS[name], name)
    assert [item.type for item in reading.graph] == ["InputLayer", "Dense", "Dense"]
    assert reading.weights is not None


@pytest.mark.parametrize("name", SEEDS)
def test_files_with_wrong_bytes_are_diagnosed(name: str) -> None:
    chance = random.Random(name)
    seed = SEEDS[name]
    for _ in range(CASES // len(SEEDS)):
        data = bytearray(seed)
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(data))
            kind = chance.randrange(4)
            if kind == 0:
                data[place] = chance.randrange(256)
            elif kind == 1:
                del data[place : place + chance.randint(1, 20)]
            elif kind == 2:
                data[place:place] = bytes(
                    chance.randrange(256) for _ in range(chance.randint(1, 9))
                )
            else:
                other = chance.randrange(len(data))
                data[place:place] = data[other : other + chance.randint(1, 60)]
            if not data:
                break
        if data.strip():
            outcome(bytes(data), name)


def test_operations_that_wait_for_each_other_are_named() -> None:
    graph = dense()
    graph.node.add(name="c", op="Relu", input=["d"])
    graph.node.add(name="d", op="Add", input=["c", "b/MatMul"])
    graph.node.add(name="e", op="Relu", input=["d"])
    assert outcome(graph.SerializeToString(), "x.pb") == ["tensorflow.malformed"]


def test_functions_that_call_themselves_are_refused() -> None:
    graph = dense()
    function = graph.library.function.add()
    function.signature.name = "f"
    function.signature.input_arg.add().name = "a"
    function.signature.output_arg.add().name = "b"
    for number in range(4):
        call = function.node_def.add(name=f"g{number}", op="PartitionedCall", input=["a"])
        call.attr["f"].func.name = "f"
    function.ret["b"] = "g0:output:0"
    call = graph.node.add(name="call", op="PartitionedCall", input=["b/MatMul"])
    call.attr["f"].func.name = "f"
    assert outcome(graph.SerializeToString(), "x.pb") == ["tensorflow.malformed"]


def test_a_constant_larger_than_any_memory_is_refused() -> None:
    graph = dense()
    constant(graph, "c/kernel", 2, 2**40)
    graph.node.add(name="c/MatMul", op="MatMul", input=["b/MatMul", "c/kernel"])
    assert outcome(graph.SerializeToString(), "x.pb") == ["tensorflow.malformed"]


def test_what_is_used_twice_again_and_again_is_not_written_out() -> None:
    graph = dense()
    names = ("body", "cond")
    for name in names:
        function = graph.library.function.add()
        function.signature.name = name
        function.signature.input_arg.add().name = "a"
        function.signature.output_arg.add().name = "b"
        before = "a"
        for number in range(50):
            function.node_def.add(name=f"t{number}", op="Tanh", input=[before])
            function.node_def.add(name=f"m{number}", op="Mul", input=[f"t{number}:y:0", before])
            before = f"m{number}:z:0"
        function.ret["b"] = before
    loop = graph.node.add(name="while", op="While", input=["b/MatMul"])
    for name in names:
        loop.attr[name].func.name = name
    assert outcome(graph.SerializeToString(), "x.pb") is None


def test_a_million_operations_are_refused() -> None:
    node = pb.GraphDef()
    node.node.add(name="n", op="NoOp")
    data = SEEDS["graph.pb"] + node.SerializeToString() * 1_000_000
    assert outcome(data, "x.pb") == ["tensorflow.malformed"]


@pytest.mark.parametrize(
    "text",
    [
        "node { " * 100_000,
        "node { name: 'x' op: 'Const' attr { key: 'value' " * 50,
        "node { name: " + "'x' " * 3_000_000 + "}",
        "node { name: 'x' op: 1e }",
        "node { name: '\\400\\xff' }",
        "node [" * 5_000,
        "node { unknown " + "{ a " * 200 + "}",
    ],
    ids=["nested", "unclosed", "long", "wrong type", "no text", "lists", "unknown"],
)
def test_text_that_is_no_graph_is_refused(text: str) -> None:
    assert outcome(text.encode(), "x.pbtxt") == ["tensorflow.malformed"]


def test_an_archive_that_is_cut_off_is_refused() -> None:
    data = SEEDS["model.zip"]
    with pytest.raises(GraphError):
        formats()["tensorflow_saved_model"].read(Source(data[:-30], "x.zip"))


def test_numbers_that_a_graph_joins_are_worked_out_within_bounds() -> None:
    """Each level joins the one below 64 times; ranges and joins of too few or too many numbers."""
    ops = [Op("n0", "Const", [], values={"value": np.arange(3)})]
    for level in range(1, 6):
        ops.append(Op(f"n{level}", "ConcatV2", [(f"n{level - 1}", 0)] * 64))
    ops.append(Op("one", "Const", [], values={"value": np.array(1)}))
    ops.append(Op("pair", "ConcatV2", [("n0", 0), ("one", 0), ("one", 0)]))
    ops.append(Op("none", "ConcatV2", [("one", 0)]))
    ops.append(Op("wide", "Range", [("n0", 0), ("n0", 0), ("one", 0)]))
    ops.append(Op("short", "Range", [("one", 0), ("one", 0)]))
    program = Program(ops)
    began = time.process_time()
    found = [numbers_of(program, (name, 0)) for name in ("n4", "pair", "none", "wide", "short")]
    assert found == [None, [0, 1, 2, 1], None, None, None]
    assert time.process_time() - began < 1
