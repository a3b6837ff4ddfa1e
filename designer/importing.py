"""Making a network of the files that belong to it: one describes it, others may bring its weights
(a prototxt and a caffemodel, a JSON and an h5, or a JSON and the several files that Keras wrote for
weights which are too many for one).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

from django.contrib.auth.models import User

from designer import networks, weights
from designer.incoming import Incoming
from designer.models import Network
from exporters.format import Reading
from exporters.isolation import attach_file, is_binary, read_file
from exporters.keras_weights.archived import INDEX, PART
from exporters.source import Source
from exporters.weights import Weights, count, is_complete
from layers.diagnostics import Diagnostic, GraphError


@dataclass(frozen=True, slots=True)
class Import:
    """What became of files: the network, how it was read, what could not be kept exactly, and how
    many weights came with it.
    """

    network: Network
    format: str
    diagnostics: tuple[Diagnostic, ...]
    weights: int


def import_files(owner: User, files: Sequence[Incoming]) -> Import:
    """Make a network of its files. Raises GraphError where none of them describes one."""
    with weights.draft() as draft:
        reading, rest, name = _network_in(files, draft)
        graph = networks.in_order(reading.graph)
        notes = list(reading.diagnostics)
        found: Weights = {}
        if reading.weights:
            found = weights.renamed(reading.weights, reading.graph, graph)
        for index, file in enumerate(_together(rest, draft)):
            place = draft.with_name(f"{index}.safetensors")
            try:
                fitted = attach_file(file.path, file.filename, graph, place)
            except GraphError as error:
                notes.extend(error.diagnostics)
                continue
            found = {**found, **fitted.weights}
            name = file.filename
            if not is_complete(graph, found):
                notes.extend(fitted.diagnostics)
        network = networks.create(owner, graph)
        if found:
            weights.keep(network, found, name)
        return Import(network, reading.format, tuple(notes), count(found))


def _network_in(files: Sequence[Incoming], draft: Path) -> tuple[Reading, list[Incoming], str]:
    """The network that one of the files describes, the other files, and its name. Text is asked
    first: where there are both, it is the description. Raises GraphError with every reason.
    """
    failures: dict[str, Diagnostic] = {}
    ordered = sorted(files, key=_is_binary)
    for file in ordered:
        try:
            reading = read_file(file.path, file.filename, draft)
        except GraphError as error:
            failures |= {str(item): item for item in error.diagnostics}
            continue
        return reading, [other for other in ordered if other is not file], file.filename
    raise GraphError(failures.values())


def _together(files: Sequence[Incoming], draft: Path) -> list[Incoming]:
    """The files with weights; those that Keras wrote as parts of one are put into an archive, as a
    layer may lie in several.
    """
    parts = [file for file in files if file.filename.endswith((PART, INDEX))]
    if len(parts) < 2:
        return list(files)
    place = draft.with_name("parts.zip")
    with ZipFile(place, "w") as archive:
        for file in parts:
            archive.write(file.path, file.filename.replace("\\", "/").rpartition("/")[2])
    others = [file for file in files if file not in parts]
    return [*others, Incoming(place, parts[0].filename.partition(".")[0] + ".zip")]


def _is_binary(file: Incoming) -> bool:
    try:
        return is_binary(Source.of_file(file.path, file.filename))
    except GraphError:
        return True
