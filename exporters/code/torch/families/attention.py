"""Attention: with heads, in groups, and without projections."""

from __future__ import annotations

from collections.abc import Mapping

from exporters.code.torch.rule import Arrays, Layout, Unwritable, Use, Written, called, rule
from exporters.weights import Array
from layers.states import has_mask


def _state(arrays: Mapping[str, Array]) -> Arrays:
    """Projections as linear layers: heads and their widths are one axis there."""
    found: Arrays = {}
    for name in ("query", "key", "value", "gate", "attention_output"):
        if f"{name}/kernel" not in arrays:
            continue
        kernel = arrays[f"{name}/kernel"]
        is_output = name == "attention_output"
        rows = kernel.shape[0] * (kernel.shape[1] if is_output else 1)
        short = "output" if is_output else name
        found[f"{short}.weight"] = kernel.reshape(rows, -1).T
        if f"{name}/bias" in arrays:
            found[f"{short}.bias"] = arrays[f"{name}/bias"].reshape(-1)
    return found


def _given(use: Use, count: int) -> list[str]:
    """Query, key and value, as PyTorch orders them; the key is the value where two are given."""
    return ["{0}", "{2}" if count > 2 else "{1}", "{1}"]


def _attended(use: Use, given: list[str]) -> str:
    causal = ["causal=True"] if use["use_causal_mask"] else []
    return f"{{self}}({', '.join([*given, *causal])})"


def _is_masked(use: Use) -> bool:
    return len(use.inputs) > 2 and has_mask(use.inputs)


@rule("MultiHeadAttention", "GroupQueryAttention")
def with_heads(use: Use) -> Written:
    is_grouped = type(use.layer).__name__ == "GroupQueryAttention"
    heads = use["num_query_heads" if is_grouped else "num_heads"]
    groups = use["num_key_value_heads"] if is_grouped else heads
    key_dim = use["head_dim" if is_grouped else "key_dim"]
    value_dim = key_dim if is_grouped else use["value_dim"] or key_dim
    masked = _is_masked(use)
    count = len(use.inputs) - masked
    query, value = use.inputs[0], use.inputs[1]
    key = use.inputs[2] if count > 2 else value
    weights = use.layer.weights(*use.inputs)
    last = weights["attention_output/kernel"].shape[2:]
    width = 1
    for size in last:
        width *= size
    widths = tuple(tensor.shape[-1] for tensor in (query, key, value))
    is_plain = groups == heads and not (use["use_gate"] or use["sliding_window"] or masked)
    common = {"bias": (use["use_bias"], True), "dropout": (use["dropout"], 0.0)}
    if is_plain:
        name = "MultiHeadAttention"
        make = called(name, widths, heads, key_dim, value_dim, width, **common)
    else:
        name = "GroupedAttention"
        make = called(
            name,
            widths,
            heads,
            groups,
            key_dim,
            value_dim,
            width,
            **common,
            gate=(use["use_gate"], False),
            window=(use["sliding_window"], None),
        )
    places = () if is_grouped else use.layer.places(query)  # type: ignore[attr-defined]
    before: tuple[str, ...] = ()
    given = _given(use, count)
    rows = tuple(range(-1 - len(places), -1))
    shown_mask = [f"mask={{{count}}}"] if masked else []
    forward = _attended(use, [*given, *shown_mask])
    if query.rank > 3:
        # The attended axes become one, and behind all others.
        names = ["{out}_query", "{out}_key", "{out}_value"]
        before = tuple(
            f"{name} = {each}.movedim({places}, {rows}).flatten({rows[0]}, -2)"
            for name, each in zip(names, given, strict=True)
        )
        sizes = [query.shape[axis] for axis in places]
        if sizes.count(None) > 1:
            raise Unwritable("attention along several axes of unknown size")
        shown = tuple(-1 if size is None else size for size in sizes)
        before += (f"{{out}}_rows = {_attended(use, names)}",)
        forward = f"{{out}}_rows.unflatten(-2, {shown}).movedim({rows}, {places})"
    if len(last) > 1:
        forward += f".unflatten(-1, {tuple(last)})"
    carried = (name,) if is_plain else (name, "hidden")
    return Written(
        forward,
        make,
        before=before,
        wants=Layout.LAST,
        gives=Layout.LAST,
        state=_state,
        carried=carried,
    )


@rule("Attention", "AdditiveAttention")
def without_projections(use: Use) -> Written:
    is_additive = type(use.layer).__name__ == "AdditiveAttention"
    dropout = (use["dropout"], 0.0)
    names: dict[str, str] = {}
    if not is_additive and use["score_mode"] == "dot":
        name = "DotAttention"
        make = called(name, scale=(use["use_scale"], False), dropout=dropout)
        names = {"scale": "scale"}
    else:
        name = "SumAttention"
        shapes = {key: weight.shape for key, weight in use.layer.weights(*use.inputs).items()}
        # What multiplies all summands before tanh, and each of them behind it.
        names = (
            {"scale": "after"}
            if is_additive
            else {"scale": "before", "concat_score_weight": "after"}
        )
        factors = {names[key]: (shape, None) for key, shape in shapes.items()}
        make = called(name, **factors, dropout=dropout)
    return Written(
        _attended(use, _given(use, len(use.inputs))),
        make,
        wants=Layout.LAST,
        gives=Layout.LAST,
        state=lambda arrays: {names[key]: array for key, array in arrays.items()},
        carried=(name, "hidden"),
    )
