"""Convolutional recurrent layers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from exporters.code.torch.families.activation import activated
from exporters.code.torch.rule import Arrays, Layout, Unwritable, Use, Written, called, rule, sizes
from exporters.code.torch.windows import same
from exporters.weights import Array
from layers.states import has_mask


def _function(name: str) -> str:
    if name in ("tanh", "sigmoid"):
        return f"torch.{name}"
    return f"lambda x: {activated('x', name, 1)}"


@rule("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
def conv_lstm(use: Use) -> Written:
    if use["stateful"]:
        raise Unwritable("states that are kept between batches")
    if has_mask(use.inputs):
        raise Unwritable("a mask that it is handed")
    window, strides, dilation = use["kernel_size"], use["strides"], use["dilation_rate"]
    pads: tuple[int, ...] = ()
    if use["padding"] == "same":
        pairs = same(use.inputs[0].shape[2:-1], window, strides, dilation)
        pads = tuple(side for pair in reversed(pairs) for side in pair)
    make = called(
        "ConvLSTM",
        use.channels,
        use["filters"],
        tuple(window),
        stride=(sizes(strides), "1"),
        padding=(pads if any(pads) else (), ()),
        dilation=(sizes(dilation), "1"),
        bias=(use["use_bias"], True),
        activation=(_function(use["activation"]), "torch.tanh"),
        gate=(_function(use["recurrent_activation"]), "torch.sigmoid"),
    )

    def state(arrays: Mapping[str, Array]) -> Arrays:
        made = {
            f"{part}.weight": np.moveaxis(arrays[name], (-1, -2), (0, 1))
            for part, name in (("input", "kernel"), ("state", "recurrent_kernel"))
        }
        return made | ({"input.bias": arrays["bias"]} if "bias" in arrays else {})

    given = "{0}.flip(1)" if use["go_backwards"] else "{0}"
    if len(use.inputs) > 1:
        given += ", ({1}, {2})"
    found = f"{{self}}({given})"
    before: tuple[str, ...] = ()
    if use["return_state"]:
        result = "{out}_steps" if use["return_sequences"] else "{out}_hidden"
        before = (f"{{out}}_steps, {{out}}_hidden, {{out}}_cell = {found}",)
        forward = f"({result}, {{out}}_hidden, {{out}}_cell)"
    else:
        forward = f"{found}[{0 if use['return_sequences'] else 1}]"
    return Written(
        forward,
        make,
        before=before,
        wants=Layout.LAST,
        gives=Layout.LAST,
        state=state,
        carried=("ConvLSTM",),
    )
