"""Writes weights into HDF5: as Keras 3 keeps them in archives, and by the names of layers, as every
Keras did before.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping

import h5py
import numpy as np

from exporters.keras_config import legal_model_name
from exporters.keras_weights.initial import drawn
from exporters.keras_weights.places import copies, places
from exporters.keras_weights.targets import keras_order, numbered
from exporters.plan import Call, Plan
from exporters.weights import NOT_FITTING, Array, Weights
from layers.diagnostics import GraphError, Invalid, diagnose
from layers.layer import LAYERS
from layers.tensor import shape_text

VERSION = "3.15.1"
"""Of the Keras whose layouts these are."""
MAX_ATTRIBUTE_BYTES = 64_512
"""Of one list of names: HDF5 keeps attributes in the head of an object."""


def nested(made: Plan, weights: Weights | None) -> bytes:
    """The file ``model.weights.h5`` of a network. Raises GraphError."""
    target = io.BytesIO()
    with h5py.File(target, "w") as file:
        _store(file, made, weights)
    return target.getvalue()


def _store(group: h5py.Group, made: Plan, weights: Weights | None) -> None:
    """Keep a model in a group, and the models inside it in groups of that."""
    order = [call for call in keras_order(made) if _is_layer(call)]
    group.create_group("vars").attrs["name"] = legal_model_name(made.graph.name)
    for call, key in zip(order, numbered(call.owner.type for call in order), strict=True):
        own = group.create_group(f"layers/{key}")
        if call.model:
            _store(own, call.model, weights)
            continue
        own.create_group("vars").attrs["name"] = call.owner.name
        if call.layer is None:
            continue
        where = places(call.layer, call.known.weights) if call.known.weights else {}
        further = copies(call.layer, call.known.weights) if call.known.weights else {}
        for name, array in _values(call, weights).items():
            for place in (where[name], further.get(name)):
                if place:
                    *below, number = place.split("/")
                    own["/".join((*below, "vars", number))] = array


def named(made: Plan, weights: Weights | None, attributes: Mapping[str, str]) -> bytes:
    """A file with the layers by name, in the group ``model_weights``. Raises GraphError.

    Args:
        made: the network.
        weights: as far as they are there.
        attributes: of the file; ``keras_version`` and ``backend`` stand beside the weights, too.
    """
    target = io.BytesIO()
    with h5py.File(target, "w") as file:
        for key, value in attributes.items():
            file.attrs[key] = value
        holder = file.create_group("model_weights")
        for key in ("backend", "keras_version"):
            holder.attrs[key] = attributes[key]
        order = [call for call in keras_order(made) if _is_layer(call)]
        _list(holder, "layer_names", [call.owner.name for call in order])
        for call in order:
            group = holder.create_group(call.owner.name)
            # What is trained comes first.
            arrays = sorted(_arrays(call, weights), key=lambda item: not item[2])
            _list(group, "weight_names", [path for path, _, _ in arrays])
            for path, array, _ in arrays:
                group[path] = array
    return target.getvalue()


def _arrays(call: Call, weights: Weights | None) -> Iterator[tuple[str, Array, bool]]:
    """The weights of a layer, or of all layers of a model, with their names and whether they are
    trained.
    """
    if call.model:
        for inner in keras_order(call.model):
            within = f"{inner.owner.name}/" if inner.model else ""
            for path, array, is_trained in _arrays(inner, weights):
                yield within + path, array, is_trained
    elif call.layer:
        for name, array in _values(call, weights).items():
            yield f"{call.owner.name}/{name}:0", array, call.known.weights[name].trainable


def _values(call: Call, weights: Weights | None) -> dict[str, Array]:
    """The weights of a layer: those given, and what its initializers say of the rest. Raises
    GraphError.
    """
    declared = call.known.weights
    given = dict((weights or {}).get(call.owner.id, {}))
    missing = {name: weight for name, weight in declared.items() if name not in given}
    if missing and call.layer is not None:
        try:
            given |= drawn(call.layer, missing)
        except Invalid as mistake:
            raise GraphError([mistake.diagnostic(call.owner.id)]) from None
    for name, weight in declared.items():
        if tuple(given[name].shape) != weight.shape:
            found, expected = shape_text(given[name].shape), shape_text(weight.shape)
            raise GraphError(
                [
                    diagnose(
                        NOT_FITTING,
                        node=call.owner.id,
                        name=call.owner.name,
                        weight=name,
                        found=found,
                        expected=expected,
                    )
                ]
            )
    return {name: np.asarray(given[name]) for name in declared}


def _is_layer(call: Call) -> bool:
    """Whether Keras counts it among a model's layers: everything but its own operations."""
    return call.owner.type in LAYERS or not call.owner.type.startswith("keras.src.ops.")


def _list(group: h5py.Group, name: str, texts: list[str]) -> None:
    """A list of texts as an attribute, in numbered parts where it is too long for one."""
    items = [text.encode() for text in texts]
    width = max(map(len, items), default=1)
    step = max(MAX_ATTRIBUTE_BYTES // width, 1)
    if len(items) <= step:
        group.attrs[name] = items
        return
    for number, part in enumerate(_parts(items, step)):
        group.attrs[f"{name}{number}"] = part


def _parts(items: list[bytes], step: int) -> Iterator[list[bytes]]:
    for start in range(0, len(items), step):
        yield items[start : start + step]
