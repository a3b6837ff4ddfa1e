"""Loops over the steps of a sequence as programs of TensorFlow 1 made them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tests.exporters.tensorflow.graphs import weight

STEPS, FEATURES, UNITS = 5, 3, 4


def exchanged(tf: Any, x: Any) -> Any:
    """An order of axes that is worked out, as `dynamic_rnn` does it."""
    return tf.transpose(x, tf.concat([[1, 0], tf.range(2, tf.rank(x))], 0))


def dynamic(tf: Any, x: Any, step: Callable[..., Any], count: int, *, is_last: bool = False) -> Any:
    """``dynamic_rnn`` of TensorFlow 1: a loop of frames over arrays of tensors, time first."""
    v1 = tf.compat.v1
    first = exchanged(tf, x)
    steps = tf.shape(first)[0]
    new = tf.TensorArray(tf.float32, steps).unstack(first)
    made = tf.TensorArray(tf.float32, steps)
    states = [tf.zeros([tf.shape(x)[0], UNITS]) for _ in range(count)]
    limit = tf.minimum(steps, tf.maximum(1, steps))

    def body(time: Any, made: Any, *states: Any) -> Any:
        output, after = step(new.read(time), *states)
        return (time + 1, made.write(time, output), *after)

    _, made, *states = v1.while_loop(
        lambda time, *_: time < limit, body, (tf.constant(0), made, *states), parallel_iterations=32
    )
    return states if is_last else [exchanged(tf, made.stack())]


def basic_lstm(tf: Any, features: int = FEATURES) -> Callable[..., Any]:
    """``BasicLSTMCell``, whose gates are input, new, forget and output."""
    kernel, bias = tf.constant(weight(features + UNITS, 4 * UNITS)), tf.constant(weight(4 * UNITS))

    def step(x: Any, state: Any, memory: Any) -> Any:
        sums = tf.nn.bias_add(tf.matmul(tf.concat([x, state], 1), kernel), bias)
        gate, new, forget, out = tf.split(sums, 4, 1)
        memory = memory * tf.sigmoid(forget + 1.0) + tf.sigmoid(gate) * tf.tanh(new)
        state = tf.tanh(memory) * tf.sigmoid(out)
        return state, (state, memory)

    return step


def gru_of_1(tf: Any, features: int = FEATURES) -> Callable[..., Any]:
    """``GRUCell``, which scales the state before its product."""
    joined = features + UNITS
    gates, fresh = tf.constant(weight(joined, 2 * UNITS)), tf.constant(weight(joined, UNITS))
    biases = tf.constant(weight(2 * UNITS)), tf.constant(weight(UNITS))

    def step(x: Any, state: Any) -> Any:
        value = tf.sigmoid(tf.nn.bias_add(tf.matmul(tf.concat([x, state], 1), gates), biases[0]))
        reset, update = tf.split(value, 2, 1)
        new = tf.matmul(tf.concat([x, reset * state], 1), fresh)
        new = tf.tanh(tf.nn.bias_add(new, biases[1]))
        state = update * state + (1 - update) * new
        return state, (state,)

    return step


def plain_of_1(tf: Any, features: int = FEATURES) -> Callable[..., Any]:
    """``BasicRNNCell``."""
    kernel, bias = tf.constant(weight(features + UNITS, UNITS)), tf.constant(weight(UNITS))

    def step(x: Any, state: Any) -> Any:
        state = tf.tanh(tf.nn.bias_add(tf.matmul(tf.concat([x, state], 1), kernel), bias))
        return state, (state,)

    return step


def stacked(tf: Any, cells: Sequence[tuple[Callable[..., Any], int]]) -> Callable[..., Any]:
    """``MultiRNNCell``: cells, each with the number of its states, on top of each other."""
    made = [
        (cell(tf, UNITS if place else FEATURES), count) for place, (cell, count) in enumerate(cells)
    ]

    def step(x: Any, *states: Any) -> Any:
        after: list[Any] = []
        left = list(states)
        for cell, count in made:
            x, new = cell(x, *left[:count])
            after, left = [*after, *new], left[count:]
        return x, tuple(after)

    return step
