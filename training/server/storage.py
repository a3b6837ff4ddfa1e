"""Where the files of runs and uploads lie. Everything outside asks here for paths."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import UUID

from designer.storage import folder

DOWNLOADS = (
    "weights.weights.h5",
    "weights.safetensors",
    "model.keras",
    "graph.json",
    "history.json",
)
"""Files of a run that its owner may fetch."""
WEIGHTS = "weights.safetensors"
"""A run's weights by node (exporters.weights)."""
INITIAL = "initial.safetensors"
"""The weights from which a run starts, where it does not start anew."""


def run_folder(run: UUID) -> Path:
    """The folder of a run; it need not exist."""
    return folder() / "runs" / str(run)


def upload_file(upload: UUID) -> Path:
    """The file of an uploaded data set; its folder exists afterwards."""
    place = folder() / "datasets"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place / f"{upload}.npz"


def export_file(job: UUID) -> Path:
    """The file that a worker writes an export to; its folder exists afterwards."""
    place = folder() / "exports-made"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place / str(job)


def run_files(run: UUID) -> list[tuple[str, int]]:
    """Names and sizes in bytes of the files that can be fetched."""
    place = run_folder(run)
    found = ((name, place / name) for name in DOWNLOADS)
    return [(name, path.stat().st_size) for name, path in found if path.is_file()]


def delete_run(run: UUID) -> None:
    """Delete the files of a run, if there are any."""
    shutil.rmtree(run_folder(run), ignore_errors=True)
