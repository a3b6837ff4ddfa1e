"""(k) An ONNX file of 100 MB, opened: its weights are not copied."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks.figure import Figure
from exporters.format import write
from exporters.weights import declared
from layers.graph import Edge, Graph, Node
from layers.layer import LAYERS

PEER = """
import sys, time
from pathlib import Path
from exporters.format import read_source
from exporters.source import Source
import exporters.onnx.network
def peak_kb():
    # Not getrusage, which remembers the process that started this one.
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])
before = peak_kb()
started = time.perf_counter()
reading = read_source(Source.of_file(Path(sys.argv[1])))
took = time.perf_counter() - started
for own in reading.weights.values():
    for array in own.values():
        array.sum()
print(took, peak_kb() - before)
"""


def measure() -> Iterator[Figure]:
    names = ["x", "one", "two", "three"]
    kinds = ["InputLayer", *["Dense"] * 3]
    dense: dict[str, object] = {"units": 3000}
    sizes: list[dict[str, object]] = [{"shape": [3000]}, dense, dense, dense]
    nodes = [
        Node(name, kind, name, LAYERS[kind](**params).to_json())
        for name, kind, params in zip(names, kinds, sizes, strict=True)
    ]
    edges = [Edge(one, two) for one, two in pairwise(names)]
    graph = Graph(nodes, edges)
    weights = {
        node: {name: np.ones(shape, "float32") for name, shape in own.items()}
        for node, own in declared(graph).items()
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "large.onnx")
        file.write_bytes(write(graph, "onnx", weights))
        size = file.stat().st_size
        run = [sys.executable, "-c", PEER, str(file)]
        made = subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()
    remark = f"{size / 1e6:.0f} MB, opened in {float(made[0]) * 1e3:.0f} ms"
    grown = int(made[1]) * 1024 / size
    yield Figure("memory of an ONNX file with its weights", grown, "x its size", 2, False, remark)
