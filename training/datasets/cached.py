"""Data sets that Keras fetches and caches: where its cache is, and what happens where there is no
network."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from training.datasets.dataset import UNAVAILABLE, Data, Dataset, Say, Wanted
from training.refusals import refusal

if TYPE_CHECKING:
    from training.datasets.dataset import Array

NETWORK_TIMEOUT_S = 20.0
KEYS = ("x_train", "y_train", "x_test", "y_test")


class Cached(Dataset):
    """Base of the data sets in Keras' cache.

    A plain ``<name>.npz`` with the usual four arrays in the cache is read first, so that a machine
    without a network can be given one.

    Class attributes:
        files: what Keras' own loader leaves in the cache.
    """

    files: ClassVar[tuple[str, ...]]

    @classmethod
    def is_here(cls) -> bool:
        folder = cache_folder()
        return _archive(cls).is_file() or all((folder / file).exists() for file in cls.files)

    def load(self, say: Say, wanted: Wanted) -> Data:
        path = _archive(type(self))
        if path.is_file():
            from training.archives import Archive

            archive = Archive(path, KEYS)
            return self.shaped(*(archive.read(key) for key in KEYS))
        if not self.is_here():
            say(f"Fetching {self.title} ({self.download_bytes / 1e6:.0f} MB).")
        loader = import_module(f"keras.datasets.{self.static.name}")
        with fetching(self):
            (x_train, y_train), (x_test, y_test) = loader.load_data()
        return self.shaped(x_train, y_train, x_test, y_test)

    def shaped(self, x_train: Array, y_train: Array, x_test: Array, y_test: Array) -> Data:
        """The four arrays in the shapes that the facts state (a channel axis costs nothing)."""
        sample = self.static.sample
        return Data(
            self.static,
            x_train.reshape(-1, *sample),
            y_train.reshape(-1),
            x_test.reshape(-1, *sample),
            y_test.reshape(-1),
        )


def cache_folder() -> Path:
    """The folder in which Keras keeps data sets, found as Keras finds it, without importing it."""
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    if home.exists() and not os.access(home, os.W_OK):
        home = Path(tempfile.gettempdir()) / ".keras"
    return home / "datasets"


@contextmanager
def fetching(dataset: Dataset) -> Iterator[None]:
    """Around a loader that may use the network: turns what fails into GraphError, and never waits
    for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(NETWORK_TIMEOUT_S)
    try:
        yield
    except Exception as error:
        # Keras wraps every failure to download into a bare Exception: "URL fetch failure on
        # ADDRESS: NUMBER -- REASON".
        reason = str(error).rpartition("-- ")[2].strip().rstrip(".") or type(error).__name__
        name = dataset.static.name
        remedy = (
            "Connect to a network once"
            if dataset.static.kind == "tokens"
            else f"Connect to a network once, or put {name}.npz with {', '.join(KEYS)} into"
            f" {cache_folder()}, or take such a file (Upload .npz, or its path on a command line)"
        )
        raise refusal(
            UNAVAILABLE,
            name=name,
            reason=f"fetching it failed ({reason})",
            remedy=f"{remedy}, or choose digits, which needs none.",
        ) from error
    finally:
        socket.setdefaulttimeout(before)


def _archive(dataset: type[Cached]) -> Path:
    return cache_folder() / f"{dataset.static.name}.npz"
