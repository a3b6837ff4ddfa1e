"""Files that a request brings: chosen, dropped, pasted, or named by an address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.http import HttpRequest
from pydantic import Field, ValidationError

from designer import storage
from designer.errors import Refusal
from designer.fetching import fetch
from designer.requests import Body, read_json

MAX_FILES = 8


@dataclass(frozen=True, slots=True)
class Incoming:
    """One file: where it lies while the request lasts, and what it was called."""

    path: Path
    filename: str


class Pasted(Body):
    """A file's text, where it was pasted instead of chosen; or the address of a file."""

    text: str | None = None
    url: str | None = Field(None, max_length=2000)
    filename: str = Field("", max_length=255)


@contextmanager
def files_of(request: HttpRequest) -> Iterator[list[Incoming]]:
    """The files that a request brings, on the disk. Raises Refusal (422)."""
    with TemporaryDirectory(dir=storage.scratch()) as folder:
        if request.content_type == "multipart/form-data":
            yield _uploaded(request, Path(folder))
        else:
            yield [_pasted(request, Path(folder, "0"))]


def _uploaded(request: HttpRequest, folder: Path) -> list[Incoming]:
    files: list[UploadedFile[bytes]] = request.FILES.getlist("file")
    if not files:
        raise Refusal(
            422, "import.no_file", "The request brings no file.", "Send it as the field file."
        )
    if len(files) > MAX_FILES:
        raise Refusal(
            422,
            "import.too_many",
            f"The request brings {len(files)} files; {MAX_FILES} can belong to one network.",
            "Send the network and its weights only.",
        )
    found = []
    for index, file in enumerate(files):
        if isinstance(file, TemporaryUploadedFile):
            path = Path(file.temporary_file_path())
        else:
            path = folder / str(index)
            path.write_bytes(file.read())
        found.append(Incoming(path, file.name or ""))
    return found


def _pasted(request: HttpRequest, path: Path) -> Incoming:
    try:
        given = Pasted.model_validate(read_json(request))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _invalid(f"{place}: {first['msg']}") from None
    if (given.text is None) == (given.url is None):
        raise _invalid("one of text and url is wanted")
    if given.url is not None:
        return Incoming(path, given.filename or fetch(given.url.strip(), path))
    path.write_bytes((given.text or "").encode(errors="replace"))
    return Incoming(path, given.filename or "The text")


def _invalid(reason: str) -> Refusal:
    return Refusal(422, "http.validation", f"{reason}.", "Send text, url, or a file.")
