"""What a layer declares: the base class of the catalogue.

A layer class is the only place where a layer is described. Its name is the Keras class name and
its parameters carry
Keras' argument names, so that the Keras layer, its JSON and its Python code need no line of their
own. Declaring a class registers it.

Rules for authors: ``output`` raises :class:`~layers.diagnostics.Invalid` and never returns a
guess; a dimension that is not known stays None; no rule ever sees node ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

from layers.bridges import bridge
from layers.categories import Category
from layers.costs import Field
from layers.declared import Declared
from layers.diagnostics import Invalid, Problem, SetType
from layers.params import Bool, Nullable
from layers.tensor import Dim, Shape, Tensor, product, shape_text

Role: TypeAlias = Literal["layer", "data", "loss", "measure", "sink"]
Masks: TypeAlias = Literal["pass", "stop", "unknown"]
Effect: TypeAlias = Literal["moves", "maps", "makes"]

LAYERS: dict[str, type[Layer]] = {}
"""Every declared layer by its class name."""

WRONG_RANK = Problem(
    "shape.rank",
    "{layer} needs {expected} axes {axes}; got {actual}: {shape}.",
    "Insert a layer before it that gives {expected} axes.",
)
TOO_FEW_AXES = Problem(
    "shape.rank_least",
    "{layer} needs at least {expected} axes; got {actual}: {shape}.",
    "Insert a Reshape before it.",
)
NO_AXIS = Problem(
    "shape.axis",
    "{param}={value} is no axis of {shape} besides the batch.",
    "Choose an axis between 1 and the last, or a negative one counted from the end.",
)
UNKNOWN_AXIS = Problem(
    "shape.unknown",
    "{layer} needs a known size for its {axis} axis; got {shape}.",
    "Set that dimension in the input.",
)


def call_training(default: bool | None) -> Nullable[bool]:
    """The parameter `training` of a layer's call, with Keras' default; None follows the network.

    Keras 3 asks for it only where the network itself is called without: training, testing and
    predicting overrule it. Keras 2 heeds it always.
    """
    return Nullable(
        Bool(help="Whether it acts as in training, if nobody says.", advanced=True), default
    )


@dataclass(frozen=True, slots=True)
class Weight:
    """One weight of a layer."""

    shape: tuple[int, ...]
    trainable: bool = True

    @property
    def count(self) -> int:
        return product(self.shape) or 0


@dataclass(frozen=True, slots=True)
class Example:
    """A use of a layer that its tests build in real Keras.

    Attributes:
        input: shape of the input, batch first (or several, for several inputs; () for none).
        output: shape of the output (or several, or none).
        params: parameter values that differ from the defaults.
        weights: number of weights, all counted.
        dtype: dtype of the inputs, or one for each.
    """

    input: Shape | tuple[Shape, ...]
    output: Shape | tuple[Shape, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    weights: int = 0
    dtype: str | tuple[str, ...] = "float32"

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        shapes = _several(self.input)
        dtypes = (self.dtype,) * len(shapes) if isinstance(self.dtype, str) else self.dtype
        return tuple(map(Tensor, shapes, dtypes))

    @property
    def output_shapes(self) -> tuple[Shape, ...]:
        return _several(self.output)


@dataclass(frozen=True, slots=True)
class Family:
    """Layers that are one idea in several classes: one palette entry with variants."""

    id: str
    label: str
    zh: str
    category: Category
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A palette entry of its own: a label, preset parameters and search words."""

    label: str
    zh: str
    params: Mapping[str, Any] = field(default_factory=dict)
    keywords: tuple[str, ...] = ()
    category: Category | None = None


class Layer(Declared):
    """Base of all layers. A class whose name starts with an underscore is shared ground and is not
    registered.

    Class attributes:
        category: palette category.
        family: the family the layer is a variant of, if any.
        entries: palette entries; a layer without family and entries is not in the palette.
        min_inputs, max_inputs: how many tensors it takes (None: any number).
        input_rank: number of axes of its input, batch included, where it is fixed.
        axis_names: names of the input's axes, for messages.
        source: paper or URL.
        examples: uses that tests build in real Keras.
        separate_inputs: whether it is called with an argument for each input, not with a list.
        package: who has the Keras class: Keras itself, or a package it is registered under.
        role: what the layer is for; only those of the role "layer" compute something.
        input_names: names by which Keras may be given the inputs, in its order; the last, where it
            is that of a mask, is for the last input if that has the dtype bool.
        states: how many tensors of state a recurrent layer keeps.
        call_params: parameters that Keras wants where the layer is called, not where it is made.
        training_only: whether the layer changes values in training only (Dropout, noise).
        training_differs: whether it computes otherwise in training, or does with some parameters.
        effect: what becomes of the values: they move and stay what they are, each is mapped to
            another, or new ones are made of several.
        masks: what becomes of a mask: it passes on, stops here without harm, or is not understood.
    """

    category: ClassVar[Category]
    family: ClassVar[Family | None] = None
    entries: ClassVar[tuple[Entry, ...]] = ()
    min_inputs: ClassVar[int] = 1
    max_inputs: ClassVar[int | None] = 1
    input_rank: ClassVar[int | None] = None
    axis_names: ClassVar[tuple[str, ...]] = ()
    source: ClassVar[str] = ""
    examples: ClassVar[Sequence[Example]] = ()
    separate_inputs: ClassVar[bool] = False
    package: ClassVar[str] = "keras"
    role: ClassVar[Role] = "layer"
    input_names: ClassVar[tuple[str, ...]] = ()
    states: ClassVar[int] = 0
    call_params: ClassVar[tuple[str, ...]] = ()
    training_only: ClassVar[bool] = False
    training_differs: ClassVar[bool] = False
    effect: ClassVar[Effect] = "makes"
    masks: ClassVar[Masks] = "pass"

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        name = cls.__name__
        if name.startswith("_"):
            return
        if name in LAYERS and LAYERS[name].__module__ != cls.__module__:
            raise ValueError(
                f"layer {name} is declared in {LAYERS[name].__module__} and {cls.__module__}"
            )
        LAYERS[name] = cls

    def output(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        """The output (or outputs) for given inputs. Raises Invalid."""
        raise NotImplementedError

    def state_shapes(self, tensor: Tensor) -> tuple[Shape, ...]:
        """Shapes of the states that a recurrent layer keeps over a sequence. Raises Invalid."""
        return ()

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        """The weights by name, in Keras' order. Called only where ``output`` accepts the inputs."""
        return {}

    def field(self, field: Field, *inputs: Tensor) -> Field | None:
        """How far a value of the output sees, given how far one of the inputs does.

        None where that is no longer a matter of windows.
        """
        return None

    def mask(self, *masks: bool) -> bool:
        """Whether the first output carries a mask, given whether each input does.

        A mask says which steps of a sequence are padding. Further outputs never carry one.
        """
        return self.masks == "pass" and any(masks)

    def macs(self, *inputs: Tensor) -> Dim:
        """Multiply-accumulate operations for one sample; None where a dimension is unknown."""
        return 0

    def check_rank(self, tensor: Tensor) -> None:
        """Refuse an input whose number of axes is not the layer's. Raises Invalid.

        The remedy makes of it what the layer wants, or switches to a sibling of the same family
        that fits.
        """
        expected = self.input_rank
        if expected is None or tensor.rank == expected:
            return
        sibling = self.sibling(tensor.rank)
        raise Invalid(
            WRONG_RANK,
            layer=type(self).__name__,
            expected=expected,
            axes=f"({', '.join(self.axis_names)})",
            actual=tensor.rank,
            shape=shape_text(tensor.shape),
            remedy=bridge(self, tensor) or (SetType(sibling) if sibling else None),
        )

    def check_least(self, tensor: Tensor, rank: int) -> None:
        """Refuse an input with fewer axes than `rank`, the batch included. Raises Invalid."""
        if tensor.rank < rank:
            raise Invalid(
                TOO_FEW_AXES,
                layer=type(self).__name__,
                expected=rank,
                actual=tensor.rank,
                shape=shape_text(tensor.shape),
            )

    def check_axis(self, tensor: Tensor, axis: int, param: str) -> None:
        """Refuse an axis that the input does not have, or the batch. Raises Invalid."""
        if not -tensor.rank < axis < tensor.rank or axis == 0:
            raise Invalid(NO_AXIS, param=param, value=axis, shape=shape_text(tensor.shape))

    def known(self, tensor: Tensor, axis: int) -> int:
        """The size of an axis that must be known. Raises Invalid."""
        dim = tensor.shape[axis]
        if dim is None:
            name = (
                self.axis_names[axis] if self.axis_names else ("last" if axis == -1 else str(axis))
            )
            raise Invalid(
                UNKNOWN_AXIS, layer=type(self).__name__, axis=name, shape=shape_text(tensor.shape)
            )
        return dim

    @classmethod
    def sibling(cls, rank: int) -> str | None:
        """The same idea for inputs of another rank: ``Conv2D`` at rank 3 is ``Conv1D``."""
        stem = cls.__name__
        if cls.family is None or cls.input_rank is None:
            return None
        wanted = stem.replace(f"{cls.input_rank - 2}D", f"{rank - 2}D")
        found = LAYERS.get(wanted)
        return wanted if found and found.family is cls.family and found is not cls else None

    @classmethod
    def can_take_one(cls) -> bool:
        """Whether one input is enough, and the layer is called with it alone."""
        return cls.min_inputs == 1 and (cls.max_inputs == 1 or cls.role == "layer")

    @property
    def call_arguments(self) -> dict[str, Any]:
        """What the layer is called with besides tensors, as far as it is not the default."""
        return {
            name: self.values[name]
            for name in self.call_params
            if self.values[name] != self.params[name].typed_default
        }

    def arguments(
        self, given: Sequence[Any], inputs: Sequence[Tensor]
    ) -> tuple[list[Any], dict[str, Any]]:
        """How Keras is given the inputs: arguments by position, and those by name.

        Args:
            given: what stands for each input: tensors, or how they are spelt.
            inputs: the inputs, none where they are not known.
        """
        is_list = not self.separate_inputs and (len(given) > 1 or self.max_inputs != 1)
        return [list(given)] if is_list else list(given), self.call_arguments

    @classmethod
    def to_keras(cls, config: dict[str, Any]) -> dict[str, Any]:
        """Adjust a Keras configuration made from the parameters, where Keras spells differently."""
        return config

    @classmethod
    def from_keras(cls, config: dict[str, Any]) -> dict[str, Any]:
        """Adjust a Keras configuration before its members are read as parameters by name."""
        return config


def _several(shapes: Any) -> tuple[Shape, ...]:
    return shapes if not shapes or isinstance(shapes[0], tuple) else (shapes,)
