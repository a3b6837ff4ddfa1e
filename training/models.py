"""Runs, what they have told, jobs on their networks, and data sets that users have brought.

A run keeps its own copy of the graph and the recipe: what is edited later does not change what was
trained. Its durable events are rows numbered from 1 without gaps; a page that knows the last number
it has seen never misses one.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models


class RunState(models.TextChoices):
    """Where a run is."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"
    LOST = "lost"


ACTIVE = (RunState.STARTING, RunState.RUNNING, RunState.STOPPING)
"""A worker is (or should be) at it."""

UNDER_WAY = (RunState.QUEUED, *ACTIVE)
"""It has not ended."""

RESUMABLE = (RunState.STOPPED, RunState.LOST)


class Run(models.Model):
    """One training of one network.

    Attributes:
        graph, recipe: own copies, as JSON.
        dataset: name of the data set.
        initial: what the weights are called that it started from; empty where it started anew.
        worker: host and process id of the worker that has it.
        heartbeat: when that worker last said that it is alive.
        epoch: the last finished epoch.
        checkpoint: the last epoch that can be resumed after.
        history: values of every metric, one for each finished epoch, once the run has ended; see
            training.server.journal.history_of.
        test: metrics on the test set, once finished.
        error: why it failed: code, message, hint, node.
        seq: number of its last event.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    network = models.ForeignKey("designer.Network", on_delete=models.CASCADE, related_name="runs")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="runs"
    )
    state = models.CharField(max_length=10, choices=RunState, default=RunState.QUEUED)
    graph = models.JSONField()
    recipe = models.JSONField()
    dataset = models.CharField(max_length=200)
    initial = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    worker = models.CharField(max_length=300, blank=True, default="")
    heartbeat = models.DateTimeField(null=True)
    epoch = models.PositiveIntegerField(default=0)
    checkpoint = models.PositiveIntegerField(default=0)
    epochs = models.PositiveIntegerField()
    history = models.JSONField(default=dict)
    test = models.JSONField(null=True)
    error = models.JSONField(null=True)
    seq = models.PositiveIntegerField(default=0)

    events: models.Manager[Event]
    jobs: models.Manager[Job]

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [
            models.Index(fields=["network", "-created_at"]),
            models.Index(fields=["state", "queued_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"


class Event(models.Model):
    """One durable event of a run; `payload` is its whole JSON but for number and time."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=20)
    payload = models.JSONField()
    time = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "seq"], name="one_event_per_seq")
        ]

    def __str__(self) -> str:
        return f"{self.run_id} #{self.seq} {self.kind}"


class JobState(models.TextChoices):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


class Job(models.Model):
    """A question to the network of a run: how good it is on the test set, or what it sees in an
    image; or an export of a network that needs TensorFlow.

    Attributes:
        run: whose network is asked; none for an export.
        network: what is exported; none for a question.
        order: of an export: the graph, the format, the file name, which weights, where to.
        image: a PNG of the size of the samples, for a prediction.
        adapts: sentences that say what was done to the image.
        result: JSON of the event that answers it.
    """

    class Kind(models.TextChoices):
        EVALUATE = "evaluate"
        PREDICT = "predict"
        EXPORT = "export"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="jobs", null=True)
    network = models.ForeignKey(
        "designer.Network", on_delete=models.CASCADE, related_name="jobs", null=True
    )
    order = models.JSONField(default=dict)
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=JobState, default=JobState.QUEUED)
    image = models.BinaryField(blank=True, default=b"")
    adapts = models.JSONField(default=list)
    result = models.JSONField(null=True)
    error = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    heartbeat = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.kind} {self.run_id or self.network_id} {self.state}"


class DatasetUpload(models.Model):
    """An .npz file of a user's; `facts` is what was read from it when it came."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="dataset_uploads"
    )
    name = models.CharField(max_length=100)
    facts = models.JSONField()
    size_bytes = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "name"], name="one_upload_per_name")
        ]

    def __str__(self) -> str:
        return self.name
