"""Ask a trained network what it sees in images: the likeliest classes with their probabilities.

    eval.py model.json model.weights.h5 seven.png --dataset mnist
    eval.py trained.keras seven.png eight.png --dataset mnist

WEIGHTS are needed where MODEL has none. An image is brought to the size of the network's input and
its values to 0 to 1, as in training. Networks trained on MNIST want light strokes on a dark ground,
in the middle: with --dataset, an image is turned round and moved as the page does it; without, it
stays as it is, and --invert swaps light and dark. Several outputs are taken for classes.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from exporters.weights import Weights, is_complete
from layers.analysis import Analysis, analyse
from layers.diagnostics import GraphError
from layers.ends import Place, main_end
from layers.graph import Graph
from layers.tensor import Shape
from scripts.console import (
    Parser,
    Refused,
    carriers,
    quiet_start,
    read_file,
    read_weights,
    run,
    warn,
)
from training.datasets import DATASETS
from training.datasets.dataset import Facts
from training.images import fit_image, picture_shape, read_image
from training.objective import PROBABILITIES, last_activation
from training.plan import model_of
from training.preparation import input_of, prepare

if TYPE_CHECKING:
    import keras
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

ENDINGS = (".weights.h5", ".h5", ".hdf5", ".keras")
MAX_CLASSES_BYTES = 10**6
LIGHT = 127
LIGHT_HINT = "If the network learnt light digits on a dark one, add --dataset mnist, or --invert."


def main(arguments: list[str]) -> int:
    options = parser().parse_intermixed_args(arguments)
    reading = read_file(options.model)
    warn(reading.diagnostics)
    graph = reading.graph
    question = question_of(graph, options.output)
    classes = class_names(options)
    path, images = weights_and_images(options.files, graph, reading.weights)
    # Everything that can be refused is refused before Keras is imported, which takes seconds.
    asked = [(image, as_input(question, image, options)) for image in images]
    model = trained(graph, question.place, path or reading.weights or {})
    for image, values in asked:
        shown = {"file": str(image), **answer(question, model, values, classes, options.top)}
        print(json.dumps(shown, ensure_ascii=False) if options.json else text(shown), flush=True)
    return 0


@dataclass(frozen=True)
class Question:
    """What is asked of a network: the network as it predicts, its analysis, and which tensor."""

    graph: Graph
    analysis: Analysis
    place: Place


def question_of(graph: Graph, wanted: str | None) -> Question:
    """The output of this name, else the main one. Raises GraphError, or Refused."""
    analysis = analyse(graph)
    if analysis.errors:
        raise GraphError(analysis.errors)
    found, model, known = model_of(graph, analysis)
    names = ", ".join(end.node.name for end in found)
    if wanted is None:
        end = main_end(found)
        if len(found) > 1:
            text = f"{end.node.name} is asked; --output chooses among {names}."
            print(f"hint: {text}", file=sys.stderr)
        return Question(model, known, end.place)
    # A file without loss nodes knows what they compare by the layers' names.
    named = [end for end in found if wanted in (end.node.name, model.nodes[end.place[0]].name)]
    if not named:
        raise Refused(f"There is no output {wanted}.", f"Choose one of {names}.")
    return Question(model, known, named[0].place)


def parser() -> argparse.ArgumentParser:
    made = Parser(
        prog="eval.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("model", metavar="MODEL", type=Path, help="a network in any readable format")
    made.add_argument(
        "files",
        metavar="FILE",
        type=Path,
        nargs="+",
        help=f"WEIGHTS ({', '.join(ENDINGS)}) where MODEL has none, and images",
    )
    made.add_argument("--top", type=int, default=5, help="how many classes (%(default)s)")
    made.add_argument("--json", action="store_true", help="one JSON object a line and image")
    made.add_argument("--output", metavar="NAME", help="which output, where there are several")
    made.add_argument("--invert", action="store_true", help="swap light and dark")
    names = made.add_mutually_exclusive_group()
    names.add_argument("--classes", type=Path, help="a text file with the name of a class a line")
    names.add_argument(
        "--dataset",
        choices=DATASETS,
        help="what it was trained on: names the classes and knows the ground",
    )
    return made


def class_names(options: argparse.Namespace) -> tuple[str, ...] | None:
    """The names of the classes, if any are given. Raises Refused."""
    if options.top < 1:
        raise Refused(f"--top must be at least 1; got {options.top}.", "Ask for one class or more.")
    if options.dataset:
        return DATASETS[options.dataset].static.classes
    if options.classes is None:
        return None
    data = options.classes.read_bytes()[:MAX_CLASSES_BYTES]
    try:
        return tuple(line.strip() for line in data.decode().splitlines() if line.strip())
    except UnicodeDecodeError:
        raise Refused(f"{options.classes} is not UTF-8 text.", "Save it as UTF-8.") from None


def weights_and_images(
    files: list[Path], graph: Graph, own: Weights | None
) -> tuple[Path | None, list[Path]]:
    """The file of weights, None where the network has its own, and the images. Raises Refused."""
    first, *others = files
    if own and is_complete(graph, own) and not _may_have_weights(first):
        return None, files
    check_weights(first)
    if not others:
        raise Refused("No image is named.", "Name one behind the weights.")
    return first, others


def _may_have_weights(path: Path) -> bool:
    return path.name.lower().endswith((*ENDINGS, *carriers()))


def check_weights(path: Path) -> None:
    """Refuse what holds no weights. Raises Refused."""
    if not _may_have_weights(path):
        known = ", ".join(dict.fromkeys((*ENDINGS, *carriers())))
        raise Refused(f"{path} does not look like weights.", f"Name a file of {known}.")
    if not path.is_file():
        raise Refused(f"There is no file {path}.", "Check the path.")


def as_input(question: Question, path: Path, options: argparse.Namespace) -> Array:
    """An image as the network takes it: (1, *shape). Raises GraphError or Refused."""
    import numpy as np

    node = input_of(question.graph)
    outputs = question.analysis.nodes[node.id].outputs
    assert outputs  # an input without errors has an output
    if not path.is_file():
        raise Refused(f"There is no file {path}.", "Check the path.")
    try:
        image = read_image(path.read_bytes())
    except GraphError as error:
        raise Refused(f"{path}: {error.diagnostics[0]}") from error
    stored = picture(outputs[0].shape[1:], (image.height, image.width))
    trained_on = DATASETS[options.dataset].static if options.dataset else None
    if trained_on and trained_on.dark and not options.invert:
        pixels, _ = fit_image(image, stored, dark=True, figure=trained_on.figure)
    else:
        pixels, _ = fit_image(image, stored, dark=False)
    if options.invert:
        pixels = 255 - pixels
    elif not trained_on and pixels.shape[2] == 1 and np.median(pixels) > LIGHT:
        print(f"hint: {path} has a light ground. {LIGHT_HINT}", file=sys.stderr)
    facts = Facts(
        name=path.name,
        kind="image",
        sample=pixels.shape,
        dtype="uint8",
        labels="classes",
        scale=1 / 255,
    )
    preparation, _ = prepare(question.graph, node, outputs[0], facts)
    return preparation.apply(np.asarray(pixels)[None])


def picture(wanted: Shape, size: tuple[int, int]) -> Shape:
    """Height, width and channels for an input; an axis that it leaves open is the image's own."""
    if len(wanted) == 3 and None in wanted[:2]:
        height, width, channels = wanted
        return height or size[0], width or size[1], channels
    return picture_shape(wanted) or wanted


def trained(graph: Graph, place: Place, weights: Path | Weights) -> keras.Model:
    """What of the network gives a tensor, with these weights. Raises Refused where they are another
    network's.
    """
    with quiet_start():
        from exporters.keras_model import load
        from training.learner import asked_of

        model, asked = asked_of(graph, place)
    if not isinstance(weights, Path):
        load(model, graph, weights)
        return asked
    if not weights.name.lower().endswith(ENDINGS):
        fitted = read_weights(weights, graph)
        if not is_complete(graph, fitted.weights):
            reason = str(fitted.diagnostics[0]) if fitted.diagnostics else "weights are missing"
            raise Refused(f"{weights} does not fit the network: {reason}")
        load(model, graph, fitted.weights)
        return asked
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Layers that are left as they started are no warning here: the answers would be noise.
            warnings.filterwarnings("error", "Skipping nested container")
            model.load_weights(weights)
    except Exception as error:
        # Keras raises many kinds here, and its messages go on for pages.
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = (lines or [type(error).__name__])[0][:300].rstrip(".")
        raise Refused(
            f"{weights} does not fit the network: {reason}.", "Use the weights saved with it."
        ) from error
    return asked


def answer(
    question: Question,
    model: keras.Model,
    values: Array,
    classes: tuple[str, ...] | None,
    count: int,
) -> dict[str, Any]:
    """What a network says of an image: the likeliest classes, or plain values. Raises Refused."""
    import keras
    import numpy as np

    from training.assessment import probabilities, rank

    identity, port = question.place
    end = question.graph.nodes[identity]
    _, activation = last_activation(question.graph, question.analysis, end, port)
    outputs = keras.ops.convert_to_numpy(model(values, training=False))[0].astype(np.float64)
    if outputs.ndim != 1 or (len(outputs) == 1 and activation not in PROBABILITIES):
        return {"values": outputs.tolist()}
    shares = probabilities(outputs, activation not in PROBABILITIES)
    if classes and len(classes) != len(shares):
        raise Refused(
            f"There are {len(classes)} class names, and the network tells {len(shares)} classes.",
            "Name each class once, in the order of its number.",
        )
    return {"top": list(rank(shares, classes, count))}


def text(shown: dict[str, Any]) -> str:
    """One image for a terminal."""
    if "values" in shown:
        return f"{shown['file']}: {shown['values']}"
    width = max(len(item["label"]) for item in shown["top"])
    lines = [f"  {item['label']:<{width}}  {item['probability']:7.2%}" for item in shown["top"]]
    return "\n".join([f"{shown['file']}:", *lines])


if __name__ == "__main__":
    run(main)
