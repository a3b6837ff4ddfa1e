"""(a, large) Analysing NASNet-Large, from scratch and after an edit, against building it in Keras.

The peer is Keras' own construction of the same network in a process of its own. Both sides of the
ratio are computing time, so that it does not depend on what else the machine does.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

from benchmarks.figure import REPEATS, Figure, median_s
from exporters.format import read
from layers.analysis import Analyzer, analyse
from layers.graph import Graph

ROOT = Path(__file__).resolve().parent.parent
PEER = """
import sys, time
import keras
started = time.process_time()
model = keras.applications.NASNetLarge(weights=None)
print(time.process_time() - started)
open(sys.argv[1], "w").write(model.to_json())
"""


def measure() -> Iterator[Figure]:
    graph, built = _network()
    name = f"{len(graph):,} layers of NASNet-Large"
    scratch = median_s(lambda: analyse(graph))
    yield Figure(f"analysis of {name}", scratch * 1e3, "ms", 60)
    analyzer = Analyzer(graph)
    convolutions = [node for node in graph if node.type == "Conv2D"]
    middle = convolutions[len(convolutions) // 2]
    widths = count(1)

    def edit() -> None:
        node = replace(middle, params={**middle.params, "kernel_size": [next(widths) % 2 + 1, 1]})
        analyzer.update(analyzer.graph.with_node(node))

    yield Figure("an edit in its middle", median_s(edit) * 1e3, "ms", 30)
    ours = _computing_s(graph)
    remark = f"{ours * 1e3:.1f} ms against {built:.1f} s of computing"
    yield Figure(
        "the same against building it in Keras", built / ours, "x", 200, True, remark=remark
    )


def _computing_s(graph: Graph) -> float:
    """Median seconds of computing that one analysis takes."""
    times = []
    for _ in range(REPEATS):
        started = time.process_time()
        analyse(graph)
        times.append(time.process_time() - started)
    return statistics.median(times)


def _network() -> tuple[Graph, float]:
    """The network as its Keras JSON is read, and the seconds in which Keras builds it."""
    with tempfile.TemporaryDirectory(prefix="visualnn-bench-") as folder:
        file = Path(folder) / "nasnet.json"
        command = [sys.executable, "-c", PEER, str(file)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        reading = read(file.read_bytes(), file.name)
    return reading.graph, float(json.loads(done.stdout))
