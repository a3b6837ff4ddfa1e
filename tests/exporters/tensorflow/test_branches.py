"""A condition in a graph: what was read of it is said."""

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
