"""Groups by class and number, nested as the objects are: ``layers/conv2d_1/vars/0``. The weights of
a ``.keras`` archive and ``.weights.h5`` of Keras 3, and of Keras 2.12 to 2.15, where the first
group was once called ``_layer_checkpoint_dependencies``;
https://github.com/keras-team/keras/blob/master/keras/src/saving/saving_lib.py

The group of a layer is called after its class, in the order of the model's layers; its own name is
an attribute of its ``vars`` since Keras 3.6.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from exporters.hdf5.tree import Group
from exporters.keras_weights.stored import Layout, Stored

WRAPPED = "layer"
CONTAINERS = ("layers", "_layer_checkpoint_dependencies")


class Nested(Layout):
    """Layers by class and number."""

    order: ClassVar = 10

    def matches(self, root: Group) -> bool:
        return any(name in root.groups for name in CONTAINERS) and not root.attributes.text(
            "model_config"
        )

    def layers(self, root: Group) -> list[Stored]:
        return list(_layers(root, (), ()))


def _layers(model: Group, names: tuple[str, ...], place: tuple[str, ...]) -> Iterator[Stored]:
    container = next((model.groups[name] for name in CONTAINERS if name in model.groups), None)
    for key, group in (container.groups if container else {}).items():
        own = group.groups.get("vars")
        name = own.attributes.text("name") if own else ""
        path = (*names, name) if name and len(names) == len(place) else names
        if any(container in group.groups for container in CONTAINERS):
            yield from _layers(group, path, (*place, key))
            continue
        inner = group.groups.get(WRAPPED)
        if inner is not None and any(name in inner.groups for name in CONTAINERS):
            # A model that is called at every step is read as layers that are.
            for item in _layers(inner, path, (*place, key)):
                within = {f"{WRAPPED}/{path}": array for path, array in item.weights.items()}
                yield replace(item, weights=within)
            continue
        weights = {
            path.replace("/vars/", "/").removeprefix("vars/"): array for path, array in group.walk()
        }
        if weights:
            is_named = len(path) == len(place) + 1
            yield Stored(path if is_named else (), (*place, key), weights, 3)
