"""Formats: each reads a file into a graph, or writes a graph to a file, or both.

A format is one module in :mod:`exporters.formats` with a subclass of :class:`Format`; declaring it
registers it, and the menus, scripts and tests are that register. Reading never trusts the file:
only
:class:`~layers.diagnostics.GraphError` comes out of it.
"""

from __future__ import annotations

import pkgutil
import re
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from typing import Any, ClassVar

from exporters import foreign
from exporters.source import Source
from exporters.titles import titled
from exporters.weights import Fitted, Weights
from layers.diagnostics import Diagnostic, GraphError, Problem, diagnose
from layers.graph import Graph

_WORD = re.compile(r"[A-Za-z_][\w.>-]*")

FORMATS: dict[str, Format] = {}
"""Every format by its name, in the order of menus."""

UNRECOGNISED = Problem(
    "file.unrecognised",
    "{file} is in no format that can be read here; it starts with {start}.",
    "Choose one of: {formats}.",
)
FOREIGN = Problem("file.foreign", "{file} is {what} and cannot be read here.", "{remedy}")
NO_FORMAT = Problem("format.unknown", "There is no format {name}.", "Choose one of: {formats}.")
NO_WEIGHTS = Problem(
    "weights.none",
    "{file} holds no weights that can be read.",
    "Choose a file with weights: {formats}.",
)
CANNOT_WRITE = Problem("format.read_only", "{label} can only be read.", "Choose one of: {formats}.")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file was read into.

    Attributes:
        graph: the network.
        format: name of the format.
        diagnostics: what could not be kept exactly; never errors.
        weights: the weights in the file, where it has any.
    """

    graph: Graph
    format: str
    diagnostics: tuple[Diagnostic, ...] = ()
    weights: Weights | None = None


class Format:
    """Base of the formats. A class whose name starts with an underscore is shared ground and is
    not registered.

    Class attributes:
        name: identity in requests and on command lines.
        label: what menus show.
        extensions: endings of file names, with the dot, the one for new files first.
        description: one sentence.
        order: place in menus.
        media_type: what a download is served as.
        carries_weights: whether its files can hold weights.
        keeps_layers: whether reading what was written gives the same layers; a format of operations
            gives others that compute the same.
        keeps_functions: whether a layer with a function that is not known can be written.
        takes_mistakes: whether a network can be written as it stands: empty, broken, of two phases.
        runtime: the library that writing needs in the process ("tensorflow"); such formats are
            written by a worker.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    extensions: ClassVar[tuple[str, ...]]
    description: ClassVar[str]
    order: ClassVar[int] = 100
    media_type: ClassVar[str] = "text/plain; charset=utf-8"
    carries_weights: ClassVar[bool] = False
    keeps_layers: ClassVar[bool] = True
    keeps_functions: ClassVar[bool] = False
    takes_mistakes: ClassVar[bool] = False
    runtime: ClassVar[str] = ""

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        if cls.__name__.startswith("_"):
            return
        if cls.name in FORMATS:
            raise ValueError(f"format {cls.name!r} is declared twice")
        FORMATS[cls.name] = cls()

    @property
    def reads(self) -> bool:
        return type(self).read is not Format.read

    @property
    def writes(self) -> bool:
        return type(self).write is not Format.write

    @property
    def is_text(self) -> bool:
        """Whether its files can be shown beside the canvas and copied."""
        return self.media_type.startswith(("text/", "application/json"))

    def matches(self, source: Source) -> bool:
        """Whether a file is in this format. May raise GraphError where the file does not even
        decode.
        """
        return False

    def read(self, source: Source) -> Reading:
        """The network in a file that matches. Raises GraphError."""
        raise NotImplementedError

    def attaches(self, source: Source) -> bool:
        """Whether a file holds weights in this format, with or without a network around them."""
        return False

    def attach(self, source: Source, graph: Graph) -> Fitted:
        """The weights in a file for a network that is there already: matched by name, then by
        order and shape; what did not match is named. Raises GraphError.
        """
        raise NotImplementedError

    def write(self, graph: Graph, weights: Weights | None = None) -> bytes:
        """A network as a file, with its weights where the format carries them.

        Weights that are not given are left to the initializers, or, where the format cannot say
        that, drawn as these say. Raises GraphError with what the format cannot express.
        """
        raise NotImplementedError

    def obstacles(self, graph: Graph) -> tuple[Diagnostic, ...]:
        """The errors for which `write` would refuse this network, by node; empty where it would
        not. Cheap: menus ask it.
        """
        return ()

    def losses(self, graph: Graph) -> tuple[Diagnostic, ...]:
        """What writing this network would not keep."""
        return ()

    def lines(self, graph: Graph, text: str) -> dict[str, tuple[int, int]]:
        """Which lines of a written text (first and last, from 1) are about which node, by id.

        Where a format does not say it better, the lines that name the node.
        """
        ids = {node.name: node.id for node in graph.nodes.values()}
        found: dict[str, tuple[int, int]] = {}
        for number, line in enumerate(text.splitlines(), start=1):
            for name in dict.fromkeys(_WORD.findall(line)):
                if name in ids:
                    first, last = found.get(ids[name], (number, number))
                    # Further down a name is a reference to what was described before.
                    found[ids[name]] = (first, number if number <= last + 1 else last)
        return found

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.label,
            "extensions": list(self.extensions),
            "reads": self.reads,
            "writes": self.writes,
            "carries_weights": self.carries_weights,
            "text": self.is_text,
            "runtime": self.runtime,
            "description": self.description,
        }


@cache
def formats() -> dict[str, Format]:
    """Every format by name, in the order of menus."""
    package = import_module("exporters.formats")
    for module in pkgutil.iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
    return dict(sorted(FORMATS.items(), key=lambda item: (item[1].order, item[0])))


def read(data: bytes | str, filename: str = "") -> Reading:
    """Read a network from the content of a file in any format: see :func:`read_source`."""
    return read_source(
        Source(data.encode("utf-8", "replace") if isinstance(data, str) else data, filename)
    )


def read_source(source: Source) -> Reading:
    """Read a network from a file in any format.

    Those with the file's extension are asked first. Where several match and fail, all their reasons
    are reported.

    Raises:
        GraphError: where no format can read it.
    """
    readable = [form for form in formats().values() if form.reads]
    readable.sort(key=lambda form: source.extension not in form.extensions)
    failures: dict[str, Diagnostic] = {}
    for form in readable:
        try:
            if form.matches(source):
                reading = form.read(source)
                # One door: whatever a format makes is held to the limits of stored networks.
                data = reading.graph.to_json()
                file = source.name if source.filename else ""
                data["name"] = titled(data["name"], file, form.extensions)
                return replace(reading, graph=Graph.from_json(data))
        except GraphError as error:
            failures |= {str(diagnostic): diagnostic for diagnostic in error.diagnostics}
    if not failures:
        failures[""] = _unrecognised(source)
    raise GraphError(failures.values())


def attach(source: Source, graph: Graph) -> Fitted:
    """The weights in a file of any format for a network that is there already.

    Raises:
        GraphError: where no format finds weights in it.
    """
    able = [form for form in formats().values() if form.carries_weights]
    able.sort(key=lambda form: source.extension not in form.extensions)
    failures: dict[str, Diagnostic] = {}
    for form in able:
        try:
            if form.attaches(source):
                return form.attach(source, graph)
        except GraphError as error:
            failures |= {str(diagnostic): diagnostic for diagnostic in error.diagnostics}
    if not failures:
        known = ", ".join(form.label for form in able)
        failures[""] = diagnose(NO_WEIGHTS, file=source.name, formats=known)
    raise GraphError(failures.values())


def write(graph: Graph, name: str, weights: Weights | None = None) -> bytes:
    """Write a network in a format.

    Raises:
        GraphError: where there is no such format, it cannot be written, or it cannot express the
            network.
    """
    return writer(name).write(graph, weights)


def writer(name: str) -> Format:
    """The format of a name that can be written. Raises GraphError."""
    form = formats().get(name)
    if form is None:
        known = ", ".join(formats())
        raise GraphError([diagnose(NO_FORMAT, name=name[:60], formats=known)])
    if not form.writes:
        known = ", ".join(other.name for other in formats().values() if other.writes)
        raise GraphError([diagnose(CANNOT_WRITE, label=form.label, formats=known)])
    return form


def _unrecognised(source: Source) -> Diagnostic:
    kind = foreign.name(source)
    if kind:
        return diagnose(FOREIGN, file=source.name, what=kind.what, remedy=kind.hint)
    readable = ", ".join(form.label for form in formats().values() if form.reads)
    return diagnose(
        UNRECOGNISED, file=source.name, start=repr(source.data[:16])[1:], formats=readable
    )
