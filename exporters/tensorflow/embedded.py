"""The network itself in what we write: an attribute of the graph's first node that TensorFlow
passes over.

From operations alone, initializers, regularizers, dropout and names could not be told. The
attribute says what the graph was when it was written; where anything has been changed since, it is
not believed.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from exporters.format import Reading
from exporters.protos import tensorflow_pb2 as pb
from exporters.tensorflow.tensors import array_of
from exporters.weights import Array
from layers.diagnostics import GraphError
from layers.graph import Graph

ATTRIBUTE = "_visualnn"


def fingerprint(graph: Any) -> str:
    """What identifies the operations of a graph and how they are joined; not the weights."""
    made = hashlib.sha256()
    for node in graph.node:
        made.update(f"{node.name}\0{node.op}\0{' '.join(node.input)}\n".encode())
    return made.hexdigest()


def text_of(graph: Any, network: Graph, places: dict[str, dict[str, str]]) -> bytes:
    """The attribute: the network, and which constant holds each weight."""
    told = {"network": network.to_json(), "weights": places, "graph": fingerprint(graph)}
    return json.dumps(told, ensure_ascii=False).encode()


def embedded_network(graph: pb.GraphDef, form: str) -> Reading | None:
    """The network that a graph was written from, with the weights that are in it now; None where it
    says none, or another.
    """
    carriers = [node for node in graph.node[:200] if ATTRIBUTE in node.attr]
    if len(carriers) != 1:
        return None
    told = _parsed(carriers[0].attr[ATTRIBUTE].s)
    if told is None or told.get("graph") != fingerprint(graph):
        return None
    try:
        network = Graph.from_json(told.get("network"))
    except GraphError:
        return None
    constants = {node.name: node for node in graph.node if node.op == "Const"}
    places = told.get("weights")
    weights: dict[str, dict[str, Array]] = {}
    for identity, names in (places if isinstance(places, dict) else {}).items():
        for name, constant in (names if isinstance(names, dict) else {}).items():
            node = constants.get(str(constant))
            if node is None:
                return None
            weights.setdefault(identity, {})[name] = array_of(node.attr["value"].tensor)
    return Reading(network, form, (), weights or None)


def _parsed(text: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def saved_text(saved_model: bytes, network: Graph, keys: dict[str, dict[str, str]]) -> bytes:
    """The same beside a SavedModel: the network, and under which key each weight is stored."""
    told = {"network": network.to_json(), "weights": keys, "graph": digest(saved_model)}
    return json.dumps(told, ensure_ascii=False).encode()


def digest(data: bytes | memoryview) -> str:
    return hashlib.sha256(data).hexdigest()


def saved_network(text: bytes, saved_model: bytes | memoryview) -> tuple[Graph, Any] | None:
    """The network beside a SavedModel and its keys; None where it is of another one."""
    told = _parsed(text)
    if told is None or told.get("graph") != digest(saved_model):
        return None
    try:
        return Graph.from_json(told.get("network")), told.get("weights")
    except GraphError:
        return None
