"""Recurrent layers, in one direction and in both.

Keras orders the gates of a GRU z, r, h and PyTorch r, z, n; those of an LSTM are i, f, c, o in
both. Keras' reset_after is what PyTorch does.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from exporters.code.torch.rule import Arrays, Layout, Unwritable, Use, Written, called, rule
from exporters.weights import Array
from layers.layer import Layer
from layers.states import has_mask


def _constructor(layer: Layer, features: int, *, is_both: bool = False) -> str:
    """The module of a recurrent layer. Raises Unwritable for what it does otherwise."""
    kind, values = type(layer).__name__, layer.values
    nonlinearity = "tanh"
    if kind == "SimpleRNN" and values["activation"] == "relu":
        nonlinearity = "relu"
    elif values["activation"] != "tanh":
        raise Unwritable(f"the activation {values['activation']} of a {kind}")
    if values.get("recurrent_activation", "sigmoid") != "sigmoid":
        raise Unwritable(f"the recurrent activation {values['recurrent_activation']}")
    if not values.get("reset_after", True):
        raise Unwritable("reset_after=False")
    if values["stateful"]:
        raise Unwritable("states that are kept between batches")
    return called(
        f"nn.{'RNN' if kind == 'SimpleRNN' else kind}",
        features,
        values["units"],
        nonlinearity=(f'"{nonlinearity}"', '"tanh"'),
        bias=(values["use_bias"], True),
        batch_first=(True, False),
        bidirectional=(is_both, False),
    )


def _handed(use: Use, kind: str, sequence: str, *, is_both: bool = False) -> str:
    """What the module is called on: the sequence, and the states to start from. Raises
    Unwritable.
    """
    if has_mask(use.inputs):
        raise Unwritable("a mask that it is handed")
    if len(use.inputs) == 1:
        return sequence
    each = 2 if kind == "LSTM" else 1
    ports = [f"{{{port}}}" for port in range(1, len(use.inputs))]
    states = [
        f"torch.stack([{ports[place]}, {ports[place + each]}])"
        if is_both
        else f"{ports[place]}.unsqueeze(0)"
        for place in range(each)
    ]
    return f"{sequence}, {states[0]}" if each == 1 else f"{sequence}, ({', '.join(states)})"


def _state(kind: str, arrays: Mapping[str, Array], end: str = "") -> Arrays:
    def ordered(kernel: Array) -> Array:
        if kind != "GRU":
            return kernel
        update, reset, new = np.split(kernel, 3, axis=-1)
        return np.concatenate([reset, update, new], axis=-1)

    made = {
        f"weight_ih_l0{end}": ordered(arrays["kernel"]).T,
        f"weight_hh_l0{end}": ordered(arrays["recurrent_kernel"]).T,
    }
    if "bias" in arrays:
        bias = ordered(arrays["bias"])
        pair = tuple(bias) if bias.ndim == 2 else (bias, np.zeros_like(bias))
        made |= {f"bias_ih_l0{end}": pair[0], f"bias_hh_l0{end}": pair[1]}
    return made


@rule("LSTM", "GRU", "SimpleRNN")
def recurrent(use: Use) -> Written:
    kind = type(use.layer).__name__
    make = _constructor(use.layer, use.channels)
    given = _handed(use, kind, "{0}.flip(1)" if use["go_backwards"] else "{0}")
    given = f"{{self}}({given})"
    wanted = "{out}_steps" if use["return_sequences"] else "{out}_steps[:, -1]"

    def state(arrays: Mapping[str, Array]) -> Arrays:
        return _state(kind, arrays)

    if not use["return_state"]:
        forward = f"{given}[0]" if use["return_sequences"] else f"{given}[0][:, -1]"
        return Written(forward, make, wants=Layout.LAST, gives=Layout.LAST, state=state)
    states = "({out}_hidden, {out}_cell)" if kind == "LSTM" else "{out}_hidden"
    ends = ["{out}_hidden[0]", "{out}_cell[0]"] if kind == "LSTM" else ["{out}_hidden[0]"]
    return Written(
        f"({', '.join([wanted, *ends])})",
        make,
        before=(f"{{out}}_steps, {states} = {given}",),
        wants=Layout.LAST,
        gives=Layout.LAST,
        state=state,
    )


@rule("Bidirectional")
def bidirectional(use: Use) -> Written:
    layer = use["layer"]
    kind, values = type(layer).__name__, layer.values
    if values["go_backwards"]:
        raise Unwritable("an inner layer that goes backwards")
    make = _constructor(layer, use.channels, is_both=True)
    units, mode = values["units"], use["merge_mode"]

    def state(arrays: Mapping[str, Array]) -> Arrays:
        found: Arrays = {}
        for direction, end in (("forward", ""), ("backward", "_reverse")):
            own = {
                name.removeprefix(f"{direction}/"): array
                for name, array in arrays.items()
                if name.startswith(f"{direction}/")
            }
            found |= _state(kind, own, end)
        return found

    states = "({out}_hidden, {out}_cell)" if kind == "LSTM" else "{out}_hidden"
    if values["return_sequences"]:
        pair = [f"{{out}}_steps[..., :{units}]", f"{{out}}_steps[..., {units}:]"]
    else:
        pair = ["{out}_hidden[0]", "{out}_hidden[1]"]
    if mode == "concat":
        merged = (
            "{out}_steps" if values["return_sequences"] else f"torch.cat([{', '.join(pair)}], -1)"
        )
    elif mode is None:
        merged = ", ".join(pair)
    else:
        sign = " * " if mode == "mul" else " + "
        merged = sign.join(pair)
        merged = f"({merged}) / 2" if mode == "ave" else merged
    ends: list[str] = []
    if values["return_state"]:
        kinds = ("hidden", "cell") if kind == "LSTM" else ("hidden",)
        ends = [f"{{out}}_{each}[{side}]" for side in (0, 1) for each in kinds]
    several = mode is None or ends
    return Written(
        f"({', '.join([merged, *ends])})" if several else merged,
        make,
        before=(f"{{out}}_steps, {states} = {{self}}({_handed(use, kind, '{0}', is_both=True)})",),
        wants=Layout.LAST,
        gives=Layout.LAST,
        state=state,
    )
