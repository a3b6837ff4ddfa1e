"""Train a network on a data set, measure it on the test set, and save it.

    train.py ../models/dnn.json mnist dnn.keras --epochs 20
    train.py model.json data.npz weights.h5
    train.py trained.onnx mnist better.keras --epochs 3
    train.py train_val.prototxt data.npz net.caffemodel --recipe solver.prototxt

Weights in MODEL are what training starts from, and so are those of --weights.
Ctrl+C ends after the current batch and saves what has been learnt; a second one quits at once.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from exporters.format import Format, formats
from layers.analysis import analyse
from layers.diagnostics import GraphError
from layers.edits import AddNode, Connect, SetParams, apply
from layers.graph import Edge, Graph, Node
from layers.layer import LAYERS
from scripts import recipe_file
from scripts.console import (
    INTERRUPTED,
    Parser,
    Refused,
    quiet_start,
    read_file,
    read_weights,
    run,
    warn,
)
from scripts.recipe_file import Given
from training.datasets import DATASETS, find
from training.events import EpochBegin, Event
from training.losses import LOSSES
from training.optimizers import Optimizer
from training.plan import Plan, model_of, plan
from training.preparation import WRONG_INPUT
from training.recipe import Recipe
from training.sinks import ConsoleSink

if TYPE_CHECKING:
    import keras

ENDINGS = (".weights.h5", ".h5", ".keras")
"""What Keras writes itself; other formats that carry weights are written by exporters."""


def main(arguments: list[str]) -> int:
    options = parser().parse_args(arguments)
    reading = read_file(options.model)
    graph = with_shape(reading.graph, options.shape) if options.shape else reading.graph
    weights = None if options.fresh else reading.weights
    if options.weights:
        fitted = read_weights(options.weights, graph)
        warn(fitted.diagnostics)
        weights = fitted.weights
    given = recipe_file.read(options.recipe, graph) if options.recipe else Given({})
    graph = given.applied(graph)
    recipe = recipe_of(options, given.settings)
    dataset = find(options.dataset)
    epochs = given.epochs(dataset.facts, recipe) if options.epochs is None else None
    if epochs is not None:
        recipe = Recipe.from_json(recipe.to_json() | {"epochs": epochs})
    check_output(options.output)
    # Everything that can be refused is refused before Keras is imported, which takes seconds.
    try:
        settled = plan(graph, dataset.facts, recipe)
    except GraphError as error:
        refuse_shape(error)
        raise
    warn((*reading.diagnostics, *settled.warnings))
    if options.write_solver:
        recipe_file.write_solver(
            options.write_solver,
            options.model.with_suffix(".prototxt").name,
            recipe,
            dataset.facts.train,
        )
    if not options.output:
        print("Nothing will be saved; name an OUTPUT to keep the weights.", file=sys.stderr)
    with quiet_start():
        from training.failures import RunFailed
        from training.runner import fit
    stopper = Stopper()
    try:
        result = fit(
            graph, dataset, recipe, stopper, should_stop=stopper.should_stop, weights=weights
        )
    except RunFailed as error:
        raise Refused(str(error)) from error
    finally:
        stopper.restore()
    if options.output:
        save(result.model, graph, options.output)
        print(f"Saved {options.output}.")
        say_what_is_asked(graph, settled)
    return INTERRUPTED if stopper.is_asked else 0


def say_what_is_asked(graph: Graph, settled: Plan) -> None:
    """Where there are several ends, name the one whose accuracy was measured: a file without loss
    nodes does not tell.
    """
    if len(settled.objectives) > 1:
        model = model_of(graph, analyse(graph))[1]
        name = model.nodes[settled.objective.end.place[0]].name
        print(f"hint: {name} was measured; ask it by eval.py --output {name}.", file=sys.stderr)


def parser() -> argparse.ArgumentParser:
    made = Parser(
        prog="train.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    defaults = Recipe()
    made.add_argument("model", metavar="MODEL", type=Path, help="a network in any readable format")
    made.add_argument(
        "dataset", metavar="DATASET", help=f"{', '.join(DATASETS)}, or the path of an .npz file"
    )
    made.add_argument(
        "output",
        metavar="OUTPUT",
        type=Path,
        nargs="?",
        help=f"where the trained model goes: {', '.join(endings())}",
    )
    start = made.add_mutually_exclusive_group()
    start.add_argument("--weights", metavar="FILE", type=Path, help="weights to start from")
    start.add_argument("--fresh", action="store_true", help="leave the weights in MODEL aside")
    made.add_argument(
        "--recipe", metavar="FILE", type=Path, help="settings: a solver.prototxt of Caffe, or JSON"
    )
    made.add_argument(
        "--write-solver", metavar="FILE", type=Path, help="write the settings as Caffe has them"
    )
    made.add_argument("--epochs", type=int, help=f"{defaults.epochs} if nothing says otherwise")
    made.add_argument("--batch-size", type=int, help=f"{defaults.batch_size} likewise")
    made.add_argument("--optimizer", help=f"Adam likewise; {', '.join(Optimizer.alternatives)}")
    made.add_argument("--learning-rate", type=float, help="the optimizer's own if not given")
    made.add_argument("--loss", help=f"what fits if not given; {', '.join(LOSSES)}")
    made.add_argument("--shape", type=shape, help="shape of one sample, as 28,28,1")
    made.add_argument("--seed", type=int, help="makes a run repeatable")
    made.add_argument(
        "--validation-split",
        type=float,
        help="share of the training samples kept aside to measure each epoch; none if not given",
    )
    return made


def shape(text: str) -> list[int]:
    """A shape such as ``784`` or ``28,28,1``."""
    try:
        dims = [int(part) for part in text.replace("x", ",").strip("()[]").split(",") if part]
    except ValueError:
        dims = []
    if not dims or min(dims) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no shape such as 784 or 28,28,1")
    return dims


def with_shape(graph: Graph, dims: list[int]) -> Graph:
    """The network with this input shape, with an input where it has none. Raises Refused."""
    inputs = [node for node in graph if node.type == "InputLayer"]
    if len(inputs) == 1:
        return apply(graph, [SetParams(inputs[0].id, {"shape": dims})])
    first = graph.inputs
    if inputs or len(first) != 1:
        raise Refused(
            f"--shape is for networks with one input; this one has {len(inputs) or len(first)}.",
            "Set the shapes in the file.",
        )
    params = LAYERS["InputLayer"](shape=dims).to_json()
    made = Node("given-input", "InputLayer", graph.free_name("input"), params)
    return apply(graph, [AddNode(made), Connect(Edge(made.id, first[0].id))])


def refuse_shape(error: GraphError) -> None:
    """Say which option gives the shape that data want. Raises Refused."""
    first = error.diagnostics[0]
    if first.code == WRONG_INPUT.code:
        wanted = str(first.values["shape"]).strip("[]").replace(" ", "")
        raise Refused(first.message, f"Add --shape {wanted}, or choose other data.") from error


def recipe_of(options: argparse.Namespace, given: dict[str, Any]) -> Recipe:
    """The recipe that a file gives and the options change. Raises GraphError, or Refused for
    unknown names.
    """
    settings: dict[str, Any] = {"validation_split": 0.0, **given}
    if options.optimizer is not None:
        settings["optimizer"] = {"type": by_name(options.optimizer, Optimizer.alternatives)}
    if options.learning_rate is not None:
        optimizer = settings.get("optimizer", {"type": "Adam"})
        if isinstance(optimizer, str):
            optimizer = {"type": optimizer}
        settings["optimizer"] = {**optimizer, "learning_rate": options.learning_rate}
    for name in ("loss", "batch_size", "epochs", "validation_split", "seed"):
        value = getattr(options, name)
        if value is not None:
            settings[name] = value
    try:
        return Recipe.from_json(settings)
    except GraphError as error:
        first = error.diagnostics[0]
        # An optimizer's own parameter is given by an option of its own, too.
        option = f"--{str(first.values.get('param', '')).replace('_', '-')}"
        raise Refused(f"{option}: {first.message}", first.hint) from error


def by_name(given: str, known: dict[str, Any]) -> str:
    """A class's name, however its letters are written. Raises Refused."""
    for name in known:
        if name.lower() == given.lower():
            return name
    raise Refused(f"There is no optimizer {given}.", f"Choose one of {', '.join(known)}.")


def check_output(path: Path | None) -> None:
    """Refuse where nothing could be saved afterwards. Raises Refused."""
    if path is None:
        return
    known = endings()
    if not path.name.lower().endswith(known):
        listed = ", ".join(known)
        raise Refused(f"OUTPUT ends in {path.suffix or 'nothing'}.", f"Use {listed}.")
    folder = path.parent
    if not folder.is_dir():
        raise Refused(f"There is no folder {folder}.", "Make it first.")
    if path.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        raise Refused(f"{path} cannot be written.", "Choose another OUTPUT.")


def endings() -> tuple[str, ...]:
    """Every ending of what can be saved, Keras' own first."""
    return tuple(dict.fromkeys((*ENDINGS, *outputs())))


def outputs() -> dict[str, Format]:
    """Formats beside Keras' own that carry weights, by their endings."""
    return {
        ending: form
        for form in formats().values()
        if form.carries_weights and form.writes
        for ending in form.extensions
    }


def save(model: keras.Model, graph: Graph, path: Path) -> None:
    """Save weights (.weights.h5) or everything (.keras, .h5 as older Keras has it, or a format of
    our own that carries weights). Raises GraphError where it cannot express the network.
    """
    if not path.name.lower().endswith(ENDINGS):
        from exporters.keras_model import weights_of

        endings = (item for item in outputs().items() if path.name.lower().endswith(item[0]))
        _, form = max(endings, key=lambda item: len(item[0]))
        path.write_bytes(form.write(graph, weights_of(model, graph)))
        return
    if path.name.lower().endswith(".weights.h5"):
        model.save_weights(path)
        return
    with quiet_start():
        # Keras advises against .h5 at length each time.
        model.save(path)


class Stopper:
    """Shows events on the console, and makes the first Ctrl+C a stop after the current batch."""

    def __init__(self) -> None:
        self.sink = ConsoleSink()
        self.is_asked = False

    def __call__(self, event: Event) -> None:
        if isinstance(event, EpochBegin) and event.epoch == 1:
            signal.signal(signal.SIGINT, self._ask)
        self.sink(event)

    def restore(self) -> None:
        """Let Ctrl+C do what it does elsewhere."""
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def should_stop(self) -> bool:
        return self.is_asked

    def _ask(self, *_: object) -> None:
        self.is_asked = True
        self.restore()
        print("\nStopping; Ctrl+C once more to quit without saving.", file=sys.stderr)


if __name__ == "__main__":
    run(main)
