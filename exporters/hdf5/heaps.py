"""Heaps of HDF5 files in which the library would walk for ever, found before it reads them.

The library follows two lists by the steps that a file states: the objects of a global heap, and the
free blocks of a local one. A step of nothing, or one back, keeps it there.

Source: HDF5 File Format Specification 3.0, sections III.D and III.E.
"""

from __future__ import annotations

import re
from struct import error as TooShort
from struct import unpack_from

GLOBAL_HEAP = re.compile(rb"GCOL\x01\0\0\0")
LOCAL_HEAP = re.compile(rb"HEAP\0\0\0\0")
HEADER_BYTES = 16
END_OF_FREE_BLOCKS = 1


def check_heaps(view: memoryview) -> None:
    """Look at every heap of a file whose sizes have eight bytes, as h5py writes them.

    Raises:
        ValueError: where one has no end.
    """
    is_first = len(view) > HEADER_BYTES and bytes(view[:4]) == b"\x89HDF"
    if is_first and view[14 if view[8] < 2 else 10] != 8:
        raise ValueError("its sizes do not have eight bytes")
    for found in GLOBAL_HEAP.finditer(view):
        if found.start() % 8 == 0:
            _check_objects(view, found.start())
    for found in LOCAL_HEAP.finditer(view):
        if found.start() % 8 == 0:
            _check_free_blocks(view, found.start())


def _check_objects(view: memoryview, start: int) -> None:
    """Every object of a global heap takes room, so that its end is reached."""
    place = start + HEADER_BYTES
    end = min(start + int.from_bytes(view[start + 8 : start + 16], "little"), len(view))
    while place + HEADER_BYTES <= end:
        index, size = unpack_from("<H6xQ", view, place)
        # The free room, the object 0, states its size with its header, the others without.
        step = HEADER_BYTES + (size + 7) // 8 * 8 if index else size
        if not step:
            raise ValueError(f"the heap at {start} has an object without a size")
        place += step


def _check_free_blocks(view: memoryview, start: int) -> None:
    """The free blocks of a local heap are a list without a way back."""
    seen = set()
    try:
        place, address = unpack_from("<QQ", view, start + 16)
        while place != END_OF_FREE_BLOCKS:
            if place in seen:
                raise ValueError(f"the free blocks of the heap at {start} have no end")
            seen.add(place)
            (place,) = unpack_from("<Q", view, address + place)
    except (TooShort, OverflowError):
        return  # beyond the file: the library says so
