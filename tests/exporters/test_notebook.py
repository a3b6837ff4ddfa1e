"""Notebooks are valid, and their code trains the network."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from exporters.format import write
from exporters.zoo import zoo
from layers.graph import Graph
from tests.exporters.networks import CONNECTED, NETWORKS, edges, node

DIGITS = Graph(
    [
        node("image", "InputLayer", shape=[8, 8, 1]),
        node("conv", "Conv2D", filters=8, kernel_size=3, activation="relu"),
        node("flat", "Flatten"),
        node("digit", "Dense", units=10, activation="softmax"),
    ],
    edges("image>conv", "conv>flat", "flat>digit"),
    name="digits",
)


def code_of(notebook: dict[str, Any]) -> list[str]:
    """The text of each cell of code."""
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


@pytest.mark.parametrize("graph", NETWORKS)
def test_notebooks_are_valid(graph: Graph) -> None:
    notebook = json.loads(write(graph, "notebook"))
    nbformat.validate(notebook)
    for source in code_of(notebook):
        compile(source, "cell", "exec")


def test_zoo_networks_are_trained_on_their_data() -> None:
    for name, card in zoo().items():
        assert f"keras.datasets.{card.dataset}." in write(card.graph, "notebook").decode(), name
    assert "data.npz" in write(CONNECTED["branches"], "notebook").decode()


@pytest.mark.keras
def test_a_notebook_runs_from_its_first_cell_to_its_last(tmp_path: Path) -> None:
    notebook = json.loads(write(DIGITS, "notebook"))
    # Curves are drawn for people; matplotlib is not among what the tests need.
    cells = [cell.replace("import matplotlib.pyplot as plt\n", "") for cell in code_of(notebook)]
    program = "\n".join(cell for cell in cells if "plt." not in cell)
    program += '\nprint("accuracy", history.history["accuracy"][-1])'
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert float(done.stdout.split()[-1]) > 0.8
    assert (tmp_path / "digits.keras").stat().st_size > 10_000
