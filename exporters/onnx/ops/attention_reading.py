"""Attention as one operation, by the products and the softmax that it stands for."""

from __future__ import annotations

import math

import numpy as np

from exporters.onnx.operation import Operation
from exporters.onnx.ops.attention import FAR
from exporters.onnx.ops.products import product
from exporters.onnx.ops.reshaping import reshaped
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable, reads
from exporters.onnx.steps import step
from exporters.onnx.tensors import Const, Tensors, Term
from exporters.weights import Array
from layers.tensor import Dim


@reads("Attention")
def read_attention(made: Reader, op: Operation) -> Tensors:
    """Heads in an axis of their own, or within the last one; several heads may share a key.

    Source: https://onnx.ai/onnx/operators/onnx__Attention.html
    """
    if any(op.used[1:]) or any(one is not None for one in op.inputs[4:]):
        raise Unreadable("it keeps keys of earlier steps, or gives its scores")
    if op.number("softcap", 0.0):
        raise Unreadable("it caps its scores")
    rank = op.term().rank
    heads = [op.whole("q_num_heads", 0), *[op.whole("kv_num_heads", 0)] * 2]
    query, key, value = (
        _by_heads(made, op.term(place), count, f"{op.name}_{name}")
        for place, (count, name) in enumerate(zip(heads, ("query", "key", "value"), strict=True))
    )
    (_, asking, steps, width), (_, answering, others, _) = _shape(query), _shape(key)
    if asking is None or answering is None or width is None or asking % answering:
        raise Unreadable("its heads are not known")
    letters = ("bhqd", "bhkd", "bhqk")
    if asking != answering:
        # Heads that share a key stand beside one another, in an axis of their own.
        target: list[Dim] = [answering, asking // answering, steps, width]
        query = reshaped(made, query, target, f"{op.name}_groups")
        letters = ("bhgqd", "bhkd", "bhgqk")
    scores = product(made, f"{op.name}_scores", (query, letters[0]), (key, letters[1]), letters[2])
    scale = op.number("scale", 0.0) or 1 / math.sqrt(width)
    scores = step(made, op, "Mul", scores, Const(np.asarray(scale, "float32")))
    if op.whole("is_causal", 0):
        if steps is None or others is None:
            raise Unreadable("it looks back over an unknown number of steps")
        made.makes(steps * others)
        scores = _seen(made, op, scores, np.tril(np.ones((steps, others), bool)))
    mask = op.given(3)
    if isinstance(mask, Const) and mask.array.dtype == bool:
        scores = _seen(made, op, scores, _lined_up(mask, scores.rank))
    elif isinstance(mask, Term) and (
        op.node.input[3] in made.truths or (mask.tensor and mask.tensor.dtype == "bool")
    ):
        scores = step(made, op, "Where", mask, scores, Const(np.asarray(FAR, "float32")))
    elif mask is not None:
        if scores.rank != 4 and not (isinstance(mask, Const) and mask.array.ndim == 2):
            raise Unreadable("its mask is one of heads that share a key")
        scores = step(made, op, "Add", scores, mask)
    shares = step(made, op, "Softmax", scores, axis=-1)
    output = letters[0].replace("d", "v")
    name = op.name if rank == 4 and scores.rank == 4 else f"{op.name}_heads"
    found = product(made, name, (shares, letters[2]), (value, "bhkv"), output)
    wide = _shape(value)[-1]
    if scores.rank == 5:
        found = reshaped(made, found, [asking, steps, wide], f"{op.name}_apart")
    if rank == 4:
        return [found]
    if wide is None:
        raise Unreadable("its heads are not known")
    return [reshaped(made, found.transposed((0, 2, 1, 3)), [steps, asking * wide], op.name)]


def _by_heads(made: Reader, term: Term, heads: int, name: str) -> Term:
    """A tensor as (batch, heads, steps, width). Raises Unreadable."""
    if term.rank == 4:
        return term
    steps, width = (term.shape or (None, None, None))[1:]
    if term.rank != 3 or heads < 1 or width is None or width % heads:
        raise Unreadable("its heads are not known")
    target: list[Dim] = [steps, heads, width // heads]
    return reshaped(made, term, target, name).transposed((0, 2, 1, 3))


def _shape(term: Term) -> tuple[Dim, Dim, Dim, Dim]:
    if term.shape is None or term.rank != 4:
        raise Unreadable("its shape is unknown")
    one, two, three, four = term.shape
    return one, two, three, four


def _lined_up(mask: Const, rank: int) -> Array:
    if rank != 4 and mask.array.ndim > 2:
        raise Unreadable("its mask is one of heads that share a key")
    return mask.array


def _seen(made: Reader, op: Operation, scores: Term, mask: Array) -> Term:
    """Scores of which only those count that a mask names."""
    return step(made, op, "Where", Const(mask), scores, Const(np.asarray(FAR, "float32")))
