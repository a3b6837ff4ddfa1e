"""Our own Keras layers compute the same on every backend that Keras has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.keras

ROOT = Path(__file__).resolve().parents[2]
VALUES = ("tests/layers/test_own_values.py", "tests/layers/test_own_interpolation.py")
READ = """
import keras, sys
from exporters.custom import custom_layers
from exporters.format import read, write
from layers.graph import Edge, Graph, Node
custom_layers()
nodes = [
    Node("a", "InputLayer", "given", {"shape": [6, 6, 4]}),
    Node("b", "LRN", "response", {"local_size": 3}),
    Node("c", "Scale", "scale", {"bias_term": True}),
    Node("d", "CaffePooling2D", "pool", {"pool": "MAX", "kernel_size": 3, "strides": 2}),
    Node("e", "LocallyConnected2D", "local", {"filters": 2, "kernel_size": [2, 2]}),
]
graph = Graph(nodes, [Edge(*pair) for pair in ("ab", "bc", "cd", "de")])
model = keras.models.model_from_json(write(graph, "keras_json").decode())
assert keras.backend.backend() == sys.argv[1]
assert [layer.name for layer in model.layers] == ["given", "response", "scale", "pool", "local"]
assert model(keras.ops.ones((2, 6, 6, 4))).shape == (2, 2, 2, 2)
print("read and called")
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_values_are_the_same(backend: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *VALUES]
    environment = {**os.environ, "KERAS_BACKEND": backend}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout


@pytest.mark.parametrize("backend", ["tensorflow", "torch"])
def test_an_exported_file_is_read_by_keras_in_a_fresh_process(backend: str) -> None:
    command = [sys.executable, "-c", READ, backend]
    environment = {**os.environ, "KERAS_BACKEND": backend}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout == "read and called\n", done.stderr[-4000:]
