"""The data sets, one module for each. A module dropped in here is found: importing it registers
what it declares."""

from __future__ import annotations

import difflib
import pkgutil
from importlib import import_module
from pathlib import Path

from layers.diagnostics import Problem
from training.datasets.dataset import DATASETS, Data, Dataset, Facts, Wanted, silent
from training.refusals import refusal

for module in pkgutil.iter_modules(__path__):
    import_module(f"{__name__}.{module.name}")

from training.datasets.npz import NpzFile  # noqa: E402

__all__ = ["DATASETS", "Data", "Dataset", "Facts", "Wanted", "find", "load", "named"]

UNKNOWN = Problem(
    "data.unknown",
    "There is no data set {name}.",
    "{remedy}",
)


def find(name_or_path: str) -> Dataset:
    """The data set of a name, or the .npz file at a path. Raises GraphError."""
    path = Path(name_or_path)
    if name_or_path not in DATASETS and path.suffix == ".npz":
        return NpzFile(path)
    return named(name_or_path)


def named(name: str) -> Dataset:
    """The data set of a name; never a file. Raises GraphError."""
    if name in DATASETS:
        return DATASETS[name]()
    near = difflib.get_close_matches(name, DATASETS, 1)
    remedy = (
        f"Did you mean {near[0]}?"
        if near
        else f"Give the path of an .npz file, or one of {', '.join(DATASETS)}."
    )
    raise refusal(UNKNOWN, name=name, remedy=remedy)


def load(name_or_path: str) -> Data:
    """All samples of a data set by name or path. Raises GraphError."""
    return find(name_or_path).load(silent, Wanted())
