"""Groups by the names of layers, listed in attributes: ``layer_names`` of the file or of its group
``model_weights``, ``weight_names`` of each layer. Keras 1.0 to 2, tf.keras, and what Keras 3 calls
legacy; https://github.com/keras-team/keras/blob/master/keras/src/legacy/saving/legacy_h5_format.py

Keras 1 stated no version beside its weights and called them ``dense_1_W``; Theano's variables lack
the ``:0`` of TensorFlow's.
"""

from __future__ import annotations

from typing import ClassVar

from exporters.hdf5.tree import Dataset, Group
from exporters.keras_weights.stored import Generation, Layout, Stored


class Named(Layout):
    """Layers by name."""

    order: ClassVar = 20

    def matches(self, root: Group) -> bool:
        holder = root.groups.get("model_weights", root)
        return holder.attributes.texts("layer_names") is not None

    def layers(self, root: Group) -> list[Stored]:
        holder = root.groups.get("model_weights", root)
        version = holder.attributes.text("keras_version") or root.attributes.text("keras_version")
        backend = holder.attributes.text("backend") or root.attributes.text("backend")
        found: list[Stored] = []
        for name in holder.attributes.texts("layer_names") or []:
            group = holder.group(name)
            weights = _weights(group) if group else {}
            if weights:
                generation = _generation(version, list(weights))
                is_theano = backend == "theano"
                if not backend and generation == 1:
                    is_theano = not any(":" in weight for weight in weights)
                found.append(Stored((name,), (), weights, generation, is_theano))
        return found


def _weights(group: Group) -> dict[str, Dataset]:
    """The arrays of a layer in the order of its list."""
    names = group.attributes.texts("weight_names") or []
    found = {name: group.dataset(name) for name in names}
    return {name: dataset for name, dataset in found.items() if dataset}


def _generation(version: str, names: list[str]) -> Generation:
    if version[:2] in ("1.", "0."):
        return 1
    if version:
        return 3 if version[:2] == "3." else 2
    return 2 if any("/" in name for name in names) else 1
