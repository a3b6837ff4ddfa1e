"""Recurrent layers that ``static_rnn`` of TensorFlow 1 wrote out step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from exporters.format import read
from tests.exporters.tensorflow.graphs import graph_of, judged, of_one, weight
from tests.exporters.tensorflow.loops import (
    FEATURES,
    STEPS,
    UNITS,
    basic_lstm,
    gru_of_1,
    plain_of_1,
    stacked,
)

pytestmark = pytest.mark.keras

Cells = list[tuple[Callable[..., Any], int]]

CELLS: dict[str, Cells] = {
    "LSTM": [(basic_lstm, 2)],
    "GRU": [(gru_of_1, 1)],
    "SimpleRNN": [(plain_of_1, 1)],
    "LSTM LSTM": [(basic_lstm, 2), (basic_lstm, 2)],
    "GRU SimpleRNN LSTM": [(gru_of_1, 1), (plain_of_1, 1), (basic_lstm, 2)],
}


def static(
    tf: Any, x: Any, cells: Cells, *, is_shared: bool = False, is_backwards: bool = False
) -> tuple[list[Any], tuple[Any, ...]]:
    """The outputs of all steps in the order of the sequence, and the states after the last.

    Args:
        is_shared: whether all states begin with the very same zeros.
    """
    step = stacked(tf, cells)
    count = sum(number for _, number in cells)
    zeros = tf.zeros([tf.shape(x)[0], UNITS])
    states = tuple(zeros if is_shared else tf.zeros([tf.shape(x)[0], UNITS]) for _ in range(count))
    outputs = []
    news = tf.unstack(x, axis=1)
    for new in news[::-1] if is_backwards else news:
        output, states = step(new, *states)
        outputs.append(output)
    return (outputs[::-1] if is_backwards else outputs), states


ENDS: dict[str, Callable[[Any, list[Any], tuple[Any, ...]], Any]] = {
    "the last": lambda tf, outputs, states: tf.matmul(outputs[-1], weight(UNITS, 2)),
    "all": lambda tf, outputs, states: tf.nn.relu(tf.stack(outputs, 1)),
    "all, time first": lambda tf, outputs, states: tf.transpose(tf.stack(outputs), [1, 0, 2]),
    "the second and the last": lambda tf, outputs, states: tf.nn.relu(outputs[1] - outputs[-1]),
    "the states": lambda tf, outputs, states: tf.concat([outputs[0], *states], 1),
}


@pytest.mark.parametrize("is_shared", [False, True], ids=["zeros", "the same zeros"])
@pytest.mark.parametrize("ending", ENDS)
@pytest.mark.parametrize("kinds", CELLS)
def test_steps_written_out_are_a_layer(kinds: str, ending: str, is_shared: bool) -> None:
    def build(tf: Any, x: Any) -> Any:
        return ENDS[ending](tf, *static(tf, x, CELLS[kinds], is_shared=is_shared))

    reading = judged(of_one((None, STEPS, FEATURES), build))
    found = [item.type for item in reading.graph]
    assert [kind for kind in found if kind in kinds.split()] == kinds.split()


@pytest.mark.parametrize("cell", [basic_lstm, gru_of_1, plain_of_1], ids=lambda it: it.__name__)
def test_both_directions_written_out(cell: Callable[..., Any]) -> None:
    cells = [(cell, 2 if cell is basic_lstm else 1)]

    def build(tf: Any, x: Any) -> Any:
        ways = [static(tf, x, cells, is_backwards=way)[0] for way in (False, True)]
        joined = [tf.concat(pair, 1) for pair in zip(*ways, strict=True)]
        return tf.nn.relu(tf.stack(joined, 1))

    reading = judged(of_one((None, STEPS, FEATURES), build))
    turned = [
        item.params["go_backwards"] for item in reading.graph if "go_backwards" in item.params
    ]
    assert sorted(turned) == [False, True]


def otherwise(tf: Any, x: Any, change: str) -> Any:
    cells = [gru_of_1(tf), gru_of_1(tf)]
    state = x[:, 0, :1] + tf.zeros([1, UNITS]) if change == "another start" else None
    state = tf.zeros([tf.shape(x)[0], UNITS]) if state is None else state
    outputs = []
    for place, new in enumerate(tf.unstack(x, axis=1)):
        if change == "a step left out" and place == 2:
            continue
        step = cells[place % 2 if change == "weights by turns" else 0]
        output, (state,) = step(new, state)
        if change == "another step" and place == 3:
            state = state * 0.5
        outputs.append(output)
    return tf.nn.relu(tf.stack(outputs, 1))


@pytest.mark.parametrize(
    "change", ["another start", "a step left out", "weights by turns", "another step"]
)
def test_steps_that_differ_are_no_layer(change: str) -> None:
    build = of_one((None, STEPS, FEATURES), lambda tf, x: otherwise(tf, x, change))
    definition, _, _ = graph_of(build)
    reading = read(definition.SerializeToString(), "graph.pb")
    assert "GRU" not in {item.type for item in reading.graph}
