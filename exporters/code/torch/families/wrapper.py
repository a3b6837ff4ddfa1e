"""Layers around a layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from exporters.code.torch.rule import Arrays, Layout, Unwritable, Use, Written, rule
from exporters.weights import Array
from layers.layer import Layer
from layers.tensor import Tensor

EACH = frozenset({"Dense", "Activation", "Dropout", "ReLU", "LeakyReLU", "LayerNormalization"})
"""Layers that do for every step what they do for all steps at once."""


def _inner(layer: Layer, inputs: tuple[Tensor, ...]) -> Written:
    """What a layer inside another becomes. Raises Unwritable."""
    kind = type(layer).__name__
    made_by = rule.get(kind)
    if made_by is None:
        raise Unwritable(f"there is none of its kind ({kind})")
    made = layer.output(*inputs)
    return made_by(Use(layer, inputs, made if isinstance(made, tuple) else (made,)))


@rule("TimeDistributed")
def time_distributed(use: Use) -> Written:
    layer, (tensor,) = use["layer"], use.inputs
    is_alike = layer.values.get("noise_shape") is None and layer.values.get("axis", -1) == -1
    if type(layer).__name__ in EACH and is_alike:
        return replace(_inner(layer, use.inputs), gives=Layout.LAST)
    step = tensor.with_shape((tensor.shape[0], *tensor.shape[2:]))
    written = _inner(layer, (step,))
    if written.before:
        raise Unwritable(f"a {type(layer).__name__} at each step")
    gives = written.gives
    if gives is Layout.ANY:
        gives = Layout.FIRST if written.wants is Layout.FIRST else Layout.LAST
    given = "{0}.flatten(0, 1)"
    if written.wants is Layout.FIRST and step.rank > 2:
        given += ".movedim(-1, 1)"
    made = "{out}_steps"
    if gives is Layout.FIRST and use.outputs[0].rank > 3:
        made += ".movedim(1, -1)"
    return replace(
        written,
        before=(
            f"{{out}}_steps = {given}",
            f"{{out}}_steps = {written.forward.replace('{0}', '{out}_steps')}",
        ),
        forward=f"{made}.unflatten(0, {{0}}.shape[:2])",
        wants=Layout.LAST,
        gives=Layout.LAST,
    )


@rule("SpectralNormalization")
def spectral_normalization(use: Use) -> Written:
    if type(use["layer"]).__name__ in ("Embedding", "ReversibleEmbedding"):
        # Keras gives its output the dtype of its input, of whole numbers, too.
        raise Unwritable("an Embedding inside")
    written = _inner(use["layer"], use.inputs)

    def state(arrays: Mapping[str, Array]) -> Arrays:
        # Keras normalizes the kernel in training, and keeps it so.
        return written.state({name.removeprefix("layer/"): array for name, array in arrays.items()})

    return replace(written, state=state)
