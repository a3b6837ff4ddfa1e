"""Heaps of HDF5 files in which the library would walk for ever, found before it reads them.

The library follows two lists by the steps that a file states: the objects of a global heap, and the
free blocks of a local one. A step of nothing, or one back, keeps it there.

Source: HDF5 File Format Specification 3.0, sections III.D and III.E.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from struct import error as TooShort
from struct import unpack_from

GLOBAL_HEAP = re.compile(rb"GCOL\x01\0\0\0")
LOCAL_HEAP = re.compile(rb"HEAP\0\0\0\0")
HEADER_BYTES = 16
MAX_STEPS = 1_000_000
"""Objects and free blocks of a file, all heaps together."""
END_OF_FREE_BLOCKS = 1


def check_heaps(view: memoryview) -> None:
    """Look at every heap of a file whose sizes have eight bytes, as h5py writes them.

    Raises:
        ValueError: where one has no end.
    """
    is_first = len(view) > HEADER_BYTES and bytes(view[:4]) == b"\x89HDF"
    if is_first and view[14 if view[8] < 2 else 10] != 8:
        raise ValueError("its sizes do not have eight bytes")
    left = MAX_STEPS
    for pattern, walk in ((GLOBAL_HEAP, _objects), (LOCAL_HEAP, _free_blocks)):
        for found in pattern.finditer(view):
            if found.start() % 8:
                continue
            for _ in walk(view, found.start()):
                left -= 1
                if not left:
                    raise ValueError("its heaps have too many parts")


def _objects(view: memoryview, start: int) -> Iterator[int]:
    """The objects of a global heap, each of which takes room, so that its end is reached."""
    place = start + HEADER_BYTES
    end = min(start + int.from_bytes(view[start + 8 : start + 16], "little"), len(view))
    while place + HEADER_BYTES <= end:
        index, size = unpack_from("<H6xQ", view, place)
        # The free room, the object 0, states its size with its header, the others without.
        step = HEADER_BYTES + (size + 7) // 8 * 8 if index else size
        if not step:
            raise ValueError(f"the heap at {start} has an object without a size")
        yield place
        place += step


def _free_blocks(view: memoryview, start: int) -> Iterator[int]:
    """The free blocks of a local heap, a list without a way back."""
    seen = set()
    try:
        place, address = unpack_from("<QQ", view, start + 16)
        while place != END_OF_FREE_BLOCKS:
            if place in seen:
                raise ValueError(f"the free blocks of the heap at {start} have no end")
            seen.add(place)
            yield place
            (place,) = unpack_from("<Q", view, address + place)
    except (TooShort, OverflowError):
        return  # beyond the file: the library says so
