"""(b) Reading Keras' own JSON of NASNet-Large to an analysed network, and writing it; Keras too."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figure import Figure, median_s
from exporters.format import formats, read, write
from layers.analysis import analyse

ROOT = Path(__file__).resolve().parent.parent
PEER = """
import json, sys, time
import keras
text = keras.applications.NASNetLarge(weights=None).to_json()
open(sys.argv[1], "w").write(text)
start = time.perf_counter()
keras.models.model_from_json(text)
print(json.dumps(time.perf_counter() - start))
"""


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="visualnn-bench-") as folder:
        file = Path(folder) / "nasnet.json"
        command = [sys.executable, "-c", PEER, str(file)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        data = file.read_bytes()
    theirs_s = float(json.loads(done.stdout.splitlines()[-1]))
    formats()
    graph = read(data, "model.json").graph
    ours_s = median_s(lambda: analyse(read(data, "model.json").graph))
    remark = f"{len(data) / 1e6:.1f} MB; Keras takes {theirs_s:.1f} s"
    name = f"reading {len(graph):,} layers of Keras JSON, analysed"
    yield Figure(name, ours_s * 1e3, "ms", 400, remark=remark)
    yield Figure("the same against Keras", theirs_s / ours_s, "x", 25, at_least=True)
    writing_s = median_s(lambda: write(graph, "keras_json"))
    yield Figure("writing it", writing_s * 1e3, "ms", 150)
