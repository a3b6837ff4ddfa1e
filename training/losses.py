"""The losses of Keras: what each one asks of labels and outputs.

A subclass of :class:`Loss` is registered by being declared. Its class name is Keras' class; its
identity in recipes is Keras' string for it (``sparse_categorical_crossentropy``). Which loss fits a
network and its data is decided in :mod:`training.objective`.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar, Literal, TypeAlias

from layers.declared import Declared
from layers.params import Float

LabelForm: TypeAlias = Literal["index", "one_hot", "values", "signs"]
"""How labels reach a loss: class numbers, rows of 0 and 1, numbers as they are, or -1 and 1."""

LOSSES: dict[str, type[Loss]] = {}
"""Every loss by its Keras string."""


class Loss(Declared):
    """Base of the losses.

    Class attributes:
        form: how labels are handed over.
        takes_logits: whether the Keras class has `from_logits`.
        needs_positive: whether outputs below zero make it meaningless.
        tells_classes: whether accuracy is a sensible metric.
    """

    form: ClassVar[LabelForm]
    takes_logits: ClassVar[bool] = False
    needs_positive: ClassVar[bool] = False
    tells_classes: ClassVar[bool] = False
    name: ClassVar[str]

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", cls.__name__)
        cls.name = words.lower()
        if cls.name in LOSSES:
            raise ValueError(f"loss {cls.name} is declared twice")
        LOSSES[cls.name] = cls

    def to_json(self) -> Any:
        """The name alone where nothing differs from Keras' defaults, else ``{"type": name,
        **parameters}``."""
        values = super().to_json()
        return self.name if self == type(self)() else {"type": self.name, **values}


class SparseCategoricalCrossentropy(Loss):
    """One class of several; labels are class numbers, outputs a probability for each class."""

    form = "index"
    takes_logits = True
    tells_classes = True


class CategoricalCrossentropy(Loss):
    """One class of several; labels are rows with a single 1."""

    form = "one_hot"
    takes_logits = True
    tells_classes = True
    label_smoothing = Float(
        0.0, minimum=0.0, maximum=1.0, help="Share of each label spread over all classes."
    )


class BinaryCrossentropy(Loss):
    """Yes or no, once or for several independent questions; outputs are probabilities."""

    form = "one_hot"
    takes_logits = True
    tells_classes = True
    label_smoothing = Float(
        0.0, minimum=0.0, maximum=1.0, help="Share by which labels move towards one half."
    )


class CategoricalFocalCrossentropy(Loss):
    """Categorical crossentropy that looks most at what is still wrong; for rare classes.

    Source: Lin et al. 2017, "Focal Loss for Dense Object Detection"
    """

    form = "one_hot"
    takes_logits = True
    tells_classes = True
    alpha = Float(0.25, minimum=0.0, help="Weight of the classes.")
    gamma = Float(2.0, minimum=0.0, help="How much easy samples are played down.")


class BinaryFocalCrossentropy(Loss):
    """Binary crossentropy that looks most at what is still wrong."""

    form = "one_hot"
    takes_logits = True
    tells_classes = True
    gamma = Float(2.0, minimum=0.0, help="How much easy samples are played down.")


class KLDivergence(Loss):
    """Distance between two distributions: labels and outputs are probabilities."""

    form = "one_hot"
    needs_positive = True
    tells_classes = True


class CategoricalHinge(Loss):
    """One class of several, told apart by a margin."""

    form = "one_hot"
    tells_classes = True


class Hinge(Loss):
    """Yes or no, told apart by a margin; labels become -1 and 1, outputs are best made by tanh."""

    form = "signs"


class SquaredHinge(Loss):
    """The square of hinge: large margins of error count more."""

    form = "signs"


class MeanSquaredError(Loss):
    """Numbers: the mean of squared differences."""

    form = "values"


class MeanAbsoluteError(Loss):
    """Numbers: the mean of absolute differences; outliers count less."""

    form = "values"


class Huber(Loss):
    """Numbers: squared near zero, absolute beyond delta."""

    form = "values"
    delta = Float(1.0, minimum=0.0, help="Where the square ends.")


class LogCosh(Loss):
    """Numbers: like the squared error for small differences, like the absolute for large ones."""

    form = "values"


class MeanAbsolutePercentageError(Loss):
    """Numbers: differences in per cent of the label, which must not be zero."""

    form = "values"


class MeanSquaredLogarithmicError(Loss):
    """Positive numbers: squared differences of logarithms, so ratios count."""

    form = "values"
    needs_positive = True


class Poisson(Loss):
    """Counts: how likely they are where the output is their expected value."""

    form = "values"
    needs_positive = True


class CosineSimilarity(Loss):
    """Vectors: only their direction counts."""

    form = "values"
