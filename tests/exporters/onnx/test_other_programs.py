"""What files of other programs have that textbooks have not: sizes that nobody knows, numbers
rounded to eight bits, every second place, a batch of one that stands in the middle.
"""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from designer.live.values import check_values
from exporters.format import Reading, read, write
from exporters.onnx.opaque import PREFIX
from exporters.weights import Array
from layers.analysis import analyse
from layers.diagnostics import GraphError
from layers.graph import Graph
from tests.exporters.judging import computed
from tests.exporters.onnx.runtime import assert_equal, ran, same_as_runtime, survives

torch = pytest.importorskip("torch", reason="PyTorch is the author of some of these files")
pytestmark = pytest.mark.keras
nn = torch.nn
CHANCE = np.random.default_rng(5)


def drawn(*shape: int) -> Array:
    return CHANCE.normal(size=shape).astype("float32")


def model(
    nodes: list[Any], shape: list[Any], fixed: dict[str, Array] | None = None, **inputs: Any
) -> bytes:
    """A model of these operations from x to y."""
    given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)]
    given += [helper.make_tensor_value_info(name, *kind) for name, kind in inputs.items()]
    graph = helper.make_graph(
        nodes,
        "graph",
        given,
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in (fixed or {}).items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(made.SerializeToString())


def opaque(reading: Reading) -> list[str]:
    return [
        node.type.removeprefix(PREFIX)
        for node in reading.graph.nodes.values()
        if node.type.startswith(PREFIX)
    ]


def exported(module: Any, given: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(), (given,), stream, opset_version=17, dynamo=False, **options
        )
    return stream.getvalue()


KERNEL = drawn(4, 3, 3, 3)
OPEN = [None, 3, None, None]
CASES: dict[str, tuple[list[Any], list[Any], dict[str, Array]]] = {
    "paddings of unknown sizes": (
        [
            helper.make_node("Conv", ["x", "k"], ["a"], strides=[2, 2], auto_pad="SAME_UPPER"),
            helper.make_node(
                "MaxPool", ["a"], ["b"], kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER"
            ),
            helper.make_node("PRelu", ["b", "slope"], ["y"]),
        ],
        OPEN,
        {"k": KERNEL, "slope": drawn(4, 1, 1)},
    ),
    "every second place": (
        [
            *(
                helper.make_node("Slice", ["x", f"from{at}", "end", "axes", "two"], [f"p{at}"])
                for at in range(4)
            ),
            helper.make_node("Concat", ["p0", "p1", "p2", "p3"], ["p"], axis=1),
            helper.make_node("Conv", ["p", "k"], ["y"]),
        ],
        [None, 3, 8, 10],
        {
            **{f"from{at}": np.array([at % 2, at // 2]) for at in range(4)},
            "end": np.array([8, 10]),
            "axes": np.array([2, 3]),
            "two": np.array([2, 2]),
            "k": drawn(5, 12, 1, 1),
        },
    ),
    "an axis of one place among unknown ones": (
        [
            helper.make_node("Conv", ["x", "k"], ["a"]),
            helper.make_node("Unsqueeze", ["a", "first"], ["b"]),
            helper.make_node("Add", ["b", "one"], ["c"]),
            helper.make_node("Relu", ["c"], ["d"]),
            helper.make_node("Squeeze", ["d", "first"], ["e"]),
            helper.make_node("Conv", ["e", "l"], ["y"]),
        ],
        OPEN,
        {"k": KERNEL, "l": drawn(2, 4, 1, 1), "one": drawn(1), "first": np.array([1])},
    ),
    "holes and strides": (
        [
            helper.make_node(
                "Conv", ["x", "k"], ["y"], strides=[2, 3], dilations=[2, 1], pads=[1, 0, 2, 1]
            )
        ],
        [None, 3, 9, 14],
        {"k": KERNEL},
    ),
    "a channel of unknown height": (
        [
            helper.make_node("Conv", ["x", "k"], ["a"]),
            helper.make_node("ReduceMean", ["a"], ["b"], axes=[2], keepdims=1),
            helper.make_node("Squeeze", ["b", "height"], ["c"]),
            helper.make_node("Transpose", ["c"], ["d"], perm=[0, 2, 1]),
            helper.make_node("MatMul", ["d", "m"], ["y"]),
        ],
        [None, 3, 5, None],
        {"k": KERNEL, "m": drawn(4, 6), "height": np.array([2])},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_network_computes_what_the_file_does(case: str) -> None:
    nodes, shape, fixed = CASES[case]
    data = model(nodes, shape, fixed)
    reading = read(data, "model.onnx")
    assert not opaque(reading)
    assert not analyse(reading.graph).errors
    same_as_runtime(reading, data, [drawn(*(size or 11 for size in shape[1:]))[None].repeat(2, 0)])


def test_a_reader_of_text_keeps_its_batch_of_one() -> None:
    """Columns of an image as steps, a recurrent layer that starts from as many zeros as samples."""

    class Reading(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 4, 3, padding=1)
            self.lstm = nn.LSTM(4 * 6, 5, bidirectional=True)
            self.head = nn.Linear(10, 7)

        def forward(self, x: Any) -> Any:
            made = self.conv(x).permute(3, 0, 1, 2)
            steps, batch, channels, height = made.shape
            made, _ = self.lstm(made.reshape(steps, batch, channels * height))
            return self.head(made)

    given = torch.randn(1, 1, 6, 12)
    data = exported(Reading(), given, input_names=["x"], dynamic_axes={"x": {3: "width"}})
    reading = read(data, "reader.onnx")
    assert not opaque(reading)
    (found,) = computed(reading.graph, reading.weights or {}, [given.numpy().transpose(0, 2, 3, 1)])
    (expected,) = ran(data, [given.numpy()])
    assert_equal([found], [expected.swapaxes(0, 1)])


@pytest.mark.parametrize(
    ("kind", "given", "params"),
    [
        ("Add", ["b", "shift"], {"scale": 2.0, "offset": 3.0}),
        ("Sub", ["b", "shift"], {"scale": 2.0, "offset": -3.0}),
        ("Sub", ["shift", "b"], {"scale": -2.0, "offset": 3.0}),
    ],
)
def test_a_factor_and_a_shift_are_one_layer(
    kind: str, given: list[str], params: dict[str, float]
) -> None:
    nodes = [
        helper.make_node("Mul", ["factor", "x"], ["a"]),
        helper.make_node("Identity", ["a"], ["b"]),
        helper.make_node(kind, given, ["c"]),
        helper.make_node("Relu", ["c"], ["y"]),
    ]
    numbers = {"factor": np.array([2], "float32"), "shift": np.array([3], "float32")}
    reading = read(data := model(nodes, [None, 4], numbers), "line.onnx")
    (line,) = [node for node in reading.graph.nodes.values() if node.type == "Rescaling"]
    assert line.params == params
    survives(reading)
    same_as_runtime(reading, data, [drawn(2, 4)])


@pytest.mark.parametrize(
    ("kind", "attributes", "activation"),
    [("Sigmoid", {}, "silu"), ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}, "hard_silu")],
)
def test_a_tensor_times_its_gate_is_one_activation(
    kind: str, attributes: dict[str, Any], activation: str
) -> None:
    nodes = [
        helper.make_node("Relu", ["x"], ["a"]),
        helper.make_node(kind, ["a"], ["b"], **attributes),
        helper.make_node("Mul", ["b", "a"], ["y"]),
    ]
    reading = read(data := model(nodes, [None, 4]), "gate.onnx")
    types = {node.type: node.params for node in reading.graph.nodes.values()}
    assert types.keys() == {"InputLayer", "ReLU", "Activation"}
    assert types["Activation"]["activation"] == activation
    survives(reading)
    same_as_runtime(reading, data, [drawn(2, 4)])


def test_a_single_number_is_one_of_each_sample_here() -> None:
    nodes = [helper.make_node("Mul", ["x", "rate"], ["y"])]
    reading = read(model(nodes, [None, 4], rate=(TensorProto.FLOAT, [])), "rate.onnx")
    assert [item.code for item in reading.diagnostics] == ["onnx.single_number"]
    (found,) = computed(reading.graph, {}, [(x := drawn(2, 4)), np.full(2, 0.5, "float32")])
    np.testing.assert_allclose(found, x / 2, rtol=1e-6)


def branching(then: list[Any], other: list[Any]) -> dict[str, Any]:
    def graph(nodes: list[Any]) -> Any:
        end = helper.make_tensor_value_info("b", TensorProto.FLOAT, None)
        return helper.make_graph(nodes, "branch", [], [end])

    return {"then_branch": graph(then), "else_branch": graph(other)}


def test_a_branch_that_an_unknown_size_decides_is_kept() -> None:
    nodes = [
        helper.make_node("Shape", ["x"], ["s"], start=2, end=3),
        helper.make_node("Equal", ["s", "one"], ["c"]),
        helper.make_node(
            "If",
            ["c"],
            ["y"],
            **branching(
                [helper.make_node("Relu", ["x"], ["b"])], [helper.make_node("Neg", ["x"], ["b"])]
            ),
        ),
    ]
    reading = read(model(nodes, [None, 3, None, 5], {"one": np.array([1])}), "branch.onnx")
    assert opaque(reading) == ["If"]


def test_branches_with_names_of_their_own_and_tensors_of_outside() -> None:
    """The sigmoid is used in a branch, too, so it is no gate; both branches call a tensor `t`."""
    inner = [helper.make_node("Mul", ["g", "g"], ["t"]), helper.make_node("Neg", ["t"], ["b"])]
    nodes = [
        helper.make_node("Sigmoid", ["x"], ["g"]),
        helper.make_node("Mul", ["x", "g"], ["m"]),
        helper.make_node("If", ["yes"], ["p"], **branching(inner, inner)),
        helper.make_node("If", ["yes"], ["q"], **branching(inner, inner)),
        helper.make_node("Add", ["m", "p"], ["n"]),
        helper.make_node("Add", ["n", "q"], ["y"]),
    ]
    data = model(nodes, [None, 4], {"yes": np.array(True)})
    reading = read(data, "branches.onnx")
    assert not opaque(reading)
    same_as_runtime(reading, data, [drawn(2, 4)])


def test_outputs_keep_their_order_where_one_stands_between_two_of_a_layer() -> None:
    nodes = [
        helper.make_node("Split", ["x"], ["a", "b"], axis=1),
        helper.make_node("Relu", ["x"], ["y"]),
    ]
    proto = onnx.load_model_from_string(model(nodes, [None, 4]))
    del proto.graph.output[:]
    for name in ("a", "y", "b", "a"):
        proto.graph.output.add().CopyFrom(
            helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
        )
    reading = read(proto.SerializeToString(), "order.onnx")
    x = drawn(2, 4)
    found = computed(reading.graph, {}, [x])
    for one, two in zip(found, (x[:, :2], np.maximum(x, 0), x[:, 2:], x[:, :2]), strict=True):
        np.testing.assert_allclose(one, two)


def test_what_a_single_number_decides_is_kept() -> None:
    branch = helper.make_graph([], "branch", [], [])
    nodes = [helper.make_node("If", ["way"], ["y"], then_branch=branch, else_branch=branch)]
    reading = read(model(nodes, [None, 4], way=(TensorProto.BOOL, [])), "way.onnx")
    assert opaque(reading) == ["If"]


def test_what_lies_behind_a_kept_operation_is_understood_and_written_back() -> None:
    nodes = [
        helper.make_node("Conv", ["x", "k"], ["a"]),
        helper.make_node("Hardmax", ["a"], ["b"], axis=1),
        helper.make_node("Conv", ["b", "l"], ["c"]),
        helper.make_node("Hardmax", ["c"], ["d"], axis=2),
        helper.make_node("GlobalMaxPool", ["d"], ["e"]),
        helper.make_node("Flatten", ["e"], ["y"]),
    ]
    data = model(nodes, [None, 3, 8, 9], {"k": KERNEL, "l": drawn(5, 4, 3, 3)})
    reading = read(data, "kept.onnx")
    assert opaque(reading) == ["Hardmax", "Hardmax"]
    assert analyse(reading.graph).totals.weights == 4 * 3 * 9 + 5 * 4 * 9
    again = write(reading.graph, "onnx", reading.weights)
    x = drawn(2, 3, 8, 9)
    assert_equal(ran(again, [x.transpose(0, 2, 3, 1)]), ran(data, [x]))
    survives(reading)


BEHIND = np.iinfo("int64")


def test_what_means_to_the_end_is_a_number_that_a_network_keeps() -> None:
    nodes = [
        helper.make_node("Hardmax", ["x"], ["a"], axis=1),
        helper.make_node("Slice", ["a", "two", "end", "first", "one"], ["b"]),
        helper.make_node("Slice", ["b", "end", "begin", "zero", "back"], ["c"]),
        helper.make_node("Slice", ["c", "zero", "end", "zero", "one"], ["y"]),
    ]
    numbers = {"zero": 0, "one": 1, "two": 2, "first": 1, "back": -1}
    numbers |= {"end": BEHIND.max, "begin": BEHIND.min}
    data = model(nodes, [None, 5], {key: np.array([value]) for key, value in numbers.items()})
    reading = read(data, "ends.onnx")
    assert "Slice" in opaque(reading)
    check_values(reading.graph, Graph())
    x = drawn(2, 5)
    assert_equal(ran(write(reading.graph, "onnx", reading.weights), [x]), ran(data, [x]))


@pytest.mark.parametrize(
    ("nodes", "reason"),
    [
        ([("Cast", "h", "f", {"to": 1}), ("Div", "a f", "y", {})], "a size that was not known"),
        (
            [("Mul", "h w", "n", {}), ("ConstantOfShape", "n", "z", {}), ("Add", "b z", "y", {})],
            "a size that was not known",
        ),
        (
            [
                *(("Mul", "h w", "n", {}), ("ConstantOfShape", "n", "z", {})),
                *(
                    ("Reshape", "z every", "v", {}),
                    ("Mul", "n two", "m", {}),
                    ("Mod", "b m", "y", {}),
                ),
            ],
            "a size that was not known",
        ),
        ([("Mod", "b huge", "y", {})], "the number 9007199254740993"),
        ([("Hardmax", "a", "y", {"axis": 2**53 + 1})], "the number 9007199254740993"),
    ],
)
def test_what_only_stands_for_a_number_is_left_out_of_what_is_kept(
    nodes: list[tuple[str, str, str, dict[str, Any]]], reason: str
) -> None:
    first = [
        helper.make_node("Conv", ["x", "k"], ["a"]),
        helper.make_node("Shape", ["a"], ["h"], start=2, end=3),
        helper.make_node("Shape", ["a"], ["w"], start=3, end=4),
        helper.make_node("Cast", ["a"], ["b"], to=TensorProto.INT64),
    ]
    further = [
        helper.make_node(kind, given.split(), [end], **attributes)
        for kind, given, end, attributes in nodes
    ]
    fixed = {"k": KERNEL, "huge": np.array([2**53 + 1])}
    fixed |= {"every": np.array([-1]), "two": np.array([2])}
    reading = read(model([*first, *further], OPEN, fixed), "sizes.onnx")
    check_values(reading.graph, Graph())
    kept = [node.params for node in reading.graph if node.type.startswith(PREFIX)]
    assert reason in [params.get("incomplete") for params in kept]
    with pytest.raises(GraphError, match="had more in it"):
        write(reading.graph, "onnx", reading.weights)


def test_numbers_as_many_as_an_unknown_size_do_not_hide_the_rest() -> None:
    nodes = [
        helper.make_node("Conv", ["x", "k"], ["a"]),
        helper.make_node("Shape", ["a"], ["s"], start=2, end=3),
        helper.make_node("Squeeze", ["s"], ["n"]),
        helper.make_node("Range", ["zero", "n", "one"], ["r"]),
        helper.make_node("Cast", ["r"], ["y"], to=TensorProto.FLOAT),
    ]
    numbers = {"k": KERNEL, "zero": np.array(0), "one": np.array(1)}
    data = model(nodes, OPEN, numbers)
    proto = onnx.load_model_from_string(data)
    proto.graph.output.add().CopyFrom(helper.make_tensor_value_info("a", TensorProto.FLOAT, None))
    reading = read(proto.SerializeToString(), "ranges.onnx")
    assert "Range" in opaque(reading)
    assert "Conv2D" in {node.type for node in reading.graph.nodes.values()}
