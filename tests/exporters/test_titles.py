"""Networks that nobody has named are called as their files are."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from exporters.format import read, write
from layers.graph import Edge, Graph, Node


@dataclass
class Titled:
    """What a network in a file of this name is called."""

    name: str
    file: str
    wanted: str
    form: str = field(default="keras_json")


CASES = (
    Titled("sequential", "lenet.json", "lenet"),
    Titled("sequential_12", "folder/of\\LeNet 5.JSON", "LeNet 5"),
    Titled("functional_1", "lenet.keras", "lenet", "keras"),
    Titled("model", "lenet (1).h5", "lenet", "keras_h5"),
    Titled("main_graph", "lenet.v2.onnx", "lenet.v2", "onnx"),
    Titled("torch-jit-export", "lenet.onnx", "lenet", "onnx"),
    Titled("torch_jit", "模型.onnx", "模型", "onnx"),
    Titled("network", "lenet.prototxt", "lenet", "caffe_prototxt"),
    Titled("model", "lenet.py", "lenet", "python"),
    Titled("model_2", "lenet.visualnn.json", "lenet", "visualnn"),
    Titled("GoogLeNet", "lenet.onnx", "GoogLeNet", "onnx"),
    Titled("remodel", "lenet.json", "remodel"),
    Titled("model_of_digits", "lenet.json", "model_of_digits"),
    Titled("sequential", "model (2).json", "sequential"),
    Titled("sequential", "no_ending", "sequential"),
    Titled("sequential", ".json", "sequential"),
    Titled("sequential", "", "sequential"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name} in {case.file}")
def test_a_name_that_nobody_chose_gives_way_to_the_file_s(case: Titled) -> None:
    nodes = [
        Node("n1", "InputLayer", "x", {"shape": [4]}),
        Node("n2", "Dense", "d", {"units": 3}),
    ]
    graph = Graph(nodes, [Edge("n1", "n2")], name=case.name)
    found = read(write(graph, case.form), case.file).graph
    assert found.name == case.wanted
    assert [node.name for node in found] == ["x", "d"]
