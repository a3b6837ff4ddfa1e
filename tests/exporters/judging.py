"""What a network computes, as a live Keras model says: the measure of every exact conversion."""

from __future__ import annotations

from typing import Any

import numpy as np

from exporters.plan import plan
from exporters.weights import Array, Weights, declared
from layers.graph import Graph

UNKNOWN_SIZE = 8
"""What an unknown dimension is in random inputs."""


def random_weights(graph: Graph, seed: int = 0) -> Weights:
    """Weights of every layer that keep values near 1; variances are positive."""
    chance = np.random.default_rng(seed)

    def values(name: str, shape: tuple[int, ...]) -> Array:
        if "variance" in name:
            return chance.uniform(0.5, 1.5, shape).astype("float32")
        fan_in = max(int(np.prod(shape[:-1])), 1) if len(shape) > 1 else 4
        return chance.normal(0, fan_in**-0.5, shape).astype("float32")

    return {
        identity: {name: values(name, shape) for name, shape in weights.items()}
        for identity, weights in declared(graph).items()
    }


def random_inputs(graph: Graph, *, batch: int = 2, seed: int = 1) -> list[Array]:
    """Inputs of a network in its order; whole numbers below 2 where it takes whole numbers."""
    chance = np.random.default_rng(seed)
    made = plan(graph)
    inputs = []
    for identity, port in made.inputs:
        tensor = (made.calls[identity].known.outputs or ())[port]
        shape = [batch, *(dim or UNKNOWN_SIZE for dim in tensor.shape[1:])]
        if tensor.dtype.startswith(("int", "uint")):
            inputs.append(chance.integers(0, 2, shape).astype(tensor.dtype))
        elif tensor.dtype == "bool":
            inputs.append(chance.random(shape) < 0.5)
        else:
            inputs.append(chance.normal(size=shape).astype(tensor.dtype))
    return inputs


def computed(graph: Graph, weights: Weights, inputs: list[Array]) -> list[Array]:
    """The outputs of our own Keras build at inference."""
    from exporters.keras_model import build, load

    model = build(graph)
    load(model, graph, weights)
    return outputs_of(model, inputs)


def outputs_of(model: Any, inputs: list[Array]) -> list[Array]:
    """The outputs of a Keras model at inference, as a list."""
    made = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    return [np.asarray(value) for value in (made if isinstance(made, list | tuple) else [made])]
