"""A network's weights as arrays: by the node whose layer owns them, then by the layer's own name
for each, in Keras' order and layout (``kernel`` of a Conv2D: height, width, input channels,
filters).

Nodes are those of the expanded network (:func:`layers.blocks.expand`), so that every copy of a
block has weights of its own. Arrays may be views of a mapped file: nothing here copies them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file

from layers.analysis import analyse
from layers.blocks import expand
from layers.diagnostics import Diagnostic, GraphError, Problem, diagnose
from layers.graph import Graph
from layers.tensor import shape_text

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Weights: TypeAlias = Mapping[str, Mapping[str, Array]]
"""Node id → name of the weight → its values. A node of which nothing is known is absent."""

NOT_FITTING = Problem(
    "weights.shape",
    "{name}: {weight} has the shape {found} in the file, and {expected} in the network.",
    "Undo the change of the layer, or train it anew; its other weights are kept.",
    severity="warning",
)
MISSING = Problem(
    "weights.missing",
    "{name} has no weights in the file: {weights}.",
    "It starts from its initializers.",
    severity="warning",
)
LEFT_OVER = Problem(
    "weights.left_over",
    "The file has weights of {name} that no layer takes.",
    "Check that the file belongs to this network.",
    severity="warning",
)
BROKEN = Problem(
    "weights.file", "The stored weights cannot be read: {reason}.", "Import them again."
)


@dataclass(frozen=True, slots=True)
class Fitted:
    """Weights that fit a network, and what was said where they do not."""

    weights: Weights
    diagnostics: tuple[Diagnostic, ...] = ()


def declared(graph: Graph) -> dict[str, dict[str, tuple[int, ...]]]:
    """The shapes of all weights of a network, by node and name, in Keras' order.

    Layers whose inputs are unknown are absent.
    """
    flat = expand(graph)
    known = analyse(flat).nodes
    return {
        node.id: {name: weight.shape for name, weight in known[node.id].weights.items()}
        for node in flat
        if known[node.id].weights
    }


def fit(graph: Graph, weights: Weights) -> Fitted:
    """Those weights that the network, perhaps edited since, can take; every other one is named."""
    flat = expand(graph)
    names = {node.id: node.name for node in flat.nodes.values()}
    shapes = declared(graph)
    kept: dict[str, dict[str, Array]] = {}
    notes: list[Diagnostic] = []
    for identity, expected in shapes.items():
        given = weights.get(identity, {})
        for weight, shape in expected.items():
            found = given.get(weight)
            if found is None:
                continue
            if tuple(found.shape) == shape:
                kept.setdefault(identity, {})[weight] = found
            else:
                notes.append(
                    diagnose(
                        NOT_FITTING,
                        node=identity,
                        name=names[identity],
                        weight=weight,
                        found=shape_text(found.shape),
                        expected=shape_text(shape),
                    )
                )
        absent = [weight for weight in expected if weight not in given]
        if absent:
            notes.append(
                diagnose(
                    MISSING, node=identity, name=names[identity], weights=", ".join(absent)[:200]
                )
            )
    notes.extend(diagnose(LEFT_OVER, name=identity[:60]) for identity in weights.keys() - shapes)
    return Fitted(kept, tuple(notes))


def node_ids(graph: Graph) -> list[str]:
    """The ids by which weights are kept, in the order in which nodes are stored."""
    return list(expand(graph).nodes)


def is_complete(graph: Graph, weights: Weights) -> bool:
    """Whether every weight of a network is there, in its shape."""
    shapes = {
        f"{identity}/{name}": tuple(array.shape)
        for identity, arrays in weights.items()
        for name, array in arrays.items()
    }
    return covers(graph, shapes)


def covers(graph: Graph, shapes: Mapping[str, tuple[int, ...]]) -> bool:
    """Whether shapes by ``node/weight`` are all that a network needs."""
    return all(
        shapes.get(f"{identity}/{name}") == shape
        for identity, expected in declared(graph).items()
        for name, shape in expected.items()
    )


def count(weights: Weights) -> int:
    """How many numbers there are."""
    return sum(int(array.size) for arrays in weights.values() for array in arrays.values())


def save(weights: Weights, path: Path) -> None:
    """Write weights to a file (safetensors, names ``node/weight``)."""
    save_file(dict(_flat(weights)), path)


def load(path: Path) -> Weights:
    """Read what :func:`save` wrote. Raises GraphError, OSError."""
    try:
        flat = load_file(path)
    except SafetensorError as error:
        raise GraphError([diagnose(BROKEN, reason=str(error)[:200])]) from None
    made: dict[str, dict[str, Array]] = {}
    for key, array in flat.items():
        identity, _, name = key.partition("/")
        made.setdefault(identity, {})[name] = array
    return made


def shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """The shapes in a file by ``node/weight``, without reading a value. Raises GraphError,
    OSError.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            names = file.keys()
            return {name: tuple(file.get_slice(name).get_shape()) for name in names}
    except SafetensorError as error:
        raise GraphError([diagnose(BROKEN, reason=str(error)[:200])]) from None


def _flat(weights: Weights) -> Iterable[tuple[str, Array]]:
    for identity, arrays in weights.items():
        for name, array in arrays.items():
            yield f"{identity}/{name}", np.ascontiguousarray(array)
