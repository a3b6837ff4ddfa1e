"""Files for TensorFlow and LiteRT compute in these what our own build computes, layer by layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporters.format import formats, read, write
from exporters.plan import is_input
from exporters.protos import tensorflow_pb2 as pb
from exporters.zoo import zoo
from layers.diagnostics import GraphError
from layers.graph import Edge, Graph, Node
from layers.layer import LAYERS
from tests.exporters.judging import computed, random_inputs, random_weights
from tests.exporters.networks import CONNECTED, attempt, facts, of_example
from tests.exporters.tensorflow.running import (
    ends,
    largest_difference,
    run_graph,
    run_lite,
    run_saved_model,
)

SMALL = ("dnn", "cnn")
CASES = {
    f"{name}_{number}": of_example(layer, example)
    for name, layer in LAYERS.items()
    if layer.role == "layer" and not layer.training_only
    for number, example in enumerate(layer.examples)
}
"""Every example of every layer; those that change training only are looked at in the zoo."""


def together(cases: dict[str, Graph]) -> Graph:
    """Many networks side by side as one: conversions are slow."""
    nodes, joined = [], []
    for case, graph in cases.items():
        for item in graph.nodes.values():
            params = dict(item.params)
            if is_input(item) and params.get("batch_size"):
                params["batch_size"] = None
            name = f"{case}_{item.name}"
            nodes.append(type(item)(f"{case}_{item.id}", item.type, name, params))
        joined += [
            Edge(
                f"{case}_{edge.source}", f"{case}_{edge.target}", edge.source_port, edge.target_port
            )
            for edge in graph.edges
        ]
    return Graph(nodes, joined, name="together")


FIRST = {name: graph for name, graph in CASES.items() if name.endswith("_0")}


@pytest.mark.keras
def test_a_frozen_graph_computes_every_layer_as_we_do() -> None:
    graph = together(FIRST)
    weights, inputs = random_weights(graph), random_inputs(graph)
    names, outputs = ends(graph)
    found = run_graph(
        write(graph, "tensorflow", weights), dict(zip(names, inputs, strict=True)), outputs
    )
    assert largest_difference(found, computed(graph, weights, inputs)) < 1e-5


@pytest.mark.keras
@pytest.mark.parametrize("name", [*CONNECTED, *SMALL])
def test_networks_compute_the_same_in_every_format(name: str, tmp_path: Path) -> None:
    graph = CONNECTED[name] if name in CONNECTED else zoo()[name].graph
    weights, inputs = random_weights(graph), random_inputs(graph)
    names, outputs = ends(graph)
    fed = dict(zip(names, inputs, strict=True))
    wanted = computed(graph, weights, inputs)
    if name != "input_only":
        found = run_graph(write(graph, "tensorflow", weights), fed, outputs)
        assert largest_difference(found, wanted) < 1e-5
    packed = write(graph, "tensorflow_saved_model", weights)
    served = run_saved_model(packed, fed, tmp_path)
    assert largest_difference([served[key] for key in outputs], wanted) < 1e-5
    again = read(packed, "model.zip")
    assert facts(again.graph) == facts(graph)
    assert again.weights is None or all(
        np.array_equal(again.weights[identity][key], weights[identity][key])
        for identity in weights
        for key in weights[identity]
    )
    if name not in ("input_only", "states", "open_states", "seq2seq"):
        lite = run_lite(write(graph, "litert", weights), fed)
        assert largest_difference([lite[key] for key in outputs], wanted) < 1e-4


SEQUENCES = {"return_sequences": True}


@pytest.mark.keras
@pytest.mark.long
@pytest.mark.parametrize("name", CASES)
def test_lite_computes_every_layer_as_we_do_or_names_it(name: str) -> None:
    graph = CASES[name]
    form = formats()["litert"]
    if form.obstacles(graph):
        with pytest.raises(GraphError) as caught:
            form.write(graph)
        assert caught.value.diagnostics
        return
    weights, inputs = random_weights(graph), random_inputs(graph)
    names, outputs = ends(graph)
    written = attempt(lambda: form.write(graph, weights))
    if not isinstance(written, bytes):
        # Some parameters of a layer need more than the layer does.
        assert [item.node for item in written] == ["it"]
        return
    found = run_lite(written, dict(zip(names, inputs, strict=True)))
    wanted = computed(graph, weights, inputs)
    assert largest_difference([found[key] for key in outputs], wanted) < 1e-4


def test_lite_names_the_layers_that_it_lacks() -> None:
    graph = of_example(LAYERS["MaxPooling3D"], LAYERS["MaxPooling3D"].examples[0])
    assert [item.node for item in formats()["litert"].obstacles(graph)] == ["it"]
    assert formats()["litert"].obstacles(zoo()["cnn"].graph) == ()


BACKWARDS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "both ways": ("Bidirectional", {"layer": {"type": "LSTM", "units": 3, **SEQUENCES}}, True),
    "the last of both": ("Bidirectional", {"layer": {"type": "LSTM", "units": 3}}, False),
    "from the end": ("LSTM", {"units": 3, "go_backwards": True, **SEQUENCES}, False),
    "from the end, with zeros": (
        "LSTM",
        {"units": 3, "go_backwards": True, "zero_output_for_mask": True, **SEQUENCES},
        True,
    ),
    "no recurrence": ("TimeDistributed", {"layer": {"type": "Dense", "units": 3}}, False),
}


@pytest.mark.keras
@pytest.mark.parametrize("is_masked", [True, False], ids=["masked", "whole"])
@pytest.mark.parametrize("name", BACKWARDS)
def test_lite_names_masks_that_keras_would_not_turn(name: str, is_masked: bool) -> None:
    kind, params, is_wrong = BACKWARDS[name]
    nodes = [
        Node("x", "InputLayer", "x", {"shape": [5], "dtype": "int32"}),
        Node("e", "Embedding", "e", {"input_dim": 4, "output_dim": 2, "mask_zero": is_masked}),
        Node("it", kind, "it", params),
    ]
    graph = Graph(nodes, [Edge("x", "e"), Edge("e", "it")])
    found = formats()["litert"].obstacles(graph)
    assert [item.node for item in found] == ["it"] * (is_wrong and is_masked)
    if found:
        return
    weights, fed = random_weights(graph), np.array([[1, 0, 3, 2, 0]], np.int32)
    lite = run_lite(write(graph, "litert", weights), {"x": fed})
    assert largest_difference(list(lite.values()), computed(graph, weights, [fed])) < 1e-5


def test_what_was_changed_since_is_read_by_its_operations() -> None:
    from exporters.tensorflow.embedded import embedded_network, text_of

    definition = pb.GraphDef()
    definition.node.add(name="x", op="Placeholder")
    graph = zoo()["dnn"].graph
    definition.node[0].attr["_visualnn"].s = text_of(definition, graph, {})
    found = embedded_network(definition, "tensorflow")
    assert found is not None
    assert found.graph == graph
    definition.node.add(name="y", op="Relu", input=["x"])
    assert embedded_network(definition, "tensorflow") is None
