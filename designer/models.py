"""Networks as the database keeps them: a compacted document and the updates since."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models


class Network(models.Model):
    """One network: who owns it, and its document.

    The document is `state` (a Yjs update of everything up to `state_seq`) plus the NetworkUpdate
    rows that follow it. Updates may be applied twice and in any order, so a reader that has seen
    some of either needs only what is new to it.

    Attributes:
        name: copy of the document's own name, for lists.
        layers, weights: counts from the last analysis, for lists.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="networks"
    )
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField()
    state = models.BinaryField()
    state_seq = models.PositiveBigIntegerField(default=0)
    layers = models.PositiveIntegerField(default=0)
    weights = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["-updated_at"]
        indexes: ClassVar = [models.Index(fields=["owner", "-updated_at"])]

    def __str__(self) -> str:
        return self.name


class NetworkUpdate(models.Model):
    """One saved batch of changes of a network's document; `seq` counts from 1 within a network."""

    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="updates")
    seq = models.PositiveBigIntegerField()
    update = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["network", "seq"], name="one_update_per_seq")
        ]

    def __str__(self) -> str:
        return f"{self.network_id} #{self.seq}"


class NetworkWeights(models.Model):
    """That a network was imported with weights; the values lie in designer.storage.

    Attributes:
        name: of the file they came in.
        count: how many numbers.
    """

    network = models.OneToOneField(Network, on_delete=models.CASCADE, primary_key=True)
    name = models.CharField(max_length=200)
    count = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.network_id} {self.name}"
