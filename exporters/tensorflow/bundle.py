"""The variables of a SavedModel: an index (a sorted table of LevelDB) and files with the values.

https://github.com/google/leveldb/blob/main/doc/table_format.md
https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/tensor_bundle.proto
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from google.protobuf.message import DecodeError

from exporters.protos import tensorflow_pb2 as pb
from exporters.tensorflow.problems import refuse
from exporters.tensorflow.tensors import dtype_name, from_bytes
from exporters.weights import Array

MAGIC = bytes.fromhex("57fb808b247547db")
_FOOTER = 48
_TRAILER = 5
MAX_ENTRIES = 200_000


class Bundle:
    """Stored tensors by key.

    Args:
        index: the bytes of ``variables.index``.
        shard: gives the bytes of the shard of a number among so many, None where it is missing.

    Raises:
        GraphError: where the index is broken.
    """

    def __init__(self, index: memoryview, shard: Callable[[int, int], memoryview | None]) -> None:
        self.entries: dict[str, pb.BundleEntryProto] = {}
        self._shard = shard
        self._shards = 1
        for key, value in _table(index):
            try:
                if not key:
                    header = pb.BundleHeaderProto.FromString(value)
                    self._shards = header.num_shards
                    if header.endianness != pb.BundleHeaderProto.LITTLE:
                        refuse("its variables are big-endian")
                    continue
                self.entries[key.decode("utf-8", "replace")] = pb.BundleEntryProto.FromString(value)
            except DecodeError:
                refuse("the index of its variables is broken")

    def array(self, key: str) -> Array | None:
        """A tensor as a view of its file; None where it is missing or no array of numbers. Raises
        GraphError where it is cut off.
        """
        entry = self.entries.get(key)
        dtype = dtype_name(entry.dtype) if entry is not None else ""
        if entry is None or not dtype or dtype == "string":
            return None
        data = self._bytes(key, entry)
        dims = [dim.size for dim in entry.shape.dim]
        if any(dim < 0 for dim in dims) or len(dims) > 32:
            refuse(f"the shape of {key:.80} is broken")
        return None if data is None else from_bytes(data, dtype, dims)

    def text(self, key: str) -> bytes | None:
        """A tensor of one string; None where it is missing or another. Raises GraphError where it
        is cut off.
        """
        entry = self.entries.get(key)
        if entry is None or dtype_name(entry.dtype) != "string" or entry.shape.dim:
            return None
        data = self._bytes(key, entry)
        if data is None:
            return None
        try:
            # The length, its checksum, and the text.
            length, at = _number(data, 0)
        except (IndexError, ValueError):
            return None
        return bytes(data[at + 4 : at + 4 + length])

    def _bytes(self, key: str, entry: pb.BundleEntryProto) -> memoryview | None:
        data = self._shard(entry.shard_id, self._shards)
        if data is None:
            return None
        if entry.offset < 0 or entry.size < 0 or entry.offset + entry.size > len(data):
            refuse(f"the values of {key:.80} are cut off")
        return data[entry.offset : entry.offset + entry.size]


def _table(data: memoryview) -> Iterator[tuple[bytes, bytes]]:
    """The entries of a sorted table. Raises GraphError."""
    if len(data) < _FOOTER or bytes(data[-8:]) != MAGIC:
        refuse("the index of its variables is broken")
    footer = data[-_FOOTER:]
    try:
        _, at = _number(footer, 0)
        _, at = _number(footer, at)
        offset, at = _number(footer, at)
        size, at = _number(footer, at)
        count = 0
        for _, handle in _block(data, offset, size):
            view = memoryview(handle)
            inner, at = _number(view, 0)
            length, at = _number(view, at)
            for item in _block(data, inner, length):
                count += 1
                if count > MAX_ENTRIES:
                    refuse(f"it has more than {MAX_ENTRIES:,} variables")
                yield item
    except (IndexError, ValueError):
        refuse("the index of its variables is broken")


def _block(data: memoryview, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """The entries of one block; keys share their beginnings. Raises ValueError, IndexError."""
    if offset + size + _TRAILER > len(data):
        raise ValueError
    if data[offset + size] != 0:
        # TensorFlow writes this index uncompressed.
        raise ValueError
    block = data[offset : offset + size]
    restarts = int.from_bytes(block[-4:], "little")
    end = size - 4 * (restarts + 1)
    if end < 0:
        raise ValueError
    at, key = 0, b""
    while at < end:
        shared, at = _number(block, at)
        own, at = _number(block, at)
        length, at = _number(block, at)
        if shared > len(key) or own + length > end - at or shared + own > 4096:
            raise ValueError
        key = key[:shared] + bytes(block[at : at + own])
        yield key, bytes(block[at + own : at + own + length])
        at += own + length


def _number(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 64:
        byte = data[at]
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return value, at
        shift += 7
    raise ValueError
