"""The catalogue as plain JSON, from which palette, inspector and reference pages are made."""

from __future__ import annotations

import hashlib
import inspect
import json
from functools import cache
from typing import Any

from layers.categories import Category
from layers.description import example, remarks
from layers.layer import LAYERS, Entry, Family, Layer
from layers.palette import place


@cache
def catalog() -> dict[str, Any]:
    """Categories, palette entries, layers and families, under a version of their content."""
    content: dict[str, Any] = {
        "categories": [
            {"id": category.id, "label": _label(category.label, category.zh)}
            for category in Category
        ],
        "entries": _entries(),
        "layers": {name: layer_schema(layer) for name, layer in sorted(LAYERS.items())},
        "families": {family.id: _family_schema(family) for family in _families()},
    }
    text = json.dumps(content, sort_keys=True).encode()
    return {"version": hashlib.sha256(text).hexdigest()[:16], **content}


def layer_schema(layer: type[Layer]) -> dict[str, Any]:
    """One layer: what it is, its ports and its parameters."""
    return {
        "name": layer.__name__,
        "category": layer.category.id,
        "family": layer.family.id if layer.family else None,
        "summary": layer.summary(),
        "doc": inspect.getdoc(layer) or "",
        "remarks": remarks(layer),
        "example": list(example(layer)),
        "source": layer.source,
        "inputs": {"min": layer.min_inputs, "max": layer.max_inputs},
        "rank": layer.input_rank,
        "role": layer.role,
        "training_only": layer.training_only,
        "params": layer.schema(),
        "new": new_params(layer),
    }


def new_params(layer: type[Layer]) -> dict[str, Any]:
    """The complete parameters of a layer newly put on the canvas."""
    return {
        name: param.plain(param.take(param.example()))
        if param.preset is not None or "default" not in (schema := param.schema())
        else schema["default"]
        for name, param in layer.params.items()
    }


def _entries() -> list[dict[str, Any]]:
    order = {category: index for index, category in enumerate(Category)}
    entries: list[tuple[int, dict[str, Any]]] = []
    for family in _families():
        first = _variants(family)[0]
        entry = {
            "id": family.id,
            "category": family.category.id,
            "label": _label(family.label, family.zh),
            "layer": first.__name__,
            "params": {},
            "keywords": [*family.keywords, *(layer.__name__ for layer in _variants(family))],
            "family": family.id,
            "description": first.summary(),
        }
        entries.append((order[family.category], entry))
    for name, layer in LAYERS.items():
        for item in layer.entries:
            category = item.category or layer.category
            entries.append((order[category], _entry(name, layer, item, category)))
    entries.sort(key=lambda pair: (pair[0], place(pair[1]["id"])))
    found = [entry for _, entry in entries]
    ids = [entry["id"] for entry in found]
    if twice := {identity for identity in ids if ids.count(identity) > 1}:
        raise ValueError(f"palette entries declared twice: {', '.join(sorted(twice))}")
    return found


def _entry(name: str, layer: type[Layer], item: Entry, category: Category) -> dict[str, Any]:
    return {
        "id": item.label.lower().replace(" ", "-").replace("/", "-"),
        "category": category.id,
        "label": _label(item.label, item.zh),
        "layer": name,
        "params": dict(item.params),
        "keywords": [name, *item.keywords],
        "family": None,
        "description": layer.summary(),
    }


def _families() -> list[Family]:
    return list(dict.fromkeys(layer.family for layer in LAYERS.values() if layer.family))


def _variants(family: Family) -> list[type[Layer]]:
    """The layers of a family as declared, those for images first."""
    found = [layer for layer in LAYERS.values() if layer.family is family]
    return sorted(found, key=lambda layer: (layer.input_rank or 0) != 4)


def _family_schema(family: Family) -> dict[str, Any]:
    by_rank: dict[str, str] = {}
    variants = _variants(family)
    for layer in variants:
        if layer.input_rank:
            by_rank.setdefault(str(layer.input_rank), layer.__name__)
    return {
        "label": _label(family.label, family.zh),
        "variants": [layer.__name__ for layer in variants],
        "by_rank": by_rank,
    }


def _label(english: str, chinese: str) -> dict[str, str]:
    return {"en": english, "zh": chinese}
