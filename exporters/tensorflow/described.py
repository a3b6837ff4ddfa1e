"""SavedModels of Keras 2: the description of the model that lies beside the graph, with the weights
that the checkpoint holds for the objects of that description.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf.message import DecodeError

from exporters.format import Reading
from exporters.keras_reading import network_of
from exporters.layout import place
from exporters.protos import tensorflow_pb2 as pb
from exporters.source import Source
from exporters.tensorflow.bundle import Bundle
from exporters.weights import Array, declared
from layers.diagnostics import GraphError

_OBJECTS = "_CHECKPOINTABLE_OBJECT_GRAPH"
_PARTS = {
    "cell": "",
    "layer": "",
    "forward_layer": "forward",
    "backward_layer": "backward",
    "_query_dense": "query",
    "_key_dense": "key",
    "_value_dense": "value",
    "_output_dense": "attention_output",
}
"""What layers call the layers inside them, and what stands for it in the names of weights here."""


def described_network(data: memoryview, bundle: Bundle | None, form: str) -> Reading | None:
    """The network as Keras 2 describes it beside the graph; None where it does not. Raises
    GraphError where the values of a weight are cut off.
    """
    try:
        metadata = pb.SavedMetadata.FromString(bytes(data))
    except DecodeError:
        return None
    entries = {item.node_path: _json(item.metadata) for item in metadata.nodes}
    root = entries.get("root", {})
    config = root.get("model_config") or {
        "class_name": root.get("class_name"),
        "config": root.get("config"),
    }
    try:
        # Only Keras 2 wrote such a file.
        made = network_of(config, "2.4.0")
    except GraphError:
        return None
    shapes = declared(made.graph)
    weights: dict[str, dict[str, Array]] = {}
    for names, held in _held(entries, bundle) if bundle is not None else ():
        identity = made.layers.get(names, "")
        turning = made.reorderings.get(identity, {})
        for name, shape in shapes.get(identity, {}).items():
            array = held.get(name)
            if array is not None and name in turning:
                array = turning[name].apply(array)
            if array is not None and array.shape == shape:
                weights.setdefault(identity, {})[name] = array
    return Reading(place(made.graph), form, made.diagnostics, weights or None)


def _json(text: str) -> dict[str, Any]:
    try:
        told = Source(text.encode(), "keras_metadata.pb").json if text.strip() else {}
    except GraphError:
        return {}
    made = _plain(told)
    return made if isinstance(made, dict) else {}


def _plain(told: Any) -> Any:
    """JSON without the objects that Keras 2 writes for tuples and shapes."""
    if isinstance(told, list):
        return [_plain(item) for item in told]
    if not isinstance(told, dict):
        return told
    if told.get("class_name") in ("__tuple__", "TensorShape") and "items" in told:
        return _plain(told["items"])
    return {key: _plain(value) for key, value in told.items()}


def _held(
    entries: Mapping[str, dict[str, Any]], bundle: Bundle
) -> Iterator[tuple[tuple[str, ...], dict[str, Array]]]:
    """The weights of each layer by their names here, with the names of the layer and of the models
    it lies in.
    """
    text = bundle.text(_OBJECTS)
    try:
        objects = pb.TrackableObjectGraph.FromString(text or b"").nodes
    except DecodeError:
        return
    children = [{item.local_name: item.node_id for item in node.children} for node in objects]
    for path in entries:
        parts = path.split(".")[1:]
        if not parts or not all(part.startswith("layer_with_weights-") for part in parts):
            continue
        names = tuple(
            str(entries.get(".".join(["root", *parts[: depth + 1]]), {}).get("name"))
            for depth in range(len(parts))
        )
        number = 0
        for part in parts:
            number = children[number].get(part, -1) if _is_of(number, children) else -1
        keys = _keys(number, objects, children, "", 0)
        arrays = {name: bundle.array(key) for name, key in keys}
        yield names, {name: array for name, array in arrays.items() if array is not None}


def _is_of(number: int, children: list[dict[str, int]]) -> bool:
    return 0 <= number < len(children)


def _keys(
    number: int, objects: Any, children: list[dict[str, int]], prefix: str, depth: int
) -> Iterator[tuple[str, str]]:
    """The names of an object's weights, and under which keys they are stored."""
    if depth > 4 or not _is_of(number, children):
        return
    for name, child in children[number].items():
        if name in _PARTS:
            inner = "/".join(part for part in (prefix, _PARTS[name]) if part)
            yield from _keys(child, objects, children, inner, depth + 1)
        elif _is_of(child, children) and objects[child].attributes:
            yield (
                "/".join(part for part in (prefix, name) if part),
                objects[child].attributes[0].checkpoint_key,
            )
