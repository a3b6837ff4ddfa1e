"""The rows of a network's document: its state, the updates since, and their compaction.

Everything here is ordinary blocking database work; `rooms` calls it in a thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from designer.models import Network, NetworkUpdate


@dataclass(frozen=True, slots=True)
class Entry:
    """Saved updates, and the sequence number up to which they go."""

    seq: int
    updates: list[bytes]


MAX_COUNT = 2**63 - 1
"""What a column of the database counts up to; three layers of 2^31 units have more weights."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What lists show of a network; counts end at MAX_COUNT."""

    name: str
    layers: int
    weights: int

    @classmethod
    def of(cls, name: str, layers: int, weights: int) -> Summary:
        return cls(name, layers, min(weights, MAX_COUNT))


def load(network: UUID) -> Entry:
    """Everything there is. Raises Network.DoesNotExist."""
    with transaction.atomic():
        return _since(Network.objects.get(pk=network), -1)


def since(network: UUID, seq: int) -> Entry:
    """What a reader who has seen everything up to `seq` has not. Raises Network.DoesNotExist."""
    with transaction.atomic():
        return _since(Network.objects.defer("state").get(pk=network), seq)


def append(network: UUID, seq: int, update: bytes, summary: Summary) -> Entry:
    """Save an update. Returns what others saved after `seq`, and the new sequence number.

    Raises:
        Network.DoesNotExist: where it has been deleted.
    """
    with transaction.atomic():
        # The lock makes sequence numbers grow in the order of commits (SQLite has locked all).
        row = Network.objects.select_for_update().defer("state").get(pk=network)
        missed = _since(row, seq)
        NetworkUpdate.objects.create(network=row, seq=missed.seq + 1, update=update)
        row.name, row.layers, row.weights = summary.name, summary.layers, summary.weights
        row.updated_at = timezone.now()
        row.save(update_fields=["name", "layers", "weights", "updated_at"])
    return Entry(missed.seq + 1, missed.updates)


def summarise(network: UUID, summary: Summary) -> None:
    """Save what lists show, where it has changed without the document (or after it)."""
    Network.objects.filter(pk=network).update(
        name=summary.name, layers=summary.layers, weights=summary.weights
    )


def compact(network: UUID, seq: int, state: bytes) -> None:
    """Replace the updates up to `seq` by the document's state, which holds at least them."""
    with transaction.atomic():
        row = Network.objects.select_for_update().filter(pk=network).defer("state").first()
        if row is None or row.state_seq >= seq:
            return
        row.state, row.state_seq = state, seq
        row.save(update_fields=["state", "state_seq"])
        NetworkUpdate.objects.filter(network=row, seq__lte=seq).delete()


def _since(row: Network, seq: int) -> Entry:
    rows = row.updates.filter(seq__gt=seq).order_by("seq").values_list("update", flat=True)
    updates = [bytes(update) for update in rows]
    if row.state_seq > seq and row.state:
        # Compacted past what the reader knows: the state stands for the rows that are gone.
        updates.insert(0, bytes(row.state))
    last = row.updates.aggregate(last=Max("seq"))["last"]
    return Entry(max(row.state_seq, last or 0), updates)
