"""Keras configurations of every generation as networks: the one door.

:func:`network_of` takes a parsed configuration (``{"class_name": ..., "config": ...}``) and gives a
:class:`Network`: the graph, what could not be kept, and for every layer of the file the node of the
*expanded* graph (:func:`layers.blocks.expand`) that it became: by its path, which is its name in
the file behind the names of the models it lies in (``("encoder", "dense_1")``). Weights are found
by it, and turned by `reorderings` where the file keeps channels first.

Files of older generations are first rewritten as later ones spell the same
(:mod:`exporters.generations`), so there is one reader.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from exporters.generations.detection import MODELS, generation_of, layers_in
from exporters.generations.rewriting import rewritten
from exporters.keras_channels import Reorderings
from exporters.keras_network import NetworkReader
from layers.diagnostics import Diagnostic, GraphError, Problem, diagnose
from layers.graph import MAX_NODES, TOO_LARGE, Graph

SUBCLASSED = Problem(
    "keras.subclassed",
    "{file} describes a model class of its own, {kind}; only Functional and Sequential say how"
    " their layers connect.",
    "Rebuild it with the functional API.",
)


@dataclass(frozen=True, slots=True)
class Network:
    """What a configuration was read into.

    Attributes:
        graph: the network, not placed.
        diagnostics: what could not be kept exactly; never errors.
        layers: id of the node in the expanded graph by the layer's path in the file. A layer that
            is called several times has the id of the first call, which owns its weights.
        reorderings: how to turn weights of the file, by node and weight name.
    """

    graph: Graph
    diagnostics: tuple[Diagnostic, ...]
    layers: Mapping[tuple[str, ...], str]
    reorderings: Reorderings = field(default_factory=dict)


def network_of(
    config: dict[str, Any],
    version: str = "",
    name: str = "The file",
    kept: Collection[str] = (),
) -> Network:
    """Read the configuration of a model.

    Args:
        config: as Keras writes it: ``{"class_name": ..., "config": ...}``.
        version: of Keras, where the file states it outside of the configuration.
        name: of the file, for messages.
        kept: types of layers that are not known and supposed to keep the shape of their input.

    Raises:
        GraphError: where it is no Functional or Sequential model, or is broken.
    """
    stated = config.get("keras_version", version)
    kind = str(config.get("class_name"))
    if kind not in MODELS:
        raise GraphError([diagnose(SUBCLASSED, file=name, kind=kind[:60])])
    stated = stated if isinstance(stated, str) else version
    inner = config.get("config")
    if _is_too_large(inner):
        count = f"over {MAX_NODES}"
        raise GraphError([diagnose(TOO_LARGE, count=count, things="layers", limit=MAX_NODES)])
    generation = generation_of(inner, stated)
    if generation < 3:
        kind, inner = rewritten(kind, inner, generation)
    reader = NetworkReader(generation, kept)
    graph = reader.network(kind, inner)
    told = (*reader.diagnostics, *reader.configs.roundings.told())
    return Network(graph, told, reader.layers, reader.reorderings)


def _is_too_large(config: Any) -> bool:
    """Whether a model and those in it have more layers than a network may: before anything is made
    of them.
    """
    layers = (item for item in layers_in(config) if item.get("class_name") != "InputLayer")
    return next(islice(layers, MAX_NODES, None), None) is not None
