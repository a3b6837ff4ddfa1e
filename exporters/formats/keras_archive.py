"""The archives of Keras 3, ``.keras``: a configuration, the version that wrote it, and weights."""

from __future__ import annotations

import io
import json
from typing import ClassVar
from zipfile import ZipFile, ZipInfo

from exporters.archive import SIGNATURE, Archive
from exporters.format import Format, Reading
from exporters.formats.keras_json import configuration
from exporters.hdf5.tree import opened
from exporters.keras_weights.reading import attach_weights, read_model, with_weights
from exporters.keras_weights.writing import VERSION, nested
from exporters.plan import flattened, phases, plan
from exporters.source import MAX_TEXT_BYTES, Source
from exporters.weights import Fitted, Weights
from layers.diagnostics import Diagnostic, GraphError, Problem, diagnose
from layers.graph import Graph

CONFIG = "config.json"
METADATA = "metadata.json"
WEIGHTS = "model.weights.h5"

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
    extensions: ClassVar = (".keras",)
    description: ClassVar = "Network and weights; keras.models.load_model reads it."
    order: ClassVar = 21
    media_type: ClassVar = "application/zip"
    carries_weights: ClassVar = True

    def matches(self, source: Source) -> bool:
        return _is_archive(source) and CONFIG in Archive(source.data, source.name).members

    def read(self, source: Source) -> Reading:
        archive = Archive(source.data, source.name)
        model = read_model(_text(archive, CONFIG), _version(archive, source), source)
        if WEIGHTS in archive.members:
            with opened(archive.read(WEIGHTS), source.name) as root:
                return with_weights(model, root, self.name)
        others = [name for name in archive.members if name.startswith("model.weights")]
        notes = [diagnose(OTHER_WEIGHTS, file=source.name, member=name[:60]) for name in others]
        network = model.network
        return Reading(network.graph, self.name, (*network.diagnostics, *notes))

    def attaches(self, source: Source) -> bool:
        return _is_archive(source) and WEIGHTS in Archive(source.data, source.name).members

    def attach(self, source: Source, graph: Graph) -> Fitted:
        archive = Archive(source.data, source.name)
        with opened(archive.read(WEIGHTS), source.name) as root:
            return attach_weights(graph, root)

    def write(self, graph: Graph, weights: Weights | None = None) -> bytes:
        texts = {
            METADATA: json.dumps({"keras_version": VERSION}),
            CONFIG: json.dumps(configuration(graph)),
        }
        target = io.BytesIO()
        with ZipFile(target, "w") as archive:
            for member, text in texts.items():
                archive.writestr(ZipInfo(member), text)
            archive.writestr(ZipInfo(WEIGHTS), nested(plan(graph, with_unknown=True), weights))
        return target.getvalue()

    def losses(self, graph: Graph) -> tuple[Diagnostic, ...]:
        return (*phases(graph, self.label), *flattened(graph, self.label))


def _is_archive(source: Source) -> bool:
    """Whether a file is a zip archive that has these members' names in its directory."""
    return source.data[:4] == SIGNATURE and source.data.rfind(CONFIG.encode()) >= 0


def _text(archive: Archive, member: str) -> str:
    """A member as text. Raises GraphError."""
    if archive.members[member].file_size > MAX_TEXT_BYTES:
        archive.refuse(f"its {member} has more than {MAX_TEXT_BYTES // 2**20} MB")
    return archive.read(member).tobytes().decode("utf-8", "replace")


def _version(archive: Archive, source: Source) -> str:
    """The Keras that wrote it; empty where it does not say."""
    if METADATA not in archive.members:
        return ""
    try:
        data = Source(_text(archive, METADATA).encode(), source.filename).json
    except GraphError:
        return ""
    version = data.get("keras_version") if isinstance(data, dict) else None
    return version if isinstance(version, str) else ""
