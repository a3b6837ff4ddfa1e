"""Caffe's files: a network of 450 layers as text, and 100 MB of weights."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.figure import Figure, median_s
from exporters.caffe.text import Quoted
from exporters.caffe.wire import encode
from exporters.format import read_source
from exporters.source import Source
from layers.analysis import analyse

BLOCK = """
layer {{ name: "conv{0}" type: "Convolution" bottom: "x{0}" top: "c{0}"
  convolution_param {{ num_output: 64 kernel_size: 3 pad: 1 bias_term: false }} }}
layer {{ name: "bn{0}" type: "BatchNorm" bottom: "c{0}" top: "c{0}"
  batch_norm_param {{ use_global_stats: true }} }}
layer {{ name: "scale{0}" type: "Scale" bottom: "c{0}" top: "c{0}"
  scale_param {{ bias_term: true }} }}
layer {{ name: "relu{0}" type: "ReLU" bottom: "c{0}" top: "c{0}" }}
layer {{ name: "sum{0}" type: "Eltwise" bottom: "x{0}" bottom: "c{0}" top: "x{1}" }}
"""
HEAD = 'input: "x0" input_dim: 1 input_dim: 64 input_dim: 56 input_dim: 56\n'


def measure() -> Iterator[Figure]:
    text = HEAD + "".join(BLOCK.format(place, place + 1) for place in range(90))
    data = text.encode()

    def opened() -> None:
        analyse(read_source(Source(data, "net.prototxt")).graph)

    yield Figure("a prototxt of 450 layers, to shapes", median_s(opened) * 1e3, "ms", 150)
    with TemporaryDirectory() as folder:
        path = Path(folder, "big.caffemodel")
        path.write_bytes(_model(25, 1_000_000))
        size = path.stat().st_size / 2**20
        lines = [
            subprocess.run(
                [sys.executable, "-m", "benchmarks.caffe_files", *given],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
            for given in ([], [str(path)])
        ]
        idle, used = (float(line) for line in lines)
        yield Figure("memory for a caffemodel, by its size", (used - idle) / size, "x", 2)


def _model(layers: int, numbers: int) -> bytes:
    made = [
        {
            "name": [Quoted("data")],
            "type": [Quoted("Input")],
            "top": [Quoted("x0")],
            "input_param": [{"shape": [{"dim": [1, 1000]}]}],
        }
    ]
    for place in range(layers):
        blob = {
            "shape": [{"dim": [1000, numbers // 1000]}],
            "data": [np.full(numbers, place, "<f4")],
        }
        made.append(
            {
                "name": [Quoted(f"fc{place}")],
                "type": [Quoted("InnerProduct")],
                "bottom": [Quoted(f"x{place}")],
                "top": [Quoted(f"x{place + 1}")],
                "inner_product_param": [{"num_output": [1000], "bias_term": [False]}],
                "blobs": [blob],
            }
        )
    return encode({"layer": made})


if __name__ == "__main__":
    if len(sys.argv) > 1:
        reading = read_source(Source.of_file(Path(sys.argv[1])))
        assert reading.weights
        assert sum(float(a.sum()) for arrays in reading.weights.values() for a in arrays.values())
    # Of this process alone: getrusage counts what its parent had before the program was loaded.
    status = Path("/proc/self/status").read_text()
    print(int(status.partition("VmHWM:")[2].split()[0]) / 2**10)
