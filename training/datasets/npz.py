"""Data sets in an .npz file of the user's: x_train, y_train and, if there is a test set, x_test,
y_test.

What the arrays mean is read off their shapes, dtypes and labels. Everything is checked before it is
believed; see :mod:`training.archives`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from layers.diagnostics import Problem
from layers.tensor import shape_text
from training.datasets.dataset import Data, Dataset, Facts, Kind, LabelKind, Say, Wanted
from training.refusals import refusal

if TYPE_CHECKING:
    from training.archives import Archive, Header
    from training.datasets.dataset import Array

KEYS = ("x_train", "y_train", "x_test", "y_test")
TEST_SHARE = 0.1
MAX_CLASSES = 10_000
MIN_IMAGE_SIDE = 4
LOOKED_AT = 256
MOST = 0.9
"""Share of pictures that is taken for all of them."""
MAX_LABEL_BYTES = 512 * 2**20
"""Labels are looked at as a whole, with several copies for a moment."""

UNEQUAL = Problem(
    "npz.count",
    "{x} has {count_x} samples and {y} has {count_y}.",
    "Give every sample one label.",
)
EMPTY = Problem("npz.empty", "{key} has no samples.", "Save at least two samples.")
OTHER_SHAPE = Problem(
    "npz.shape",
    "The samples of {first} are {shape_first}, those of {second} {shape_second}.",
    "Give both the same shape.",
)
NOT_FINITE = Problem(
    "npz.nan",
    "{key} holds {count} values that are not numbers (NaN or infinite).",
    "Replace or remove them, such as with numpy.nan_to_num.",
)
LABELS_TOO_LARGE = Problem(
    "npz.labels",
    "The labels of {file} take {size_mb} MB; the limit is {limit_mb} MB.",
    "Save one class number for each sample, or smaller types such as uint8.",
)
HALF_TEST = Problem(
    "npz.half_test", "The file has {present} but no {absent}.", "Save both, or neither."
)


@dataclass(frozen=True, slots=True)
class _Labels:
    kind: LabelKind
    shape: tuple[int, ...]
    classes: tuple[str, ...] | None = None


class NpzFile(Dataset):
    """An .npz file as a data set. Raises GraphError from ``facts`` and ``load``.

    Args:
        path: the file.
        name: what it is called; the file's stem where nothing is given.
        limit_bytes: limit of the unpacked arrays; None for the general one.
    """

    def __init__(self, path: Path, name: str = "", limit_bytes: int | None = None) -> None:
        self.path = path
        self.name = name or path.stem
        self.limit_bytes = limit_bytes

    @cached_property
    def archive(self) -> Archive:
        from training import archives

        limit = self.limit_bytes or archives.MAX_UNPACKED_BYTES
        return archives.Archive(self.path, KEYS, limit, f"{self.name}.npz")

    @cached_property
    def facts(self) -> Facts:
        """Shapes, counts and kinds, from the headers and the training labels alone."""
        archive = self.archive
        x, y = archive.header("x_train"), archive.header("y_train")
        pairs = [("x_train", x, "y_train", y)]
        has_test = {key for key in ("x_test", "y_test") if key in archive.headers}
        if len(has_test) == 1:
            (present,) = has_test
            absent = "y_test" if present == "x_test" else "x_test"
            raise refusal(HALF_TEST, present=present, absent=absent)
        if has_test:
            pairs.append(("x_test", archive.headers["x_test"], "y_test", archive.headers["y_test"]))
        for name_x, header_x, name_y, header_y in pairs:
            _check_counts(name_x, header_x, name_y, header_y)
        if has_test:
            _check_shapes("x_train", x, "x_test", archive.headers["x_test"])
            _check_shapes("y_train", y, "y_test", archive.headers["y_test"])
        labels = _read_labels(archive, bool(has_test))
        kind, sample = _sample(x)
        count = x.shape[0]
        held_out = 0 if has_test else max(1, round(count * TEST_SHARE))
        facts = Facts(
            name=self.name,
            kind=kind,
            sample=sample,
            dtype=str(x.dtype),
            labels=labels.kind,
            label_shape=labels.shape,
            classes=labels.classes,
            train=count - held_out,
            test=archive.headers["x_test"].shape[0] if has_test else held_out,
            scale=1 / 255 if kind == "image" and x.dtype == "uint8" else None,
        )
        if not has_test:
            facts = facts.with_notes(
                f"The file has no test set: {held_out} of its samples were drawn for one."
            )
        return facts

    def load(self, say: Say, wanted: Wanted) -> Data:
        import numpy as np

        facts, archive = self.facts, self.archive
        x, y = self._pair("x_train", "y_train", facts)
        if "x_test" in archive.headers:
            x_test, y_test = self._pair("x_test", "y_test", facts)
        else:
            order = np.random.default_rng(0).permutation(len(x))
            count = facts.test or 1
            test, train = np.sort(order[:count]), np.sort(order[count:])
            x, y, x_test, y_test = x[train], y[train], x[test], y[test]
        if facts.kind == "tokens":
            facts = replace(facts, vocabulary=int(max(x.max(), x_test.max())) + 1)
        elif (white := _white(facts, x, x_test)) is not None:
            facts = replace(facts, scale=1 / white)
        dark = _is_dark(x, facts)
        figure = _figure(x, facts) if dark else None
        return Data(replace(facts, dark=dark, figure=figure), x, y, x_test, y_test)

    def _pair(self, key_x: str, key_y: str, facts: Facts) -> tuple[Array, Array]:
        """Samples and labels of one half, in the shapes and dtypes that the facts state."""
        import numpy as np

        x, y = self.archive.read(key_x), self.archive.read(key_y)
        if x.dtype.kind == "f":
            x = x.astype(np.float32, copy=False)
            _check_finite(key_x, x)
        elif facts.kind == "tokens":
            x = x.astype(np.int32)
        x = x.reshape(len(x), *(int(dim or 0) for dim in facts.sample))
        wanted = np.int64 if facts.labels == "classes" else np.float32
        return x, y.reshape(len(y), *facts.label_shape).astype(wanted)


def _is_dark(x: Array, facts: Facts) -> bool:
    """Whether grey pictures are light on dark, as far as the corners of the first ones show it."""
    import numpy as np

    from training.images import picture_shape

    shape = None if facts.kind == "tokens" else picture_shape(facts.sample)
    if shape is None or shape[2] != 1:
        return False
    pictures = x[:LOOKED_AT].reshape(-1, *shape[:2])
    corners = pictures[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    return bool(np.median(corners) < (float(pictures.min()) + float(pictures.max())) / 2)


def _figure(x: Array, facts: Facts) -> float | None:
    """How much of dark grey pictures the longer side of their figures takes; None where the first
    ones differ in it.
    """
    import numpy as np

    from training.images import picture_shape

    height, width, _ = picture_shape(facts.sample) or (0, 0, 0)
    pictures = x[:LOOKED_AT].reshape(-1, height, width)
    low, high = float(pictures.min()), float(pictures.max())
    lit = np.asarray(pictures > low + (high - low) / 8)
    sides: list[Array] = [np.any(lit, axis=axis) for axis in (1, 2)]
    # From the first lit row or column to the last.
    longest = np.max(
        [line.shape[1] - line.argmax(axis=1) - line[:, ::-1].argmax(axis=1) for line in sides],
        axis=0,
    )
    usual = float(np.median(longest))
    is_usual = float(np.mean(np.abs(longest - usual) <= 1)) > MOST
    return usual / min(height, width) if is_usual and height == width else None


def _check_counts(name_x: str, x: Header, name_y: str, y: Header) -> None:
    for name, header in ((name_x, x), (name_y, y)):
        if not header.shape or 0 in header.shape:
            raise refusal(EMPTY, key=name)
    if x.shape[0] != y.shape[0]:
        raise refusal(UNEQUAL, x=name_x, y=name_y, count_x=x.shape[0], count_y=y.shape[0])
    if name_x == "x_train" and x.shape[0] < 2:
        raise refusal(EMPTY, key=name_x)


def _check_shapes(first: str, one: Header, second: str, other: Header) -> None:
    if one.shape[1:] != other.shape[1:]:
        raise refusal(
            OTHER_SHAPE,
            first=first,
            second=second,
            shape_first=shape_text(one.shape[1:]),
            shape_second=shape_text(other.shape[1:]),
        )


def _check_finite(key: str, array: Array) -> None:
    import numpy as np

    # The sum is finite where all values are (or overflows, which the count then tells apart): no
    # array of flags needed.
    with np.errstate(all="ignore"):
        if np.isfinite(array.sum(dtype=np.float64)):
            return
    count = int(array.size - np.isfinite(array).sum())
    if count:
        raise refusal(NOT_FINITE, key=key, count=count)


def _sample(x: Header) -> tuple[Kind, tuple[int, ...]]:
    """What a sample is, and its shape: images get a channel axis, single numbers an axis of one."""
    shape = x.shape[1:] or (1,)
    small = min(shape[:2]) < MIN_IMAGE_SIDE if len(shape) >= 2 else True
    if len(shape) == 3 and shape[2] in (1, 3, 4) and not small:
        return "image", shape
    if len(shape) == 2 and x.dtype == "uint8" and not small:
        return "image", (*shape, 1)
    if len(shape) == 1 and x.dtype.kind in "iu" and x.dtype != "uint8":
        return "tokens", shape
    return "vector", shape


def _read_labels(archive: Archive, has_test: bool) -> _Labels:
    """What the labels are, from those of both halves: a class may occur in the test only."""
    import numpy as np

    size = sum(archive.header(key).size_bytes for key in ("y_train", "y_test")[: 1 + has_test])
    if size > MAX_LABEL_BYTES:
        raise refusal(
            LABELS_TOO_LARGE,
            file=archive.name,
            size_mb=round(size / 1e6),
            limit_mb=round(MAX_LABEL_BYTES / 1e6),
        )
    y = archive.read("y_train")
    if has_test:
        y = np.concatenate([y, archive.read("y_test")])
    if y.dtype.kind == "f":
        for key in ("y_train", "y_test")[: 1 + has_test]:
            _check_finite(key, archive.read(key))
    shape = y.shape[1:]
    if shape == (1,):
        y, shape = y.reshape(-1), ()
    low, high = float(y.min()), float(y.max())
    if len(shape) == 1 and low >= 0 and high <= 1 and bool(((y == 0) | (y == 1)).all()):
        single = bool((y.sum(axis=1) == 1).all())
        return _Labels("one_hot" if single else "several", shape, _names(shape[0]))
    is_whole = y.dtype.kind in "iub" or (not shape and bool((y == np.round(y)).all()))
    if is_whole and low >= 0 and high < MAX_CLASSES:
        count = max(2, int(high) + 1)
        # Whole numbers stored as float are classes only where no number is left out.
        if y.dtype.kind in "iub" or len(np.unique(y)) == count:
            return _Labels("classes", shape, _names(count))
    return _Labels("values", shape or (1,))


def _names(count: int) -> tuple[str, ...]:
    return tuple(str(number) for number in range(count))


def _white(facts: Facts, x: Array, x_test: Array) -> float | None:
    """The stored value of white where samples may be pictures; None where they run from 0 to 1 (or
    below 0, or too far) and are used as they are.

    Most pictures go to 255, but those of scikit-learn's digits to 16, and masks to 1. A network
    must be asked about a picture in the scale in which it was taught.
    """
    from training.images import picture_shape

    if picture_shape(facts.sample) is None:
        return None
    low = min(float(x.min()), float(x_test.min()))
    high = max(float(x.max()), float(x_test.max()))
    if low < 0 or high > 255:
        return None
    if high <= 1.5:
        return 1.0 if facts.dtype == "uint8" else None
    # Whose brightest pixel is below the middle has not been stored for 255.
    return 255.0 if high > 128 else high
