"""Exports that are more than a download: into the storage, or made by a worker."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.http import FileResponse, HttpRequest
from ninja import Router, Status
from pydantic import Field

from designer import access, networks, weights
from designer import storage as places
from designer.errors import Refusal, not_found
from designer.requests import Body
from designer.routes.transfer import export_name, written
from designer.telling import told
from exporters.format import writer
from layers.diagnostics import GraphError
from training import tasks
from training.models import Job, JobState
from training.server import exports, storage
from training.server.routes.jobs import job_of

router = Router(tags=["formats"])

MAX_WAITING = 20
KEPT_EXPORTS = 20


class Wish(Body):
    """Where an export goes, and with which weights (see the network's `weights`)."""

    to: Literal["download", "storage"] = "download"
    weights: str = Field("", max_length=100)


@router.post("/networks/{uuid:network}/exports/{format_name}", response={201: dict, 202: dict})
def start_export(
    request: HttpRequest, network: UUID, format_name: str, wish: Wish
) -> Status[dict[str, Any]]:
    """Write the network in a format: 201 with the address of the file; 202 with a job where a
    worker has to. The diagnostics name the layers that the weights leave without values. 422 with
    diagnostics where the format cannot express it.
    """
    user = access.require_user(request)
    row = access.network_of(user, network)
    form = writer(format_name)
    graph = networks.current_graph(network)
    obstacles = form.obstacles(graph)
    if obstacles:
        raise GraphError(obstacles)
    name = export_name(graph, form)
    lacking = weights.lacking(row, graph, wish.weights) if form.carries_weights else ()
    answer: dict[str, Any] = {"diagnostics": told(lacking)}
    if form.runtime:
        job = exports.create(user, row, graph, form, name, wish.to, wish.weights)
        return Status(202, answer | {"job": str(_queue(job))})
    if wish.to == exports.STORAGE:
        content = written(user, network, form, graph, wish.weights)
        return Status(201, answer | {"url": places.export(str(user.pk), name, content)})
    query = f"?weights={wish.weights}" if wish.weights else ""
    return Status(201, answer | {"url": f"/api/networks/{network}/export/{format_name}{query}"})


@router.get("/jobs/{uuid:job}/file")
def read_export(request: HttpRequest, job: UUID) -> FileResponse:
    """The file that a worker has written."""
    found = job_of(request, job)
    path = storage.export_file(found.id)
    if found.kind != Job.Kind.EXPORT or found.state != JobState.FINISHED or not path.is_file():
        raise not_found("file")
    return FileResponse(path.open("rb"), as_attachment=True, filename=found.order["filename"])


def _queue(job: Job) -> UUID:
    mine = Job.objects.filter(network=job.network, kind=Job.Kind.EXPORT)
    if mine.filter(state=JobState.QUEUED).count() > MAX_WAITING:
        job.delete()
        raise Refusal(429, "export.too_many", "Many exports are waiting already.", "Wait for them.")
    for old in mine.exclude(state__in=(JobState.QUEUED, JobState.RUNNING))[KEPT_EXPORTS:]:
        old.delete()
    tasks.call_for_answer(job.id)
    return job.id
