"""Networks as what TensorFlow runs: frozen graphs, saved models and LiteRT files. The only module
here that imports TensorFlow, and only when it writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from exporters.keras_model import build, load, variables
from exporters.plan import Plan, plan
from exporters.tensorflow.embedded import ATTRIBUTE, saved_text, text_of
from exporters.tensorflow.obstacles import unrolled
from exporters.tensorflow.problems import NOT_CONVERTED
from exporters.weights import Weights
from layers.blocks import expand
from layers.diagnostics import GraphError, diagnose
from layers.graph import Graph
from layers.names import Names

OUTPUT_SCOPE = "outputs"
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class _Live:
    """A built network.

    Attributes:
        inputs, outputs: names by which they are fed and fetched, in the network's order.
        weights: TensorFlow's variables by node id and weight name.
    """

    model: Any
    plan: Plan
    inputs: list[str]
    outputs: list[str]
    weights: Mapping[str, Mapping[str, Any]]

    def function(self, *, is_pure: bool = False) -> Any:
        """What computes the network at inference, for any batch.

        Args:
            is_pure: leave out what changes variables: some layers draw seeds that they do not use.
        """
        import tensorflow as tf

        given = self.model.inputs
        specs = [
            tf.TensorSpec(tensor.shape, tensor.dtype, name)
            for tensor, name in zip(given, self.inputs, strict=True)
        ]

        def compute(*tensors: Any) -> dict[str, Any]:
            made = self.model(list(tensors) if len(tensors) > 1 else tensors[0], training=False)
            listed = made if isinstance(made, list | tuple) else [made]
            # Each output is an operation of its own, so that it can have a name of its own.
            return {
                name: tf.identity(tensor) for name, tensor in zip(self.outputs, listed, strict=True)
            }

        if is_pure:
            whole = tf.compat.v1.wrap_function(compute, specs)
            made = whole.structured_outputs
            return whole.prune(whole.inputs[: len(specs)], [made[name] for name in self.outputs])
        return tf.function(compute, input_signature=specs, autograph=False)


def _built(graph: Graph, weights: Weights | None) -> _Live:
    made = plan(graph)
    # Operations are named after layers, without models between them.
    graph = expand(graph)
    model = build(graph)
    if weights:
        load(model, graph, weights)
    held: dict[str, dict[str, Any]] = {}
    for call in made.calls.values():
        if call.owner is call.node and call.known.weights:
            layer = model.get_layer(call.node.name)
            held[call.node.id] = {
                name: variable.value
                for name, variable in zip(call.known.weights, variables(layer), strict=True)
            }
    names = [_legal(made.calls[identity].node.name) for identity, _ in made.inputs]
    ends = [
        _legal(made.calls[identity].node.name) + (f"_{port}" if port else "")
        for identity, port in made.outputs
    ]
    return _Live(model, made, names, ends, held)


def _legal(name: str) -> str:
    """A name as TensorFlow takes it for an operation."""
    made = re.sub(r"[^A-Za-z0-9_.\\/>-]", "_", name)
    return made if re.match(r"[A-Za-z0-9.]", made) else f"layer{made}"


def frozen_graph(graph: Graph, weights: Weights | None) -> Any:
    """A GraphDef (TensorFlow's own message) with the weights as constants.

    Inputs are called as their layers, and so is the operation of each output; operations have the
    names of their layers before a slash.

    Raises:
        GraphError: where the network has errors.
    """
    live = _built(graph, weights)
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    function = live.function(is_pure=True)
    owners = {
        id(variable.handle): (identity, name)
        for identity, held in live.weights.items()
        for name, variable in held.items()
    }
    places: dict[str, tuple[str, str]] = {}
    for outer, inner in function.graph.captures:
        if id(outer) in owners:
            places[inner.name.partition(":")[0]] = owners[id(outer)]
    frozen = convert_variables_to_constants_v2(function, lower_control_flow=False)
    definition = frozen.graph.as_graph_def()
    ends = {
        tensor.name.partition(":")[0]: name
        for tensor, name in zip(frozen.outputs, live.outputs, strict=True)
    }
    renamed = _renamed(definition, live, places, ends)
    constants: dict[str, dict[str, str]] = {}
    for old, (identity, name) in places.items():
        constants.setdefault(identity, {})[name] = renamed[old]
    carrier = next(node for node in definition.node if node.op == "Placeholder")
    carrier.attr[ATTRIBUTE].s = text_of(definition, graph, constants)
    return definition


def _renamed(
    definition: Any,
    live: _Live,
    places: Mapping[str, tuple[str, str]],
    ends: Mapping[str, str],
) -> dict[str, str]:
    """Give operations the names of their layers; drop those that only wait. New names by old."""
    layers = {_legal(call.node.name) for call in live.plan.calls.values()}
    names = {call.node.id: _legal(call.node.name) for call in live.plan.calls.values()}
    kept = [node for node in definition.node if node.op != "NoOp"]
    taken = Names()
    renamed: dict[str, str] = {}
    # Inputs, outputs and weights first: their names are promised.
    for node in kept:
        if node.op == "Placeholder" and node.name in live.inputs:
            renamed[node.name] = node.name
        elif node.name in ends:
            renamed[node.name] = ends[node.name]
        elif node.name in places:
            identity, weight = places[node.name]
            renamed[node.name] = f"{names[identity]}/{weight}"
    for node in kept:
        if node.name in renamed:
            renamed[node.name] = taken.free(renamed[node.name])
    for node in kept:
        if node.name not in renamed:
            renamed[node.name] = taken.free(_readable(node.name, layers))
    for node in kept:
        inputs = [_reference(text, renamed) for text in node.input if text[0] != "^"]
        waits = [
            f"^{renamed[text[1:]]}" for text in node.input if text[1:] in renamed and text[0] == "^"
        ]
        node.name = renamed[node.name]
        del node.input[:]
        node.input.extend(inputs + waits)
    copies = list(kept)
    del definition.node[:]
    definition.node.extend(copies)
    return renamed


def _readable(name: str, layers: set[str]) -> str:
    """An operation's name without the model's scope and the numbers that tracing adds."""
    _, slash, rest = name.partition("/")
    first, inner_slash, _ = rest.partition("/")
    plain = re.sub(r"_\d+$", "", first)
    if slash and inner_slash and (plain in layers or first in layers):
        layer = plain if plain in layers else first
        return layer + rest[len(first) :]
    return name


def _reference(text: str, renamed: Mapping[str, str]) -> str:
    name, colon, port = text.partition(":")
    return renamed[name] + colon + port


def saved_model(graph: Graph, weights: Weights | None) -> bytes:
    """A SavedModel as a zip archive, with one signature, ``serving_default``.

    Raises:
        GraphError: where the network has errors.
    """
    live = _built(graph, weights)
    names = {call.node.id: call.node.name for call in live.plan.calls.values()}
    with _saved(live) as root:
        members = {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }
    keys = {
        identity: {name: bundle_key(names[identity], name) for name in held}
        for identity, held in live.weights.items()
    }
    members["assets.extra/visualnn.json"] = saved_text(members["saved_model.pb"], graph, keys)
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_STORED) as archive:
        for name, data in members.items():
            archive.writestr(ZipInfo(name, _ZIP_DATE), data)
    return packed.getvalue()


def bundle_key(layer: str, weight: str) -> str:
    """Under which name a SavedModel of ours stores a weight; TensorFlow doubles dots in paths."""
    path = "/".join(part.replace(".", "..").replace("/", ".S") for part in (layer, weight))
    return f"layers/{path}/.ATTRIBUTES/VARIABLE_VALUE"


def lite_model(graph: Graph, weights: Weights | None) -> bytes:
    """A LiteRT model (.tflite) of LiteRT's own operations, in float32.

    Raises:
        GraphError: where the network has errors, or needs an operation that LiteRT has not.
    """
    import tensorflow as tf

    # Blocks first: their layers are told apart by the weights they get.
    graph = unrolled(expand(graph))
    with _saved(_built(graph, weights)) as root, _quiet():
        converter = tf.lite.TFLiteConverter.from_saved_model(str(root))
        try:
            return bytes(converter.convert())
        except Exception as error:
            raise GraphError([_refusal(graph, error)]) from error


@contextmanager
def _saved(live: _Live) -> Iterator[Path]:
    """The folder of a SavedModel, which goes when it is done with."""
    import tensorflow as tf

    names = {call.node.id: call.node.name for call in live.plan.calls.values()}
    module = tf.Module()
    # TensorFlow stores variables under the path by which an object holds them.
    module.layers = {names[identity]: dict(held) for identity, held in live.weights.items()}
    named = {id(variable) for held in live.weights.values() for variable in held.values()}
    every = [variable.value for variable in live.model.variables]
    module.others = [variable for variable in every if id(variable) not in named]
    module.compute = live.function()
    signature = module.compute.get_concrete_function()
    with TemporaryDirectory(prefix="visualnn-") as folder:
        with _quiet():
            tf.saved_model.save(module, folder, signatures={"serving_default": signature})
        yield Path(folder)


def _refusal(graph: Graph, error: Exception) -> Any:
    """What the converter said, at the node whose name it says."""
    text = str(error)
    lacking = re.search(r"\b(?:tf|flex)\.(\w+)", text)
    reason = lacking[0] if lacking else " ".join(text.split())[:160]
    for node in graph:
        if re.search(rf"[/\"]{re.escape(_legal(node.name))}(_\d+)?/", text):
            return diagnose(NOT_CONVERTED, node=node.id, name=node.name, reason=reason)
    return diagnose(NOT_CONVERTED, name="The network", reason=reason)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without TensorFlow's remarks on what it has saved."""
    import tensorflow as tf

    logger = tf.get_logger()
    before = logger.level
    logger.setLevel("ERROR")
    try:
        yield
    finally:
        logger.setLevel(before)
