"""What OpenCV computes from our Caffe files: the independent measure."""

from __future__ import annotations

import cv2
import numpy as np

from exporters.caffe.writing import written
from exporters.format import write
from exporters.plan import plan
from exporters.weights import Array, Weights
from layers.analysis import analyse
from layers.blocks import expand
from layers.graph import Graph
from layers.lowering import lowered


def to_caffe(array: Array) -> Array:
    """An array of ours with channels second."""
    return np.ascontiguousarray(np.moveaxis(array, -1, 1)) if array.ndim > 2 else array


def measured(graph: Graph, weights: Weights, inputs: list[Array]) -> list[Array]:
    """The outputs of OpenCV for the files we write, in our layout."""
    text, data = write(graph, "caffe_prototxt"), write(graph, "caffe_model", weights)
    return run(text, data, graph, inputs)


def run(text: bytes, data: bytes, graph: Graph, inputs: list[Array]) -> list[Array]:
    net = cv2.dnn.readNetFromCaffe(np.frombuffer(text, np.uint8), np.frombuffer(data, np.uint8))
    made = plan(graph)
    for (identity, _), array in zip(made.inputs, inputs, strict=True):
        net.setInput(to_caffe(array), graph.nodes[identity].name)
    outputs = []
    for identity, _ in made.outputs:
        value = np.asarray(net.forward(output_name(graph, identity)))
        rank = len((made.calls[identity].known.outputs or ())[0].shape)
        outputs.append(np.moveaxis(value, 1, -1) if rank > 2 else value.reshape(len(value), -1))
    return outputs


def output_name(graph: Graph, identity: str) -> str:
    """The layer that gives an output: the last that has its blob."""
    made = written(lowered(expand(graph), analyse(expand(graph)).nodes))
    blob = made.blobs[identity, 0]
    return next(spec.name for spec in reversed(made.layers) if blob in spec.tops)
