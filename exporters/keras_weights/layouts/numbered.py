"""Groups ``layer_0``, ``layer_1``, … with arrays ``param_0``, …: what Keras wrote before 1.0, for
Theano as a rule; no layer has a name.
"""

from __future__ import annotations

from typing import ClassVar

from exporters.hdf5.tree import MAX_OBJECTS, Group
from exporters.keras_weights.stored import Layout, Stored


class Numbered(Layout):
    """Layers by number."""

    order: ClassVar = 30

    def matches(self, root: Group) -> bool:
        return "layer_0" in root.groups and _count(root, "nb_layers") > 0

    def layers(self, root: Group) -> list[Stored]:
        found: list[Stored] = []
        for number in range(_count(root, "nb_layers")):
            group = root.groups.get(f"layer_{number}")
            names = [f"param_{place}" for place in range(_count(group, "nb_params"))]
            weights = {
                name: group.datasets[name] for name in names if group and name in group.datasets
            }
            if weights:
                found.append(Stored((), (f"layer_{number}",), weights, 0, is_theano=True))
        return found


def _count(group: Group | None, name: str) -> int:
    """A whole number that a group states, within bounds."""
    value = group.attributes.value(name) if group else None
    try:
        return min(max(int(value or 0), 0), MAX_OBJECTS)
    except (TypeError, ValueError):
        return 0
