"""Reading .npz files that anybody may have made: every size is checked before anything is unpacked,
nothing is unpickled.

An .npz is a zip of .npy members, each with a header that states dtype and shape. A hostile one
claims little and unpacks to much, or hides a pickle in an object array. Here the header, the
directory of the zip and the limit must agree first, and reading stops at the stated size.
"""

from __future__ import annotations

import io
import math
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from layers.diagnostics import GraphError, Problem
from training.refusals import refusal

MAX_MEMBERS = 1000
MAX_UNPACKED_BYTES = 8 * 2**30
"""Limit of all arrays together."""
MAX_HEADER_BYTES = 64 * 2**10
MAX_AXES = 32

NOT_FOUND = Problem("npz.missing_file", "There is no file {file}.", "Check the path.")
NOT_NPZ = Problem(
    "npz.format",
    "{file} is not an .npz file: {reason}.",
    "Make one with numpy.savez_compressed(file, x_train=…, y_train=…, x_test=…, y_test=…).",
)
NO_ARRAY = Problem(
    "npz.key",
    "{file} has no array {key}; it has {found}.",
    "Save it with numpy.savez_compressed(file, x_train=…, y_train=…, x_test=…, y_test=…).",
)
NOT_NUMBERS = Problem(
    "npz.dtype",
    "{key} holds {dtype} instead of numbers.",
    "Convert it to numbers first, such as {key}.astype('float32').",
)
TOO_LARGE = Problem(
    "npz.size",
    "The arrays of {file} take {size_mb} MB unpacked; the limit is {limit_mb} MB.",
    "Save fewer samples, or smaller types such as uint8.",
)
DAMAGED = Problem("npz.damaged", "{key} in {file} is damaged: {reason}.", "Save the file again.")

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Header:
    """What an array says of itself: its shape, samples first, and its dtype."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def size_bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


class Archive:
    """An .npz file whose headers have been checked.

    Args:
        path: the file.
        keys: arrays that are read if they are there; others are ignored.
        limit_bytes: limit of all these arrays together.
        name: what messages call the file; its own name where nothing is given.

    Raises:
        GraphError: where the file is missing, no .npz, too large, or holds something that is not
        numbers.
    """

    def __init__(
        self,
        path: Path,
        keys: tuple[str, ...],
        limit_bytes: int = MAX_UNPACKED_BYTES,
        name: str = "",
    ) -> None:
        self.path = path
        self.name = name or path.name
        self.headers: dict[str, Header] = {}
        with self._opened() as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS:
                raise self._refused(NOT_NPZ, reason=f"it has {len(members)} members")
            self.found = tuple(
                sorted(
                    member.filename.removesuffix(".npy")
                    for member in members
                    if member.filename.endswith(".npy")
                )
            )
            for member in members:
                key = member.filename.removesuffix(".npy")
                if key in keys and member.filename.endswith(".npy"):
                    self.headers[key] = self._header(archive, member, key)
        size = sum(header.size_bytes for header in self.headers.values())
        if size > limit_bytes:
            raise self._refused(
                TOO_LARGE, size_mb=round(size / 1e6), limit_mb=round(limit_bytes / 1e6)
            )

    def header(self, key: str) -> Header:
        """The header of an array that must be there. Raises GraphError."""
        if key not in self.headers:
            found = ", ".join(self.found[:8]) or "no arrays"
            raise self._refused(NO_ARRAY, key=key, found=found)
        return self.headers[key]

    def read(self, key: str) -> Array:
        """An array that must be there. Raises GraphError."""
        self.header(key)
        with self._opened() as archive, self._reading(key), archive.open(f"{key}.npy") as stream:
            array: Array = np.lib.format.read_array(stream, allow_pickle=False)
            return array

    def _header(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, key: str) -> Header:
        # NumPy writes these two. Of the others, LZMA takes what memory the file asks for.
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise self._refused(DAMAGED, key=key, reason="NumPy does not compress like this")
        with self._reading(key), archive.open(member) as stream:
            # A header states its own length, of up to 4 GB.
            head = io.BytesIO(stream.read(MAX_HEADER_BYTES))
            shape, dtype = _read_header(head)
            start = head.tell()
        if dtype.kind not in "biuf":
            raise self._refused(NOT_NUMBERS, key=key, dtype=_spelt(dtype))
        header = Header(shape, dtype)
        if start + header.size_bytes != member.file_size:
            reason = (
                f"its header states {header.size_bytes} bytes, the file {member.file_size - start}"
            )
            raise self._refused(DAMAGED, key=key, reason=reason)
        return header

    @contextmanager
    def _opened(self) -> Iterator[zipfile.ZipFile]:
        try:
            archive = zipfile.ZipFile(self.path)
        except (FileNotFoundError, IsADirectoryError, PermissionError):
            raise self._refused(NOT_FOUND) from None
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise self._refused(NOT_NPZ, reason=_lower(str(error))) from None
        with archive:
            yield archive

    @contextmanager
    def _reading(self, key: str) -> Iterator[None]:
        # zipfile raises RuntimeError for encrypted members and NotImplementedError for unknown
        # compression.
        try:
            yield
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            RuntimeError,
            SyntaxError,
            TypeError,
            ValueError,
        ) as error:
            reason = _lower(str(error).partition("\n")[0])[:160] or type(error).__name__
            raise self._refused(DAMAGED, key=key, reason=reason) from None

    def _refused(self, problem: Problem, **values: object) -> GraphError:
        return refusal(problem, node=None, fix=None, file=self.name, **values)


def _read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(stream)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read is None:
        raise ValueError(f"array format {version[0]}.{version[1]} is unknown")
    try:
        shape, _, dtype = read(stream)
    except (tokenize.TokenError, RecursionError, MemoryError):
        raise ValueError("its header cannot be read") from None
    if len(shape) > MAX_AXES or not all(type(dim) is int and dim >= 0 for dim in shape):
        raise ValueError(f"its shape is {shape!r:.60}")
    return shape, dtype


def _spelt(dtype: np.dtype[Any]) -> str:
    if dtype.hasobject:
        return "Python objects"
    return {"U": "text", "S": "bytes", "c": "complex numbers", "M": "dates"}.get(
        dtype.kind, str(dtype)
    )


def _lower(sentence: str) -> str:
    text = sentence.strip().rstrip(".")
    return text[:1].lower() + text[1:]
