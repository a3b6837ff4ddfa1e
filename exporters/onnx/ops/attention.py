"""Attention, spelt out in products and softmaxes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from exporters.onnx.register import Unwritable, writes
from exporters.onnx.tape import Tape, Use, Value
from layers.states import has_mask

FAR = -1e9
"""What is added to a score that must not count."""


def _causal(tape: Tape, scores: str, query: Value, key: Value) -> str:
    """Scores (…, query steps, steps) of which only those of earlier steps count."""
    steps, others = query.shape[1], key.shape[1]
    if steps is None or others is None:
        ones = tape("Expand", tape.constant(1.0), tape("Shape", scores))
        allowed = tape("Greater", tape("Trilu", ones, upper=0), tape.constant(0.5))
    else:
        allowed = tape.constant(np.tril(np.ones((steps, others), bool)), "bool")
    return tape("Where", allowed, scores, tape.constant(FAR))


def _parts(tape: Tape, inputs: list[Value]) -> tuple[Value, Value, Value]:
    """Query, value and key; the key is the value where it is not given."""
    values = [tape.floats(value) for value in inputs]
    return values[0], values[1], values[-1] if len(values) > 2 else values[1]


@writes("Attention", "AdditiveAttention")
def write_attention(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer = use.layer
    query, value, key = _parts(tape, inputs)
    q, v, k = tape.last(query), tape.last(value), tape.last(key)
    additive = type(layer).__name__ == "AdditiveAttention"
    if additive or layer.score_mode == "concat":
        rows = tape("Unsqueeze", q, tape.ints(-2)), tape("Unsqueeze", k, tape.ints(-3))
        total = tape("Add", *rows)
        if layer.use_scale and not additive:
            total = tape("Mul", total, tape.weight(use, "scale"))
        grown = tape("Tanh", total)
        if layer.use_scale and additive:
            grown = tape("Mul", grown, tape.weight(use, "scale"))
        scores = tape("ReduceSum", grown, tape.ints(-1), keepdims=0)
        if not additive:
            scores = tape("Mul", scores, tape.weight(use, "concat_score_weight"))
    else:
        scores = tape("MatMul", q, tape("Transpose", k, perm=_swapped(key.rank)))
        if layer.use_scale:
            scores = tape("Mul", scores, tape.weight(use, "scale"))
    if layer.use_causal_mask:
        scores = _causal(tape, scores, query, key)
    made = tape("MatMul", tape("Softmax", scores, axis=-1), v)
    return tape.made(use, made)


def _swapped(rank: int) -> list[int]:
    return [*range(rank - 2), rank - 1, rank - 2]


def _projected(tape: Tape, use: Use, name: str, value: Value) -> str:
    """(batch, steps, features) → (batch, heads, steps, width)."""
    made = tape(
        "Einsum", tape.last(value), tape.weight(use, f"{name}/kernel"), equation="bsf,fhd->bshd"
    )
    if use.layer.use_bias:
        made = tape("Add", made, tape.weight(use, f"{name}/bias"))
    return made


@writes("MultiHeadAttention", "GroupQueryAttention")
def write_heads(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    layer = use.layer
    masked = len(inputs) > 2 and has_mask(use.inputs)
    query, value, key = _parts(tape, inputs[:-1] if masked else inputs)
    grouped = type(layer).__name__ == "GroupQueryAttention"
    if (
        query.rank != 3
        or value.rank != 3
        or (not grouped and layer.attention_axes not in (None, (1,), [1]))
    ):
        raise Unwritable("it attends along other axes than the steps")
    if layer.sliding_window:
        raise Unwritable("it looks through a sliding window")
    q, k, v = (
        _projected(tape, use, name, part)
        for name, part in (("query", query), ("key", key), ("value", value))
    )
    width = layer.head_dim if grouped else layer.key_dim
    if grouped:
        times = layer.num_query_heads // layer.num_key_value_heads
        k, v = (_repeated(tape, name, times, layer, part) for name, part in ((k, key), (v, value)))
    scores = tape("Einsum", q, k, equation="bqhd,bkhd->bhqk")
    scores = tape("Mul", scores, tape.constant(1 / math.sqrt(width)))
    if layer.use_causal_mask:
        scores = _causal(tape, scores, query, key)
    if masked:
        counts = tape("Unsqueeze", tape.last(inputs[-1]), tape.ints(1))
        scores = tape("Where", counts, scores, tape.constant(FAR))
    made = tape("Einsum", tape("Softmax", scores, axis=-1), v, equation="bhqk,bkhd->bqhd")
    if layer.use_gate:
        made = tape("Mul", made, tape("Sigmoid", _projected(tape, use, "gate", query)))
    kernel = tape.weight(use, "attention_output/kernel")
    rank = len(use.weights["attention_output/kernel"].shape)
    ends = "fg"[: rank - 2]
    made = tape("Einsum", made, kernel, equation=f"bqhd,hd{ends}->bq{ends}")
    if layer.use_bias:
        made = tape("Add", made, tape.weight(use, "attention_output/bias"))
    return tape.made(use, made)


def _repeated(tape: Tape, name: str, times: int, layer: Any, part: Value) -> str:
    """Every head of (batch, steps, heads, width) several times, one beside the other."""
    if times == 1:
        return name
    wide = tape("Tile", tape("Unsqueeze", name, tape.ints(3)), tape.ints(1, 1, 1, times, 1))
    steps = part.shape[1]
    return tape(
        "Reshape",
        wide,
        tape.ints(0, -1 if steps is None else steps, layer.num_query_heads, layer.head_dim),
    )
