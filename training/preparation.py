"""Fitting samples to a network's input: what is done to every sample, said in sentences, and
refused where it would be a guess.

The same :class:`Preparation` serves training, evaluation and the prediction of one image, so that a
network is asked as it was taught.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from layers.diagnostics import Diagnostic, Fix, GraphError, Problem, diagnose
from layers.edits import SetParams
from layers.graph import Graph, Node
from layers.tensor import Shape, Tensor, product, shape_text
from training.datasets.dataset import Facts, Wanted
from training.refusals import refusal

if TYPE_CHECKING:
    from training.datasets.dataset import Array

UNSCALED = ("Rescaling", "Normalization", "Embedding", "ReversibleEmbedding")
"""Layers that get values as they are stored: they scale themselves, or look whole numbers up."""

SEVERAL_INPUTS = Problem(
    "data.inputs",
    "The network has {inputs} inputs; a data set serves one.",
    "Remove the others, or merge them.",
)
WRONG_INPUT = Problem(
    "data.shape",
    "{name} takes {expected} for each sample; the samples of {data} are {actual}.",
    "Set its shape to {shape}, or choose other data.",
)
NEEDS_EMBEDDING = Problem(
    "data.tokens",
    "{data} holds word numbers, and {name} passes them on as if they were quantities.",
    "Put an Embedding after it.",
    severity="warning",
)
VOCABULARY = Problem(
    "data.vocabulary",
    "{name} knows {known} different tokens; {data} has {found}.",
    "Set its input_dim to {found}.",
)
NO_TOKENS = Problem(
    "data.no_tokens",
    "{name} is an Embedding, which looks up whole numbers; the samples of {data} are measurements.",
    "Replace it by Dense, or choose data made of tokens.",
)


@dataclass(frozen=True, slots=True)
class Preparation:
    """What is done to samples, in this order.

    Attributes:
        stored: shape of a sample as stored.
        repeat: how often the last axis (the channels) is repeated.
        shape: shape of a sample as the network takes it, without the batch.
        dtype: the network's input dtype.
        scale: factor, or None.
        wanted: for token sequences, how they are to be loaded.
        adapts: the same as sentences.
    """

    stored: Shape
    shape: tuple[int, ...]
    dtype: str
    repeat: int = 1
    scale: float | None = None
    wanted: Wanted = field(default_factory=Wanted)
    adapts: tuple[str, ...] = ()

    def apply(self, samples: Array) -> Array:
        """Samples as the network takes them: (batch, *stored) becomes (batch, *shape)."""
        import numpy as np

        if self.repeat > 1:
            samples = np.repeat(samples, self.repeat, axis=-1)
        taken = samples.reshape(len(samples), *self.shape).astype(self.dtype)
        if self.scale is not None:
            taken *= np.asarray(self.scale, self.dtype)
        return taken

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, for what is kept beside the weights."""
        return {
            "stored": list(self.stored),
            "shape": list(self.shape),
            "dtype": self.dtype,
            "repeat": self.repeat,
            "scale": self.scale,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Preparation:
        """What ``to_json`` wrote."""
        return cls(
            tuple(data["stored"]),
            tuple(data["shape"]),
            data["dtype"],
            data["repeat"],
            data["scale"],
        )


def input_of(graph: Graph) -> Node:
    """The one input node. Raises GraphError."""
    inputs = [node for node in graph if node.type == "InputLayer"]
    if len(inputs) != 1:
        raise refusal(SEVERAL_INPUTS, inputs=len(inputs))
    return inputs[0]


def prepare(
    graph: Graph, node: Node, tensor: Tensor, facts: Facts
) -> tuple[Preparation, list[Diagnostic]]:
    """How the samples of a data set get into an input, with warnings. Raises GraphError where they
    do not fit.

    Args:
        graph: the network.
        node: its input.
        tensor: what the input gives, batch first.
        facts: the data.
    """
    wanted_shape = tensor.shape[1:]
    problems: list[Diagnostic] = []
    sentences: list[str] = []
    followers = [graph.nodes[edge.target] for edge in graph.outgoing(node.id)]
    embeddings = [follower for follower in followers if follower.type == "Embedding"]
    wanted = Wanted()
    stored = facts.sample
    if facts.kind == "tokens":
        wanted, stored, said = _tokens(wanted_shape, facts, embeddings)
        sentences += said
        if not embeddings:
            problems.append(
                diagnose(NEEDS_EMBEDDING, node=node.id, data=facts.name, name=node.name)
            )
    elif embeddings and facts.dtype.startswith("float"):
        place = embeddings[0]
        raise refusal(NO_TOKENS, node=place.id, name=place.name, data=facts.name)
    fitted = _fit(stored, wanted_shape, facts)
    if fitted is None:
        raise GraphError([_wrong_input(node, wanted_shape, stored, facts)])
    shape, repeat, said = fitted
    sentences += said
    scale, said = _scale(facts, tensor, followers)
    sentences += said
    made = Preparation(
        stored, shape, tensor.dtype, repeat, scale, wanted, (*sentences, *facts.notes)
    )
    return made, problems


def _tokens(shape: Shape, facts: Facts, embeddings: list[Node]) -> tuple[Wanted, Shape, list[str]]:
    """How token sequences are loaded: their length and vocabulary, and what that does to them."""
    sizes = [
        (size, node) for node in embeddings if isinstance(size := node.params.get("input_dim"), int)
    ]
    size, node = min(sizes, key=lambda pair: pair[0]) if sizes else (None, None)
    varies = facts.sample == (None,)
    said = []
    if node is not None and size is not None and size < (facts.vocabulary or 0):
        if not varies:
            raise refusal(
                VOCABULARY,
                node=node.id,
                fix=Fix(
                    f"Set input_dim to {facts.vocabulary}",
                    (SetParams(node.id, {"input_dim": facts.vocabulary}),),
                ),
                name=node.name,
                known=size,
                data=facts.name,
                found=facts.vocabulary,
            )
        said.append(f"Only the {size - 3:,} most frequent words are told apart.")
    if not varies or len(shape) != 1:
        return Wanted(vocabulary=size), facts.sample, said
    from training.datasets.imdb import LENGTH

    length = shape[0] or LENGTH
    said.append(f"Each sequence is cut or padded to {length} tokens.")
    return Wanted(length, size), (length,), said


def _fit(
    stored: Shape, wanted: Shape, facts: Facts
) -> tuple[tuple[int, ...], int, list[str]] | None:
    """The shape to bring samples to, how often to repeat channels, and the sentences; None where
    nothing fits."""
    known = tuple(dim for dim in stored if dim is not None)
    if len(known) != len(stored):
        return None
    thing = {"image": "image", "vector": "sample", "tokens": "sequence"}[facts.kind]
    is_grey = facts.kind == "image" and known[-1] == 1
    text = " × ".join(map(str, known[:-1] if is_grey else known))
    if _matches(known, wanted):
        return known, 1, []
    if len(wanted) == 1 and product(known) == (wanted[0] or product(known)):
        return (
            (product(known) or 0,),
            1,
            [f"Each {thing} of {text} is flattened to {product(known)} values."],
        )
    if known[-1] == 1 and _matches(known[:-1], wanted):
        return known[:-1], 1, [f"Each {thing} of {text} is served without its axis of one channel."]
    if _matches((*known, 1), wanted):
        return (*known, 1), 1, [f"Each {thing} of {text} gets an axis for its one channel."]
    if (
        known[-1] == 1
        and len(known) == 3
        and wanted[-1:] == (3,)
        and _matches((*known[:2], 3), wanted)
    ):
        return (*known[:2], 3), 3, ["The grey images are repeated in three colour channels."]
    whole = tuple(dim for dim in wanted if dim is not None)
    if len(known) == 1 and len(whole) == len(wanted) and product(whole) == known[0]:
        shape = " × ".join(map(str, whole))
        return whole, 1, [f"Each {thing} of {text} values is folded to {shape}."]
    return None


def _matches(shape: Shape, wanted: Shape) -> bool:
    return len(shape) == len(wanted) and all(
        want is None or dim == want for dim, want in zip(shape, wanted, strict=True)
    )


def _scale(facts: Facts, tensor: Tensor, followers: list[Node]) -> tuple[float | None, list[str]]:
    if facts.scale is None or facts.scale == 1:
        return None, []
    if not tensor.dtype.startswith(("float", "bfloat")):
        return None, []
    top = round(1 / facts.scale)
    scaling = [node for node in followers if node.type in UNSCALED]
    if scaling:
        return None, [f"{scaling[0].name} gets the values 0 to {top} as they are."]
    return facts.scale, [f"The values 0 to {top} are scaled to 0 to 1."]


def _wrong_input(node: Node, wanted: Shape, stored: Shape, facts: Facts) -> Diagnostic:
    shape = list(stored)
    if len(wanted) == 1:
        shape = [product(stored)]
    elif len(wanted) == len(stored) - 1 and stored[-1] == 1:
        shape = shape[:-1]
    return diagnose(
        WRONG_INPUT,
        node=node.id,
        fix=Fix(f"Set shape to {shape}", (SetParams(node.id, {"shape": shape}),)),
        name=node.name,
        expected=shape_text(wanted),
        actual=shape_text(stored),
        data=facts.name,
        shape=shape,
    )
