"""Activations that multiply a tensor by a gate which the tensor itself opens."""

from __future__ import annotations

import math

from exporters.onnx.operation import Operation
from exporters.onnx.ops.activation import short
from exporters.onnx.ops.merge import merged
from exporters.onnx.reader import Reader
from exporters.onnx.register import reads
from exporters.onnx.tensors import Tensors, Term

SLOPE, CUBE = 2 * math.sqrt(2 / math.pi), 0.044715
"""Of the approximation of a GELU: x · sigmoid(SLOPE · (x + CUBE · x³)).

Source: Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415
"""


@reads("Gelu")
def read_gelu(made: Reader, op: Operation) -> Tensors:
    """The approximation, which no activation here is, by the layers that compute it."""
    term = op.term()
    if op.attribute("approximate", "none") == "none":
        return [made.one("Activation", term, {"activation": "gelu"}, op.name)]
    term = made.whole(term, op.name)
    square = made.one("Power", term, {"power": 2.0}, f"{op.name}_square")
    line = {"scale": short(SLOPE * CUBE), "offset": short(SLOPE)}
    factor = made.one("Rescaling", square, line, f"{op.name}_factor")
    (bent,) = merged(made, "Multiply", [term, factor], f"{op.name}_bent")
    assert isinstance(bent, Term)
    return _gated(made, op, term, bent)


@reads("Swish")
def read_swish(made: Reader, op: Operation) -> Tensors:
    term, alpha = op.term(), op.number("alpha", 1.0)
    if alpha == 1:
        return [made.one("Activation", term, {"activation": "silu"}, op.name)]
    steep = made.one("Rescaling", term, {"scale": short(alpha)}, f"{op.name}_steep")
    return _gated(made, op, made.whole(term, op.name), steep)


def _gated(made: Reader, op: Operation, term: Term, opening: Term) -> Tensors:
    gate = made.one("Activation", opening, {"activation": "sigmoid"}, f"{op.name}_gate")
    return merged(made, "Multiply", [term, gate], op.name)
