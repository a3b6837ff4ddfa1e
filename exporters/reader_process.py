"""Reads a file in a process of its own: ``python -m exporters.reader_process``, started by
:mod:`exporters.isolation`.

Libraries written in C take binary files apart; what makes one of them crash, run for ever or fill
the memory ends this process and nothing else. The task comes as one JSON object on standard input,
the answer goes as one to standard output; weights go to a file.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

from exporters.format import Reading, attach, read_source
from exporters.source import Source
from exporters.weights import Fitted, count, save
from layers.diagnostics import GraphError
from layers.graph import Graph


def main() -> None:
    """Do the one task."""
    task = json.load(sys.stdin)
    # What libraries print must not get into the answer.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    bound(task["memory_bytes"], task["cpu_s"])
    try:
        source = Source.of_file(Path(task["file"]), task["filename"])
        if task["graph"] is None:
            told = _reading(read_source(source), Path(task["weights"]))
        else:
            told = _fitted(attach(source, Graph.from_json(task["graph"])), Path(task["weights"]))
    except GraphError as error:
        told = {"errors": [diagnostic.to_json() for diagnostic in error.diagnostics]}
    json.dump(told, answer)
    answer.flush()


def bound(memory_bytes: int, cpu_s: int) -> None:
    """Limit what this process may use; mapped files do not count."""
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _reading(reading: Reading, target: Path) -> dict[str, Any]:
    if reading.weights:
        save(reading.weights, target)
    return {
        "graph": reading.graph.to_json(),
        "format": reading.format,
        "diagnostics": [diagnostic.to_json() for diagnostic in reading.diagnostics],
        "weights": count(reading.weights or {}),
    }


def _fitted(fitted: Fitted, target: Path) -> dict[str, Any]:
    save(fitted.weights, target)
    return {
        "diagnostics": [diagnostic.to_json() for diagnostic in fitted.diagnostics],
        "weights": count(fitted.weights),
    }


if __name__ == "__main__":
    main()
