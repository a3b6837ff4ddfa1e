"""The weights of a model alone, as ``model.save_weights`` of Keras 3 writes them."""

from __future__ import annotations

from typing import ClassVar

from exporters.format import Format
from exporters.hdf5.tree import SIGNATURE, opened
from exporters.keras_weights.layouts.nested import Nested
from exporters.keras_weights.reading import attach_weights
from exporters.keras_weights.stored import layout_of
from exporters.keras_weights.writing import nested
from exporters.nested_plan import nested_plan
from exporters.plan import phases
from exporters.source import Source
from exporters.weights import Fitted, Weights
from layers.blocks import BLOCK
from layers.diagnostics import Diagnostic, Problem, diagnose
from layers.graph import Graph

WITH_MODELS = Problem(
    "keras.weights_of_models",
    "{names} are models inside the model here, as in Keras JSON and .keras; the Python program has"
    " functions instead, and cannot load the file.",
    "Load it into the model that Keras JSON gives, or export .keras.",
    severity="hint",
)


class KerasWeights(Format):
    """Weights without a network."""

    name: ClassVar = "keras_weights"
    label: ClassVar = "Keras weights"
    extensions: ClassVar = (".weights.h5", ".h5")
    description: ClassVar = "Weights alone; model.load_weights reads them into the same network."
    order: ClassVar = 22
    keeps_functions: ClassVar = True
    media_type: ClassVar = "application/x-hdf5"
    carries_weights: ClassVar = True

    def attaches(self, source: Source) -> bool:
        if source.data[:8] != SIGNATURE:
            return False
        with opened(source.data, source.name) as root:
            return isinstance(layout_of(root), Nested)

    def attach(self, source: Source, graph: Graph) -> Fitted:
        with opened(source.data, source.name) as root:
            return attach_weights(graph, root)

    def write(self, graph: Graph, weights: Weights | None = None) -> bytes:
        return nested(nested_plan(graph, with_unknown=True, with_functions=True), weights)

    def losses(self, graph: Graph) -> tuple[Diagnostic, ...]:
        names = [node.name for node in graph if node.type == BLOCK]
        shown = ", ".join([*names[:3], *(["…"] if len(names) > 3 else [])])
        models = (diagnose(WITH_MODELS, names=shown),) if names else ()
        return (*phases(graph, self.label), *models)
