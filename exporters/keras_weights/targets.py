"""The layers of a network that take weights, under the names and in the order that Keras has for
them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from exporters.keras_channels import Reordering, Reorderings
from exporters.keras_config import OWN_NAMES
from exporters.nested_plan import nested_plan
from exporters.plan import Call, Plan
from layers.analysis import analyse
from layers.blocks import expand, names_within
from layers.diagnostics import GraphError
from layers.graph import Graph
from layers.layer import Layer, Weight


@dataclass(frozen=True, slots=True)
class Target:
    """A layer that takes weights.

    Attributes:
        node: the node that owns it, of the expanded network.
        name: what messages call it.
        names: its name in Keras, behind those of the models it is in.
        place: its class and number among its model's layers, behind those of the models it is in.
        layer: the layer.
        weights: what the catalogue declares.
        reorderings: what the file keeps in another order, by the name of the weight.
    """

    node: str
    name: str
    names: tuple[str, ...]
    place: tuple[str, ...]
    layer: Layer
    weights: Mapping[str, Weight]
    reorderings: Mapping[str, Reordering]


def targets(
    graph: Graph,
    names: Mapping[str, tuple[str, ...]] | None = None,
    reorderings: Reorderings | None = None,
) -> list[Target]:
    """The layers of a network that take weights.

    Args:
        graph: the network.
        names: by node, the names in the file the network was read from; its own name, behind those
            of the blocks it is in, otherwise.
        reorderings: what that file keeps in another order, by node.
    """
    flat = expand(graph)
    known = analyse(flat).nodes
    places = _places(graph)
    paths = {**names_within(graph), **(names or {})}
    made = []
    for node in flat:
        found = known[node.id]
        if found.layer is None or not found.weights or node.shares:
            continue
        place, written = places.get(node.id, ((), ()))
        path = paths[node.id]
        if node.id not in (names or {}) and len(written) == len(path):
            path = written  # with numbers, where names inside a block meet
        turned = (reorderings or {}).get(node.id, {})
        made.append(Target(node.id, node.name, path, place, found.layer, found.weights, turned))
    return made


Path: TypeAlias = tuple[str, ...]


def _places(graph: Graph) -> dict[str, tuple[Path, Path]]:
    """Where Keras 3 would keep each layer of a network, and the names that lead there; nothing of
    one that cannot be built.
    """
    try:
        return dict(_placed(nested_plan(graph, with_unknown=True, with_functions=True)))
    except GraphError:
        return {}


def _placed(made: Plan) -> Iterator[tuple[str, tuple[Path, Path]]]:
    """Each layer of a model and of those in it, with its place and names."""
    order = keras_order(made)
    for call, key in zip(order, numbered(call.owner.type for call in order), strict=True):
        name = call.owner.name
        if call.model:
            for owner, (place, names) in _placed(call.model):
                yield owner, ((key, *place), (name, *names))
        else:
            yield call.owner.id, ((key,), (name,))


def numbered(classes: Iterable[str]) -> list[str]:
    """What Keras 3 calls the groups of layers by their classes: ``conv2d``, ``conv2d_1``, …"""
    counts: dict[str, int] = {}
    made = []
    for name in classes:
        own = name.rpartition(".")[2].rpartition(">")[2]
        key = snake_case(OWN_NAMES.get(own, own))
        number = counts[key] = counts.get(key, -1) + 1
        made.append(f"{key}_{number}" if number else key)
    return made


def snake_case(name: str) -> str:
    """A class as Keras 3 writes it: ``Conv2D`` is conv2d, ``LayerNormalization``
    layer_normalization.
    """
    plain = re.sub(r"\W+", "", name)
    plain = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", plain)
    return re.sub("([a-z])([A-Z])", r"\1_\2", plain).lower()


def names_by_place(config: object) -> dict[tuple[str, ...], tuple[str, ...]]:
    """The names of every layer of a model's configuration by its place: layers stand there in the
    order in which Keras numbers them.
    """
    layers = config.get("layers") if isinstance(config, dict) else config
    if not isinstance(layers, list):
        return {}
    items = [item for item in layers if isinstance(item, dict)]
    made: dict[tuple[str, ...], tuple[str, ...]] = {}
    keys = numbered(str(item.get("class_name")) for item in items)
    for item, key in zip(items, keys, strict=True):
        inner = item.get("config")
        own = inner.get("name") if isinstance(inner, dict) else None
        name = str(item.get("name") or own or item.get("class_name"))
        made[key,] = (name,)
        wrapped = inner.get("layer") if isinstance(inner, dict) else None
        if isinstance(wrapped, dict) and item.get("class_name") == "TimeDistributed":
            inner = wrapped.get("config")
        if isinstance(inner, dict) and "layers" in inner:
            for place, path in names_by_place(inner).items():
                made[(key, *place)] = (name, *path)
    return made


def keras_order(made: Plan) -> list[Call]:
    """The layers of a plan in the order in which a functional model of Keras 3 lists them once it
    is built: by their distance from the outputs, then by the way back from the outputs.

    https://github.com/keras-team/keras/blob/master/keras/src/ops/function.py (map_graph)
    """
    finished: list[str] = []
    indices: dict[str, int] = {}
    seen: set[str] = set()
    for end, _ in made.outputs:
        # Depth first, on a stack of its own: networks are deeper than Python's.
        stack = [(end, iter(made.calls[end].arguments))]
        if end in seen:
            continue
        seen.add(end)
        indices.setdefault(made.calls[end].owner.id, len(indices))
        while stack:
            identity, rest = stack[-1]
            source, _ = next(rest, ("", 0))
            if not source:
                finished.append(identity)
                stack.pop()
            elif source not in seen:
                seen.add(source)
                indices.setdefault(made.calls[source].owner.id, len(indices))
                stack.append((source, iter(made.calls[source].arguments)))
    depths: dict[str, int] = {}
    owners: dict[str, int] = {}
    for identity in reversed(finished):
        call = made.calls[identity]
        depth = max(depths.get(identity, 0), owners.get(call.owner.id, 0))
        owners[call.owner.id] = depths[identity] = depth
        for before, _ in call.arguments:
            depths[before] = max(depth + 1, depths.get(before, 0))
    for unused, _ in made.inputs:
        if unused not in owners:
            owners[unused], indices[unused] = 0, -1
    order = sorted(owners, key=lambda identity: (-owners[identity], indices[identity]))
    return [made.calls[identity] for identity in order]
