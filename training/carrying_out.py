"""Carrying out the orders of a worker: train, evaluate, predict.

Everything heavy is imported here, so that importing this module is what warms a process.
"""

from __future__ import annotations

import base64
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path

from exporters.format import write
from exporters.weights import fit, load
from layers.diagnostics import GraphError
from layers.graph import Graph
from training import assessment, datasets, runner
from training.datasets.dataset import Dataset
from training.datasets.npz import NpzFile
from training.events import Exported, Failed
from training.failures import RunFailed, explain
from training.images import fit_image, read_image
from training.orders import Order
from training.recipe import Recipe
from training.sinks import Sink

logger = logging.getLogger(__name__)

_asked: tuple[tuple[str, int], assessment.Trained] | None = None
"""The network asked last, since whoever asks once asks again."""


def carry_out(order: Order, sink: Sink, should_stop: Callable[[], bool]) -> None:
    """Do what is ordered and tell the sink; a failure becomes a Failed event."""
    graph = Graph.from_json(order.graph)
    if order.do == "export":
        _export(order, graph, sink)
        return
    recipe = Recipe.from_json(order.recipe)
    directory = Path(order.directory)
    if order.do == "train":
        with contextlib.suppress(RunFailed):  # the sink has been told
            runner.fit(
                graph,
                _dataset(order),
                recipe,
                sink,
                should_stop=should_stop,
                directory=directory,
                resume=order.resume,
                told=order.told,
                weights=load(Path(order.weights)) if order.weights else None,
            )
        return
    try:
        if order.do == "evaluate":
            sink(assessment.evaluate(graph, _dataset(order), recipe, directory, order.job))
        else:
            trained = _trained(graph, directory)
            image = read_image(base64.b64decode(order.image))
            pixels, _ = fit_image(image, trained.preparation.stored, dark=False)
            sink(assessment.predict(trained, pixels, order.job, order.adapts))
    except Exception as error:
        if not isinstance(error, GraphError):
            logger.exception("A job failed")
        sink(Failed(explain(error, graph, recipe)))


def _export(order: Order, graph: Graph, sink: Sink) -> None:
    """Write a network in a format that needs TensorFlow."""
    try:
        given = fit(graph, load(Path(order.weights))).weights if order.weights else None
        content = write(graph, order.format, given)
        Path(order.target).write_bytes(content)
        sink(Exported(order.job, len(content)))
    except Exception as error:
        if not isinstance(error, GraphError):
            logger.exception("An export failed")
        sink(Failed(explain(error, graph, Recipe())))


def _dataset(order: Order) -> Dataset:
    if order.file:
        return NpzFile(Path(order.file), order.dataset)
    return datasets.named(order.dataset)


def _trained(graph: Graph, directory: Path) -> assessment.Trained:
    global _asked
    key = (str(directory), assessment.weights_time(directory))
    if _asked is None or _asked[0] != key:
        _asked = key, assessment.load(graph, directory)
    return _asked[1]
