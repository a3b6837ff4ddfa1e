"""Running the command lines as users do: as files, from anywhere, without installing anything."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from exporters.format import write
from layers.graph import Edge, Graph, Node
from layers.layer import LAYERS

ROOT = Path(__file__).resolve().parents[2]

Script = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """Runs a script in an empty folder: ``script("summary.py", "x.json", code=1)``."""

    def run(
        name: str, *arguments: object, code: int = 0, cwd: Path = tmp_path
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, str(ROOT / "scripts" / name), *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=cwd,
            env=environment(),
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


def environment() -> dict[str, str]:
    """The environment without what would let Python find the packages by chance."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def chain(name: str, *layers: tuple[str, Mapping[str, object]]) -> Graph:
    """A network of layers one after another, named by type and number."""
    nodes = [
        Node(f"n{number}", kind, f"{kind.lower()}_{number}", LAYERS[kind](**params).to_json())
        for number, (kind, params) in enumerate(layers)
    ]
    edges = [Edge(f"n{number}", f"n{number + 1}") for number in range(len(layers) - 1)]
    return Graph(nodes, edges, name=name)


@pytest.fixture(scope="session")
def digits_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small classifier of 64 values in Keras JSON."""
    graph = chain(
        "small",
        ("InputLayer", {"shape": [64]}),
        ("Dense", {"units": 64, "activation": "relu"}),
        ("Dense", {"units": 10}),
        ("Softmax", {}),
    )
    path = tmp_path_factory.mktemp("models") / "small.json"
    path.write_bytes(write(graph, "keras_json"))
    return path
