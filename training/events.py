"""What a run tells, as typed values.

A **durable** event is kept as a row and numbered; whoever was away gets it later. A **passing**
event (``durable`` is False) is worth nothing a moment later: it may be dropped. Epochs count from
1, and a step counts the batches finished.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

EVENTS: dict[str, type[Event]] = {}
"""Every event by its kind."""

Metrics = Mapping[str, float]
"""Metric values by Keras' names: loss, accuracy, val_loss, …; where losses are added up, also that
of each end, without its weight: aux_loss, val_aux_loss."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something failed: what is, what to do about it, and the layer at fault where there is
    one."""

    code: str
    message: str
    hint: str = ""
    node: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "node": self.node,
        }

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class Event:
    """Base of all events. Its JSON is ``{"kind": ..., **fields}``."""

    __slots__ = ()

    kind: ClassVar[str]
    durable: ClassVar[bool] = True

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        # dataclass(slots=True) makes the class a second time under the same name; the second one
        # counts.
        known = EVENTS.get(cls.kind)
        if known is not None and known.__qualname__ != cls.__qualname__:
            raise ValueError(f"event kind {cls.kind!r} is declared twice")
        EVENTS[cls.kind] = cls

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"kind": self.kind, **{name: _plain(getattr(self, name)) for name in _names(self)}}


@dataclass(frozen=True, slots=True)
class Queued(Event):
    """The run waits for a worker."""

    kind = "queued"


@dataclass(frozen=True, slots=True)
class Started(Event):
    """A worker has begun.

    Attributes:
        device: the hardware, such as "CPU" or a GPU's name.
        backend: Keras' backend.
        seed: the seed in use, drawn where the recipe gave none.
        loss: name of the loss in use; where there are several, each kind once.
        adapts: sentences that say how the data were fitted to the network.
    """

    kind = "started"
    device: str
    backend: str
    seed: int
    loss: str
    adapts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EpochBegin(Event):
    """An epoch of `steps` batches begins."""

    kind = "epoch_begin"
    epoch: int
    steps: int


@dataclass(frozen=True, slots=True)
class Batch(Event):
    """Where the epoch is; metrics are averages since its first batch, `eta_s` is the time until the
    last epoch ends."""

    kind = "batch"
    durable = False
    epoch: int
    step: int
    steps: int
    metrics: Metrics
    eta_s: float
    samples_per_s: float


@dataclass(frozen=True, slots=True)
class Status(Event):
    """One sentence on what is being done."""

    kind = "status"
    durable = False
    text: str


@dataclass(frozen=True, slots=True)
class Epoch(Event):
    """An epoch has ended; `eta_s` is the time until the last one will have."""

    kind = "epoch"
    epoch: int
    epochs: int
    metrics: Metrics
    duration_s: float
    eta_s: float
    learning_rate: float


@dataclass(frozen=True, slots=True)
class Checkpoint(Event):
    """Everything needed to go on after this epoch is on disk."""

    kind = "checkpoint"
    epoch: int


@dataclass(frozen=True, slots=True)
class Finished(Event):
    """All epochs are done; `test` holds the metrics on the test set."""

    kind = "finished"
    test: Metrics


@dataclass(frozen=True, slots=True)
class Stopped(Event):
    """The user stopped the run in or after this epoch; the weights are kept."""

    kind = "stopped"
    epoch: int


@dataclass(frozen=True, slots=True)
class Failed(Event):
    """The run cannot go on."""

    kind = "failed"
    error: Failure


@dataclass(frozen=True, slots=True)
class Lost(Event):
    """The process that trained is gone; `epoch` is the last one that a checkpoint closes."""

    kind = "lost"
    epoch: int


@dataclass(frozen=True, slots=True)
class Resumed(Event):
    """The run goes on after this epoch."""

    kind = "resumed"
    epoch: int


@dataclass(frozen=True, slots=True)
class Evaluation(Event):
    """The test set, measured.

    Attributes:
        job: id of the job that asked for it.
        accuracy: share of correct answers; None for a regression.
        confusion: counts by (true class, predicted class); None where there are no classes.
        per_class: for each class ``{"label", "precision", "recall", "f1", "support"}``.
    """

    kind = "evaluation"
    job: str
    loss: float
    accuracy: float | None
    confusion: tuple[tuple[int, ...], ...] | None
    classes: tuple[str, ...] | None
    per_class: tuple[Mapping[str, Any], ...] | None
    metrics: Metrics


@dataclass(frozen=True, slots=True)
class Prediction(Event):
    """What the network sees in one image.

    Attributes:
        job: id of the job that asked for it.
        top: the likeliest classes, best first: ``{"label", "index", "probability"}``.
        image: a PNG as a data address: the input as the network saw it.
        values: the output itself where the network does not tell classes apart.
        adapts: sentences that say how the image was fitted to the network.
    """

    kind = "prediction"
    job: str
    top: tuple[Mapping[str, Any], ...]
    image: str
    values: tuple[float, ...] | None = None
    adapts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exported(Event):
    """A network has been written in a format that needs TensorFlow.

    Attributes:
        job: id of the job that asked for it.
        size_bytes: of the file.
    """

    kind = "exported"
    job: str
    size_bytes: int


def _names(event: Any) -> list[str]:
    return [field.name for field in fields(event)]


def _plain(value: Any) -> Any:
    if isinstance(value, Failure):
        return value.to_json()
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
