"""What the worker asks of its processes, and how the two talk: one JSON object a line, both ways.

To the process go an :class:`Order` (``{"do": "train", ...}``), ``{"do": "warm"}`` and
``{"do": "stop"}``; the end of its input ends it. From it come a run's events, and of its own
``{"kind": "imported"}`` when it has all modules, ``{"kind": "ready"}`` when it is warm and
``{"kind": "done"}`` after each order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, TypeAlias

Task: TypeAlias = Literal["train", "evaluate", "predict", "export"]

WARM = {"do": "warm"}
STOP = {"do": "stop"}
IMPORTED = "imported"
READY = "ready"
DONE = "done"


@dataclass(frozen=True, slots=True)
class Order:
    """One thing to do.

    Attributes:
        do: what.
        directory: folder of the run's files.
        graph, recipe: those of the run, as JSON.
        dataset: name of a declared data set, or of an uploaded one.
        file: path of the uploaded one.
        resume: go on after the run's last checkpoint.
        told: how many epochs the run is known to have finished.
        job: id of the job that asks.
        image: a PNG in base64, of the size of the samples.
        adapts: sentences on what was done to the image.
        weights: path of the weights to start from, or to export.
        format: name of the format to export to.
        target: path of the file to write.
    """

    do: Task
    directory: str
    graph: dict[str, Any]
    recipe: dict[str, Any]
    dataset: str
    file: str = ""
    resume: bool = False
    told: int = 0
    job: str = ""
    image: str = ""
    adapts: tuple[str, ...] = ()
    weights: str = ""
    format: str = ""
    target: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Order:
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in data.items() if name in known})
