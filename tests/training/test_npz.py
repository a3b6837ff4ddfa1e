"""Files that users bring: what they mean, and the hostile ones among them."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.diagnostics import GraphError
from training import datasets
from training.archives import Archive
from training.datasets.dataset import Wanted, silent
from training.datasets.npz import NpzFile

RANDOM = np.random.default_rng(0)
X = RANDOM.integers(0, 255, (20, 8, 8), np.uint8)
Y = np.arange(20) % 4


def write(path: Path, **arrays: Any) -> Path:
    file = path / "data.npz"
    np.savez_compressed(file, **arrays)
    return file


def write_member(path: Path, name: str, content: bytes, **others: Any) -> Path:
    """An .npz with one member of arbitrary bytes."""
    file = write(path, **others) if others else path / "data.npz"
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file


def npy(shape: tuple[int, ...], dtype: str, data: bytes) -> bytes:
    """An array file that claims what it likes."""
    header = repr({"descr": dtype, "fortran_order": False, "shape": shape}).encode()
    header += b" " * (118 - len(header)) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def load(path: Path) -> datasets.Data:
    return NpzFile(path).load(silent, Wanted())


def refused(path: Path) -> str:
    with pytest.raises(GraphError) as caught:
        load(path)
    (found,) = caught.value.diagnostics
    assert found.message.endswith(".")
    assert found.hint
    return found.code


MEANINGS: list[tuple[str, Any, Any, str, tuple[int, ...], str, int | None]] = [
    ("bytes are an image", X, Y, "image", (8, 8, 1), "classes", 4),
    ("colours", np.zeros((20, 8, 8, 3), np.uint8), Y, "image", (8, 8, 3), "classes", 4),
    ("float image", np.zeros((20, 8, 8, 1)), Y, "image", (8, 8, 1), "classes", 4),
    ("a table", np.zeros((20, 5)), Y, "vector", (5,), "classes", 4),
    ("one column", np.zeros(20), Y, "vector", (1,), "classes", 4),
    ("a series", np.zeros((20, 50, 3)), Y, "vector", (50, 3), "classes", 4),
    ("words", np.ones((20, 7), np.int64), Y, "tokens", (7,), "classes", 4),
    ("flat pixels", X.reshape(20, 64), Y, "vector", (64,), "classes", 4),
    ("column of classes", X, Y.reshape(20, 1), "image", (8, 8, 1), "classes", 4),
    ("yes or no", X, Y > 1, "image", (8, 8, 1), "classes", 2),
    ("all of one class", X, np.zeros(20, int), "image", (8, 8, 1), "classes", 2),
    ("whole floats", X, Y.astype(float), "image", (8, 8, 1), "classes", 4),
    ("rows", X, np.eye(4)[Y], "image", (8, 8, 1), "one_hot", 4),
    ("several", X, RANDOM.integers(0, 2, (20, 5)), "image", (8, 8, 1), "several", 5),
    ("numbers", X, RANDOM.normal(size=20), "image", (8, 8, 1), "values", None),
    ("below zero", X, Y - 2, "image", (8, 8, 1), "values", None),
    ("gaps between floats", X, Y * 3.0, "image", (8, 8, 1), "values", None),
    ("two numbers", X, RANDOM.normal(size=(20, 2)), "image", (8, 8, 1), "values", None),
    ("pixel classes", X, X // 64, "image", (8, 8, 1), "classes", 4),
]


@pytest.mark.parametrize(
    ("x", "y", "kind", "sample", "labels", "classes"),
    [row[1:] for row in MEANINGS],
    ids=[row[0] for row in MEANINGS],
)
def test_what_arrays_mean_is_read_off_them(
    tmp_path: Path,
    x: Any,
    y: Any,
    kind: str,
    sample: tuple[int, ...],
    labels: str,
    classes: int | None,
) -> None:
    file = NpzFile(write(tmp_path, x_train=x, y_train=y, x_test=x[:5], y_test=y[:5]))
    facts = file.facts
    assert (facts.kind, facts.sample, facts.labels) == (kind, sample, labels)
    assert (len(facts.classes) if facts.classes else None) == classes
    assert (facts.train, facts.test) == (20, 5)
    data = file.load(silent, Wanted())
    assert data.x_train.shape == (20, *sample)
    assert data.y_train.shape == (20, *facts.label_shape)
    assert data.x_test.shape == (5, *sample)
    assert (data.kind, data.classes) == (kind, facts.classes)


def test_without_a_test_set_one_is_drawn_and_it_is_said(tmp_path: Path) -> None:
    file = NpzFile(write(tmp_path, x_train=X, y_train=Y))
    data = file.load(silent, Wanted())
    assert (len(data.x_train), len(data.x_test)) == (18, 2)
    assert file.facts.notes == ("The file has no test set: 2 of its samples were drawn for one.",)
    again = load(file.path)
    np.testing.assert_array_equal(data.x_test, again.x_test)
    assert sorted([*data.y_train, *data.y_test]) == sorted(Y)


def test_pixels_stored_as_floats_are_noticed(tmp_path: Path) -> None:
    path = write(tmp_path, x_train=X[..., None].astype("float64"), y_train=Y)
    data = load(path)
    assert data.facts.scale == pytest.approx(1 / 255)
    assert data.x_train.dtype == np.float32


@pytest.mark.parametrize("shape", [(-1, 8, 8), (-1, 8, 8, 1), (-1, 64)])
@pytest.mark.parametrize("white", [255, 16, 1])
def test_the_white_of_bytes_is_seen_in_them(
    tmp_path: Path, shape: tuple[int, ...], white: int
) -> None:
    x = (X > 127) * np.uint8(white)
    assert load(write(tmp_path, x_train=x.reshape(shape), y_train=Y)).facts.scale == 1 / white


@pytest.mark.parametrize(("high", "scale"), [(255, 1 / 255), (16, 1 / 16), (1, None), (1000, None)])
def test_the_white_of_flat_floats_is_seen_in_them(
    tmp_path: Path, high: int, scale: float | None
) -> None:
    x = (X.reshape(20, 64) > 127) * float(high)
    assert load(write(tmp_path, x_train=x, y_train=Y)).facts.scale == scale
    table = x[:, :5]
    assert load(write(tmp_path, x_train=table, y_train=Y)).facts.scale is None


@pytest.mark.parametrize("shape", [(-1, 8, 8), (-1, 8, 8, 1), (-1, 64)])
@pytest.mark.parametrize(("ground", "ink", "is_dark"), [(0, 16, True), (255, 0, False)])
def test_the_ground_of_pictures_is_seen_in_their_corners(
    tmp_path: Path, shape: tuple[int, ...], ground: int, ink: int, is_dark: bool
) -> None:
    pictures = np.full((20, 8, 8), ground, np.uint8)
    pictures[:, 2:6, 2:6] = ink
    assert load(write(tmp_path, x_train=pictures.reshape(shape), y_train=Y)).facts.dark is is_dark


@pytest.mark.parametrize(("sides", "figure"), [((4, 4), 0.5), ((4, 7), None), ((1, 6), 0.75)])
def test_how_large_figures_are_is_told_where_all_are_alike(
    tmp_path: Path, sides: tuple[int, int], figure: float | None
) -> None:
    """High and wide ones take turns; of one pixel by six, both are as long."""
    pictures = np.zeros((20, 8, 8), np.uint8)
    short, long = sides
    pictures[::2, 1 : 1 + short, 1 : 1 + (long if short == 1 else short)] = 9
    pictures[1::2, 1 : 1 + long, 1 : 1 + short] = 9
    found = load(write(tmp_path, x_train=pictures, y_train=Y)).facts.figure
    assert found == figure
    light = write(tmp_path, x_train=9 - pictures, y_train=Y)
    assert load(light).facts.figure is None


def test_the_largest_token_is_found(tmp_path: Path) -> None:
    x = np.ones((20, 7), np.int64)
    x[19, 3] = 41
    assert load(write(tmp_path, x_train=x, y_train=Y)).facts.vocabulary == 42


def test_a_name_and_a_path_are_told_apart(tmp_path: Path) -> None:
    path = write(tmp_path, x_train=X, y_train=Y)
    assert datasets.find(str(path)).facts.name == "data"
    assert datasets.find("digits").facts.train == 1437
    with pytest.raises(GraphError, match="Did you mean digits"):
        datasets.find("digitz")
    with pytest.raises(GraphError, match="Give the path"):
        datasets.find("something else entirely")


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("no labels", {"x_train": X}, "npz.key"),
    ("other names", {"arr_0": X, "arr_1": Y}, "npz.key"),
    ("half a test set", {"x_train": X, "y_train": Y, "x_test": X}, "npz.half_test"),
    ("labels only", {"x_train": X, "y_train": Y, "y_test": Y}, "npz.half_test"),
    ("too few labels", {"x_train": X, "y_train": Y[:19]}, "npz.count"),
    ("no samples", {"x_train": X[:0], "y_train": Y[:0]}, "npz.empty"),
    ("one sample", {"x_train": X[:1], "y_train": Y[:1]}, "npz.empty"),
    ("a number", {"x_train": np.float32(3), "y_train": Y}, "npz.empty"),
    ("no pixels", {"x_train": X[:, :0], "y_train": Y}, "npz.empty"),
    (
        "other size in the test",
        {"x_train": X, "y_train": Y, "x_test": X[:, :4], "y_test": Y},
        "npz.shape",
    ),
    (
        "other labels in the test",
        {"x_train": X, "y_train": Y, "x_test": X, "y_test": np.eye(4)[Y]},
        "npz.shape",
    ),
    ("words as text", {"x_train": np.array(["a"] * 20), "y_train": Y}, "npz.dtype"),
    ("dates", {"x_train": X, "y_train": np.zeros(20, "M8[s]")}, "npz.dtype"),
    ("complex", {"x_train": X.astype(complex), "y_train": Y}, "npz.dtype"),
    ("labels not numbers", {"x_train": X, "y_train": np.full(20, np.nan)}, "npz.nan"),
    ("infinite sample", {"x_train": np.full((20, 3), np.inf), "y_train": Y}, "npz.nan"),
]


@pytest.mark.parametrize(("arrays", "code"), [r[1:] for r in BAD], ids=[r[0] for r in BAD])
def test_what_cannot_be_used_says_why(tmp_path: Path, arrays: dict[str, Any], code: str) -> None:
    assert refused(write(tmp_path, **arrays)) == code


def test_values_whose_sum_overflows_are_fine(tmp_path: Path) -> None:
    x = np.full((20, 3), 3e38, np.float32)
    assert load(write(tmp_path, x_train=x, y_train=Y)).x_train.max() == np.float32(3e38)


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "sprung",))

    trap = np.empty(1, object)
    trap[0] = Trap()
    file = tmp_path / "data.npz"
    np.savez(file, x_train=trap, y_train=Y[:1], allow_pickle=True)
    assert refused(file) == "npz.dtype"
    file = write_member(tmp_path, "y_train.npy", pickle.dumps(Trap()), x_train=X)
    assert refused(file) == "npz.damaged"
    assert not (tmp_path / "sprung").exists()


def test_labels_that_unpack_to_too_much_are_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, x_train=np.zeros((600, 2)), y_train=np.zeros((600, 10), np.uint8))
    monkeypatch.setattr("training.datasets.npz.MAX_LABEL_BYTES", 6_000)
    assert NpzFile(path).facts.label_shape == (10,)
    monkeypatch.setattr("training.datasets.npz.MAX_LABEL_BYTES", 5_999)
    assert refused(path) == "npz.labels"


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path) -> None:
    file = tmp_path / "bomb.npz"
    zeros = np.zeros((1 << 16, 512), np.uint8)
    np.savez_compressed(file, x_train=zeros, y_train=np.zeros(1 << 16))
    assert file.stat().st_size < 100_000
    with pytest.raises(GraphError) as caught:
        Archive(file, ("x_train", "y_train"), 2**20)
    assert caught.value.diagnostics[0].code == "npz.size"


HOSTILE: list[tuple[str, bytes]] = [
    ("claims more than there is", npy((1 << 30, 64), "<f8", b"")),
    ("claims less than there is", npy((2, 2), "|u1", b"0" * 500)),
    ("claims less than nothing", npy((-1, 4), "|u1", b"0" * 64)),
    ("objects", npy((4,), "|O", b"0" * 32)),
    ("a structure", npy((4,), "V8", b"0" * 32)),
    ("no array", b"hello"),
    ("nothing", b""),
    ("of the future", b"\x93NUMPY\x09\x00" + b"0" * 60),
    ("a header of megabytes", b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**24) + b"(" * 2**24),
    (
        "a header that says it has gigabytes",
        b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**32 - 1) + b"(" * 2**24,
    ),
    ("a header of brackets", b"\x93NUMPY\x02\x00" + struct.pack("<I", 9_000) + b"(" * 9_000),
    ("a header of signs", b"\x93NUMPY\x02\x00" + struct.pack("<I", 9_000) + b"-" * 9_000),
    ("two axes less than nothing", npy((20, -2, -2), "|u1", b"0" * 80)),
    ("axes that are no numbers", npy((20, True, True), "|u1", b"0" * 20)),
    ("more axes than arrays have", npy((20,) + (1,) * 65, "|u1", b"0" * 20)),
    ("a header that is code", b"\x93NUMPY\x01\x00" + struct.pack("<H", 60) + b"exit()" * 10),
]


@pytest.mark.parametrize("content", [row[1] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_a_lying_header_is_found_out(tmp_path: Path, content: bytes) -> None:
    file = NpzFile(write_member(tmp_path, "x_train.npy", content, y_train=Y))
    with pytest.raises(GraphError) as caught:
        _ = file.facts  # what an upload is accepted by
    assert caught.value.diagnostics[0].code in ("npz.damaged", "npz.dtype")


@pytest.mark.parametrize(
    "content", [b"", b"x", b"PK\x03\x04" + b"0" * 40, b"PK\x05\x06" + b"\xff" * 18]
)
def test_what_is_no_zip_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "data.npz"
    file.write_bytes(content)
    assert refused(file) == "npz.format"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path / "nowhere.npz") == "npz.missing_file"
    assert refused(tmp_path) == "npz.missing_file"


def test_thousands_of_members_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "data.npz"
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(1001):
            archive.writestr(f"{number}.npy", b"")
    assert refused(file) == "npz.format"


def test_arrays_nobody_asked_for_are_left_alone(tmp_path: Path) -> None:
    file = write_member(tmp_path, "extra.npy", b"rubbish", x_train=X, y_train=Y)
    assert len(load(file).x_train) == 18


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, x_train=X, y_train=Y)
    content = bytearray(file.read_bytes())
    for signature, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        start = 0
        while (start := content.find(signature, start)) >= 0:
            content[start + offset] |= 1
            start += 4
    file.write_bytes(content)
    assert refused(file) == "npz.damaged"


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compression_that_numpy_has_not_is_refused(tmp_path: Path, compression: int) -> None:
    file = tmp_path / "data.npz"
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, array in (("x_train", X), ("y_train", Y)):
            stream = io.BytesIO()
            np.save(stream, array)
            archive.writestr(f"{name}.npy", stream.getvalue())
    assert refused(file) == "npz.damaged"


@settings(max_examples=150, deadline=None)
@given(place=st.integers(0, 10**9), value=st.integers(0, 255))
def test_no_changed_byte_does_worse_than_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int
) -> None:
    stream = io.BytesIO()
    np.savez_compressed(stream, x_train=X[:4, :4, :4], y_train=Y[:4])
    content = bytearray(stream.getvalue())
    content[place % len(content)] = value
    file = tmp_path_factory.getbasetemp() / "changed.npz"
    file.write_bytes(content)
    with suppress(GraphError):
        assert len(load(file).x_train) <= 4
