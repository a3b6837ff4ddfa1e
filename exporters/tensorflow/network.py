"""A program as a network with its weights: what the reader made, of which what leads to the outputs
is kept, named, and numbered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from exporters.format import Reading
from exporters.keras_ends import numbered, with_outputs
from exporters.layout import place
from exporters.tensorflow.naming import without_common_scope
from exporters.tensorflow.ops.arithmetic import known
from exporters.tensorflow.outputs import left_out, likely_outputs
from exporters.tensorflow.patterns import simplified
from exporters.tensorflow.problems import MISSING, NO_NETWORK, TRAINING, UNKNOWN
from exporters.tensorflow.program import MISFITS, Op, Program, Ref
from exporters.tensorflow.reader import (
    HANDLERS,
    Constant,
    Draft,
    NotKnown,
    Reader,
    Signal,
    legal,
)
from exporters.weights import Array
from layers.diagnostics import Diagnostic, GraphError, diagnose
from layers.graph import MAX_NODES, TOO_LARGE, Edge, Graph, Node

MAX_LISTED = 200
"""Numbers of a constant or an attribute that an unknown operation keeps."""


def network_of(
    program: Program,
    form: str,
    title: str,
    variables: Mapping[str, Array] | None = None,
    outputs: Iterable[Ref] = (),
    inputs: Mapping[str, str] | None = None,
) -> Reading:
    """The network that a program computes.

    Args:
        variables: values by the name of the variable's operation.
        outputs: the tensors that the file names as outputs, where it does.
        inputs: what the file calls its inputs, by the name of their operation.

    Raises:
        GraphError: where the program holds no network.
    """
    count, trains = len(program.ops), left_out(program)
    program.outputs = list(outputs) or likely_outputs(program)
    program = program.restricted()
    missing = _missing(program)
    program = simplified(program)
    reader = Reader(program, variables or {})
    reader.diagnostics += missing
    if trains:
        reader.diagnostics.append(diagnose(TRAINING, count=trains))
    reader.naming.aliases = dict(inputs or {})
    _walk(reader)
    ends: list[tuple[str, int]] = []
    for ref in program.outputs:
        value = reader.values.get(ref)
        if isinstance(value, Signal):
            ends.append(_end(reader, ref, value))
    live = _live(reader, ends)
    kinds = {draft.type for draft in live}
    if not kinds - {"InputLayer"} or "InputLayer" not in kinds:
        raise GraphError([diagnose(NO_NETWORK, count=count)])
    if len(live) > MAX_NODES:
        raise GraphError([diagnose(TOO_LARGE, count=len(live), things="nodes", limit=MAX_NODES)])
    graph, weights, notes = _assembled(reader, live, ends, title)
    return Reading(place(graph), form, tuple(notes), weights or None)


def _missing(program: Program) -> list[Diagnostic]:
    """That operations are taken which are not there, as in the texts of graphs for OpenCV."""
    gone: dict[str, str] = {}
    for op in program.ops.values():
        for name, _ in op.inputs:
            if name not in program.ops:
                gone.setdefault(name, op.name)
    if not gone:
        return []
    missing, name = next(iter(gone.items()))
    return [diagnose(MISSING, name=name[-80:], missing=missing[-80:], count=len(gone))]


def _end(reader: Reader, ref: Ref, value: Signal) -> tuple[str, int]:
    """An output in the order of axes that the graph gives it."""
    try:
        return reader.ordered(value, None).end
    except NotKnown:
        # Batches are not first, as where time is.
        name = f"{ref[0]}/Transpose"
        reader.values[name, 1] = Constant(np.array(value.order))
        reader.ports[name] = [0]
        _keep(reader, Op(name, "Transpose", [ref, (name, 1)]))
        kept = reader.values[name, 0]
        assert isinstance(kept, Signal)
        return kept.end


def _walk(reader: Reader) -> None:
    for op in reader.program.ops.values():
        try:
            found = known(reader, op)
            if found is not None:
                reader.set(op, found)
                continue
            handler = HANDLERS.get(op.kind)
            if handler is None:
                raise NotKnown
            reader.set(op, handler(reader, op))
        except (NotKnown, *MISFITS):
            # What does not fit its own operation is kept as it stands, like what is not known.
            _keep(reader, op)


def _keep(reader: Reader, op: Op) -> None:
    """An operation that the catalogue has no layer for, as a node with its attributes."""
    values = [reader.values.get(ref) for ref in op.inputs]
    signals = [value for value in values if isinstance(value, Signal)]
    if not signals:
        return
    inputs: list[Any] = []
    for value in values:
        if isinstance(value, Signal):
            inputs.append(
                {"tensor": sum("tensor" in item for item in inputs if isinstance(item, dict))}
            )
        elif value is not None and value.array.size <= MAX_LISTED and value.is_known:
            inputs.append(_plain(value.array))
        else:
            inputs.append(None if value is None else {"shape": list(value.array.shape)})
    kind = str(op.values.get("was") or op.kind).removeprefix("visualnn.")
    params: dict[str, Any] = {"inputs": inputs}
    for name in sorted(op.attrs)[:40]:
        if not name.startswith("_"):
            try:
                params[name[:60]] = _plain(op.attr(name))
            except GraphError:
                continue
    name = reader.naming.of(op.name, kind)
    draft = Draft(
        f"d{len(reader.drafts)}", f"tf.{kind[:60]}", name, params, [s.end for s in signals]
    )
    draft.note = diagnose(UNKNOWN, name=legal(name), kind=kind[:60])
    reader.drafts[draft.id] = draft
    for port in reader.ports.get(op.name, ()):
        reader.values[op.name, port] = Signal((draft.id, port), None)


def _plain(value: Any) -> Any:
    """An attribute as JSON, shortened where it is long."""
    if isinstance(value, np.ndarray):
        if value.size > MAX_LISTED or value.dtype == object:
            return {"shape": list(value.shape)}
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value[:MAX_LISTED]]
    if isinstance(value, str):
        return value[:200].replace("\0", "")
    if isinstance(value, float):
        return value if np.isfinite(value) else str(value)
    if isinstance(value, int):
        return value if abs(value) < 10**18 else str(value)
    return value if value is None else str(value)[:60]


def _live(reader: Reader, ends: list[tuple[str, int]]) -> list[Draft]:
    """The drafts that outputs need, and those inputs that anything used."""
    seen: set[str] = set()
    stack = [identity for identity, _ in ends]
    while stack:
        identity = stack.pop()
        if identity in seen:
            continue
        seen.add(identity)
        stack.extend(source for source, _ in reader.drafts[identity].inputs)
    return [draft for identity, draft in reader.drafts.items() if identity in seen]


def _assembled(
    reader: Reader, live: list[Draft], ends: list[tuple[str, int]], title: str
) -> tuple[Graph, dict[str, dict[str, Array]], list[Diagnostic]]:
    names = _names([draft.name for draft in live])
    owners: dict[Any, str] = {}
    nodes: list[Node] = []
    edges: dict[Edge, None] = {}
    weights: dict[str, dict[str, Array]] = {}
    notes = list(reader.diagnostics)
    for draft, name in zip(live, names, strict=True):
        owner = owners.setdefault(_identity(draft), draft.id)
        shares = None if owner == draft.id else owner
        nodes.append(
            Node(draft.id, draft.type, name, {} if shares else draft.params, shares=shares)
        )
        for port, (source, output) in enumerate(draft.inputs):
            edges[Edge(source, draft.id, output, port)] = None
        given = {key: item.array for key, item in draft.weights.items() if item.is_known}
        if given and not shares:
            weights[draft.id] = given
        if draft.note is not None:
            notes.append(draft.note)
    graph = Graph(nodes, edges, name=title[:200] or "network")
    inputs = [draft.id for draft in live if draft.type == "InputLayer"]
    graph, finals, added = with_outputs(graph, ends)
    graph, fresh = numbered(graph, inputs, finals)
    return graph, {fresh[key]: value for key, value in weights.items()}, [*notes, *added]


def _identity(draft: Draft) -> Any:
    """What two calls of one layer have in common."""
    origins = tuple(item.origin for item in draft.weights.values())
    if not origins or not all(origins):
        return draft.id
    return draft.type, origins, repr(draft.params)


def _names(paths: list[str]) -> list[str]:
    """Names without the scopes that all have in common, each once."""
    common = without_common_scope([path for path in paths if "/" in path])
    taken: set[str] = set()
    made = []
    for path in paths:
        name = legal(path[common:] if "/" in path else path)
        number, found = 1, name
        while found in taken:
            number += 1
            found = f"{name}_{number}"
        taken.add(found)
        made.append(found)
    return made
