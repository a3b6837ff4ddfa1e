"""A Jupyter notebook that trains the network on its data set.

The data set is the one that the zoo names for the network; else the digits of scikit-learn where
the shapes fit; else the reader's own, from a file.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from exporters.code.goals import evaluation, goals_of, training
from exporters.code.keras_blocks import program
from exporters.format import Format
from exporters.plan import Plan, phases, plan
from exporters.weights import Weights
from exporters.zoo import zoo
from layers.analysis import Totals, analyse
from layers.diagnostics import Diagnostic, GraphError
from layers.graph import Graph
from layers.tensor import shape_text

IMAGES = ("mnist", "fashion_mnist", "cifar10")
DIGITS = ((8, 8, 1), (64,))


class Notebook(Format):
    """The program, with data, training, curves and measures around it."""

    name: ClassVar = "notebook"
    label: ClassVar = "Jupyter notebook"
    extensions: ClassVar = (".ipynb",)
    description: ClassVar = "A notebook that builds the model, trains it and shows how it went."
    order: ClassVar = 33
    media_type: ClassVar = "application/x-ipynb+json"

    def write(self, graph: Graph, weights: Weights | None = None) -> bytes:
        cells = [_cell(number, *each) for number, each in enumerate(_cells(graph))]
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        made = {
            "cells": cells,
            "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        return (json.dumps(made, ensure_ascii=False, indent=1) + "\n").encode()

    def obstacles(self, graph: Graph) -> tuple[Diagnostic, ...]:
        try:
            plan(graph)
        except GraphError as error:
            return error.diagnostics
        return ()

    def losses(self, graph: Graph) -> tuple[Diagnostic, ...]:
        return (*phases(graph, self.label), *goals_of(graph, plan(graph)).notes)


def _cell(number: int, kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": kind,
        "id": f"cell-{number}",
        "metadata": {},
        "source": text.splitlines(keepends=True),
    }
    return cell if kind == "markdown" else cell | {"execution_count": None, "outputs": []}


def _cells(graph: Graph) -> list[tuple[str, str]]:
    """Kind and text of each cell. Raises GraphError."""
    made = plan(graph)
    goals = goals_of(graph, made)
    return [
        ("markdown", _summary(made, analyse(graph).totals)),
        (
            "code",
            "import keras\nimport matplotlib.pyplot as plt\nimport numpy as np\n\nEPOCHS = 10",
        ),
        ("markdown", "## Data"),
        ("code", _data(made, goals.labels)),
        ("markdown", "## Model"),
        ("code", f"{program(graph).text}\nmodel.summary()"),
        ("markdown", "## Training"),
        ("code", training(goals)),
        ("code", _CURVES),
        ("markdown", "## Evaluation"),
        ("code", evaluation(goals)),
        ("code", f'model.save("{_file_name(graph.name)}.keras")'),
    ]


_CURVES = """\
for name, values in history.history.items():
    plt.plot(range(1, len(values) + 1), values, label=name)
plt.xlabel("epoch")
plt.legend()
plt.show()"""


def _summary(made: Plan, totals: Totals) -> str:
    title = made.graph.name.replace("\n", " ")
    rows = [
        f"| {call.node.name} | {call.node.type} |"
        f" {', '.join(shape_text(tensor.shape) for tensor in call.known.outputs or ())} |"
        f" {call.known.trainable + call.known.non_trainable:,} |"
        for call in made.calls.values()
    ]
    card = zoo().get(made.graph.name)
    source = f"\n\nSource: {card.source}" if card else ""
    return "\n".join(
        [
            f"# {title}",
            "",
            f"{len(made.calls)} layers, {totals.weights:,} parameters.{source}",
            "",
            "| Layer | Type | Output | Parameters |",
            "| --- | --- | --- | ---: |",
            *rows,
            "",
            "Made with VisualNN.",
        ]
    )


def _shapes(made: Plan) -> list[tuple[int | None, ...]]:
    return [
        (made.calls[identity].known.outputs or ())[port].shape[1:] for identity, port in made.inputs
    ]


def _data(made: Plan, labels: int) -> str:
    """A cell that leaves x_train, y_train, x_test and y_test; so many arrays of labels."""
    card, shapes = zoo().get(made.graph.name), _shapes(made)
    if card and card.dataset in IMAGES:
        return (
            f"(x_train, y_train), (x_test, y_test) = keras.datasets.{card.dataset}.load_data()\n"
            f"x_train = x_train.reshape((-1, {_sizes(shapes[0])})) / 255\n"
            f"x_test = x_test.reshape((-1, {_sizes(shapes[0])})) / 255"
        )
    if card and card.dataset == "imdb":
        words = next(
            (
                call.layer.values["input_dim"]
                for call in made.calls.values()
                if call.layer is not None and call.node.type == "Embedding"
            ),
            20_000,
        )
        length = shapes[0][0] or 80
        return (
            f"load = keras.datasets.imdb.load_data(num_words={words})\n"
            "(x_train, y_train), (x_test, y_test) = load\n"
            f"x_train = keras.utils.pad_sequences(x_train, maxlen={length})\n"
            f"x_test = keras.utils.pad_sequences(x_test, maxlen={length})"
        )
    if len(shapes) == 1 and shapes[0] in DIGITS and labels == 1:
        return (
            "# The digits of scikit-learn; replace them by your own data.\n"
            "from sklearn.datasets import load_digits\n"
            "from sklearn.model_selection import train_test_split\n\n"
            "x, y = load_digits(return_X_y=True)\n"
            f"x = x.reshape((-1, {_sizes(shapes[0])})) / 16\n"
            "x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=0)"
        )
    wanted = ", ".join(shape_text(shape) for shape in shapes)
    lines = [f"# Your own data: arrays of samples of the shape {wanted}.", ""]
    lines[1:] = ['data = np.load("data.npz")']
    for part in ("train", "test"):
        for letter, count in (("x", len(shapes)), ("y", labels)):
            name = f"{letter}_{part}"
            one = f'data["{name}"]'
            several = f'[data[f"{name}_{{index}}"] for index in range({count})]'
            lines.append(f"{name} = {several if count > 1 else one}")
    return "\n".join(lines)


def _sizes(shape: tuple[int | None, ...]) -> str:
    return ", ".join("-1" if size is None else str(size) for size in shape)


def _file_name(name: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in name) or "network"
