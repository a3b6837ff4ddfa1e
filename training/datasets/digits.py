"""Handwritten digits of 8 x 8 pixels that come with scikit-learn, so that they need no network."""

from __future__ import annotations

import gzip
from importlib.util import find_spec
from pathlib import Path

from training.datasets.dataset import UNAVAILABLE, Data, Dataset, Facts, Say, Wanted
from training.refusals import refusal

SAMPLES = 1797
TEST_SAMPLES = 360


class Digits(Dataset):
    """1,797 digits; the test set is a fifth of them, drawn once and for all."""

    order = 0  # The one that works everywhere.
    title = "Handwritten digits (8 × 8)"
    title_zh = "手写数字(8 × 8)"
    source = "https://doi.org/10.24432/C50P49"
    static = Facts(
        name="digits",
        kind="image",
        sample=(8, 8, 1),
        dtype="uint8",
        labels="classes",
        classes=tuple("0123456789"),
        train=SAMPLES - TEST_SAMPLES,
        test=TEST_SAMPLES,
        scale=1 / 16,
        dark=True,
        figure=1.0,
    )

    @classmethod
    def missing(cls) -> str:
        return "" if _file() else "scikit-learn is not installed."

    def load(self, say: Say, wanted: Wanted) -> Data:
        import numpy as np

        file = _file()
        if file is None:
            raise refusal(
                UNAVAILABLE,
                name=self.static.name,
                reason="scikit-learn is not installed",
                remedy="Run: pip install scikit-learn",
            )
        # Read as scikit-learn stores it; importing scikit-learn would take a second and load SciPy.
        with gzip.open(file, "rt") as stream:
            rows = np.loadtxt(stream, delimiter=",", dtype=np.uint8)
        x, y = rows[:, :-1].reshape(-1, 8, 8, 1), rows[:, -1].astype(np.int64)
        # The file runs through the classes again and again, so a regular pattern would miss some.
        order = np.random.default_rng(0).permutation(len(x))
        test, train = np.sort(order[:TEST_SAMPLES]), np.sort(order[TEST_SAMPLES:])
        return Data(self.static, x[train], y[train], x[test], y[test])


def _file() -> Path | None:
    spec = find_spec("sklearn")
    if spec is None or spec.origin is None:
        return None
    file = Path(spec.origin).parent / "datasets" / "data" / "digits.csv.gz"
    return file if file.is_file() else None
