"""A network's weights as arrays: by the node whose layer owns them, then by the layer's own name
for each, in Keras' order and layout (``kernel`` of a Conv2D: height, width, input channels,
filters).

Nodes are those of the expanded network (:func:`layers.blocks.expand`), so that every copy of a
block has weights of its own. Arrays may be views of a mapped file: nothing here copies them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file

from layers.analysis import analyse
from layers.blocks import expand, own_id
from layers.diagnostics import Diagnostic, GraphError, Problem, diagnose
from layers.graph import Graph
from layers.tensor import shape_text

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Weights: TypeAlias = Mapping[str, Mapping[str, Array]]
"""Node id → name of the weight → its values. A node of which nothing is known is absent."""

Shapes: TypeAlias = Mapping[str, Mapping[str, tuple[int, ...]]]
"""Node id → name of the weight → its shape."""

NOT_FITTING = Problem(
    "weights.shape",
    "{name}: the values for {weight} have the shape {found}; the network takes {expected}.",
    "Undo the change of the layer, or train it anew; its other weights are kept.",
    severity="warning",
)
MISSING = Problem(
    "weights.missing",
    "{name} is given no values for {weights}.",
    "Train it, or take other weights: it starts from its initializers.",
    severity="warning",
)
LEFT_OVER = Problem(
    "weights.left_over",
    "The file has weights of {name} that no layer takes.",
    "Check that the file belongs to this network.",
    severity="warning",
)
MOVED = Problem(
    "weights.moved",
    "The weights of {names} were kept for the same layers, in other blocks or in none.",
    "Check the layers if you made them anew.",
    severity="hint",
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
    found = {
        identity: {name: tuple(array.shape) for name, array in arrays.items()}
        for identity, arrays in weights.items()
    }
    taken, notes = _compared(graph, found)
    kept = {
        identity: {name: weights[place][name] for name in names}
        for identity, (place, names) in taken.items()
    }
    return Fitted(kept, notes)


def lacking(graph: Graph, shapes: Mapping[str, tuple[int, ...]]) -> tuple[Diagnostic, ...]:
    """What :func:`fit` would say of weights by ``node/weight`` about layers that are there: each
    would be without its values.
    """
    _, notes = _compared(graph, _by_node(shapes))
    return tuple(note for note in notes if note.node is not None)


def _compared(
    graph: Graph, found: Shapes
) -> tuple[dict[str, tuple[str, list[str]]], tuple[Diagnostic, ...]]:
    """Which weights each node takes, as the id that they are found under and their names; and what
    is said of all others.
    """
    flat = expand(graph)
    names = {node.id: node.name for node in flat.nodes.values()}
    shapes = declared(graph)
    moved = _moved(shapes, found)
    taken: dict[str, tuple[str, list[str]]] = {}
    notes: list[Diagnostic] = []
    for identity, expected in shapes.items():
        place = moved.get(identity, identity)
        given = found.get(place, {})
        for weight, shape in expected.items():
            if weight not in given:
                continue
            if given[weight] == shape:
                taken.setdefault(identity, (place, []))[1].append(weight)
            else:
                notes.append(
                    diagnose(
                        NOT_FITTING,
                        node=identity,
                        name=names[identity],
                        weight=weight,
                        found=shape_text(given[weight]),
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
    if moved:
        notes.append(diagnose(MOVED, names=", ".join(names[identity] for identity in moved)[:200]))
    for identity in sorted(found.keys() - shapes - set(moved.values())):
        # A layer that is there, but of which not enough is known to say what it takes.
        node = identity if identity in names else None
        notes.append(diagnose(LEFT_OVER, node=node, name=names.get(identity, identity)[:60]))
    return taken, tuple(notes)


def _moved(expected: Shapes, found: Shapes) -> dict[str, str]:
    """The nodes whose weights lie under another id, since they went into a block or came out of
    one, or their block is repeated more or less often: node → that id.

    A node keeps its own id behind those of its blocks. Of several the one in the same blocks is
    taken.
    """
    left: dict[str, list[str]] = {}
    for identity in sorted(found.keys() - expected.keys()):
        left.setdefault(own_id(identity), []).append(identity)
    moved: dict[str, str] = {}
    for identity, shapes in expected.items():
        candidates = [] if identity in found else left.get(own_id(identity), [])
        fitting = [other for other in candidates if found[other] == shapes]
        if fitting:
            moved[identity] = max(fitting, key=partial(_in_common, identity))
            candidates.remove(moved[identity])
    return moved


def _in_common(one: str, other: str) -> int:
    """How many blocks, from the outermost, two ids have in common."""
    pairs = zip(one.split("-"), other.split("-"), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def node_ids(graph: Graph) -> list[str]:
    """The ids by which weights are kept, in the order in which nodes are stored."""
    return list(expand(graph).nodes)


def is_complete(graph: Graph, weights: Weights) -> bool:
    """Whether every weight of a network is there, in its shape."""
    return not lacking(graph, shapes_of(weights))


def shapes_of(weights: Weights) -> dict[str, tuple[int, ...]]:
    """The shapes of weights by ``node/weight``."""
    return {
        f"{identity}/{name}": tuple(array.shape)
        for identity, arrays in weights.items()
        for name, array in arrays.items()
    }


def _by_node(shapes: Mapping[str, tuple[int, ...]]) -> Shapes:
    found: dict[str, dict[str, tuple[int, ...]]] = {}
    for key, shape in shapes.items():
        identity, _, name = key.partition("/")
        found.setdefault(identity, {})[name] = shape
    return found


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
