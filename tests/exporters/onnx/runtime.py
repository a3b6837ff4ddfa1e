"""What ONNX Runtime computes: the measure of every conversion from and to ONNX."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime

from exporters.format import Reading, read, write
from exporters.plan import plan
from exporters.weights import Array, count
from layers.graph import Graph
from tests.exporters.judging import computed

TOLERANCE = 1e-4
"""Largest difference, in parts of the largest value where that is above 1."""

onnxruntime.set_default_logger_severity(4)


def checked(data: bytes) -> onnx.ModelProto:
    """A model that passes the checker and full shape inference."""
    model = onnx.load_model_from_string(data)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    return model


def ran(data: bytes, inputs: list[Array]) -> list[Array]:
    """The outputs of a model for inputs in its order."""
    session: Any = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    names = [item.name for item in session.get_inputs()]
    return list(session.run(None, dict(zip(names, inputs, strict=True))))


def assert_equal(found: list[Array], expected: list[Array]) -> None:
    """Whether values are the same within the tolerance, shapes exactly."""
    assert [array.shape for array in found] == [array.shape for array in expected]
    for one, two in zip(found, expected, strict=True):
        largest = max(1.0, float(np.abs(two).max(initial=0)))
        assert np.abs(one.astype("float64") - two).max(initial=0) <= TOLERANCE * largest


def turned(array: Array, shape: tuple[int | None, ...]) -> Array:
    """An array of a file in the arrangement of a network: channels last where that is its shape."""
    if array.ndim > 2 and array.shape[1:] != shape[1:]:
        moved = np.moveaxis(array, 1, -1)
        fits = all(
            ours in (None, size) for ours, size in zip(shape[1:], moved.shape[1:], strict=True)
        )
        return moved if fits else np.swapaxes(array, 0, 1)
    return array


def same_as_runtime(reading: Reading, data: bytes, inputs: list[Array]) -> None:
    """Our Keras build computes what ONNX Runtime does with the file."""
    made = plan(reading.graph)
    shapes = [(made.calls[end].known.outputs or ())[port].shape for end, port in made.inputs]
    own = [turned(array, shape) for array, shape in zip(inputs, shapes, strict=True)]
    found = computed(reading.graph, reading.weights or {}, own)
    expected = [
        array if array.shape == ours.shape else np.moveaxis(array, 1, -1)
        for array, ours in zip(ran(data, inputs), found, strict=True)
    ]
    assert_equal(found, expected)


def survives(reading: Reading) -> None:
    """The network is the same after writing and reading, weights included."""
    again = read(write(reading.graph, "onnx", reading.weights), "again.onnx")
    assert by_name(again.graph) == by_name(reading.graph)
    assert count(again.weights or {}) == count(reading.weights or {})


def by_name(graph: Graph) -> tuple[dict[str, object], set[tuple[str, int, str, int]]]:
    """Nodes and edges of a network by names: a file may list them in another order."""
    names = {node.id: node.name for node in graph}
    nodes: dict[str, object] = {
        node.name: (node.type, node.params, names.get(node.shares or "")) for node in graph
    }
    return nodes, {
        (names[edge.source], edge.source_port, names[edge.target], edge.target_port)
        for edge in graph.edges
    }
