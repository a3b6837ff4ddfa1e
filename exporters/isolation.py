"""Reading files that strangers send: text here, anything binary in a process of its own with
bounded time and memory (:mod:`exporters.reader_process`).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from exporters.format import Reading, attach, read_source
from exporters.source import Source
from exporters.weights import Fitted, load
from layers.diagnostics import Diagnostic, GraphError, Problem, diagnose
from layers.graph import Graph

CRASHED = Problem(
    "file.crashed",
    "{file} makes its reader break down ({reason}).",
    "Check that the file is whole; write it anew with the program that made it.",
)
TOO_SLOW = Problem(
    "file.too_slow",
    "{file} could not be read in {seconds} seconds.",
    "Check that the file is whole, or choose a smaller one.",
)

ROOT = Path(__file__).resolve().parent.parent
BASE_MEMORY_BYTES = 2**30
BASE_TIME_S = 5
"""Of a processor; the clock may show four times as much where others use it."""
BYTES_PER_S = 20 * 2**20
"""How fast the largest files are read at least, on a busy machine."""


def read_file(path: Path, filename: str, weights: Path) -> Reading:
    """Read a network from a file; weights in it come back as views of the file `weights`.

    Raises:
        GraphError: where it cannot be read.
    """
    source = Source.of_file(path, filename)
    if not is_binary(source):
        return read_source(source)
    told = _ask(source, path, weights, None)
    return Reading(
        Graph.from_json(told["graph"]),
        told["format"],
        _diagnostics(told["diagnostics"]),
        load(weights) if told["weights"] else None,
    )


def attach_file(path: Path, filename: str, graph: Graph, weights: Path) -> Fitted:
    """The weights in a file for a network; they come back as views of the file `weights`.

    Raises:
        GraphError: where there are none that can be read.
    """
    source = Source.of_file(path, filename)
    if not is_binary(source):
        return attach(source, graph)
    told = _ask(source, path, weights, graph)
    return Fitted(load(weights), _diagnostics(told["diagnostics"]))


def is_binary(source: Source) -> bool:
    """Whether a file is no text by its first bytes."""
    head = source.data[:4096]
    return b"\0" in head or head.startswith((b"PK\x03\x04", b"\x89HDF")) or not _is_text(head)


def _is_text(head: bytes) -> bool:
    try:
        head.decode()
    except UnicodeDecodeError as error:
        # The last sign may be cut in two.
        return error.start > len(head) - 4
    return True


def _ask(source: Source, path: Path, weights: Path, graph: Graph | None) -> dict[str, Any]:
    size = len(source.data)
    seconds = BASE_TIME_S + size // BYTES_PER_S
    task = {
        "file": str(path.resolve()),
        "filename": source.filename,
        "weights": str(weights.resolve()),
        "graph": None if graph is None else graph.to_json(),
        "memory_bytes": BASE_MEMORY_BYTES + 2 * size,
        "cpu_s": seconds,
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "exporters.reader_process"],
            input=json.dumps(task).encode(),
            capture_output=True,
            timeout=4 * seconds,
            cwd=ROOT,
        )
    except subprocess.TimeoutExpired:
        raise GraphError([diagnose(TOO_SLOW, file=source.name, seconds=4 * seconds)]) from None
    try:
        told: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise GraphError([_breakdown(source, done, seconds)]) from None
    if "errors" in told:
        raise GraphError(_diagnostics(told["errors"]))
    return told


def _breakdown(
    source: Source, done: subprocess.CompletedProcess[bytes], seconds: int
) -> Diagnostic:
    """What is said of a process that has ended without an answer."""
    if done.returncode in (-24, -9):  # SIGXCPU, SIGKILL
        return diagnose(TOO_SLOW, file=source.name, seconds=seconds)
    last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    if "MemoryError" in last:
        reason = "it wants more memory than it may have"
    else:
        reason = last[:200] or f"signal {-done.returncode}"
    return diagnose(CRASHED, file=source.name, reason=reason)


def _diagnostics(told: list[dict[str, Any]]) -> tuple[Diagnostic, ...]:
    """Diagnostics from their JSON; files have none that bring a fix."""
    return tuple(Diagnostic(**{**item, "fix": None}) for item in told)
