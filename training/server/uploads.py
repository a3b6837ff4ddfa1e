"""Data sets that users bring: checked when they come, found by name later."""

from __future__ import annotations

import re
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction

from designer.errors import Refusal, not_found
from training import datasets
from training.datasets.dataset import DATASETS, Dataset, Facts, facts_json
from training.datasets.npz import NpzFile
from training.models import DatasetUpload
from training.server import storage

MAX_UNPACKED_BYTES = 4 * 2**30
MAX_UPLOADS = 200


def keep(owner: User, file: UploadedFile[Any]) -> DatasetUpload:
    """Check an uploaded .npz and keep it. Raises GraphError (what is wrong with it) or Refusal."""
    if owner.dataset_uploads.count() >= MAX_UPLOADS:
        raise Refusal(
            409,
            "data.too_many",
            f"There are {MAX_UPLOADS} data sets already.",
            "Delete some you no longer need.",
        )
    upload = DatasetUpload(owner=owner, size_bytes=file.size or 0)
    path = storage.upload_file(upload.id)
    try:
        with path.open("wb") as stream:
            for chunk in file.chunks():
                stream.write(chunk)
        stem = _slug(file.name or "")
        facts = NpzFile(path, stem, MAX_UNPACKED_BYTES).facts
        return _save(upload, stem, facts)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def delete(owner: User, name: str) -> None:
    """Delete a data set of a user's, file and all. Raises Refusal (404)."""
    upload = owner.dataset_uploads.filter(name=name).first()
    if upload is None:
        raise not_found("data set")
    path = storage.upload_file(upload.id)
    upload.delete()
    path.unlink(missing_ok=True)


def find(owner: User, name: str) -> Dataset:
    """The data set of a name, declared or the user's own. Raises GraphError where there is none."""
    upload = owner.dataset_uploads.filter(name=name).first()
    if upload is not None and name not in DATASETS:
        return Uploaded(storage.upload_file(upload.id), facts_from(upload.facts))
    # Only names: a path here would be a path of the server's.
    return datasets.named(name)


def to_json(upload: DatasetUpload) -> dict[str, Any]:
    """An uploaded data set as lists show it."""
    return {
        "title": {"en": upload.name, "zh": upload.name},
        "source": "",
        "available": True,
        "message": "",
        "owned": True,
        **facts_json(facts_from(upload.facts)),
    }


class Uploaded(NpzFile):
    """An uploaded file whose facts were read when it came."""

    def __init__(self, path: Path, facts: Facts) -> None:
        super().__init__(path, facts.name, MAX_UNPACKED_BYTES)
        self.facts = facts


def facts_from(data: dict[str, Any]) -> Facts:
    """Facts from the JSON they are kept as."""
    known = {field.name for field in fields(Facts)}
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in data.items()
        if name in known
    }
    return Facts(**values)


def _save(upload: DatasetUpload, stem: str, facts: Facts) -> DatasetUpload:
    """Save under the first free name: digits, digits-2, …"""
    number = 1
    while True:
        name = stem if number == 1 else f"{stem}-{number}"
        number += 1
        if name in DATASETS:
            continue
        upload.name = name
        upload.facts = asdict(facts) | {"name": name}
        try:
            with transaction.atomic():
                upload.save(force_insert=True)
        except IntegrityError:
            continue
        return upload


def _slug(filename: str) -> str:
    stem = re.sub(r"[^\w-]+", "-", Path(filename).stem).strip("-_")
    return stem[:60] or "data"
