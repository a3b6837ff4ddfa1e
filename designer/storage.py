"""Where files lie: the one place that knows settings.STORAGE_URL.

Exports go to that URL, whatever fsspec can write to: a folder (``file://``), memory, S3, HDFS.
Files that this program works with itself (weights, runs, data sets) need a folder: the storage's
own where it is one, else one beside the database.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID

import fsspec
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from designer.errors import Refusal

EXPORTS = "exports"
MAX_NUMBER = 10_000


def folder() -> Path:
    """The folder of everything that is worked with. Raises ImproperlyConfigured."""
    parts = urlsplit(settings.STORAGE_URL)
    if not parts.scheme:
        raise ImproperlyConfigured(
            f"STORAGE_URL is {settings.STORAGE_URL!r}. Use a URL such as file:///absolute/path."
        )
    if parts.scheme != "file":
        return Path(settings.DATA_DIR, "storage")
    if not parts.path:
        raise ImproperlyConfigured(
            f"STORAGE_URL is {settings.STORAGE_URL!r}. Use file:///absolute/path."
        )
    return Path(unquote(parts.path))


def weights_file(network: UUID) -> Path:
    """The file of a network's weights; its folder exists afterwards."""
    place = folder() / "weights"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place / f"{network}.safetensors"


def scratch() -> Path:
    """A folder for files that live as long as a request; on the disk that the others are on."""
    place = folder() / "scratch"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def export(owner: str, filename: str, content: bytes) -> str:
    """Write an export to the storage, beside those of the same name; gives its URL.

    Raises:
        Refusal: 502 where the storage does not take it.
    """
    stem, dot, ending = filename.partition(".")
    try:
        system, root = fsspec.core.url_to_fs(settings.STORAGE_URL)
        place = f"{root.rstrip('/')}/{EXPORTS}/{owner}"
        system.makedirs(place, exist_ok=True)
        for number in range(1, MAX_NUMBER):
            name = f"{stem}{f'-{number}' if number > 1 else ''}{dot}{ending}"
            path = f"{place}/{name}"
            if not system.exists(path):
                break
        else:
            raise OSError(f"there are {MAX_NUMBER} files of this name")
        with system.open(path, "wb") as stream:
            stream.write(content)
    # fsspec's many stores raise what their own libraries raise.
    except Exception as error:
        raise Refusal(
            502,
            "storage.failed",
            f"The storage does not take the file: {str(error)[:300] or type(error).__name__}.",
            "Check STORAGE_URL and what it needs (a bucket, a login), and try again.",
        ) from error
    return str(system.unstrip_protocol(path))
