"""Notebooks are valid, and their code trains the network."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest

from exporters.format import formats, write
from exporters.zoo import zoo
from layers.graph import Edge, Graph, Node
from tests.exporters.networks import CONNECTED, NETWORKS, edges, node
from tests.training.several import block_heads, googlenet, loss_within, stages, tree, two_heads

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


def with_losses(*losses: str) -> Graph:
    """Stages, each compared by one of these loss nodes, of the weights 1, 2 and so on."""
    nodes: dict[str, tuple[str, dict[str, Any]]] = {"x": ("InputLayer", {"shape": [64]})}
    drawn, before = [], "x"
    for number, loss in enumerate(losses):
        nodes[f"s{number}"] = ("Dense", {"units": 10})
        nodes[f"l{number}"] = (loss, {"loss_weight": number + 1.0})
        drawn += [f"{before} s{number}", f"s{number} l{number}"]
        before = f"s{number}"
    return tree(nodes, *drawn)


SPARSE, HINGE, SQUARED = (
    "sparse_categorical_crossentropy",
    "categorical_hinge",
    "mean_squared_error",
)

STATED: list[tuple[str, Graph, list[str], list[float] | None]] = [
    ("outputs", googlenet(), [SPARSE] * 3, [0.3, 0.3, 1.0]),
    ("stages", stages(), [SPARSE, HINGE, HINGE, HINGE], [0.25, 0.5, 2.0, 0.5]),
    ("rows", with_losses("HingeLoss"), [HINGE], None),
    ("mixed", with_losses("SoftmaxWithLoss", "EuclideanLoss"), [SPARSE, SQUARED], [1.0, 2.0]),
    ("within", loss_within(), [SPARSE], [0.5]),
]


@pytest.mark.keras
@pytest.mark.parametrize(
    ("graph", "losses", "weights"), [row[1:] for row in STATED], ids=[row[0] for row in STATED]
)
def test_stated_losses_are_those_of_the_notebook(
    graph: Graph,
    losses: list[str],
    weights: list[float] | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    x, y = np.random.default_rng(0).random((40, 8, 8, 3), np.float32), np.arange(40) % 10
    np.savez(tmp_path / "data.npz", allow_pickle=False, x_train=x, y_train=y, x_test=x, y_test=y)
    cells = code_of(json.loads(write(graph, "notebook")))
    program = "\n".join(cell for cell in cells if "plt." not in cell)
    program = program.replace("import matplotlib.pyplot as plt\n", "").replace("= 10\n", "= 1\n", 1)
    (tmp_path / "notebook.py").write_text(program)
    space = runpy.run_path(str(tmp_path / "notebook.py"))
    compiled = space.get("trained", space["model"]).get_compile_config()
    stated = compiled["loss"]
    assert (stated if isinstance(stated, list) else [stated]) == losses
    assert compiled["loss_weights"] == weights
    history = space["history"].history
    assert np.isfinite(history["val_loss"]).all()
    # Only the main loss has a measure beside it.
    measures = [name for name in history if re.search(r"^(?!val_).*(accuracy|mae)$", name)]
    assert len(measures) == 1


SHARED = Graph(
    [
        node("x", "InputLayer", shape=[10]),
        node("one", "Dense", units=10),
        Node("again", "Dense", "again", shares="one"),
        node("sum", "Add"),
        node("loss", "HingeLoss"),
        node("other", "SoftmaxWithLoss"),
    ],
    [
        *edges("x>one", "one>again", "one>sum", "sum>other", "one>loss"),
        Edge("again", "sum", 0, 1),
    ],
)

SAID: list[tuple[Graph, list[tuple[str, str]]]] = [
    (googlenet(), []),
    (with_losses("InfogainLoss", "SoftmaxWithLoss"), [("notebook.left_out", "l0")]),
    (with_losses("InfogainLoss"), [("notebook.left_out", "l0")]),
    (with_losses("EuclideanLoss"), [("notebook.loss", "l0")]),
    (SHARED, [("notebook.left_out", "loss")]),
    (loss_within(loss="InfogainLoss"), [("notebook.left_out", "head")]),
    (two_heads(), []),
]


@pytest.mark.parametrize(("graph", "said"), SAID)
def test_what_a_notebook_cannot_say_of_a_loss_is_told(
    graph: Graph, said: list[tuple[str, str]]
) -> None:
    found = formats()["notebook"].losses(graph)
    assert [(item.code, item.node) for item in found if item.code.startswith("notebook")] == said


def test_outputs_without_losses_are_trained_on_labels_of_their_own() -> None:
    text = "\n".join(code_of(json.loads(write(block_heads(), "notebook"))))
    assert 'loss=["mse", "mse"], metrics=[["mae"], ["mae"]]' in text
    assert "y_train_{index}" in text
