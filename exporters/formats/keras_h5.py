"""HDF5 files of Keras: whole models of every version, and weights that go by layers' names."""

from __future__ import annotations

import json
from typing import ClassVar

from exporters.format import Format, Reading
from exporters.formats.keras_json import configuration
from exporters.hdf5.tree import SIGNATURE, opened
from exporters.keras2_network import keras2_configuration, losses, unreadable
from exporters.keras_weights.layouts.nested import Nested
from exporters.keras_weights.reading import (
    NO_NETWORK,
    NOT_KERAS,
    attach_weights,
    read_model,
    with_weights,
)
from exporters.keras_weights.stored import layout_of
from exporters.keras_weights.writing import VERSION, named
from exporters.nested_plan import nested_plan
from exporters.nesting import told
from exporters.plan import phases
from exporters.source import Source
from exporters.weights import Fitted, Weights
from layers.diagnostics import Diagnostic, GraphError, diagnose
from layers.graph import Graph


class KerasH5(Format):
    """A model in the HDF5 format of Keras 1 and 2."""

    name: ClassVar = "keras_h5"
    label: ClassVar = "Keras HDF5"
    extensions: ClassVar = (".h5", ".hdf5")
    description: ClassVar = "Network and weights in one file, which every Keras since 1.0 has read."
    order: ClassVar = 23
    keeps_functions: ClassVar = True
    media_type: ClassVar = "application/x-hdf5"
    carries_weights: ClassVar = True

    def matches(self, source: Source) -> bool:
        return source.data[:8] == SIGNATURE

    def read(self, source: Source) -> Reading:
        with opened(source.data, source.name) as root:
            text = root.attributes.text("model_config")
            if not text:
                problem = NO_NETWORK if layout_of(root) else NOT_KERAS
                raise GraphError([diagnose(problem, file=source.name)])
            model = read_model(text, root.attributes.text("keras_version"), source)
            return with_weights(model, root, self.name)

    def attaches(self, source: Source) -> bool:
        if source.data[:8] != SIGNATURE:
            return False
        with opened(source.data, source.name) as root:
            layout = layout_of(root)
            return layout is not None and not isinstance(layout, Nested)

    def attach(self, source: Source, graph: Graph) -> Fitted:
        with opened(source.data, source.name) as root:
            return attach_weights(graph, root)

    def obstacles(self, graph: Graph) -> tuple[Diagnostic, ...]:
        return unreadable(graph)

    def write(self, graph: Graph, weights: Weights | None = None) -> bytes:
        absent = self.obstacles(graph)
        if absent:
            raise GraphError(absent)
        # What Keras 2 would compute otherwise is spelt so that Keras 3 alone can read it.
        is_shared = not losses(graph)
        model = keras2_configuration(graph, for_keras_3=True) if is_shared else configuration(graph)
        attributes = {
            "keras_version": VERSION,
            "backend": "tensorflow",
            "model_config": json.dumps(model),
        }
        return named(
            nested_plan(graph, with_unknown=True, with_functions=True), weights, attributes
        )

    def losses(self, graph: Graph) -> tuple[Diagnostic, ...]:
        return (*phases(graph, self.label), *told(graph))
