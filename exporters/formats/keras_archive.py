"""The archives of Keras 3, ``.keras``: a configuration, the version that wrote it, and weights;
zips of a folder of the same, or of weights in several files.
"""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import ClassVar
from zipfile import ZipFile, ZipInfo

from exporters.archive import SIGNATURE, Archive
from exporters.format import Format, Reading
from exporters.formats.keras_json import configuration
from exporters.keras_weights.archived import CONFIG, METADATA, PART, WEIGHTS, Members
from exporters.keras_weights.reading import NO_NETWORK, attach_weights, read_model, with_weights
from exporters.keras_weights.writing import VERSION, nested
from exporters.nested_plan import nested_plan
from exporters.nesting import told
from exporters.plan import phases
from exporters.source import Source
from exporters.weights import Fitted, Weights
from layers.diagnostics import Diagnostic, GraphError, Problem, diagnose
from layers.graph import Graph

OTHER_WEIGHTS = Problem(
    "keras.other_weights",
    "{file} keeps its weights in {member}, which is not read; the network is there without them.",
    "Save it with the weights in HDF5, as Keras does by itself.",
    severity="warning",
)


class KerasArchive(Format):
    """A model as Keras 3 saves it."""

    name: ClassVar = "keras"
    label: ClassVar = "Keras"
    extensions: ClassVar = (".keras", ".zip")
    description: ClassVar = "Network and weights; keras.models.load_model reads it."
    order: ClassVar = 21
    keeps_functions: ClassVar = True
    media_type: ClassVar = "application/zip"
    carries_weights: ClassVar = True

    def matches(self, source: Source) -> bool:
        # A zip with weights alone is recognised, too, so that it is told what it lacks.
        if not _is_archive(source):
            return False
        members = Members(Archive(source.data, source.name))
        return bool(members.config or members.weights)

    def read(self, source: Source) -> Reading:
        archive = Archive(source.data, source.name)
        members = Members(archive)
        if not members.config:
            raise GraphError([diagnose(NO_NETWORK, file=source.name)])
        model = read_model(members.text(members.config), members.version, source)
        if members.weights:
            with members.opened() as root:
                reading = with_weights(model, root, self.name)
            return replace(reading, diagnostics=(*members.notes(), *reading.diagnostics))
        others = [name for name in archive.members if name.startswith("model.weights")]
        notes = [diagnose(OTHER_WEIGHTS, file=source.name, member=name[:60]) for name in others]
        network = model.network
        return Reading(network.graph, self.name, (*network.diagnostics, *notes))

    def attaches(self, source: Source) -> bool:
        return _is_archive(source) and bool(Members(Archive(source.data, source.name)).weights)

    def attach(self, source: Source, graph: Graph) -> Fitted:
        members = Members(Archive(source.data, source.name))
        with members.opened() as root:
            fitted = attach_weights(graph, root)
        return replace(fitted, diagnostics=(*members.notes(), *fitted.diagnostics))

    def write(self, graph: Graph, weights: Weights | None = None) -> bytes:
        texts = {
            METADATA: json.dumps({"keras_version": VERSION}),
            CONFIG: json.dumps(configuration(graph)),
        }
        target = io.BytesIO()
        with ZipFile(target, "w") as archive:
            for member, text in texts.items():
                archive.writestr(ZipInfo(member), text)
            archive.writestr(
                ZipInfo(WEIGHTS),
                nested(nested_plan(graph, with_unknown=True, with_functions=True), weights),
            )
        return target.getvalue()

    def losses(self, graph: Graph) -> tuple[Diagnostic, ...]:
        return (*phases(graph, self.label), *told(graph))


def _is_archive(source: Source) -> bool:
    """Whether a file is a zip archive that has such members' names in its directory."""
    data = source.data
    marks = (CONFIG, PART)
    return data[:4] == SIGNATURE and any(data.rfind(mark.encode()) >= 0 for mark in marks)
