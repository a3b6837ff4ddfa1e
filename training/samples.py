"""A few images of the test set, kept with a run so that a page can offer them without loading the
data again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.datasets.dataset import Data, Facts
from training.images import picture_shape

FILE = "samples.npz"
COUNT = 48

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Sample:
    """One image of the test set: its place there, its pixels (height, width, channels) and its
    class's name."""

    index: int
    pixels: Array
    label: str


def save_samples(directory: Path, data: Data) -> None:
    """Keep some test images, each class as often as any other; nothing where samples are no
    pictures."""
    shape = picture_shape(data.facts.sample)
    if shape is None or not len(data.x_test) or data.facts.kind == "tokens":
        return
    chosen = _balanced(_class_numbers(data), COUNT)
    stored = data.x_test[chosen]
    white = white_of(data.facts)
    if stored.dtype.kind == "f" and (stored.min() < 0 or stored.max() > white):
        return
    pixels = np.rint(stored.astype(np.float32) * (255 / white)).astype(np.uint8)
    labels = _class_numbers(data)[chosen]
    draft = directory / f".draft-{FILE}"
    with draft.open("wb") as stream:
        np.savez_compressed(stream, index=chosen, pixels=pixels.reshape(-1, *shape), label=labels)
    draft.replace(directory / FILE)


def read_samples(directory: Path, classes: tuple[str, ...] | None, count: int) -> list[Sample]:
    """Up to `count` of the images kept with a run."""
    path = directory / FILE
    if not path.is_file():
        return []
    with np.load(path, allow_pickle=False) as kept:
        rows = zip(
            kept["index"][:count], kept["pixels"][:count], kept["label"][:count], strict=True
        )
        return [
            Sample(int(index), pixels, classes[int(label)] if classes else "")
            for index, pixels, label in rows
        ]


def white_of(facts: Facts) -> float:
    """The stored value of white."""
    if facts.scale is not None:
        return 1 / facts.scale
    return 255.0 if facts.dtype == "uint8" else 1.0


def _class_numbers(data: Data) -> Array:
    """The class of each test sample; zeros where there are no single classes."""
    facts, y = data.facts, data.y_test
    if facts.labels == "classes" and not facts.label_shape:
        return y
    if facts.labels == "one_hot":
        return np.asarray(np.argmax(y, axis=-1))
    return np.zeros(len(y), np.int64)


def _balanced(labels: Array, count: int) -> Array:
    """Indices that run through the classes again and again."""
    # Rank of each sample within its class; sorting by it (and class) deals the classes out in turn.
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], labels[order], side="left")
    rank = np.empty(len(labels), np.int64)
    rank[order] = np.arange(len(labels)) - starts
    dealt: Array = np.lexsort((labels, rank))[:count]
    return dealt
