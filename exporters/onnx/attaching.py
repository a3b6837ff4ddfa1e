"""The weights of one network for another of the same kind: by name, else in order where the shapes
are the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from exporters.keras_weights.matching import BY_ORDER
from exporters.weights import LEFT_OVER, MISSING, Array, Fitted, Weights, declared
from layers.blocks import expand
from layers.diagnostics import Diagnostic, diagnose
from layers.graph import Graph

SHOWN = 5


def fitted(graph: Graph, source: Graph, weights: Weights) -> Fitted:
    """Weights of the network `source`, for the layers of `graph` that take them."""
    flat, wanted = expand(graph), declared(graph)
    names = {node.id: node.name for node in flat.nodes.values()}
    given = {node.name: weights[node.id] for node in source if node.id in weights}
    made: dict[str, Mapping[str, Array]] = {}
    for identity, shapes in wanted.items():
        found = given.get(names[identity])
        if found is not None and _shapes(found) == shapes:
            made[identity] = found
            del given[names[identity]]
    rest = [identity for identity in flat.order if identity in wanted and identity not in made]
    pairs: list[str] = []
    others = list(given)
    for identity in rest:
        # In order: a layer of the file that does not fit is passed over, and never come back to.
        place = next(
            (at for at, name in enumerate(others) if _shapes(given[name]) == wanted[identity]), None
        )
        if place is not None:
            made[identity] = given[others[place]]
            pairs.append(f"{others[place]} → {names[identity]}")
            del others[: place + 1]
    return Fitted(made, tuple(_notes(wanted, names, made, pairs, given, others)))


def _shapes(found: Mapping[str, Array]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(array.shape) for name, array in found.items()}


def _notes(
    wanted: Mapping[str, Mapping[str, tuple[int, ...]]],
    names: Mapping[str, str],
    made: Mapping[str, Mapping[str, Array]],
    pairs: list[str],
    given: Mapping[str, Mapping[str, Array]],
    others: list[str],
) -> list[Diagnostic]:
    notes = []
    if pairs:
        shown = ", ".join(pairs[:SHOWN]) + (", …" if len(pairs) > SHOWN else "")
        notes.append(diagnose(BY_ORDER, count=len(pairs), pairs=shown))
    notes.extend(
        diagnose(MISSING, node=identity, name=names[identity], weights=", ".join(shapes)[:200])
        for identity, shapes in wanted.items()
        if identity not in made
    )
    notes.extend(diagnose(LEFT_OVER, name=name[:60]) for name in others if name in given)
    return notes
