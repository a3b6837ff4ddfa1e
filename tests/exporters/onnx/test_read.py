"""ONNX files as networks: what ONNX Runtime computes with a file, our Keras build computes with the
network read from it; and a network that was read survives writing and reading.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from exporters.format import attach, read, write
from exporters.source import Source
from exporters.weights import Array, count
from exporters.zoo import zoo
from layers.analysis import analyse
from layers.graph import Graph
from tests.exporters.judging import computed, random_inputs, random_weights
from tests.exporters.networks import CONNECTED, edges, node
from tests.exporters.onnx.runtime import assert_equal, ran, same_as_runtime, survives

CORPUS = sorted((Path(__file__).parents[3].parent / "shared" / "corpus").glob("onnx/*.onnx"))

WEIGHTS = {
    # As published; those of densenet and inception count the statistics of normalization.
    "onnx__light_squeezenet.onnx": 1_235_496,
    "onnx__light_zfnet512.onnx": 87_250_536,
    "AndreyGermanov__pytorch_mnist_cnn.onnx": 61_706,
    "sonos__byte_sb_bidi_lstm.onnx": 337_666,
}


LARGE = 20_000_000
"""Weights of a file that is not written again."""
SLOW = {
    "onnx__light_densenet121",
    "onnx__light_inception_v1",
    "onnx__light_inception_v2",
    "onnx__light_zfnet512",
}
"""Files whose networks take Keras long to build."""


def drawn(data: bytes) -> list[Array]:
    """Inputs for a file."""
    chance = np.random.default_rng(3)
    made = []
    graph = onnx.load_model_from_string(data).graph
    known = {item.name for item in graph.initializer}
    for item in graph.input:
        if item.name in known:
            continue
        kind = item.type.tensor_type
        dims = [dim.dim_value or (2 if not axis else 7) for axis, dim in enumerate(kind.shape.dim)]
        dtype = helper.tensor_dtype_to_np_dtype(kind.elem_type)
        values = chance.integers(0, 100, dims) if dtype.kind in "iu" else chance.normal(size=dims)
        made.append(values.astype(dtype))
    return made


corpus = pytest.mark.skipif(
    not CORPUS, reason="the corpus lies outside the repository and is absent"
)


@corpus
@pytest.mark.corpus
@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_real_file_is_understood_whole(path: Path) -> None:
    reading = read(path.read_bytes(), path.name)
    analysis = analyse(reading.graph)
    assert not analysis.errors
    assert {item.severity for item in reading.diagnostics} <= {"hint"}
    assert analysis.totals.weights == WEIGHTS.get(path.name, analysis.totals.weights)
    if analysis.totals.weights < LARGE:
        survives(reading)


@corpus
@pytest.mark.corpus
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=[pytest.mark.long] if path.stem in SLOW else [])
        for path in CORPUS
    ],
)
def test_a_real_file_computes_the_same(path: Path) -> None:
    data = path.read_bytes()
    if onnx.load_model_from_string(data).opset_import:  # ONNX Runtime wants to know a version.
        same_as_runtime(read(data, path.name), data, drawn(data))


@pytest.mark.parametrize(
    "graph",
    [
        *(pytest.param(card.graph, id=name) for name, card in zoo().items()),
        *(pytest.param(graph, id=name) for name, graph in CONNECTED.items()),
    ],
)
@pytest.mark.parametrize("with_weights", [True, False], ids=["weights", "bare"])
def test_a_written_network_is_read_as_one_that_survives(graph: Graph, with_weights: bool) -> None:
    totals = analyse(graph).totals
    if with_weights and totals.weights > 5_000_000:
        pytest.skip("its weights are large, and show nothing that the others do not")
    weights = random_weights(graph) if with_weights else None
    reading = read(write(graph, "onnx", weights), "x.onnx")
    assert reading.format == "onnx"
    assert reading.diagnostics == ()
    assert analyse(reading.graph).totals.weights == totals.weights
    survives(reading)
    if weights is not None:
        inputs = random_inputs(graph)
        found = computed(reading.graph, reading.weights or {}, inputs)
        assert_equal(found, computed(graph, weights, inputs))


def test_weights_are_attached_to_the_network_they_came_from() -> None:
    graph = CONNECTED["branches"]
    weights = random_weights(graph)
    found = attach(Source(write(graph, "onnx", weights), "x.onnx"), graph)
    assert found.diagnostics == ()
    assert count(found.weights) == count(weights)
    inputs = random_inputs(graph)
    assert_equal(computed(graph, found.weights, inputs), computed(graph, weights, inputs))


def model(
    nodes: list[Any],
    inputs: dict[str, list[Any]],
    outputs: list[str],
    constants: dict[str, Array] | None = None,
    opset: int = 17,
) -> bytes:
    """A file of operations."""
    graph = helper.make_graph(
        nodes,
        "g",
        [
            helper.make_tensor_value_info(key, TensorProto.FLOAT, dims)
            for key, dims in inputs.items()
        ],
        [helper.make_tensor_value_info(key, TensorProto.FLOAT, None) for key in outputs],
        [numpy_helper.from_array(array, key) for key, array in (constants or {}).items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return bytes(made.SerializeToString())


def test_what_no_layer_computes_is_kept_as_it_is() -> None:
    data = model(
        [
            helper.make_node("Relu", ["x"], ["a"], "first"),
            helper.make_node("Hardmax", ["a"], ["b"], "odd", axis=1),
        ],
        {"x": ["N", 6]},
        ["b"],
    )
    reading = read(data, "x.onnx")
    assert [(item.type, item.name) for item in reading.graph][1:] == [
        ("ReLU", "first"),
        ("onnx.Hardmax", "odd"),
    ]
    assert [item.code for item in reading.diagnostics] == ["onnx.unknown_operation"]
    again = onnx.load_model_from_string(write(reading.graph, "onnx"))
    assert [item.op_type for item in again.graph.node] == ["Relu", "Hardmax"]
    assert again.graph.node[1].attribute[0].i == 1
    inputs = [np.random.default_rng(0).normal(size=(3, 6)).astype("float32")]
    assert_equal(ran(write(reading.graph, "onnx"), inputs), ran(data, inputs))


def test_inputs_and_outputs_with_channels_first_are_told_by_the_names_of_their_layers() -> None:
    data = model(
        [
            helper.make_node("Relu", ["x"], ["7"], "first"),
            helper.make_node("MaxPool", ["7"], ["8"], "second", kernel_shape=[1, 1]),
            helper.make_node("Sigmoid", ["8"], ["9"], "third"),
        ],
        {"x": ["N", 3, 8, 6]},
        ["8", "9"],
    )
    reading = read(data, "x.onnx")
    assert [(item.code, item.values["name"]) for item in reading.diagnostics] == [
        ("onnx.channels_last", "x"),
        ("onnx.output_channels_last", "8"),
        ("onnx.output_channels_last", "third"),
    ]
    assert {item.name for item in reading.graph} == {"x", "first", "second", "third", "8"}
    for item in reading.diagnostics:
        assert (item.values["ours"], item.values["theirs"]) == ("(8, 6, 3)", "(3, 8, 6)")
        assert ("Hand" in item.hint) is item.message.startswith("The input")


def test_a_channels_last_file_of_tensorflow_keeps_its_order() -> None:
    chance = np.random.default_rng(1)
    data = model(
        [
            helper.make_node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2]),
            helper.make_node(
                "Conv", ["t", "w"], ["c"], "conv", auto_pad="SAME_UPPER", strides=[2, 2]
            ),
            helper.make_node("Relu", ["c"], ["r"], "relu"),
            helper.make_node("Transpose", ["r"], ["l"], perm=[0, 2, 3, 1]),
            helper.make_node("Reshape", ["l", "s"], ["f"], "flat"),
            helper.make_node("MatMul", ["f", "m"], ["p"], "dense"),
            helper.make_node("Add", ["b", "p"], ["y"], "bias"),
        ],
        {"x": ["N", 7, 7, 3]},
        ["y"],
        {
            "w": chance.normal(size=(4, 3, 3, 3)).astype("float32"),
            "s": np.asarray([-1, 64]),
            "m": chance.normal(size=(64, 5)).astype("float32"),
            "b": chance.normal(size=5).astype("float32"),
        },
    )
    reading = read(data, "x.onnx")
    assert reading.diagnostics == ()
    kinds = [item.type for item in reading.graph]
    assert kinds == ["InputLayer", "Conv2D", "ReLU", "Flatten", "Dense"]
    assert reading.graph.nodes["n00001"].params["padding"] == "same"
    same_as_runtime(reading, data, drawn(data))
    survives(reading)


@pytest.mark.parametrize("last", [["x", "root"], ["root", "x"]], ids=["divided", "dividing"])
def test_a_normalization_is_one_only_where_its_root_divides(last: list[str]) -> None:
    data = model(
        [
            helper.make_node("Pow", ["x", "two"], ["square"]),
            helper.make_node("ReduceMean", ["square"], ["mean"], axes=[-1]),
            helper.make_node("Add", ["mean", "small"], ["more"]),
            helper.make_node("Sqrt", ["more"], ["root"]),
            helper.make_node("Div", last, ["made"], "it"),
            helper.make_node("Mul", ["made", "w"], ["y"]),
        ],
        {"x": ["N", 5, 6]},
        ["y"],
        {
            "two": np.asarray(2, "float32"),
            "small": np.asarray(0.01, "float32"),
            "w": np.arange(1, 7, dtype="float32"),
        },
    )
    reading = read(data, "x.onnx")
    kinds = {item.type for item in reading.graph}
    assert ("RMSNormalization" in kinds) == (last[0] == "x")
    if not any(kind.startswith("onnx.") for kind in kinds):
        same_as_runtime(reading, data, drawn(data))


@pytest.mark.parametrize("fmod", [0, 1])
def test_a_remainder_of_constants_has_the_sign_that_is_asked_for(fmod: int) -> None:
    data = model(
        [
            helper.make_node("Mod", ["a", "b"], ["c"], fmod=fmod),
            helper.make_node("Add", ["x", "c"], ["y"], "it"),
        ],
        {"x": ["N", 3]},
        ["y"],
        {"a": np.asarray([-5, 5, 4], "float32"), "b": np.asarray([3, -3, 3], "float32")},
    )
    reading = read(data, "x.onnx")
    (bias,) = (array for own in (reading.weights or {}).values() for array in own.values())
    np.testing.assert_array_equal(bias, [-2, 2, 1] if fmod else [1, -1, 1])


def test_shapes_put_together_from_parts_are_understood() -> None:
    data = model(
        [
            helper.make_node("Shape", ["x"], ["s"]),
            helper.make_node("Gather", ["s", "zero"], ["n"], axis=0),
            helper.make_node("Unsqueeze", ["n", "axis"], ["n1"]),
            helper.make_node("Concat", ["n1", "rest"], ["shape"], axis=0),
            helper.make_node("Reshape", ["x", "shape"], ["y"], "halves"),
        ],
        {"x": ["N", 12]},
        ["y"],
        {"zero": np.asarray(0), "axis": np.asarray([0]), "rest": np.asarray([3, -1])},
    )
    reading = read(data, "x.onnx")
    assert [item.type for item in reading.graph] == ["InputLayer", "Reshape"]
    same_as_runtime(reading, data, drawn(data))


def test_rows_of_a_dense_layer_follow_the_order_of_flattening() -> None:
    chance = np.random.default_rng(2)
    data = model(
        [
            helper.make_node("MaxPool", ["x"], ["p"], "pool", kernel_shape=[2, 2], strides=[2, 2]),
            helper.make_node("Flatten", ["p"], ["f"], "flat"),
            helper.make_node("Relu", ["f"], ["r"], "relu"),
            helper.make_node("Gemm", ["r", "w"], ["y"], "dense", transB=1, alpha=0.5),
            helper.make_node("Softmax", ["f"], ["z"], "other"),
        ],
        {"x": ["N", 3, 4, 6]},
        ["y", "z"],
        {"w": chance.normal(size=(5, 18)).astype("float32")},
    )
    reading = read(data, "x.onnx")
    # Only what does not take the rows as they come needs the order of the file.
    assert sorted(item.type for item in reading.graph).count("Permute") == 1
    same_as_runtime(reading, data, drawn(data))


def test_a_shared_layer_is_read_as_one() -> None:
    graph = Graph(
        [
            node("one", "InputLayer", shape=[6]),
            node("two", "InputLayer", shape=[6]),
            node("encoder", "Dense", units=3),
            node("again", "Dense", shares="encoder"),
            node("sum", "Add"),
        ],
        edges("one>encoder", "two>again", "encoder>sum:0", "again>sum:1"),
    )
    reading = read(write(graph, "onnx", random_weights(graph)), "x.onnx")
    assert sum(item.shares is not None for item in reading.graph) == 1
    assert analyse(reading.graph).totals.weights == 21
    survives(reading)


def test_a_gelu_that_is_spelt_out_is_one_activation() -> None:
    numbers = {"root": 2**0.5, "one": 1.0, "half": 0.5}
    constants = [
        helper.make_node(
            "Constant", [], [name], value=numpy_helper.from_array(np.asarray(value, "float32"))
        )
        for name, value in numbers.items()
    ]
    data = model(
        [
            helper.make_node("Div", ["x", "root"], ["a"], "gelu"),
            helper.make_node("Erf", ["a"], ["b"]),
            *constants,
            helper.make_node("Add", ["b", "one"], ["c"]),
            helper.make_node("Mul", ["x", "c"], ["d"]),
            helper.make_node("Mul", ["d", "half"], ["y"]),
        ],
        {"x": ["N", 6]},
        ["y"],
    )
    reading = read(data, "x.onnx")
    assert [item.type for item in reading.graph] == ["InputLayer", "Activation"]
    same_as_runtime(reading, data, drawn(data))
