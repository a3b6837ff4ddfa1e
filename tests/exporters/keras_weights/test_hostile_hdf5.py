"""HDF5 files and archives that are broken or meant to harm: one clear diagnosis, nothing read."""

from __future__ import annotations

import io
import json
import os
import random
import struct
import time
import zipfile
from collections.abc import Callable
from functools import partial
from typing import Any

import h5py
import numpy as np
import pytest

from exporters.format import attach, read, write
from exporters.source import Source
from layers.diagnostics import GraphError
from tests.exporters.judging import random_weights
from tests.exporters.keras_weights.files import saved
from tests.exporters.networks import CONNECTED, attempt

GRAPH = CONNECTED["branches"]
LIMIT_S = 5.0
FUZZ_CASES = int(os.environ.get("FUZZ_CASES", "250"))
CONFIG = json.dumps(
    {
        "class_name": "Sequential",
        "config": [
            {
                "class_name": "Dense",
                "config": {"name": "d", "units": 2, "batch_input_shape": [None, 3]},
            }
        ],
    }
)


def codes(data: bytes, filename: str = "x.h5") -> list[str]:
    began = time.process_time()
    with pytest.raises(GraphError) as caught:
        read(data, filename)
    assert time.process_time() - began < LIMIT_S
    return [item.code for item in caught.value.diagnostics]


def model(change: Callable[[Any, Any], None]) -> bytes:
    """A model of one Dense whose group for it a function fills."""

    def fill(file: h5py.File) -> None:
        file.attrs["model_config"] = CONFIG
        file.attrs["keras_version"] = "2.2.4"
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = [b"d"]
        group = weights.create_group("d")
        group.attrs["weight_names"] = [b"kernel", b"bias"]
        group["bias"] = np.zeros(2, "float32")
        change(file, group)

    return saved(fill)


def external_link(file: Any, group: Any) -> None:
    group["kernel"] = h5py.ExternalLink("/etc/passwd", "/secret")


def soft_link(file: Any, group: Any) -> None:
    group["kernel"] = h5py.SoftLink("/model_weights/d/kernel")


def cycle(file: Any, group: Any) -> None:
    group["kernel"] = file["model_weights"]


def external_storage(file: Any, group: Any) -> None:
    group.create_dataset("kernel", (3, 2), "float32", external=[("/etc/passwd", 0, 24)])


def virtual(file: Any, group: Any) -> None:
    layout = h5py.VirtualLayout((3, 2), "float32")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (3, 2))
    group.create_virtual_dataset("kernel", layout)


def bomb(file: Any, group: Any) -> None:
    group.create_dataset("kernel", (40_000, 40_000), "float64", chunks=(1000, 1000))


def unusual_filter(file: Any, group: Any) -> None:
    group.create_dataset("kernel", (3, 2), "int32", scaleoffset=4)


def references(file: Any, group: Any) -> None:
    group.create_dataset("kernel", (3, 2), h5py.ref_dtype)


def texts(file: Any, group: Any) -> None:
    group["kernel"] = np.full((3, 2), b"a text")


def names_by_reference(file: Any, group: Any) -> None:
    group["kernel"] = np.zeros((3, 2), "float32")
    del group.attrs["weight_names"]
    group.attrs.create("weight_names", [group.ref] * 2, dtype=h5py.ref_dtype)


def depth(file: Any, group: Any) -> None:
    group["kernel"] = np.zeros((3, 2), "float32")
    for _ in range(60):
        group = group.create_group("g")


REFUSED = [
    *(external_link, soft_link, cycle, external_storage, virtual, bomb, unusual_filter),
    *(references, texts, names_by_reference, depth),
]


@pytest.mark.parametrize("change", REFUSED)
def test_what_no_keras_writes_is_refused_unread(change: Callable[[Any, Any], None]) -> None:
    assert codes(model(change)) == ["hdf5.refused"]


def plain(file: Any, group: Any) -> None:
    group["kernel"] = np.arange(6, dtype="float32").reshape(3, 2)


def test_packed_halved_and_turned_numbers_are_read() -> None:
    """Compression, other floats, and the other byte order."""
    wanted = np.arange(6, dtype="float32").reshape(3, 2)

    def gzip(file: Any, group: Any) -> None:
        group.create_dataset("kernel", data=wanted, compression="gzip", shuffle=True)

    def lzf(file: Any, group: Any) -> None:
        group.create_dataset("kernel", data=wanted, compression="lzf", fletcher32=True)

    def big_endian(file: Any, group: Any) -> None:
        group["kernel"] = wanted.astype(">f4")

    def half(file: Any, group: Any) -> None:
        group["kernel"] = wanted.astype("float16")

    for change in (plain, gzip, lzf, big_endian, half):
        reading = read(model(change), "x.h5")
        assert reading.weights is not None
        (owned,) = reading.weights.values()
        np.testing.assert_array_equal(owned["kernel"], wanted)
        assert owned["kernel"].dtype.isnative


def test_a_truncated_file_is_damaged() -> None:
    data = model(plain)
    assert codes(data[:300]) == ["hdf5.broken"]
    assert codes(data[: len(data) - 100]) == ["hdf5.broken"]
    assert codes(data[:8] + b"\0" * 500) == ["hdf5.broken"]


def test_a_heap_without_an_end_is_damaged() -> None:
    """HDF5's library would follow these lists for ever."""

    def change(file: Any) -> None:
        for name in ("kept", "gone", "more"):
            file.create_group(name)
        del file["gone"]
        file.attrs.create("texts", ["one", "two"], dtype=h5py.string_dtype())

    data = bytearray(saved(change))
    heap = data.index(b"HEAP\0\0\0\0")
    free, address = struct.unpack_from("<QQ", data, heap + 16)
    circle = data.copy()
    struct.pack_into("<Q", circle, address + free, free)
    assert codes(bytes(circle)) == ["hdf5.broken"]
    objects = data.index(b"GCOL\x01\0\0\0") + 16
    struct.pack_into("<H6xQ", data, objects, 0, 0)
    assert codes(bytes(data)) == ["hdf5.broken"]


def test_an_hdf5_file_of_something_else_is_told() -> None:
    assert codes(saved(lambda file: file.create_group("data"))) == ["keras.no_model"]


ARCHIVE = write(GRAPH, "keras", random_weights(GRAPH))


def repacked(change: Callable[[dict[str, bytes], zipfile.ZipFile], None], **options: Any) -> bytes:
    """The archive with other members."""
    with zipfile.ZipFile(io.BytesIO(ARCHIVE)) as file:
        members = {name: file.read(name) for name in file.namelist()}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", **options) as file:
        change(members, file)
        for name, data in members.items():
            file.writestr(name, data)
    return target.getvalue()


@pytest.mark.parametrize("name", ["../config.py", "/etc/cron.d/x", "a/../../b", "..\\x", "c:/x"])
def test_a_member_outside_of_its_archive_is_refused(name: str) -> None:
    data = repacked(lambda members, file: members.update({name: b"x"}))
    assert codes(data, "x.keras") == ["zip.refused"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_is_refused() -> None:
    data = repacked(lambda members, file: file.writestr("config.json", "{}"))
    assert codes(data, "x.keras") == ["zip.refused"]


def test_an_encrypted_member_is_refused() -> None:
    place = ARCHIVE.rindex(b"PK\x01\x02")
    data = bytearray(ARCHIVE)
    data[place + 8] |= 1
    assert codes(bytes(data), "x.keras") == ["zip.refused"]


def test_an_archive_of_a_million_members_is_refused_before_it_is_listed() -> None:
    end = ARCHIVE.rindex(b"PK\x05\x06")
    many = ARCHIVE[: end + 8] + struct.pack("<HH", 65535, 65535) + ARCHIVE[end + 12 :]
    assert codes(many, "x.keras") == ["zip.refused"]
    large = ARCHIVE[:end] + b"PK\x06\x07" + b"\0" * 16 + ARCHIVE[end:]
    assert codes(large, "x.keras") == ["zip.refused"]


def test_a_member_that_unpacks_to_gigabytes_is_refused() -> None:
    def change(members: dict[str, bytes], file: zipfile.ZipFile) -> None:
        members["config.json"] = b" " * (40 * 2**20)

    data = repacked(change, compression=zipfile.ZIP_DEFLATED)
    assert len(data) < 2**20
    assert codes(data, "x.keras") == ["zip.refused"]


def test_damaged_weights_are_told_by_their_checksum() -> None:
    data = bytearray(ARCHIVE)
    data[ARCHIVE.index(b"\x89HDF") + 3000] ^= 0xFF
    assert codes(bytes(data), "x.keras") == ["zip.broken"]


def test_an_archive_that_is_cut_off_is_damaged() -> None:
    assert codes(ARCHIVE[: len(ARCHIVE) // 2], "x.keras") == ["zip.broken"]


def test_a_packed_archive_is_read() -> None:
    data = repacked(lambda members, file: None, compression=zipfile.ZIP_DEFLATED)
    assert read(data, "x.keras").graph == read(ARCHIVE, "x.keras").graph


def test_weights_in_another_format_are_left_and_told() -> None:
    def change(members: dict[str, bytes], file: zipfile.ZipFile) -> None:
        members["model.weights.npz"] = members.pop("model.weights.h5")

    reading = read(repacked(change), "x.keras")
    assert reading.weights is None
    assert [item.code for item in reading.diagnostics] == ["keras.other_weights"]


SEEDS = [
    write(GRAPH, name, random_weights(GRAPH)) for name in ("keras", "keras_h5", "keras_weights")
]


def damaged(data: bytes, seed: int) -> bytes:
    chance = random.Random(seed)
    made = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(made))
        match chance.randrange(4):
            case 0:
                made[place] = chance.randrange(256)
            case 1:
                del made[place : place + chance.randrange(1, 40)]
            case 2:
                made[place : place + 4] = chance.choice([b"\xff" * 4, b"\0" * 4])
            case _:
                made[place:place] = bytes(chance.randrange(256) for _ in range(4))
    return bytes(made)


@pytest.mark.parametrize("data", SEEDS, ids=["keras", "keras_h5", "keras_weights"])
def test_damaged_files_harm_nobody(data: bytes) -> None:
    began = time.process_time()
    for seed in range(FUZZ_CASES // len(SEEDS)):
        mutant = damaged(data, seed)
        attempt(partial(read, mutant, "mutant.h5"))
        attempt(partial(attach, Source(mutant, "mutant.h5"), GRAPH))
    assert time.process_time() - began < LIMIT_S * FUZZ_CASES / 10
