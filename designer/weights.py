"""The weights that a network can be exported, tested or trained on with: those imported with it,
and those that others offer (training offers its runs').

Whoever has some registers a provider in :data:`PROVIDERS`; nothing here knows of runs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias
from uuid import UUID

from django.db import transaction

from designer import storage
from designer.errors import Refusal, not_found
from designer.models import Network, NetworkWeights
from designer.telling import told
from exporters import weights as stored
from exporters.weights import Fitted, Weights
from layers.diagnostics import Diagnostic
from layers.graph import Graph

IMPORTED = "imported"
NONE = "none"


@dataclass(frozen=True, slots=True)
class Source:
    """Weights that a network may take.

    Attributes:
        id: "imported", or what its provider calls it.
        label: for menus; a file's name, or what a run trained on.
        date: when they came to be, ISO 8601.
        path: the file (safetensors, names ``node/weight``).
        count: how many numbers.
    """

    id: str
    label: str
    date: str
    path: Path
    count: int

    def to_json(self, graph: Graph) -> dict[str, Any]:
        lacking = stored.lacking(graph, stored.shapes(self.path))
        return {
            "id": self.id,
            "label": self.label,
            "date": self.date,
            "count": self.count,
            "complete": not lacking,
            "lacking": told(lacking),
        }


Provider: TypeAlias = Callable[[Network], Iterable[Source]]
PROVIDERS: list[Provider] = []


def sources(network: Network) -> list[Source]:
    """All weights that a network may take, those imported with it first."""
    found = [] if (own := imported(network)) is None else [own]
    return found + [source for provider in PROVIDERS for source in provider(network)]


def imported(network: Network) -> Source | None:
    """The weights that came with a network, if any."""
    row = NetworkWeights.objects.filter(network=network).first()
    if row is None:
        return None
    path = storage.weights_file(network.id)
    return Source(IMPORTED, row.name, row.created_at.isoformat(), path, row.count)


def source_of(network: Network, identity: str) -> Source:
    """The weights of this id. Raises Refusal (404)."""
    for source in sources(network):
        if source.id == identity:
            return source
    raise not_found("set of weights")


def chosen(network: Network, graph: Graph, identity: str) -> Fitted | None:
    """The weights that a request names, as far as they fit the network as it is now; None where it
    names none. Raises Refusal (404).
    """
    if identity in ("", NONE):
        return None
    return stored.fit(graph, stored.load(source_of(network, identity).path))


def lacking(network: Network, graph: Graph, identity: str) -> tuple[Diagnostic, ...]:
    """Which layers the weights that a request names leave without values, as the network is now.
    Raises Refusal (404).
    """
    if identity in ("", NONE):
        return ()
    return stored.lacking(graph, stored.shapes(source_of(network, identity).path))


def keep(network: Network, weights: Weights, name: str) -> None:
    """Keep weights with a network, in the place of those before."""
    target = storage.weights_file(network.id)
    draft = target.with_suffix(f".{os.getpid()}.draft")
    stored.save(weights, draft)
    with transaction.atomic():
        NetworkWeights.objects.update_or_create(
            network=network, defaults={"name": name[:200], "count": stored.count(weights)}
        )
        os.replace(draft, target)


def copy(source: Network, target: Network) -> None:
    """Give a network the weights that another was imported with."""
    row = imported(source)
    if row is not None:
        keep(target, stored.load(row.path), row.label)


def drop(network: Network) -> None:
    """Forget the weights that came with a network. Raises Refusal (404) where there are none."""
    deleted, _ = NetworkWeights.objects.filter(network=network).delete()
    if not deleted:
        raise not_found("set of weights")


def delete_file(network: UUID) -> None:
    """Delete the file of a network's weights, if there is one."""
    storage.weights_file(network).unlink(missing_ok=True)


@contextmanager
def draft() -> Iterator[Path]:
    """A place for weights while a file is read."""
    with TemporaryDirectory(dir=storage.scratch()) as folder:
        yield Path(folder, "weights.safetensors")


def renamed(weights: Weights, before: Graph, after: Graph) -> Weights:
    """Weights of a network whose nodes have got other ids, in the same order."""
    if before is after:
        return weights
    ids = dict(zip(stored.node_ids(before), stored.node_ids(after), strict=True))
    return {ids[identity]: arrays for identity, arrays in weights.items() if identity in ids}


def refuse_unfit(fitted: Fitted, name: str) -> None:
    """Refuse a file of which nothing fits the network. Raises Refusal (422)."""
    if not fitted.weights:
        raise Refusal(
            422,
            "weights.no_fit",
            f"No weight in {name[:100]} fits a layer of this network.",
            "Choose the weights of this network, or open the file as a network of its own.",
        )
