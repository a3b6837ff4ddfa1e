"""IMDB: 50,000 film reviews, each a sequence of word numbers, liked or not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from training.datasets.cached import Cached, fetching
from training.datasets.dataset import Data, Facts, Say, Wanted

if TYPE_CHECKING:
    from training.datasets.dataset import Array

LENGTH = 200
"""Words of a review where the network takes any number."""


class Imdb(Cached):
    """Reviews; Maas et al. 2011, "Learning Word Vectors for Sentiment Analysis".

    Word numbers go by frequency; 0 pads, 1 starts a review, 2 stands for a word beyond the
    vocabulary.
    """

    title = "IMDB film reviews"
    title_zh = "IMDB 影评"
    source = "https://ai.stanford.edu/~amaas/data/sentiment/"
    download_bytes = 17_464_789
    files = ("imdb.npz",)
    static = Facts(
        name="imdb",
        kind="tokens",
        sample=(None,),
        dtype="int32",
        labels="classes",
        classes=("negative", "positive"),
        train=25_000,
        test=25_000,
        vocabulary=88_587,
    )

    def load(self, say: Say, wanted: Wanted) -> Data:
        if not self.is_here():
            say(f"Fetching {self.title} ({self.download_bytes / 1e6:.0f} MB).")
        from keras.datasets import imdb

        with fetching(self):
            # The file holds pickled lists; Keras checks its checksum before it reads them.
            (x_train, y_train), (x_test, y_test) = imdb.load_data(num_words=wanted.vocabulary)
        length = wanted.length or LENGTH
        return Data(self.static, pad(x_train, length), y_train, pad(x_test, length), y_test)


def pad(sequences: Iterable[Sequence[int]], length: int) -> Array:
    """Sequences as rows (batch, length) of int32: the end is kept and zeros come first, as in
    Keras' pad_sequences."""
    import numpy as np

    kept = [sequence[-length:] for sequence in sequences]
    rows = np.zeros((len(kept), length), np.int32)
    for row, sequence in zip(rows, kept, strict=True):
        if len(sequence):
            row[-len(sequence) :] = sequence
    return rows
