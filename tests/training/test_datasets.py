"""The data sets that come with the program: what they state is what they load."""

from __future__ import annotations

import gzip
import json
import shutil
import struct
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layers.diagnostics import GraphError
from tests.conftest import ROOT
from training import datasets
from training.datasets import DATASETS
from training.datasets.cached import cache_folder
from training.datasets.dataset import Dataset, Facts, Wanted, silent
from training.datasets.imdb import pad

SHARED = ROOT.parent / "shared" / "data"
IMAGES = ["mnist", "fashion_mnist", "cifar10"]


@pytest.fixture
def keras_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, on a machine without a network."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    # The first use makes an opener for good, which would take these proxies into other tests.
    monkeypatch.setattr(urllib.request, "_opener", None)
    return tmp_path


def small(name: str, train: int = 30, test: int = 10) -> dict[str, Any]:
    """Arrays in the layout of a data set, with fewer samples."""
    random = np.random.default_rng(0)
    shape = DATASETS[name].static.sample
    size = [int(dim or 0) for dim in (shape[:2] if shape[-1] == 1 else shape)]
    return {
        "x_train": random.integers(0, 255, (train, *size), np.uint8),
        "y_train": random.integers(0, 10, train, np.uint8),
        "x_test": random.integers(0, 255, (test, *size), np.uint8),
        "y_test": random.integers(0, 10, (test, 1), np.uint8),
    }


def put(home: Path, name: str, arrays: dict[str, Any]) -> None:
    (home / "datasets").mkdir(exist_ok=True)
    np.savez_compressed(home / "datasets" / f"{name}.npz", **arrays)


def test_digits_need_nothing_but_scikit_learn() -> None:
    data = datasets.load("digits")
    assert data.x_train.shape == (1437, 8, 8, 1)
    assert (data.x_train.min(), data.x_train.max()) == (0, 16)
    assert [int((data.y_test == digit).sum()) for digit in range(10)] == [
        29, 38, 33, 40, 33, 39, 32, 42, 41, 33,
    ]  # fmt: skip


def test_digits_are_those_of_scikit_learn() -> None:
    from sklearn.datasets import load_digits

    theirs = load_digits()
    data = datasets.load("digits")
    images = np.concatenate([data.x_train, data.x_test]).reshape(-1, 64)
    ours = sorted(zip(map(bytes, images), [*data.y_train, *data.y_test], strict=True))
    rows = map(bytes, theirs.data.astype(np.uint8))
    assert ours == sorted(zip(rows, theirs.target, strict=True))


@pytest.mark.parametrize("name", IMAGES)
def test_an_archive_in_the_cache_is_read(keras_home: Path, name: str) -> None:
    assert not DATASETS[name].is_here()
    assert "first use" in DATASETS[name].to_json()["message"]
    arrays = small(name)
    put(keras_home, name, arrays)
    assert DATASETS[name].is_here()
    assert DATASETS[name].to_json()["message"] == ""
    data = datasets.load(name)
    assert data.x_train.shape == (30, *DATASETS[name].static.sample)
    np.testing.assert_array_equal(data.y_test, arrays["y_test"].ravel())


@pytest.mark.parametrize("name", IMAGES)
def test_a_damaged_archive_in_the_cache_is_named(keras_home: Path, name: str) -> None:
    put(keras_home, name, small(name))
    path = keras_home / "datasets" / f"{name}.npz"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(GraphError, match=f"{name}.npz is not an .npz file"):
        datasets.load(name)


@pytest.mark.keras
@pytest.mark.parametrize("name", [*IMAGES, "imdb"])
def test_without_cache_and_network_one_sentence_says_what_to_do(
    keras_home: Path, name: str
) -> None:
    said: list[str] = []
    with pytest.raises(GraphError) as caught:
        datasets.find(name).load(said.append, Wanted())
    (found,) = caught.value.diagnostics
    assert found.code == "data.unavailable"
    assert found.message.startswith(f"{name} is not on this machine: fetching it failed (")
    assert "choose digits" in found.hint
    assert (f" into {keras_home / 'datasets'}, " in found.hint) is (name in IMAGES)
    assert "\n" not in str(found)
    assert said
    assert said[0].startswith("Fetching ")


@pytest.mark.keras
def test_the_files_of_keras_own_loader_are_read(keras_home: Path) -> None:
    arrays = small("fashion_mnist")
    folder = keras_home / "datasets" / "fashion-mnist"
    folder.mkdir(parents=True)
    for half, part in (("train", "train"), ("test", "t10k")):
        x, y = arrays[f"x_{half}"], arrays[f"y_{half}"].ravel()
        images = struct.pack(">IIII", 2051, len(x), 28, 28) + x.tobytes()
        labels = struct.pack(">II", 2049, len(y)) + y.tobytes()
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images))
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels))
    assert DATASETS["fashion_mnist"].is_here()
    # In a process of its own, since Keras looks for its cache once, when it is imported.
    source = """
import sys, numpy
from training import datasets
numpy.save(sys.argv[1], datasets.load("fashion_mnist").x_test)
"""
    run_python(ROOT, source, str(keras_home / "read.npy"))
    read = np.load(keras_home / "read.npy")
    np.testing.assert_array_equal(read[..., 0], arrays["x_test"])


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_the_real_files_hold_what_the_facts_state(keras_home: Path, name: str) -> None:
    real = SHARED / f"{name}.npz"
    if not real.exists():
        pytest.skip("../shared/data is not here")
    (keras_home / "datasets").mkdir()
    (keras_home / "datasets" / real.name).symlink_to(real)
    facts, data = DATASETS[name].static, datasets.load(name)
    assert (len(data.x_train), len(data.x_test)) == (facts.train, facts.test)
    assert data.x_train.dtype == facts.dtype
    assert facts.scale == 1 / data.x_train.max()
    assert len(np.unique(data.y_train)) == len(facts.classes or ())


def test_sequences_are_cut_at_the_front_and_padded_there() -> None:
    rows = pad([[1, 2, 3, 4], [5], [], [6, 7]], 3)
    assert rows.tolist() == [[2, 3, 4], [0, 0, 5], [0, 0, 0], [0, 6, 7]]


@pytest.mark.keras
def test_padding_is_that_of_keras() -> None:
    import keras

    sequences = [[1, 2, 3, 4], [5], [6, 7]]
    theirs = keras.utils.pad_sequences(sequences, maxlen=3)
    np.testing.assert_array_equal(pad(sequences, 3), theirs)


def test_the_cache_is_where_keras_has_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "datasets"
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".keras" / "datasets"


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set_describes_itself(name: str) -> None:
    described = DATASETS[name].to_json()
    assert described["name"] == name
    assert described["title"]["en"]
    assert described["title"]["zh"]
    assert described["source"].startswith("http")
    assert described["available"]
    assert not described["owned"]
    json.dumps(described)


def test_a_second_data_set_of_one_name_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        type("Again", (Dataset,), {"static": DATASETS["digits"].static})


COINS = '''"""Four tosses."""
import numpy as np
from training.datasets.dataset import Data, Dataset, Facts

class Coins(Dataset):
    """Heads or tails."""
    title = title_zh = "Coins"
    static = Facts("coins", "vector", (1,), "float32", "classes", (), ("heads", "tails"), 4, 1)

    def load(self, say, wanted):
        x, y = np.zeros((4, 1), np.float32), np.arange(4) % 2
        return Data(self.static, x, y, x[:1], y[:1])
'''


def test_a_data_set_is_one_file(tmp_path: Path) -> None:
    for package in ("layers", "training"):
        shutil.copytree(ROOT / package, tmp_path / package)
    (tmp_path / "training" / "datasets" / "coins.py").write_text(COINS)
    source = "from training import datasets; print(datasets.load('coins').classes)"
    assert run_python(tmp_path, source) == "('heads', 'tails')"


def run_python(folder: Path, source: str, *arguments: str) -> str:
    """What a program prints that runs in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", source, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_lists_load_nothing_heavy() -> None:
    source = """
import sys
from training.datasets import DATASETS
[dataset.to_json() for dataset in DATASETS.values()]
import training.plan, training.recipe, training.events
print([name for name in ("numpy", "keras", "tensorflow", "sklearn", "PIL") if name in sys.modules])
"""
    assert run_python(ROOT, source) == "[]"


def test_notes_are_added_to_facts() -> None:
    facts = Facts("a", "vector", (1,), "float32", "values").with_notes("One.").with_notes("Two.")
    assert facts.notes == ("One.", "Two.")
    silent("nobody hears this")
