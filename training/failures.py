"""Why a run failed, in the user's terms: the layer and the remedy instead of a traceback."""

from __future__ import annotations

import re

from layers.diagnostics import GraphError
from layers.graph import Graph, Node
from training.callbacks import NotFinite
from training.events import Failure
from training.losses import Loss
from training.recipe import Recipe

NOT_ENOUGH = ("ResourceExhaustedError", "MemoryError", "OutOfMemoryError")
MAX_LINE = 300


class RunFailed(Exception):
    """Raised by the runner: a run that cannot go on."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


def explain(error: Exception, graph: Graph, recipe: Recipe, loss: Loss | None = None) -> Failure:
    """What an exception means for the user.

    Args:
        error: what was raised.
        graph: the network.
        recipe: its recipe.
        loss: the loss in use, where it was settled.
    """
    text = str(error)
    node = layer_at_fault(text, graph)
    identity = node.id if node else None
    is_short_of_memory = type(error).__name__ in NOT_ENOUGH or "OOM when allocating" in text
    if isinstance(error, GraphError):
        first = error.diagnostics[0]
        if not is_short_of_memory:
            return Failure(first.code, first.located, first.hint, first.node)
        # Keras has made the weights of a layer that no machine has room for.
        node, identity = graph.nodes.get(first.node or ""), first.node
    if isinstance(error, NotFinite):
        return _not_finite(error, recipe, loss)
    if is_short_of_memory:
        place = f" in {node.name}" if node else ""
        return Failure(
            "run.memory",
            f"The memory ran out{place} at a batch size of {recipe.batch_size}.",
            "Lower the batch size, or make the layer smaller.",
            identity,
        )
    line = _first_line(error)
    if node is not None:
        hint = "Check its parameters and what feeds it."
        return Failure("run.layer", f"{node.name} failed: {line}", hint, identity)
    hint = "Report it with the server's log if it stays."
    return Failure("run.unexpected", f"Training failed: {line}", hint)


def layer_at_fault(text: str, graph: Graph) -> Node | None:
    """The layer that an error message of Keras or TensorFlow is about, if it names one.

    Both spell a layer as a part of a path ("functional/dense_1/MatMul") or between quotes.
    """
    names = sorted(graph.nodes.values(), key=lambda node: -len(node.name))
    for suffix in ("", r"_\d+"):
        for node in names:
            if re.search(rf"[/\"'` ]{re.escape(node.name)}{suffix}[/\"'`]", text):
                return node
    return None


def _not_finite(error: NotFinite, recipe: Recipe, loss: Loss | None) -> Failure:
    optimizer = recipe.optimizer
    rate = optimizer.values["learning_rate"]
    usual = type(optimizer)().values["learning_rate"]
    name = type(optimizer).__name__
    if rate > 3 * usual:
        hint = f"Lower the learning rate: it is {rate:g}, and {usual:g} is usual for {name}."
    elif loss is not None and loss.needs_positive:
        hint = f"{loss.name} needs outputs above zero: end in softplus, or choose another loss."
    else:
        hint = f"Lower the learning rate (it is {rate:g}), or set clipnorm of {name} to 1."
    return Failure(
        "run.not_finite",
        f"The loss became {error.loss} in epoch {error.epoch}, step {error.step}.",
        hint,
    )


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    line = lines[0] if lines else ""
    return f"{type(error).__name__}: {line}"[:MAX_LINE]
