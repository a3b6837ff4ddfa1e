"""A network as a live Keras model. The only module here that imports Keras, and only when it
builds.

Layers are made by calling Keras' classes with checked parameters; no configuration from a file ever
reaches Keras' own deserialisation, so nothing in a file can choose what is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from exporters.custom import custom_layers
from exporters.keras_config import legal_model_name, module_of, spelt, spelt_value
from exporters.nested_plan import is_frozen, nested_plan
from exporters.plan import Call, Plan
from exporters.weights import NOT_FITTING, Weights
from layers.blocks import has_blocks, places_within
from layers.declared import Variant
from layers.diagnostics import Diagnostic, GraphError, Invalid, Problem, diagnose
from layers.graph import Graph
from layers.layer import Layer
from layers.tensor import shape_text

FAILED = Problem(
    "build.failed",
    "Keras refuses {name}: {reason}",
    "Change the parameter that it names, or the layer before.",
)
DISAGREES = Problem(
    "build.disagrees",
    "{name}: Keras says {what} {keras}, the analysis says {ours}.",
    "Report this: it is a fault of VisualNN, not of the network.",
)


def build(graph: Graph) -> Any:
    """A functional Keras model whose layers have the nodes' names; blocks are models in it.

    Every output shape and weight count is compared with the analysis.

    Returns:
        keras.Model, not compiled.

    Raises:
        GraphError: where the network has errors, Keras refuses a layer (naming the node, and the
            parameter where Keras does), or the analysis disagrees with Keras.
    """
    return build_with(graph, ())[0]


def build_with(graph: Graph, places: Sequence[tuple[str, int]]) -> tuple[Any, list[Any]]:
    """The same, with the tensors at some places: node id and port. Raises GraphError."""
    made = nested_plan(graph)
    import keras

    model, tensors = _built(keras, made)
    within = places_within(graph) if has_blocks(graph) else {}
    flat = [within.get(place, place) for place in places]
    return model, [tensors[made.stand_ins.get(place, place)] for place in flat]


Tensors: TypeAlias = dict[tuple[str, int], Any]


def _built(keras: Any, made: Plan, *, trainable: bool = True) -> tuple[Any, Tensors]:
    """The model that a plan describes, after those inside it, and its tensors. Its layers say by
    themselves whether they train.
    """
    tensors: Tensors = {}
    layers: dict[str, Any] = {}
    for identity, call in made.calls.items():
        if call.model and call.owner.id not in layers:
            # Keras names weights after scopes, and wants every name once in an HDF5 file.
            with keras.name_scope(call.owner.name):
                trains = not is_frozen(call.model)
                layers[call.owner.id], _ = _built(keras, call.model, trainable=trains)
        given = [tensors[end] for end in call.arguments]
        try:
            outputs = _call(keras, call, layers, given)
        except Exception as error:
            raise GraphError([_refusal(call, error)]) from error
        for port, tensor in enumerate(outputs):
            tensors[identity, port] = tensor
        disagreements = _compare(call, layers.get(call.owner.id), outputs)
        if disagreements:
            raise GraphError(disagreements)
    return _model(keras, made, tensors, trainable), tensors


def load(model: Any, graph: Graph, weights: Weights) -> None:
    """Give a model that :func:`build` made of this network its weights, as far as they are there.

    Raises:
        GraphError: naming the layer whose weights do not have its shapes.
    """
    for call, layer in _owners(model, graph):
        given = weights.get(call.node.id, {})
        for name, variable in zip(call.known.weights, variables(layer), strict=True):
            if name not in given:
                continue
            if tuple(given[name].shape) != tuple(variable.shape):
                raise GraphError(
                    [
                        diagnose(
                            NOT_FITTING,
                            node=call.node.id,
                            name=call.node.name,
                            weight=name,
                            found=shape_text(given[name].shape),
                            expected=shape_text(variable.shape),
                        )
                    ]
                )
            variable.assign(given[name])
        if hasattr(layer, "finalize_state"):
            # Normalization computes with what it derived from its weights.
            layer.finalize_state()


def weights_of(model: Any, graph: Graph) -> Weights:
    """The weights of a model that :func:`build` made of this network."""
    return {
        call.node.id: {
            name: np.asarray(variable)
            for name, variable in zip(call.known.weights, variables(layer), strict=True)
        }
        for call, layer in _owners(model, graph)
        if call.known.weights
    }


def variables(layer: Any) -> list[Any]:
    """The weights of a Keras layer in the order in which the catalogue names them; the state of
    its random generator is none.
    """
    return [weight for weight in layer.weights if "seed_generator" not in weight.path]


def _owners(model: Any, graph: Graph) -> list[tuple[Call, Any]]:
    """Every node that owns a layer with its Keras layer, in models inside the model, too."""
    return list(_owned(model, nested_plan(graph)))


def _owned(model: Any, made: Plan) -> Iterator[tuple[Call, Any]]:
    for call in made.calls.values():
        if call.owner is not call.node or not call.arguments:
            continue
        layer = model.get_layer(call.node.name)
        if call.model:
            yield from _owned(layer, call.model)
        else:
            yield call, layer


def _model(keras: Any, made: Plan, tensors: dict[tuple[str, int], Any], trainable: bool) -> Any:
    inputs = [tensors[end] for end in made.inputs]
    outputs = [tensors[end] for end in made.outputs]
    return keras.Model(
        inputs[0] if len(inputs) == 1 else inputs,
        outputs[0] if len(outputs) == 1 else outputs,
        name=legal_model_name(made.graph.name),
        trainable=trainable,
    )


def _call(keras: Any, call: Call, layers: dict[str, Any], given: list[Any]) -> tuple[Any, ...]:
    """Make the layer where this is its first call, and call it."""
    if call.model:
        output = layers[call.owner.id](given if len(given) > 1 else given[0])
        return tuple(output) if isinstance(output, list | tuple) else (output,)
    assert call.layer is not None
    arguments = spelt(type(call.layer), call.layer.values, partial(_object, keras))
    if not call.arguments:
        return (keras.Input(**arguments, name=call.owner.name),)
    if call.owner.id not in layers:
        made = keras_class(keras, type(call.layer))
        layers[call.owner.id] = made(**arguments, name=call.owner.name)
    by_position, by_name = call.spelt(given)
    output = layers[call.owner.id](*by_position, **by_name)
    return tuple(output) if isinstance(output, list | tuple) else (output,)


def keras_class(keras: Any, kind: type[Layer]) -> Any:
    """The Keras class of a layer: Keras' own, or ours."""
    if kind.package == "keras":
        return getattr(keras.layers, kind.__name__)
    return custom_layers()[kind.__name__]


def _object(keras: Any, thing: Layer | Variant) -> Any:
    """An initializer or the like, or the layer inside a layer, as a Keras object.

    Its class is one of the registered ones, whose names are Keras'; no other name gets here.
    """
    spell = partial(_object, keras)
    if isinstance(thing, Layer):
        return keras_class(keras, type(thing))(**spelt(type(thing), thing.values, spell))
    module = getattr(keras, module_of(thing).removeprefix("keras."))
    values = {name: spelt_value(value, spell) for name, value in thing.values.items()}
    return getattr(module, type(thing).__name__)(**values)


def _refusal(call: Call, error: Exception) -> Diagnostic:
    """What Keras raised, as a mistake of the node, and of the parameter where the message names
    one.
    """
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    useful = [line for line in lines if not line.startswith("Exception encountered")]
    reason = (useful or lines or [type(error).__name__])[0][:500]
    names = call.layer.params if call.layer else ()
    param = next((name for name in names if re.search(rf"\b{name}\b", reason)), None)
    refused = Invalid(FAILED, param=param, name=call.node.name, reason=reason)
    return refused.diagnostic(call.node.id)


def _compare(call: Call, layer: Any, outputs: tuple[Any, ...]) -> list[Diagnostic]:
    """Where Keras and the analysis differ: number and shapes of outputs, number of weights."""
    ours = call.known.outputs or ()
    pairs: list[tuple[str, object, object]] = [("outputs", len(outputs), len(ours))]
    # A model gives what the layers in it give.
    for tensor, own in zip(outputs, () if call.model else ours, strict=False):
        pairs.append(("output", shape_text(tensor.shape), shape_text(own.shape)))
    if layer is not None and call.owner is call.node and call.layer:
        known = call.known.trainable + call.known.non_trainable
        pairs.append(("parameters", layer.count_params(), known))
    return [
        diagnose(
            DISAGREES, node=call.node.id, name=call.node.name, what=what, keras=keras, ours=own
        )
        for what, keras, own in pairs
        if keras != own
    ]
