"""What can be wrong with a TensorFlow file, and what reading one cannot keep."""

from __future__ import annotations

from typing import NoReturn

from layers.diagnostics import GraphError, Problem, diagnose

MALFORMED = Problem(
    "tensorflow.malformed",
    "The TensorFlow graph cannot be used: {reason}.",
    "Check that the file is whole, and save it again.",
)
NO_NETWORK = Problem(
    "tensorflow.no_network",
    "The TensorFlow graph has {count} operations, and none that computes a layer from an input.",
    "Choose a file with the graph of the network.",
)
NO_SHAPE = Problem(
    "tensorflow.no_shape",
    "The input {name} has no shape in the file; {shape} is assumed.",
    "Set the shape of the input.",
    severity="warning",
)
UNKNOWN = Problem(
    "tensorflow.unknown_op",
    "{name} is the operation {kind} of TensorFlow, which this program does not know; it is kept"
    " as it is, and its output is unknown.",
    "Replace it by a layer of the palette.",
    severity="warning",
)
RATE = Problem(
    "tensorflow.rate",
    "The rate of the dropout {name} is given when the graph runs; {rate} is assumed.",
    "Set the rate.",
    severity="warning",
)
BRANCH = Problem(
    "tensorflow.branch",
    "{name} chooses between two branches when the graph runs; the one for false is read.",
    "Compare with the other branch, which often is training's.",
    severity="warning",
)
TRAINING = Problem(
    "tensorflow.training",
    "The graph trains its network; the {count:operation that does so is|operations that do so"
    " are} left out.",
    "Choose loss and optimizer where you train.",
    severity="hint",
)
MISSING = Problem(
    "tensorflow.missing",
    "{name} takes {missing}, which is not in the file; {count:operation is|operations are} missing"
    " in all.",
    "Open the binary graph (.pb) that this text was made of: the weights are there.",
    severity="warning",
)
NOT_IN_LITE = Problem(
    "tensorflow.lite_op",
    "{name}: LiteRT has no {kind} that it computes by itself.",
    "Export as a SavedModel instead, or replace the layer.",
)

MASKED_BACKWARDS = Problem(
    "tensorflow.lite_mask",
    "{name} reads its sequence from the end and heeds a mask; written step by step, as LiteRT needs"
    " it, Keras would mask other steps.",
    "Export as a SavedModel instead, or hand it no mask.",
)

NOT_CONVERTED = Problem(
    "tensorflow.not_converted",
    "{name} cannot be said in operations that LiteRT computes by itself: {reason}.",
    "Export as a SavedModel instead, or replace the layer.",
)


def refuse(reason: str) -> NoReturn:
    """Raise the error of a graph that cannot be used."""
    raise GraphError([diagnose(MALFORMED, reason=reason[:200])])
