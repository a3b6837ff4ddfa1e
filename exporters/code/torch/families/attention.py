"""Attention with several heads."""

from __future__ import annotations

from collections.abc import Mapping

from exporters.code.torch.rule import Arrays, Layout, Unwritable, Use, Written, called, rule
from exporters.weights import Array


@rule("MultiHeadAttention")
def multi_head(use: Use) -> Written:
    for name in ("use_gate", "sliding_window", "use_causal_mask"):
        if use[name]:
            raise Unwritable(name)
    if any(tensor.rank != 3 for tensor in use.inputs):
        raise Unwritable("attention over other than three axes")
    query, value = use.inputs[0], use.inputs[1]
    key = use.inputs[2] if len(use.inputs) > 2 else value
    out = use.outputs[0].shape[-1]
    widths = [tensor.shape[-1] for tensor in (query, key, value)]
    make = called(
        "MultiHeadAttention",
        tuple(widths),
        use["num_heads"],
        use["key_dim"],
        use["value_dim"] or use["key_dim"],
        out,
        bias=(use["use_bias"], True),
        dropout=(use["dropout"], 0.0),
    )

    def state(arrays: Mapping[str, Array]) -> Arrays:
        found: Arrays = {}
        for name, ours in (("query", 1), ("key", 1), ("value", 1), ("attention_output", 2)):
            kernel = arrays[f"{name}/kernel"]
            rows = kernel.shape[0] if ours == 1 else kernel.shape[0] * kernel.shape[1]
            short = "output" if ours == 2 else name
            found[f"{short}.weight"] = kernel.reshape(rows, -1).T
            if f"{name}/bias" in arrays:
                found[f"{short}.bias"] = arrays[f"{name}/bias"].reshape(-1)
        return found

    given = ["{0}", "{2}" if len(use.inputs) > 2 else "{1}", "{1}"]
    return Written(
        f"{{self}}({', '.join(given)})",
        make,
        wants=Layout.LAST,
        state=state,
        carried=("MultiHeadAttention",),
    )
