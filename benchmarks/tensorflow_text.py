"""(j) A TensorFlow graph as text, from its bytes to an analysed network."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figure import Figure, median_s
from exporters.format import read
from exporters.protos import tensorflow_pb2 as pb
from layers.analysis import analyse

BYTES = 2**20


def text() -> str:
    """A megabyte of convolutions, with the operations around them that training graphs have."""
    graph = pb.GraphDef()
    placeholder = graph.node.add(name="images", op="Placeholder")
    placeholder.attr["dtype"].type = pb.DT_FLOAT
    for size in (-1, 32, 32, 8):
        placeholder.attr["shape"].shape.dim.add().size = size
    last, number, made = "images", 0, ""
    while len(made) < BYTES:
        for _ in range(50):
            scope = f"conv{number}"
            for name, dims in (("kernel", (3, 3, 8, 8)), ("bias", (8,))):
                variable = graph.node.add(name=f"{scope}/{name}", op="VariableV2")
                variable.attr["dtype"].type = pb.DT_FLOAT
                for dim in dims:
                    variable.attr["shape"].shape.dim.add().size = dim
                read_name = f"{scope}/{name}/read"
                graph.node.add(name=read_name, op="Identity", input=[f"{scope}/{name}"])
            convolution = graph.node.add(
                name=f"{scope}/Conv2D", op="Conv2D", input=[last, f"{scope}/kernel/read"]
            )
            convolution.attr["strides"].list.i.extend([1, 1, 1, 1])
            convolution.attr["padding"].s = b"SAME"
            convolution.attr["data_format"].s = b"NHWC"
            inputs = [f"{scope}/Conv2D", f"{scope}/bias/read"]
            graph.node.add(name=f"{scope}/BiasAdd", op="BiasAdd", input=inputs)
            graph.node.add(name=f"{scope}/Relu", op="Relu", input=[f"{scope}/BiasAdd"])
            last, number = f"{scope}/Relu", number + 1
        made = str(graph)
    return made


def measure() -> Iterator[Figure]:
    content = text()
    graph = read(content, "graph.pbtxt").graph
    took = median_s(lambda: analyse(read(content, "graph.pbtxt").graph), repeats=5)
    per_mb = took * BYTES / len(content)
    remark = f"{len(graph)} layers in {len(content) / BYTES:.2f} MB"
    yield Figure("1 MB of pbtxt to an analysed graph", per_mb * 1e3, "ms", 500, False, remark)
