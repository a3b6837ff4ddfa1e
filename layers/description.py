"""What reference pages and the editor's help say of a layer beside its docstring and parameters."""

from __future__ import annotations

from layers.layer import Layer
from layers.tensor import shape_text

KINDS = {
    "visualnn": "a Keras layer of our own",
    "caffe": "kept for files of Caffe, no part of the model",
}


def remarks(layer: type[Layer]) -> str:
    """What is peculiar to a layer, as a sentence; empty where nothing is."""
    said = []
    if layer.package != "keras":
        said.append(KINDS["visualnn" if layer.package == "visualnn" else "caffe"])
    if layer.training_only:
        said.append("acts in training only")
    elif layer.training_differs:
        said.append("may compute otherwise in training")
    return f"{'; '.join(said).capitalize()}." if said else ""


def example(layer: type[Layer]) -> tuple[str, str]:
    """The first example of a layer: the call, and what it makes of which shape; empty where the
    layer has none.
    """
    if not layer.examples:
        return "", ""
    first = layer.examples[0]
    inputs = " and ".join(shape_text(tensor.shape) for tensor in first.inputs)
    outputs = " and ".join(shape_text(shape) for shape in first.output_shapes)
    given = ", ".join(f"{name}={value!r}" for name, value in first.params.items())
    arrow = f"{inputs} → {outputs}" if inputs else outputs
    counted = f"; {first.weights:,} weights" if first.weights else ""
    return f"{layer.__name__}({given})", f"{arrow}{counted}"
