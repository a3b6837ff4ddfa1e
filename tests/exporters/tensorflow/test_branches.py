"""What a graph leaves open is said: which branch of a condition was read, and what is missing."""

from __future__ import annotations

from exporters.format import read

GRAPH = """
node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } }
       attr { key: "shape" value { shape { dim { size: -1 } dim { size: 4 } } } } }
node { name: "is_training" op: "Placeholder" attr { key: "dtype" value { type: DT_BOOL } }
       attr { key: "shape" value { shape { } } } }
node { name: "cond/Switch" op: "Switch" input: "x" input: "is_training"
       attr { key: "T" value { type: DT_FLOAT } } }
node { name: "cond/Relu" op: "Relu" input: "cond/Switch"
       attr { key: "T" value { type: DT_FLOAT } } }
node { name: "cond/Tanh" op: "Tanh" input: "cond/Switch:1"
       attr { key: "T" value { type: DT_FLOAT } } }
node { name: "cond/Merge" op: "Merge" input: "cond/Relu" input: "cond/Tanh"
       attr { key: "T" value { type: DT_FLOAT } } attr { key: "N" value { i: 2 } } }
node { name: "y" op: "Sigmoid" input: "cond/Merge" attr { key: "T" value { type: DT_FLOAT } } }
"""


def test_the_branch_that_is_taken_is_said() -> None:
    reading = read(GRAPH, "graph.pbtxt")
    told = {node.params.get("activation") for node in reading.graph} - {None}
    kinds = {node.type for node in reading.graph}
    assert "relu" in told or "ReLU" in kinds
    assert "tanh" not in told
    assert [item.code for item in reading.diagnostics] == ["tensorflow.branch"]


TEXT_OF_OPENCV = """
node { name: "image" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } }
       attr { key: "shape" value { shape { dim { size: 1 } dim { size: 8 } dim { size: 8 }
       dim { size: 3 } } } } }
node { name: "conv/Conv2D" op: "Conv2D" input: "image" input: "conv/weights"
       attr { key: "padding" value { s: "SAME" } }
       attr { key: "strides" value { list { i: 1 i: 1 i: 1 i: 1 } } } }
node { name: "conv/BiasAdd" op: "BiasAdd" input: "conv/Conv2D" input: "conv/biases" }
node { name: "conv/Relu6" op: "Relu6" input: "conv/BiasAdd" }
"""


def test_weights_that_are_not_in_the_text_are_missed() -> None:
    reading = read(TEXT_OF_OPENCV, "graph.pbtxt")
    assert {node.type for node in reading.graph} >= {"tf.Conv2D", "tf.BiasAdd"}
    (said,) = [item for item in reading.diagnostics if item.code == "tensorflow.missing"]
    assert "conv/weights" in said.message
    assert "2 operations" in said.message
