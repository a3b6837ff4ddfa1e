"""What an HDF5 file holds, as groups, attributes and arrays that are read when asked for.

The library is written in C and trusts its files more than a stranger's deserve, so little of it is
used: hard links only (a soft or external one is refused, and a group that is reached twice), no
object references, no virtual or external storage, no filters but gzip, shuffle, LZF and checksums.
Sizes are checked before anything is read. What breaks the library in spite of that ends the process
it works in, see :mod:`exporters.isolation`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from math import prod
from mmap import mmap
from typing import Any, NoReturn

import h5py
import numpy as np

from exporters.hdf5.heaps import check_heaps
from exporters.hdf5.source import Window
from exporters.weights import Array
from layers.diagnostics import GraphError, Problem, diagnose

SIGNATURE = b"\x89HDF\r\n\x1a\n"
MAX_OBJECTS = 200_000
MAX_DEPTH = 40
MAX_ATTRIBUTE_BYTES = 64 * 2**20
MAX_ATTRIBUTE_ITEMS = 100_000
MIN_UNPACKED_BYTES = 256 * 2**20
MAX_UNPACKING = 8
"""How many times its own size a file's arrays may have, all together, beyond the number above."""
FILTERS = frozenset(
    {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32, 32000}
)
"""By the library's numbers; 32000 is LZF."""

BROKEN = Problem(
    "hdf5.broken",
    "{file} is damaged or no HDF5 file: {reason}.",
    "Download it again, or save it anew with Keras.",
)
REFUSED = Problem(
    "hdf5.refused",
    "{file} is not read, for {reason}.",
    "Save it anew with Keras, which writes plain groups and arrays.",
)
_FAILURES = (
    OSError,
    RuntimeError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    MemoryError,
    NotImplementedError,
)
"""What h5py raises over a damaged file."""


@dataclass
class _Spent:
    """What has been taken of the bounds of files that belong together, of so many bytes."""

    size: int
    objects: int = 0
    unpacked: int = 0


@dataclass
class _Limits:
    """One file's bounds while it is read."""

    name: str
    view: memoryview
    spent: _Spent
    places: set[int] = field(default_factory=set)

    def refuse(self, reason: str) -> NoReturn:
        raise GraphError([diagnose(REFUSED, file=self.name, reason=reason)])

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Around every use of the library: what it raises becomes a diagnostic."""
        try:
            yield
        except GraphError:
            raise
        except _FAILURES as error:
            reason = " ".join(str(error).split())[:160] or type(error).__name__
            raise GraphError([diagnose(BROKEN, file=self.name, reason=reason)]) from None


class Attributes:
    """The attributes of a group or an array, read when asked for."""

    def __init__(self, owner: Any, limits: _Limits) -> None:
        self._owner = owner
        self._limits = limits

    def value(self, name: str) -> Any:
        """A number, a text, a list of texts, an array; None where there is no such attribute.
        Raises GraphError.
        """
        with self._limits.guarded():
            if name not in self._owner.attrs:
                return None
            found = self._owner.attrs.get_id(name)
            count = prod(found.shape)
            if count > MAX_ATTRIBUTE_ITEMS or count * found.dtype.itemsize > MAX_ATTRIBUTE_BYTES:
                self._limits.refuse(f"its attribute {name:.40} has over 100,000 items or 64 MB")
            if found.dtype.kind == "O" and h5py.check_string_dtype(found.dtype) is None:
                self._limits.refuse(f"its attribute {name:.40} refers to other objects")
            value = self._owner.attrs[name]
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else value

    def text(self, name: str) -> str:
        """A text; empty where there is none. Raises GraphError."""
        value = self.value(name)
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str] | None:
        """A list of texts, which Keras cuts in numbered parts where it is too long; None where
        there is none. Raises GraphError.
        """
        value = self.value(name)
        parts = [value]
        if value is None:
            while (part := self.value(f"{name}{len(parts) - 1}")) is not None:
                parts.append(part)
            if len(parts) == 1:
                return None
        items = [
            item for part in parts if part is not None for item in np.atleast_1d(part).tolist()
        ]
        return [
            item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)
            for item in items
        ]


class Dataset:
    """An array of a file.

    Attributes:
        shape: as the file says.
    """

    def __init__(self, found: h5py.Dataset, limits: _Limits) -> None:
        self._found = found
        self._limits = limits
        self.shape: tuple[int, ...] = tuple(found.shape or ())

    def array(self) -> Array:
        """The values: a view of the file where they lie in it as they are. Raises GraphError."""
        limits, found = self._limits, self._found
        with limits.guarded():
            kind, properties = found.dtype, found.id.get_create_plist()
            is_bfloat16 = kind.itemsize == 2 and kind.kind == "V"
            if found.shape is None or (kind.kind not in "fiub" and not is_bfloat16):
                limits.refuse(f"its array {found.name:.80} does not hold numbers")
            layout = properties.get_layout()
            if layout == h5py.h5d.VIRTUAL or properties.get_external_count():
                limits.refuse(f"its array {found.name:.80} lies in other files")
            filters = {properties.get_filter(n)[0] for n in range(properties.get_nfilters())}
            if not filters <= FILTERS:
                limits.refuse(f"its array {found.name:.80} is packed in an unusual way")
            array = self._view() if layout == h5py.h5d.CONTIGUOUS else None
            if array is None:
                self._count(prod(self.shape) * kind.itemsize)
                array = found[()]
            if is_bfloat16:
                whole = np.frombuffer(np.asarray(array).tobytes(), np.uint16)
                array = (whole.astype(np.uint32) << 16).view(np.float32).reshape(self.shape)
            array = np.asarray(array)
            return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))

    def _view(self) -> Array | None:
        """The values where they lie; None where the file has no place for them."""
        start, size = self._found.id.get_offset(), prod(self.shape) * self._found.dtype.itemsize
        if start is None or not size:
            return None
        if start + size > len(self._limits.view):
            raise ValueError(f"the array {self._found.name:.80} reaches beyond its end")
        part = self._limits.view[start : start + size]
        return np.frombuffer(part, self._found.dtype).reshape(self.shape)

    def _count(self, size: int) -> None:
        """Bound what unpacking takes, before it is taken. Raises GraphError."""
        spent = self._limits.spent
        spent.unpacked += size
        limit = max(MIN_UNPACKED_BYTES, MAX_UNPACKING * spent.size)
        if spent.unpacked > limit:
            self._limits.refuse(f"its arrays unpack to more than {limit // 2**20} MB")


@dataclass(frozen=True)
class Group:
    """A group of a file.

    Attributes:
        name: the last part of its path; empty for the whole file.
        attributes: its attributes.
        groups: the groups in it, in the order in which their names are stored.
        datasets: the arrays in it.
    """

    name: str
    attributes: Attributes
    groups: Mapping[str, Group]
    datasets: Mapping[str, Dataset]

    def dataset(self, path: str) -> Dataset | None:
        """An array by its path from here; parts may hold a slash of their own in no case."""
        *way, last = [part for part in path.split("/") if part] or [""]
        group = self.group("/".join(way))
        return group.datasets.get(last) if group else None

    def group(self, path: str) -> Group | None:
        """A group by its path from here."""
        found: Group | None = self
        for part in path.split("/"):
            if part and found:
                found = found.groups.get(part)
        return found

    def walk(self, prefix: str = "") -> Iterator[tuple[str, Dataset]]:
        """Every array in the group, with its path."""
        for name, dataset in self.datasets.items():
            yield prefix + name, dataset
        for name, group in self.groups.items():
            yield from group.walk(f"{prefix}{name}/")


@contextmanager
def opened(
    data: bytes | mmap | memoryview, name: str, further: Sequence[memoryview] = ()
) -> Iterator[Group]:
    """The tree of a file; its arrays can be read as long as the context lasts, and kept longer.

    Args:
        data: the whole file.
        name: what diagnostics call it.
        further: files whose groups belong to the same tree, within the bounds of one.

    Raises:
        GraphError: where one is damaged, or holds what is not read.
    """
    parts = (data, *further)
    spent = _Spent(sum(map(len, parts)))
    with ExitStack() as stack:
        roots = [stack.enter_context(_opened(part, name, spent)) for part in parts]
        yield roots[0] if len(roots) == 1 else _merged(roots)


@contextmanager
def _opened(data: bytes | mmap | memoryview, name: str, spent: _Spent) -> Iterator[Group]:
    limits = _Limits(name, memoryview(data), spent)
    with limits.guarded():
        check_heaps(limits.view)
        file = h5py.File(Window(data), "r", locking=False)
    try:
        with limits.guarded():
            root = _group(file, "", limits, 0)
        yield root
    finally:
        with limits.guarded():
            file.close()


def _merged(groups: Sequence[Group]) -> Group:
    """Groups of the same name as one; attributes are those of the first, as every part has them."""
    inner: dict[str, list[Group]] = {}
    datasets: dict[str, Dataset] = {}
    for group in groups:
        for name, member in group.groups.items():
            inner.setdefault(name, []).append(member)
        datasets = {**group.datasets, **datasets}
    first = groups[0]
    merged = {name: _merged(members) for name, members in inner.items()}
    return Group(first.name, first.attributes, merged, datasets)


def _group(found: Any, name: str, limits: _Limits, depth: int) -> Group:
    place = h5py.h5o.get_info(found.id).addr
    if depth > MAX_DEPTH:
        limits.refuse(f"its groups are nested deeper than {MAX_DEPTH} levels")
    if place in limits.places:
        limits.refuse(f"its group {name:.60} stands in two places")
    limits.places.add(place)
    groups: dict[str, Group] = {}
    datasets: dict[str, Dataset] = {}
    for key in found:
        limits.spent.objects += 1
        if limits.spent.objects > MAX_OBJECTS:
            limits.refuse(f"it holds more than {MAX_OBJECTS:,} objects")
        if not isinstance(found.get(key, getlink=True), h5py.HardLink):
            limits.refuse(f"its {key:.60} is a link to another place or file")
        member = found[key]
        if isinstance(member, h5py.Group):
            groups[key] = _group(member, key, limits, depth + 1)
        elif isinstance(member, h5py.Dataset):
            datasets[key] = Dataset(member, limits)
    return Group(name, Attributes(found, limits), groups, datasets)
