"""Zip archives by strangers: what is in them is told from their directory alone, and a member is
read only within the bounds its size promises. Nothing is ever unpacked to a disk.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from mmap import mmap
from typing import NoReturn
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, LargeZipFile, ZipFile, ZipInfo

from exporters.hdf5.source import Window
from layers.diagnostics import GraphError, Problem, diagnose

SIGNATURE = b"PK\x03\x04"
MAX_MEMBERS = 10_000
MAX_DIRECTORY_BYTES = 8 * 2**20
MIN_UNPACKED_BYTES = 256 * 2**20
MAX_UNPACKING = 8
_END = b"PK\x05\x06"
_END_BYTES = 22
_LOCATOR = b"PK\x06\x07"
_ENCRYPTED = 0x1

BROKEN = Problem(
    "zip.broken",
    "{file} is damaged: {reason}.",
    "Download it again, or save it anew with Keras.",
)
REFUSED = Problem(
    "zip.refused",
    "{file} is not read, for {reason}.",
    "Save it anew with Keras, which writes plain archives.",
)


class Archive:
    """The members of an archive by name.

    Args:
        data: the whole file, which members that are not packed are views of.
        name: what diagnostics call it.

    Raises:
        GraphError: where it is damaged, or made to harm.
    """

    def __init__(self, data: bytes | mmap | memoryview, name: str) -> None:
        self.name = name
        self.view = memoryview(data)
        self._check_directory()
        with self._guarded():
            self._file = ZipFile(Window(self.view))
        self.members: dict[str, ZipInfo] = {}
        for info in self._file.infolist():
            self._check(info)
            self.members[info.filename] = info

    def read(self, member: str) -> memoryview:
        """A member's bytes; a view of the file where they lie in it as they are. Raises GraphError,
        KeyError.
        """
        info = self.members[member]
        limit = max(MIN_UNPACKED_BYTES, MAX_UNPACKING * len(self.view))
        if info.file_size > limit:
            self.refuse(f"its member {member:.60} unpacks to more than {limit // 2**20} MB")
        with self._guarded():
            # Opening compares what the member says of itself with the directory.
            with self._file.open(info) as file:
                if info.compress_type != ZIP_STORED:
                    return memoryview(file.read(info.file_size + 1))
            head = self.view[info.header_offset : info.header_offset + 30]
            sizes = (int.from_bytes(head[26:28], "little"), int.from_bytes(head[28:30], "little"))
            start = info.header_offset + 30 + sum(sizes)
            part = self.view[start : start + info.file_size]
            if len(part) < info.file_size or zlib.crc32(part) != info.CRC:
                raise BadZipFile(f"the checksum of {member:.60} is wrong")
            return part

    def _check_directory(self) -> None:
        """Bound the directory before it is read."""
        tail = self.view[-(_END_BYTES + 65536) :].tobytes()
        place = tail.rfind(_END)
        if place < 0 or len(tail) - place < _END_BYTES:
            raise GraphError([diagnose(BROKEN, file=self.name, reason="its end is missing")])
        count = int.from_bytes(tail[place + 10 : place + 12], "little")
        size = int.from_bytes(tail[place + 12 : place + 16], "little")
        if _LOCATOR in tail[max(place - 20, 0) : place] or count > MAX_MEMBERS:
            self.refuse(f"it has more than {MAX_MEMBERS:,} members, or is made for such")
        if size > MAX_DIRECTORY_BYTES:
            self.refuse(f"its directory has more than {MAX_DIRECTORY_BYTES // 2**20} MB")

    def _check(self, info: ZipInfo) -> None:
        name = info.filename
        if name in self.members:
            self.refuse(f"it holds {name:.60} twice")
        if name.startswith("/") or ".." in name.split("/") or "\\" in name or ":" in name:
            self.refuse(f"its member {name:.60} would lie outside of it")
        if info.flag_bits & _ENCRYPTED:
            self.refuse(f"its member {name:.60} is encrypted")
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            self.refuse(f"its member {name:.60} is packed in an unusual way")

    def refuse(self, reason: str) -> NoReturn:
        """Give up on the archive. Raises GraphError."""
        raise GraphError([diagnose(REFUSED, file=self.name, reason=reason)])

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (
            BadZipFile,
            LargeZipFile,
            NotImplementedError,
            OSError,
            RuntimeError,
            ValueError,
            EOFError,
            LookupError,
            zlib.error,
        ) as error:
            reason = " ".join(str(error).split())[:160] or type(error).__name__
            raise GraphError([diagnose(BROKEN, file=self.name, reason=reason)]) from None
