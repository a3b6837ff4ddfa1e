"""A whole configuration of Keras 1 or 2 in the spelling of Keras 3: every layer, in models and
wrappers too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from exporters.generations import keras1, keras2, merging
from exporters.generations.detection import MODELS, usual_ordering
from exporters.keras_call import refuse

Config = dict[str, Any]
MAX_DEPTH = 16
WRAPPED = ("layer", "forward_layer", "backward_layer")


def rewritten(class_name: str, config: Any, generation: int) -> tuple[str, Any]:
    """A model's class and configuration as Keras 3 spells them. Raises GraphError.

    Args:
        class_name, config: the model's.
        generation: 1 or 2: of the Keras that wrote them.
    """
    ordering = usual_ordering(config) if generation == 1 else None
    return _Rewriting(generation, ordering).model(class_name, config, 0)


@dataclass(frozen=True)
class _Rewriting:
    generation: int
    ordering: str | None

    def model(self, class_name: str, config: Any, depth: int) -> tuple[str, Any]:
        if depth > MAX_DEPTH:
            refuse(f"models are nested more than {MAX_DEPTH} deep")
        layers = config.get("layers") if isinstance(config, dict) else config
        if not isinstance(layers, list):
            return class_name, config
        if class_name == "Sequential":
            functional = merging.without_branches(layers)
            if isinstance(functional, dict):
                name = config.get("name") if isinstance(config, dict) else None
                made = [self.item(item, depth) for item in functional["layers"]]
                return "Functional", functional | {"layers": made, "name": name}
        made = [self.item(item, depth) for item in layers]
        return class_name, {**config, "layers": made} if isinstance(config, dict) else made

    def item(self, item: Any, depth: int) -> Any:
        """One layer. What is not of the expected form stays, for the reader to name."""
        if not isinstance(item, dict) or not isinstance(item.get("class_name"), str):
            return item
        name, config = item["class_name"], item.get("config")
        if name in MODELS:
            name, config = self.model(name, config, depth + 1)
            return {**item, "class_name": name, "config": config}
        if not isinstance(config, dict):
            return item
        made: Config = {**item}
        if name == "Merge":
            name, config = merging.upgraded(config)
        elif self.generation == 1:
            name, config = keras1.upgraded(name, config, self.ordering)
        name, config = keras2.upgraded(name, config)
        for key in WRAPPED:
            if isinstance(config.get(key), dict):
                if depth >= MAX_DEPTH:
                    refuse(f"layers are wrapped more than {MAX_DEPTH} deep")
                config = {**config, key: self.item(config[key], depth + 1)}
        if name in keras2.OURS and _is_settled(name, config):
            made["registered_name"] = f"visualnn>{name}"
        return {**made, "class_name": name, "config": config}


def _is_settled(name: str, config: Config) -> bool:
    """Whether a layer that Keras 3 has no more is one that the catalogue computes as it did."""
    return not name.startswith("Locally") or not {"padding", "implementation"} & config.keys()
