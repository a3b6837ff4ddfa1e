"""Recurrent operations as layers: the counterpart of :mod:`exporters.onnx.ops.recurrent`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from exporters.onnx.operation import Operation, scalar_of
from exporters.onnx.ops.recurrent import GATES
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable, reads
from exporters.onnx.tensors import Const, Tensors, Term
from exporters.weights import Array
from layers.tensor import Dim

KINDS = {"LSTM": "LSTM", "GRU": "GRU", "RNN": "SimpleRNN"}
USUAL = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "RNN": ["Tanh"]}
NAMES = {
    "Tanh": "tanh",
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Softsign": "softsign",
    "Softplus": "softplus",
}


def ungated(rows: Array, kind: str) -> Array:
    """Gates · units, input → input, gates · units, in Keras' order of gates."""
    order = GATES[kind]
    parts = np.split(rows, len(order))
    return np.concatenate([parts[order.index(place)] for place in range(len(order))]).T


@reads("LSTM", "GRU", "RNN")
def read_recurrent(made: Reader, op: Operation) -> Tensors:
    kind = KINDS[op.type]
    params, reset = _params(op, kind)
    directions = {"forward": 1, "reverse": 1, "bidirectional": 2}
    direction = op.attribute("direction", "forward")
    if direction not in directions:
        raise Unreadable(f"its direction {direction} is none")
    count, units = directions[direction], op.whole("hidden_size", 0)
    kernel, recurrent = op.const(1), op.const(2)
    _check(op, kernel.array, recurrent.array, count, units, len(GATES[kind]))
    batch_first = bool(op.whole("layout", 0))
    wanted = (0, 1, 2) if batch_first else (1, 0, 2)
    term = op.term()
    term = made.arranged(term, wanted, op.name) if term.axes else term
    inputs = [term, *_started(made, op, count, units)]
    steps, *states = [*op.used, False, False, False][:3]
    params |= {"units": units, "return_sequences": steps}
    cell = op.type == "LSTM" and states[1]
    params["return_state"] = cell or (steps and states[0])
    weights: dict[str, Const] = {}
    given = op.const(3) if op.given(3) is not None else None
    params["use_bias"] = given is not None
    for place in range(count):
        prefix = ("forward/", "backward/")[place] if count == 2 else ""
        one = Const(ungated(kernel.array[place], kind), kernel.known, kernel.name)
        two = Const(ungated(recurrent.array[place], kind), recurrent.known, recurrent.name)
        weights |= {f"{prefix}kernel": one, f"{prefix}recurrent_kernel": two}
        if given is not None:
            rows = np.stack([ungated(row, kind) for row in np.split(given.array[place], 2)])
            own = rows if reset else rows.sum(axis=0, dtype="float32")
            weights[f"{prefix}bias"] = Const(own, given.known, given.name)
    if count == 1 and direction == "reverse":
        if steps:
            raise Unreadable("it gives the steps in the order of the file, a layer from the end on")
        params["go_backwards"] = True
    if count == 2:
        inner = {"type": kind, **params}
        outputs = made.layer("Bidirectional", inputs, {"layer": inner}, op.name, weights=weights)
    else:
        outputs = made.layer(kind, inputs, params, op.name, weights=weights)
    shape = Shape(count, units, bool(steps), bool(params["return_state"]), batch_first)
    return _outputs(made, op, outputs, shape)


def _params(op: Operation, kind: str) -> tuple[dict[str, Any], bool]:
    """Activations, and whether a GRU resets after the product. Raises Unreadable."""
    names = op.attribute("activations") or []
    usual = USUAL[op.type]
    names = names[: len(usual)] if names else usual
    if op.attribute("activations") and op.attribute("direction") == "bidirectional":
        both = op.attribute("activations")
        if both[len(usual) :] != both[: len(usual)]:
            raise Unreadable("its directions have different activations")
    alphas, betas = op.attribute("activation_alpha"), op.attribute("activation_beta")
    found = []
    for name in names:
        if name == "HardSigmoid":
            slopes = {round(a, 5) for a in alphas or [0.2]}
            if slopes != {round(1 / 6, 5)} or {*(betas or [0.5])} != {0.5}:
                raise Unreadable("its hard sigmoid has another slope than Keras 3")
            found.append("hard_sigmoid")
        elif name in NAMES:
            found.append(NAMES[name])
        elif name == "Affine" and set(alphas or [1.0]) == {1.0} and set(betas or [0.0]) == {0.0}:
            found.append("linear")
        else:
            raise Unreadable(f"its activation {name!s:.30} has no counterpart")
    if op.attribute("clip") is not None or op.whole("input_forget", 0):
        raise Unreadable("it limits values, or couples its gates")
    params: dict[str, Any] = {"activation": found[-1]}
    if kind != "SimpleRNN":
        params["recurrent_activation"] = found[0]
    if kind == "LSTM" and found[1] != found[2]:
        raise Unreadable("its two activations differ")
    reset = kind == "GRU" and bool(op.whole("linear_before_reset", 0))
    if kind == "GRU":
        params["reset_after"] = reset
    return params, reset


def _check(
    op: Operation, kernel: Array, recurrent: Array, count: int, units: int, gates: int
) -> None:
    """Refuse what no layer has: lengths of sequences, peepholes."""
    if kernel.ndim != 3 or kernel.shape[:2] != (count, gates * units):
        raise Unreadable("its weights have another shape than its size says")
    if recurrent.shape != (count, gates * units, units):
        raise Unreadable("its weights have another shape than its size says")
    for place, what in ((4, "lengths"), (7, "peepholes")):
        if op.given(place) is not None and not (place == 7 and _is_zero(op.given(place))):
            raise Unreadable(f"it is given {what}")


def _started(made: Reader, op: Operation, count: int, units: int) -> list[Term]:
    """The states that it starts from, those of one direction after those of the other; none where
    they are zeros, as a layer has them by itself.
    """
    places = (5, 6) if op.type == "LSTM" else (5,)
    if all(op.given(place) is None or _is_zero(op.given(place)) for place in places):
        return []
    by_place = [_state(made, op, place, count, units) for place in places]
    return [states[direction] for direction in range(count) for states in by_place]


def _state(made: Reader, op: Operation, place: int, count: int, units: int) -> Sequence[Term]:
    """One state for each direction, as (batch, units). Raises Unreadable."""
    term = op.term(place)
    wanted = (0, 1, 2) if op.whole("layout", 0) else (1, 0, 2)
    if term.view == (None, count, units) and term.axes == wanted:
        flat = Term(term.node, term.port, term.tensor, (0, 1))
    else:
        whole = made.arranged(term, wanted, op.name)
        sizes = {"target_shape": [count * units]}
        (flat,) = made.layer("Reshape", [whole], sizes, f"{op.name}_state")
    if count == 1:
        return [flat]
    if flat.node in made.parts:
        return made.parts[flat.node]
    points = {"axis": -1, "slice_points": [units]}
    return made.layer("Slice", [flat], points, f"{op.name}_states")


def _is_zero(one: Const | Term | None) -> bool:
    if not isinstance(one, Const) or not one.known:
        return False
    number = scalar_of(one.array)
    return number == 0 if number is not None else not one.array.any()


@dataclass(frozen=True)
class Shape:
    """What a recurrent operation gives: by how many directions and units, and in which order."""

    count: int
    units: int
    steps: bool
    returns_state: bool
    batch_first: bool


def _outputs(made: Reader, op: Operation, outputs: Sequence[Term], shape: Shape) -> Tensors:
    """ONNX' outputs as views of the layer's: their axis of directions lies before the units."""
    count, units, steps, batch_first = shape.count, shape.units, shape.steps, shape.batch_first
    found: list[Const | Term] = []
    first = outputs[0]
    length: Dim = first.tensor.shape[1] if steps and first.tensor else None
    if steps:
        whole = (0, 1, 2, 3) if batch_first else (1, 2, 0, 3)
        found.append(Term(first.node, 0, first.tensor, whole, (None, length, count, units)))
    else:
        found.append(first)
    order = (0, 1, 2) if batch_first else (1, 0, 2)
    view: tuple[Dim, ...] = (None, count, units)
    if not shape.returns_state:
        found.append(Term(first.node, 0, first.tensor, order, view))
        return found
    each = 2 if op.type == "LSTM" else 1
    states = outputs[1:]
    for place in range(each):
        if not op.used[1 + place : 2 + place] or not op.used[1 + place]:
            found.append(first)
        elif count == 1:
            one = states[place]
            found.append(Term(one.node, one.port, one.tensor, order, view))
        else:
            pair = [states[place], states[place + each]]
            (joined,) = made.layer("Concatenate", pair, {}, f"{op.name}_state")
            made.parts[joined.node] = pair
            found.append(Term(joined.node, 0, joined.tensor, order, view))
    return found
