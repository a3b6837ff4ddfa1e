"""Where the files of runs and uploads lie: the one place that knows settings.STORAGE_URL.

It names a folder (``file://``). Everything outside asks here for paths, so that another kind of
store changes nothing else.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

DOWNLOADS = ("weights.weights.h5", "model.keras", "graph.json", "history.json")
"""Files of a run that its owner may fetch."""


def root() -> Path:
    """The folder of everything. Raises ImproperlyConfigured for a URL that is no folder."""
    parts = urlsplit(settings.STORAGE_URL)
    if parts.scheme != "file" or not parts.path:
        raise ImproperlyConfigured(
            f"STORAGE_URL is {settings.STORAGE_URL!r}. Use file:///absolute/path."
        )
    return Path(unquote(parts.path))


def run_folder(run: UUID) -> Path:
    """The folder of a run; it need not exist."""
    return root() / "runs" / str(run)


def upload_file(upload: UUID) -> Path:
    """The file of an uploaded data set; its folder exists afterwards."""
    folder = root() / "datasets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{upload}.npz"


def run_files(run: UUID) -> list[tuple[str, int]]:
    """Names and sizes in bytes of the files that can be fetched."""
    folder = run_folder(run)
    found = ((name, folder / name) for name in DOWNLOADS)
    return [(name, path.stat().st_size) for name, path in found if path.is_file()]


def delete_run(run: UUID) -> None:
    """Delete the files of a run, if there are any."""
    shutil.rmtree(run_folder(run), ignore_errors=True)
