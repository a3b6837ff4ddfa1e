"""What other people's runtimes compute with files that were written here, or before."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from exporters.plan import plan
from exporters.weights import Array
from layers.graph import Graph


def ends(graph: Graph) -> tuple[list[str], list[str]]:
    """Names of a network's inputs and outputs in its files."""
    made = plan(graph)
    inputs = [made.calls[identity].node.name for identity, _ in made.inputs]
    outputs = [
        made.calls[identity].node.name + (f"_{port}" if port else "")
        for identity, port in made.outputs
    ]
    return inputs, outputs


def run_graph(definition: Any, fed: dict[str, Array], outputs: list[str]) -> list[Array]:
    """The outputs of a GraphDef, given TensorFlow's message or its bytes."""
    import tensorflow as tf

    if isinstance(definition, bytes):
        definition = tf.compat.v1.GraphDef.FromString(definition)
    graph = tf.Graph()
    with graph.as_default():
        tf.import_graph_def(definition, name="")
    with tf.compat.v1.Session(graph=graph) as session:
        feeds = {f"{name}:0": value for name, value in fed.items()}
        fetched = [name if ":" in name else f"{name}:0" for name in outputs]
        return [np.asarray(value) for value in session.run(fetched, feeds)]


def run_saved_model(packed: bytes, fed: dict[str, Array], folder: Path) -> dict[str, Array]:
    """The outputs of a zipped SavedModel's signature for serving."""
    import tensorflow as tf

    with zipfile.ZipFile(BytesIO(packed)) as archive:
        archive.extractall(folder)
    loaded = tf.saved_model.load(str(folder))
    made = loaded.signatures["serving_default"](
        **{name: tf.constant(value) for name, value in fed.items()}
    )
    return {name: np.asarray(value) for name, value in made.items()}


def run_lite(data: bytes, fed: dict[str, Array]) -> dict[str, Array]:
    """The outputs of a .tflite file in LiteRT's interpreter."""
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(model_content=data).get_signature_runner()
    return dict(runner(**fed))


def largest_difference(found: list[Array], wanted: list[Array]) -> float:
    """The largest absolute difference; shapes must agree."""
    assert [item.shape for item in found] == [item.shape for item in wanted]
    return max(
        float(np.abs(one.astype("float64") - other.astype("float64")).max())
        for one, other in zip(found, wanted, strict=True)
        if one.size
    )
