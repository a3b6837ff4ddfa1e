"""Functions of one tensor, value by value: folded into the layer before where the name says that
they belong to it.
"""

from __future__ import annotations

from typing import Any

from exporters.tensorflow.program import Op
from exporters.tensorflow.reader import NotKnown, Reader, Signal, Value, reads

NAMES = {
    "Relu": "relu",
    "Relu6": "relu6",
    "Elu": "elu",
    "Selu": "selu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Exp": "exponential",
    "visualnn.Swish": "silu",
    "visualnn.Gelu": "gelu",
}


def activation(reader: Reader, op: Op) -> Value:
    found = reader.value(op, 0)
    if not isinstance(found, Signal) or found.dtype != "float32":
        raise NotKnown
    if found.rows is not None:
        raise NotKnown
    name = NAMES[op.kind]
    draft = reader.draft(found)
    if (
        draft.params.get("activation") == "linear"
        and draft.weights
        and reader.in_scope(op, draft)
        and reader.is_only_use(op, 0)
    ):
        draft.params["activation"] = name
        draft.takes_bias = False
        return found
    if name == "relu":
        return reader.layer(op, "ReLU", {}, [found], order=found.order)
    return reader.layer(op, "Activation", {"activation": name}, [found], order=found.order)


reads(*NAMES)(activation)


@reads("Softmax")
def softmax(reader: Reader, op: Op) -> Value:
    found = reader.value(op, 0)
    if isinstance(found, Signal) and found.rows is not None:
        # Rows of a matrix: the last axis is the same before they were merged.
        whole = Signal(found.end, found.rows, found.dtype)
        made = reader.layer(op, "Softmax", {"axis": -1}, [whole])
        return Signal(made.end, made.shape, made.dtype, None, made.shape)
    signal = reader.signal(op, 0)
    draft = reader.draft(signal)
    if (
        draft.params.get("activation") == "linear"
        and draft.type == "Dense"
        and reader.in_scope(op, draft)
        and reader.is_only_use(op, 0)
    ):
        draft.params["activation"] = "softmax"
        draft.takes_bias = False
        return signal
    return reader.layer(op, "Softmax", {"axis": -1}, [signal])


@reads("LogSoftmax")
def log_softmax(reader: Reader, op: Op) -> Value:
    return reader.layer(op, "Activation", {"activation": "log_softmax"}, [reader.signal(op, 0)])


@reads("LeakyRelu")
def leaky(reader: Reader, op: Op) -> Value:
    return _kept(reader, op, "LeakyReLU", {"negative_slope": _short(op.attr("alpha", 0.2))})


@reads("visualnn.LeakyRelu")
def leaky_by_maximum(reader: Reader, op: Op) -> Value:
    return _kept(reader, op, "LeakyReLU", {"negative_slope": _short(op.attr("alpha"))})


@reads("visualnn.Dropout")
def dropout(reader: Reader, op: Op) -> Value:
    """A dropout that a pattern has found."""
    made = _kept(reader, op, "Dropout", {"rate": op.attr("rate")})
    if isinstance(made, Signal) and op.attr("note") is not None:
        reader.draft(made).note = op.attr("note")
    return made


@reads("Abs")
def absolute(reader: Reader, op: Op) -> Value:
    return _kept(reader, op, "AbsVal", {})


@reads("Log")
def logarithm(reader: Reader, op: Op) -> Value:
    return _kept(reader, op, "Log", {})


@reads("Neg")
def negated(reader: Reader, op: Op) -> Value:
    return _kept(reader, op, "Rescaling", {"scale": -1.0})


@reads("Square")
def squared(reader: Reader, op: Op) -> Value:
    return _kept(reader, op, "Power", {"power": 2.0})


def _kept(reader: Reader, op: Op, kind: str, params: dict[str, Any]) -> Value:
    found = reader.value(op, 0)
    if not isinstance(found, Signal) or found.rows is not None or found.dtype != "float32":
        raise NotKnown
    return reader.layer(op, kind, params, [found], order=found.order)


def _short(value: float) -> float:
    """A float32 as people write it: 0.2 and not 0.20000000298."""
    return float(f"{value:.7g}")
