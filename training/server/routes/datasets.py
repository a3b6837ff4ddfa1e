"""Data sets and recipes: what can be trained on, and how."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import File, Router, Status
from ninja.files import UploadedFile

from designer import access
from training.datasets import DATASETS
from training.recipe import recipe_schema
from training.server import uploads

router = Router(tags=["training"])


@router.get("/datasets")
def list_datasets(request: HttpRequest) -> list[dict[str, Any]]:
    """All data sets, those that come with the program first."""
    user = access.require_user(request)
    declared = [dataset.to_json() for _, dataset in sorted(DATASETS.items())]
    # The one that works everywhere comes first.
    declared.sort(key=lambda entry: entry["name"] != "digits")
    return declared + [uploads.to_json(upload) for upload in user.dataset_uploads.all()]


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


@router.get("/recipes/schema")
def read_recipe_schema(request: HttpRequest) -> dict[str, Any]:
    """Optimizers, losses and settings, as a form needs them."""
    return recipe_schema()
