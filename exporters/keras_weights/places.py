"""Where Keras 3 keeps each weight of a layer: below which of the objects that make it up, and the
number it has there. The path ``cell/0`` stands for the array ``<layer>/cell/vars/0``.
"""

from __future__ import annotations

from collections.abc import Iterable

from layers.layer import Layer

RECURRENT = frozenset({"ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "GRU", "LSTM", "SimpleRNN"})
ATTENTION = {
    "MultiHeadAttention": {
        "query": "query_dense",
        "key": "key_dense",
        "value": "value_dense",
        "gate": "_gate_dense",
        "attention_output": "output_dense",
    },
    "GroupQueryAttention": {
        "query": "_query_dense",
        "key": "_key_dense",
        "value": "_value_dense",
        "gate": "_gate_dense",
        "attention_output": "_output_dense",
    },
}


def places(layer: Layer, names: Iterable[str]) -> dict[str, str]:
    """The path of each weight by its name in the catalogue.

    Args:
        layer: the layer.
        names: its weights, in the catalogue's order.
    """
    kind = type(layer).__name__
    owned = list(names)
    if kind == "Bidirectional":
        made: dict[str, str] = {}
        for direction in ("forward", "backward"):
            inner = [
                name.removeprefix(f"{direction}/") for name in owned if name.startswith(direction)
            ]
            for name, place in places(layer.values["layer"], inner).items():
                made[f"{direction}/{name}"] = f"{direction}_layer/{place}"
        return made
    if kind == "TimeDistributed":
        inner_places = places(layer.values["layer"], owned)
        return {name: f"layer/{place}" for name, place in inner_places.items()}
    if kind == "SpectralNormalization":
        # The kernel, the vector that follows it, and what the layer inside has besides.
        inner = [name for name in owned if name != "vector_u"]
        kept = places(layer.values["layer"], inner)
        return {
            name: str(number) if number < 2 else f"layer/{kept[name]}"
            for number, name in enumerate(owned)
        }
    if kind in ATTENTION:
        parts = ATTENTION[kind]
        numbered: dict[str, str] = {}
        counts: dict[str, int] = {}
        for name in owned:
            part = parts[name.partition("/")[0]]
            numbered[name] = f"{part}/{counts.setdefault(part, 0)}"
            counts[part] += 1
        return numbered
    below = "cell/" if kind in RECURRENT else ""
    return {name: f"{below}{number}" for number, name in enumerate(owned)}


def copies(layer: Layer, names: Iterable[str]) -> dict[str, str]:
    """Further places of weights that Keras keeps twice, by name."""
    if type(layer).__name__ != "SpectralNormalization":
        return {}
    kernel, *_ = names
    return {kernel: f"layer/{places(layer.values['layer'], [kernel])[kernel]}"}
