"""Data sets and recipes: what can be trained on, and how."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import File, Router, Status
from ninja.files import UploadedFile

from designer import access, networks
from training.datasets import DATASETS
from training.datasets.dataset import Dataset
from training.plan import fitting
from training.recipe import recipe_schema
from training.server import uploads

router = Router(tags=["training"])


@router.get("/datasets")
def list_datasets(request: HttpRequest) -> list[dict[str, Any]]:
    """All data sets, those that come with the program first."""
    user = access.require_user(request)
    declared = [dataset.to_json() for dataset in _declared()]
    return declared + [uploads.to_json(upload) for upload in user.dataset_uploads.all()]


@router.get("/networks/{uuid:network}/datasets")
def list_fitting(request: HttpRequest, network: UUID) -> list[str]:
    """The data sets that can be loaded here and whose samples get into the network as it is:
    those that are at hand first, then those that are fetched.
    """
    user = access.require_user(request)
    access.network_of(user, network)
    graph = networks.current_graph(network)
    own = [uploads.facts_from(upload.facts) for upload in user.dataset_uploads.all()]
    known = [dataset for dataset in _declared() if not dataset.missing()]
    here = [dataset.static for dataset in known if dataset.is_here()] + own
    away = [dataset.static for dataset in known if not dataset.is_here()]
    return [facts.name for facts in fitting(graph, here + away)]


@router.post("/datasets", response={201: dict[str, Any]})
def upload_dataset(request: HttpRequest, file: File[UploadedFile]) -> Status[dict[str, Any]]:
    """Bring an .npz with x_train, y_train and, if there is a test set, x_test, y_test."""
    upload = uploads.keep(access.require_user(request), file)
    return Status(201, uploads.to_json(upload))


@router.delete("/datasets/{name}", response={204: None})
def delete_dataset(request: HttpRequest, name: str) -> Status[None]:
    """Delete a data set of one's own."""
    uploads.delete(access.require_user(request), name)
    return Status(204, None)


def _declared() -> list[type[Dataset]]:
    """Those that come with the program, in the order of lists."""
    return sorted(DATASETS.values(), key=lambda dataset: (dataset.order, dataset.static.name))


@router.get("/recipes/schema")
def read_recipe_schema(request: HttpRequest) -> dict[str, Any]:
    """Optimizers, losses and settings, as a form needs them."""
    return recipe_schema()
