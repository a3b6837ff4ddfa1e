"""Weights in several files, and folders of a model, zipped: read together, within the bounds of
one.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest

from exporters.format import attach, read
from exporters.hdf5 import tree
from exporters.keras_weights import archived
from exporters.source import Source
from exporters.weights import count, is_complete
from layers.diagnostics import GraphError
from tests.exporters.judging import computed, outputs_of
from tests.exporters.keras_weights.files import chain, saved, values
from tests.exporters.keras_weights.test_hostile_hdf5 import FUZZ_CASES, damaged
from tests.exporters.networks import attempt

GRAPH = chain(
    [6],
    ("Dense", "one", {"units": 5}),
    ("Dense", "two", {"units": 4}),
    ("Dense", "three", {"units": 3}),
)
WEIGHTS = {
    name: (values(before, after, seed=after), values(after, seed=before))
    for name, before, after in (("one", 6, 5), ("two", 5, 4), ("three", 4, 3))
}
KEYS = {"one": "dense", "two": "dense_1", "three": "dense_2"}


def part(*pairs: tuple[str, int]) -> bytes:
    """A file with some weights: of a layer, and which."""

    def fill(file: Any) -> None:
        for name, number in pairs:
            group = file.require_group(f"layers/{KEYS[name]}/vars")
            group.attrs["name"] = name
            group[str(number)] = WEIGHTS[name][number]

    return saved(fill)


PARTS = {
    "m_00000.weights.h5": part(("one", 0), ("one", 1), ("two", 0)),
    "m_00001.weights.h5": part(("two", 1), ("three", 0)),
    "m_00002.weights.h5": part(("three", 1)),
}
INDEX = {
    "metadata": {"total_size": 1},
    "weight_map": {
        "/layers/dense/vars": "m_00000.weights.h5",
        "/layers/dense_1/vars": ["m_00000.weights.h5", "m_00001.weights.h5"],
        "/layers/dense_2/vars": ["m_00001.weights.h5", "m_00002.weights.h5"],
    },
}


def zipped(members: Mapping[str, bytes | str], packing: int = 0) -> bytes:
    target = io.BytesIO()
    with ZipFile(target, "w", packing) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return target.getvalue()


def whole(**changes: Any) -> dict[str, bytes | str]:
    return {"m.weights.json": json.dumps(INDEX | changes), **PARTS}


@pytest.mark.parametrize("folder", ["", "weights/", "a/b/"])
@pytest.mark.parametrize("has_index", [True, False])
@pytest.mark.parametrize("packing", [0, ZIP_DEFLATED])
def test_weights_in_several_files_are_read_as_one(
    folder: str, has_index: bool, packing: int
) -> None:
    members = whole() if has_index else PARTS
    data = zipped({folder + name: data for name, data in members.items()}, packing)
    fitted = attach(Source(data, "weights.zip"), GRAPH)
    assert fitted.diagnostics == ()
    for name, (kernel, bias) in WEIGHTS.items():
        np.testing.assert_array_equal(fitted.weights[name]["kernel"], kernel)
        np.testing.assert_array_equal(fitted.weights[name]["bias"], bias)


def test_files_that_keras_wrote_compute_the_same_with_their_network(tmp_path: Path) -> None:
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((6,)), layers.Dense(20, "relu"), layers.Dense(20), layers.Dense(2)]
    )
    model.save_weights(tmp_path / "big.weights.json", max_shard_size=1.7e-6)  # GB
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(files) > 2
    alone = zipped(files)
    inputs = [values(3, 6)]
    for name, place in (("architecture.json", "x/"), ("config.json", "x/"), ("config.json", "")):
        members = {f"x/{member}": data for member, data in files.items()}
        reading = read(zipped({**members, place + name: model.to_json()}), "big.zip")
        assert reading.weights is not None
        assert is_complete(reading.graph, reading.weights)
        assert reading.diagnostics == ()
        (found,) = computed(reading.graph, reading.weights, inputs)
        np.testing.assert_allclose(found, outputs_of(model, inputs)[0], atol=1e-6)
        fitted = attach(Source(alone, "big.zip"), reading.graph)
        assert count(fitted.weights) == model.count_params()


def test_the_folder_of_a_model_is_read_zipped(tmp_path: Path) -> None:
    import keras

    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(2)])
    model.save(tmp_path / "model.keras")
    with ZipFile(tmp_path / "model.keras") as archive:
        members = {f"model/{name}": archive.read(name) for name in archive.namelist()}
    reading = read(zipped({**members, "notes/config.json": "{}"}), "model.zip")
    assert reading.weights is not None
    assert is_complete(reading.graph, reading.weights)
    del members["model/model.weights.h5"]
    assert read(zipped(members), "model.zip").weights is None
    del members["model/metadata.json"]
    assert told(zipped(members)) == ["file.foreign"]


def told(data: bytes, *, attached: bool = False) -> list[str]:
    try:
        if attached:
            return [item.code for item in attach(Source(data, "x.zip"), GRAPH).diagnostics]
        return [item.code for item in read(data, "x.zip").diagnostics]
    except GraphError as error:
        return [item.code for item in error.diagnostics]


def test_weights_without_a_network_say_what_to_do() -> None:
    assert told(zipped(whole())) == ["keras.weights_only"]


def test_a_file_that_is_missing_is_named() -> None:
    members = whole()
    del members["m_00002.weights.h5"]
    fitted = attach(Source(zipped(members), "x.zip"), GRAPH)
    assert [item.code for item in fitted.diagnostics] == ["keras.parts_missing", "weights.shape"]
    assert "m_00002.weights.h5" in fitted.diagnostics[0].message
    assert fitted.weights.keys() == {"one", "two"}


@pytest.mark.parametrize(
    "index",
    [
        '{"weight_map": {"a": "../m_00000.weights.h5"}}',
        '{"weight_map": {"a": ["/etc/passwd"]}}',
        '{"weight_map": {"a": [3]}}',
        '{"weight_map": {"a": {}}}',
    ],
)
def test_an_index_that_names_other_places_is_refused(index: str) -> None:
    assert told(zipped({**whole(), "m.weights.json": index}), attached=True) == ["zip.refused"]


@pytest.mark.parametrize("index", ["{", "[]", '{"weight_map": 3}', ""])
def test_an_index_that_is_none_leaves_no_weights(index: str) -> None:
    codes = told(zipped({**whole(), "m.weights.json": index}), attached=True)
    assert codes
    assert set(codes) <= {"file.json", "file.empty", "weights.none"}


def test_many_files_are_held_to_the_bounds_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archived, "MAX_PARTS", 2)
    assert told(zipped(whole()), attached=True) == ["zip.refused"]
    monkeypatch.setattr(archived, "MAX_PARTS", 9)
    monkeypatch.setattr(tree, "MAX_OBJECTS", 12)  # of which each file has less
    assert told(zipped(whole()), attached=True) == ["hdf5.refused"]


def test_damaged_archives_of_several_files_harm_nobody() -> None:
    data = zipped(whole())
    for seed in range(FUZZ_CASES // 3):
        mutant = damaged(data, seed)
        attempt(partial(attach, Source(mutant, "mutant.zip"), GRAPH))
        attempt(partial(read, mutant, "mutant.zip"))
