"""What a data set declares, and what it loads.

A data set is one module in this package with a subclass of :class:`Dataset`. Its :class:`Facts` are
static: lists and checks read them without loading a sample and without any heavy import. Axes are
batch first, channels last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from layers.diagnostics import Problem
from layers.tensor import Shape

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

Kind: TypeAlias = Literal["image", "vector", "tokens"]
LabelKind: TypeAlias = Literal["classes", "one_hot", "several", "values"]
"""Labels are class numbers, rows with a single 1, rows of 0 and 1, or numbers."""

Say: TypeAlias = Callable[[str], None]
"""Takes one sentence on what is being done."""

DATASETS: dict[str, type[Dataset]] = {}
"""Every data set that has a name."""

UNAVAILABLE = Problem("data.unavailable", "{name} is not on this machine: {reason}.", "{remedy}")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a data set without loading it.

    Attributes:
        name: its name in recipes and lists.
        kind: what a sample is.
        sample: shape of one sample as stored, without the batch; None where it varies.
        dtype: dtype as stored.
        labels: what kind the labels are.
        label_shape: shape of one label; () for class numbers.
        classes: names of the classes; None for numbers.
        train, test: how many samples; None where not known yet.
        scale: factor that brings the values to [0, 1]; None where they are used as they are.
        vocabulary: number of different tokens.
        dark: whether the background of the images is dark.
        figure: how much of an image the longer side of its figure takes, in the middle; None where
            that differs.
        notes: sentences on what was done to the data when they were read.
    """

    name: str
    kind: Kind
    sample: Shape
    dtype: str
    labels: LabelKind
    label_shape: tuple[int, ...] = ()
    classes: tuple[str, ...] | None = None
    train: int | None = None
    test: int | None = None
    scale: float | None = None
    vocabulary: int | None = None
    dark: bool = False
    figure: float | None = None
    notes: tuple[str, ...] = ()

    def with_notes(self, *notes: str) -> Facts:
        """The same facts with further sentences."""
        return replace(self, notes=self.notes + notes)


@dataclass(frozen=True, slots=True)
class Data:
    """A loaded data set: samples (batch, *sample) and labels (batch, *label), for training and for
    the test."""

    facts: Facts
    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array

    @property
    def classes(self) -> tuple[str, ...] | None:
        return self.facts.classes

    @property
    def kind(self) -> Kind:
        return self.facts.kind


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a network needs of token sequences: their length and how many tokens it knows."""

    length: int | None = None
    vocabulary: int | None = None


class Dataset:
    """Base of the data sets.

    Class attributes:
        title, title_zh: for lists.
        source: paper or URL.
        download_bytes: size of what is fetched on first use; 0 where nothing is.
        order: place in lists; those of one place go by their names.
        static: the facts of a declared data set.
    """

    title: ClassVar[str]
    title_zh: ClassVar[str]
    source: ClassVar[str] = ""
    download_bytes: ClassVar[int] = 0
    order: ClassVar[int] = 100
    static: ClassVar[Facts]

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        facts = getattr(cls, "static", None)
        if facts is None:
            return
        if facts.name in DATASETS:
            raise ValueError(f"data set {facts.name} is declared twice")
        DATASETS[facts.name] = cls

    @property
    def facts(self) -> Facts:
        """What is known without loading the samples. Raises GraphError where even that cannot be
        read."""
        return self.static

    @classmethod
    def missing(cls) -> str:
        """Why the data set cannot be loaded here; empty where it can (perhaps after a download)."""
        return ""

    @classmethod
    def is_here(cls) -> bool:
        """Whether it loads without a network."""
        return True

    def load(self, say: Say, wanted: Wanted) -> Data:
        """Read all samples. Raises GraphError.

        Args:
            say: told what is being done, for what takes long.
            wanted: for token sequences, what the network takes.
        """
        raise NotImplementedError

    @classmethod
    def to_json(cls) -> dict[str, Any]:
        """The data set as lists show it."""
        message = cls.missing()
        if not message and not cls.is_here():
            message = f"Fetched on first use ({cls.download_bytes / 1e6:.0f} MB)."
        return {
            "title": {"en": cls.title, "zh": cls.title_zh},
            "source": cls.source,
            "available": not cls.missing(),
            "message": message,
            "owned": False,
            **facts_json(cls.static),
        }


def facts_json(facts: Facts) -> dict[str, Any]:
    """Facts as lists show them."""
    return {
        "name": facts.name,
        "kind": facts.kind,
        "input_shape": list(facts.sample),
        "classes": None if facts.classes is None else list(facts.classes),
        "train": facts.train,
        "test": facts.test,
    }


def silent(sentence: str) -> None:
    """A listener that does not care."""
