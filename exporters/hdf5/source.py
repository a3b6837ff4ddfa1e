"""A file's bytes as HDF5's library reads them: in place, never copied as a whole."""

from __future__ import annotations

import io
from mmap import mmap
from typing import Any


class Window(io.RawIOBase):
    """A read-only file over bytes that are there already, perhaps mapped.

    Args:
        data: the bytes, of which nothing is copied before it is read.
    """

    def __init__(self, data: bytes | mmap | memoryview) -> None:
        super().__init__()
        self._view = memoryview(data)
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: len(self._view)}[whence]
        self._place = max(start + offset, 0)
        return self._place

    def readinto(self, buffer: Any, /) -> int:
        target = memoryview(buffer).cast("B")
        part = self._view[self._place : self._place + len(target)]
        target[: len(part)] = part
        self._place += len(part)
        return len(part)
