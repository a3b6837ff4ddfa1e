"""Exports that a worker makes, since their libraries must not be in the web process: queued as
jobs, delivered as a download or into the storage.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib.auth.models import User

from designer import storage as places
from designer import weights
from designer.errors import Refusal
from designer.models import Network
from exporters.format import Format
from exporters.weights import save
from layers.graph import Graph
from training.events import Failure
from training.models import Job
from training.orders import Order
from training.server import storage

DOWNLOAD = "download"
STORAGE = "storage"


def create(
    owner: User, network: Network, graph: Graph, form: Format, filename: str, to: str, chosen: str
) -> Job:
    """A job that writes a network in a format. Raises GraphError, Refusal (404)."""
    job = Job(network=network, kind=Job.Kind.EXPORT)
    fitted = weights.chosen(network, graph, chosen)
    if fitted is not None:
        save(fitted.weights, _weights_file(job))
    job.order = {
        "graph": graph.to_json(),
        "format": form.name,
        "filename": filename,
        "to": to,
        "owner": str(owner.pk),
    }
    job.save()
    return job


def order(job: Job) -> Order:
    """What the process is told to do."""
    given = _weights_file(job)
    return Order(
        do="export",
        directory="",
        graph=job.order["graph"],
        recipe={},
        dataset="",
        job=str(job.id),
        weights=str(given) if given.is_file() else "",
        format=job.order["format"],
        target=str(storage.export_file(job.id)),
    )


def delivered(
    job: Job, result: dict[str, Any]
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Where the finished file is to be had; or why not."""
    size = {"size_bytes": result["size_bytes"], "filename": job.order["filename"]}
    if job.order["to"] == DOWNLOAD:
        return {"download": f"/api/jobs/{job.id}/file", **size}, None
    try:
        content = storage.export_file(job.id).read_bytes()
        url = places.export(job.order["owner"], job.order["filename"], content)
    except Refusal as refusal:
        return None, Failure(refusal.code, refusal.message, refusal.hint).to_json()
    return {"url": url, **size}, None


def forget(instance: Job, **_: object) -> None:
    """Delete what a job has left, whoever deletes it."""
    storage.export_file(instance.pk).unlink(missing_ok=True)
    _weights_file(instance).unlink(missing_ok=True)


def _weights_file(job: Job) -> Path:
    return storage.export_file(job.pk).with_suffix(".safetensors")
