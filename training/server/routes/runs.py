"""Training runs: start, watch, stop, resume, delete, fetch what they have made."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from designer import access, networks, weights
from designer.downloads import file_stem
from designer.errors import Refusal, not_found
from layers.diagnostics import GraphError
from training import tasks
from training.models import ACTIVE, Run, RunState
from training.plan import plan
from training.recipe import Recipe
from training.server import journal, runs, storage, uploads

router = Router(tags=["training"])

MAX_LISTED = 200
MAX_WAITING = 100


class Wish(Schema):
    """What to train on what, and from which weights (see the network's `weights`)."""

    network: UUID
    dataset: str = Field(max_length=200)
    recipe: dict[str, Any] = Field(default_factory=dict)
    weights: str = Field("", max_length=100)


class RunView(Schema):
    """A run as pages see it."""

    id: UUID
    network: UUID
    kind: str
    state: str
    dataset: str
    recipe: dict[str, Any]
    created_at: str
    started_at: str | None
    finished_at: str | None
    epoch: int
    epochs: int
    history: dict[str, list[float]]
    error: dict[str, Any] | None
    files: list[dict[str, Any]]
    resumable: bool
    test: dict[str, float] | None
    initial: str

    @staticmethod
    def of(run: Run) -> RunView:
        def moment(time: Any) -> str | None:
            return time.isoformat() if time else None

        return RunView(
            id=run.id,
            network=run.network_id,
            kind="train",
            state=run.state,
            dataset=run.dataset,
            recipe=run.recipe,
            created_at=run.created_at.isoformat(),
            started_at=moment(run.started_at),
            finished_at=moment(run.finished_at),
            epoch=run.epoch,
            epochs=run.epochs,
            history=journal.history_of(run),
            error=run.error,
            files=[{"name": name, "size_bytes": size} for name, size in storage.run_files(run.id)],
            resumable=runs.is_resumable(run),
            test=run.test,
            initial=run.initial,
        )


def run_of(request: HttpRequest, run: UUID) -> Run:
    """A run of the user's. Raises Refusal (404)."""
    found = Run.objects.filter(owner=access.require_user(request), pk=run).first()
    if found is None:
        raise not_found("run")
    return found


@router.post("/runs/preview")
def preview_run(request: HttpRequest, wish: Wish) -> dict[str, Any]:
    """What a run would do: how data get into the network, which loss, what is in the way."""
    user = access.require_user(request)
    network = access.network_of(user, wish.network)
    graph = networks.current_graph(network.id)
    facts = uploads.find(user, wish.dataset).facts
    shown: dict[str, Any] = {
        "loss": None,
        "adapts": [],
        "problems": [],
        "input_shape": list(facts.sample),
        "classes": list(facts.classes) if facts.classes else None,
    }
    try:
        settled = plan(graph, facts, Recipe.from_json(wish.recipe))
    except GraphError as error:
        shown["problems"] = [diagnostic.to_json() for diagnostic in error.diagnostics]
        return shown
    shown["loss"] = settled.loss
    shown["adapts"] = list(settled.preparation.adapts)
    shown["problems"] = [diagnostic.to_json() for diagnostic in settled.warnings]
    return shown


@router.post("/runs", response={201: RunView})
def start_run(request: HttpRequest, wish: Wish) -> Status[RunView]:
    """Queue a run. Answers 422 with diagnostics where network, data and recipe do not fit."""
    user = access.require_user(request)
    network = access.network_of(user, wish.network)
    graph = networks.current_graph(network.id)
    recipe = Recipe.from_json(wish.recipe)
    dataset = uploads.find(user, wish.dataset)
    plan(graph, dataset.facts, recipe)
    reason = dataset.missing()
    if reason:
        raise Refusal(422, "data.unavailable", reason, "Choose another data set.")
    waiting = Run.objects.filter(owner=user, state=RunState.QUEUED).count()
    if waiting >= MAX_WAITING:
        raise Refusal(
            429, "run.too_many", f"{waiting} runs are waiting already.", "Wait, or delete some."
        )
    initial = None
    if wish.weights not in ("", weights.NONE):
        initial = weights.source_of(network, wish.weights)
    run = runs.create(user, network, graph, wish.dataset, recipe, initial)
    tasks.call_for_training(run.id)
    return Status(201, RunView.of(run))


@router.get("/runs", response=list[RunView])
def list_runs(request: HttpRequest, network: UUID | None = None) -> list[RunView]:
    """The user's runs (of one network), the latest first."""
    mine = Run.objects.filter(owner=access.require_user(request))
    if network is not None:
        mine = mine.filter(network=network)
    active = mine.filter(state__in=ACTIVE).values_list("pk", flat=True)
    runs.give_up_silent(active)
    return [RunView.of(run) for run in mine.defer("graph")[:MAX_LISTED]]


@router.get("/runs/{uuid:run}", response=RunView)
def read_run(request: HttpRequest, run: UUID) -> RunView:
    """One run."""
    run_of(request, run)
    runs.give_up_silent([run])
    return RunView.of(run_of(request, run))


@router.get("/runs/{uuid:run}/events")
def read_events(request: HttpRequest, run: UUID, after: int = 0) -> list[dict[str, Any]]:
    """The durable events of a run after a number."""
    return journal.read(run_of(request, run).id, after)


@router.post("/runs/{uuid:run}/stop", response=RunView)
def stop_run(request: HttpRequest, run: UUID) -> RunView:
    """Stop after the current batch, and keep the weights."""
    run_of(request, run)
    if not runs.stop(run):
        raise Refusal(409, "run.state", "The run is not under way.", "Look at its state.")
    return RunView.of(run_of(request, run))


@router.post("/runs/{uuid:run}/resume", response=RunView)
def resume_run(request: HttpRequest, run: UUID) -> RunView:
    """Go on after the last finished epoch of a run that was stopped or lost."""
    run_of(request, run)
    runs.give_up_silent([run])
    if not runs.resume(run):
        raise Refusal(
            409, "run.state", "Only a stopped or lost run can be resumed.", "Start a new run."
        )
    tasks.call_for_training(run)
    return RunView.of(run_of(request, run))


@router.delete("/runs/{uuid:run}", response={204: None})
def delete_run(request: HttpRequest, run: UUID) -> Status[None]:
    """Delete a run with its files."""
    found = run_of(request, run)
    if found.state in ACTIVE:
        raise Refusal(409, "run.state", "The run is under way.", "Stop it first.")
    found.delete()
    return Status(204, None)


@router.get("/runs/{uuid:run}/files/{name}")
def read_file(request: HttpRequest, run: UUID, name: str) -> FileResponse:
    """One of the files that a run has made."""
    found = run_of(request, run)
    if name not in dict(storage.run_files(run)):
        raise not_found("file")
    stem = file_stem(found.graph["name"])
    path = storage.run_folder(run) / name
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"{stem}.{name}")
