"""Loops that are recurrent layers: Keras' own, written as functions and lowered to frames, and
TensorFlow 1's; a loop that is anything else stays one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exporters.format import Reading, read
from exporters.weights import Array
from layers.layer import LAYERS
from tests.exporters.judging import computed, outputs_of
from tests.exporters.tensorflow.graphs import CHANCE, graph_of, judged, of_one, weight
from tests.exporters.tensorflow.loops import (
    FEATURES,
    STEPS,
    UNITS,
    basic_lstm,
    dynamic,
    gru_of_1,
    plain_of_1,
    stacked,
)

pytestmark = pytest.mark.keras

LAYERS_OF_KERAS: dict[str, Callable[[Any], list[Any]]] = {
    "LSTM": lambda layers: [layers.LSTM(UNITS)],
    "LSTM of sequences": lambda layers: [layers.LSTM(UNITS, return_sequences=True)],
    "LSTM from the end": lambda layers: [layers.LSTM(UNITS, go_backwards=True)],
    "LSTM without biases": lambda layers: [layers.LSTM(UNITS, use_bias=False)],
    "LSTM of other activations": lambda layers: [
        layers.LSTM(UNITS, activation="relu", recurrent_activation="tanh")
    ],
    "GRU": lambda layers: [layers.GRU(UNITS)],
    "GRU, reset before": lambda layers: [layers.GRU(UNITS, reset_after=False)],
    "GRU without biases": lambda layers: [layers.GRU(UNITS, use_bias=False)],
    "SimpleRNN": lambda layers: [layers.SimpleRNN(UNITS, return_sequences=True)],
    "two": lambda layers: [layers.LSTM(UNITS, return_sequences=True), layers.GRU(UNITS)],
    "both directions": lambda layers: [
        layers.Bidirectional(layers.LSTM(UNITS, return_sequences=True)),
        layers.Bidirectional(layers.GRU(UNITS, return_sequences=True)),
    ],
}


def model_of(name: str, steps: int | None) -> Any:
    import keras

    inner = LAYERS_OF_KERAS[name](keras.layers)
    model = keras.Sequential([keras.Input((steps, FEATURES)), *inner, keras.layers.Dense(2)])
    for item in model.weights:
        item.assign(CHANCE.normal(0, 0.4, item.shape))
    return model


def frozen(model: Any, *, is_lowered: bool) -> bytes:
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    function = tf.function(lambda x: model(x, training=False))
    concrete = function.get_concrete_function(tf.TensorSpec(model.input_shape))
    made = convert_variables_to_constants_v2(concrete, lower_control_flow=is_lowered)
    return bytes(made.graph.as_graph_def().SerializeToString())


@pytest.mark.parametrize(
    ("is_lowered", "steps"), [(False, STEPS), (True, None)], ids=["functions", "frames"]
)
@pytest.mark.parametrize("name", LAYERS_OF_KERAS)
def test_a_layer_of_keras_is_found_in_its_loop(
    name: str, is_lowered: bool, steps: int | None
) -> None:
    model = model_of(name, steps)
    reading = read(frozen(model, is_lowered=is_lowered), "graph.pb")
    wanted = [type(item).__name__ for item in model.layers]
    assert [item.type for item in reading.graph][1:] == wanted
    given = CHANCE.normal(size=(2, STEPS, FEATURES)).astype("float32")
    (found,) = computed(reading.graph, reading.weights or {}, [given])
    np.testing.assert_allclose(found, outputs_of(model, [given])[0], atol=1e-5)


def test_weights_are_those_of_the_layer() -> None:
    model = model_of("GRU", STEPS)
    reading = read(frozen(model, is_lowered=False), "graph.pb")
    layer = next(item for item in reading.graph if item.type == "GRU")
    assert layer.name == "gru" or layer.name.startswith("gru_")
    held = (reading.weights or {})[layer.id]
    for name, array in zip(
        ("kernel", "recurrent_kernel", "bias"), model.layers[0].get_weights(), strict=True
    ):
        np.testing.assert_array_equal(held[name], array)


def test_states_are_read_where_they_are_used() -> None:
    import keras

    x = keras.Input((STEPS, FEATURES))
    sequence, state, memory = keras.layers.LSTM(UNITS, return_sequences=True, return_state=True)(x)
    last = keras.layers.Concatenate()([state, memory])
    model = keras.Model(x, [keras.layers.Dense(2)(sequence), keras.layers.Dense(3)(last)])
    reading = read(frozen(model, is_lowered=False), "graph.pb")
    assert {item.type for item in reading.graph} <= LAYERS.keys()
    given = CHANCE.normal(size=(2, STEPS, FEATURES)).astype("float32")
    found = computed(reading.graph, reading.weights or {}, [given])
    expected = outputs_of(model, [given])
    by_size = {array.shape[-1]: array for array in found}
    for array in expected:
        np.testing.assert_allclose(by_size[array.shape[-1]], array, atol=1e-5)


CHANGES: dict[str, Callable[[Any, Any, Any, Any], Any]] = {
    "another output": lambda tf, state, update, new: update * state + (1 - update) * new,
    "a remainder of two": lambda tf, state, update, new: update * state + (2 - update) * new,
    "without a remainder": lambda tf, state, update, new: update * state + update * new,
    "the state left out": lambda tf, state, update, new: update * new + (1 - update) * new,
    "three parts": lambda tf, state, update, new: update * state + (1 - update) * new + state,
    "an activation more": lambda tf, state, update, new: tf.sin(state * update) + new,
    "a product alone": lambda tf, state, update, new: new * update,
}
"""What else a step may compute of the state, the update gate and what is new."""


def changed(tf: Any, change: str) -> Callable[..., Any]:
    """A cell that no layer has."""
    kernel, fresh = tf.constant(weight(FEATURES + UNITS, UNITS)), tf.constant(weight(7, UNITS))

    def step(x: Any, state: Any) -> Any:
        joined = tf.concat([x, state], 1)
        update, new = tf.sigmoid(tf.matmul(joined, kernel)), tf.tanh(tf.matmul(joined, fresh))
        after = CHANGES[change](tf, state, update, new)
        return (after * after if change == "another output" else after), (after,)

    return step


CELLS: dict[Callable[[Any], Callable[..., Any]], tuple[str, int]] = {
    basic_lstm: ("LSTM", 2),
    gru_of_1: ("GRU", 1),
}


@pytest.mark.parametrize("is_last", [False, True], ids=["sequences", "states"])
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.__name__)
def test_a_dynamic_rnn_of_tensorflow_1_is_its_layer(
    cell: Callable[[Any], Callable[..., Any]], is_last: bool, frames: None
) -> None:
    kind, count = CELLS[cell]

    def build(tf: Any, x: Any) -> Any:
        return tf.nn.relu(dynamic(tf, x, cell(tf), count, is_last=is_last)[0])

    reading = judged(of_one((None, STEPS, FEATURES), build))
    assert [item.type for item in reading.graph][1:] == [kind, "ReLU"]


STACKS: dict[str, list[tuple[Callable[..., Any], int]]] = {
    "LSTM LSTM": [(basic_lstm, 2), (basic_lstm, 2)],
    "GRU LSTM SimpleRNN": [(gru_of_1, 1), (basic_lstm, 2), (plain_of_1, 1)],
    "SimpleRNN SimpleRNN SimpleRNN": [(plain_of_1, 1)] * 3,
    "LSTM GRU": [(basic_lstm, 2), (gru_of_1, 1)],
}


@pytest.mark.parametrize("ending", ["sequence", "last", "states", "from the end"])
@pytest.mark.parametrize("kinds", STACKS)
def test_cells_on_top_of_each_other_are_a_layer_each(kinds: str, ending: str, frames: None) -> None:
    cells = STACKS[kinds]
    count = sum(number for _, number in cells)

    def build(tf: Any, x: Any) -> Any:
        step = stacked(tf, cells)
        if ending == "states":
            return tf.concat(dynamic(tf, x, step, count, is_last=True), 1)
        if ending == "from the end":
            return tf.nn.relu(tf.reverse(dynamic(tf, tf.reverse(x, [1]), step, count)[0], [1]))
        sequence = dynamic(tf, x, step, count)[0]
        return tf.nn.relu(sequence[:, -1] if ending == "last" else sequence)

    reading = judged(of_one((None, STEPS, FEATURES), build))
    assert [item.type for item in reading.graph][1 : 1 + len(cells)] == kinds.split()


MIXED: dict[str, Callable[[Any], Callable[..., Any]]] = {
    "beside each other": lambda tf: beside(gru_of_1(tf), gru_of_1(tf)),
    "the second from both": lambda tf: over(tf, plain_of_1(tf), plain_of_1(tf, FEATURES + UNITS)),
    "the sum is given": lambda tf: summed(stacked(tf, [(plain_of_1, 1), (plain_of_1, 1)])),
}
"""Two cells of one state each in ways that no chain of layers computes."""


def beside(one: Callable[..., Any], two: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, left, right: (one(x, left)[0], (*one(x, left)[1], *two(x, right)[1]))


def over(tf: Any, one: Callable[..., Any], two: Callable[..., Any]) -> Callable[..., Any]:
    def step(x: Any, left: Any, right: Any) -> Any:
        first, after = one(x, left)
        output, last = two(tf.concat([x, first], 1), right)
        return output, (*after, *last)

    return step


def summed(both: Callable[..., Any]) -> Callable[..., Any]:
    def step(x: Any, left: Any, right: Any) -> Any:
        _, after = both(x, left, right)
        return after[0] + after[1], after

    return step


@pytest.mark.parametrize("name", MIXED)
def test_cells_that_are_no_chain_stay_a_loop(name: str, frames: None) -> None:
    def build(tf: Any, x: Any) -> Any:
        return tf.nn.relu(dynamic(tf, x, MIXED[name](tf), 2)[0])

    assert "tf.While" in {item.type for item in reading_of(build).graph}


def reading_of(build: Callable[[Any, Any], Any]) -> Reading:
    definition, _, _ = graph_of(of_one((None, STEPS, FEATURES), build))
    return read(definition.SerializeToString(), "graph.pb")


@pytest.mark.parametrize("change", CHANGES)
def test_a_loop_of_another_kind_stays_one(change: str, frames: None) -> None:
    def build(tf: Any, x: Any) -> Any:
        return tf.nn.relu(dynamic(tf, x, changed(tf, change), 1)[0])

    reading = reading_of(build)
    assert "tf.While" in {item.type for item in reading.graph}
    assert "tensorflow.unknown_op" in {item.code for item in reading.diagnostics}


def test_a_loop_from_another_state_stays_one(frames: None) -> None:
    def build(tf: Any, x: Any) -> Any:
        cell = gru_of_1(tf)
        first = tf.concat([x[:, 0], x[:, 1, :1]], 1)
        return tf.nn.relu(dynamic(tf, x, lambda new, state: cell(new, state + first), 1)[0])

    assert "tf.While" in {item.type for item in reading_of(build).graph}


def test_fewer_steps_than_there_are_stay_a_loop(frames: None) -> None:
    def build(tf: Any, x: Any) -> Any:
        cell = gru_of_1(tf)
        new = tf.TensorArray(tf.float32, STEPS).unstack(tf.transpose(x, [1, 0, 2]))
        made = tf.TensorArray(tf.float32, 3)
        state = tf.zeros([tf.shape(x)[0], UNITS])

        def body(time: Any, made: Any, state: Any) -> Any:
            output, (state,) = cell(new.read(time), state)
            return time + 1, made.write(time, output), state

        _, made, _ = tf.compat.v1.while_loop(
            lambda time, *_: time < 3, body, (tf.constant(0), made, state)
        )
        return tf.nn.relu(tf.transpose(made.stack(), [1, 0, 2]))

    assert "tf.While" in {item.type for item in reading_of(build).graph}


def numbers_from_the_end(tf: Any) -> Any:
    """As Keras 3 looks rows up."""
    x = tf.compat.v1.placeholder(tf.int32, [None, 6], name="x")
    table = tf.constant(weight(20, 4))
    rows: Array = tf.where(x < 0, x + 20, x)
    return {"x": x}, [tf.tanh(tf.gather(table, rows, axis=0))]


def counted_otherwise(tf: Any) -> Any:
    x = tf.compat.v1.placeholder(tf.int32, [None, 6], name="x")
    rows: Array = tf.where(x < 0, x + 19, x)
    return {"x": x}, [tf.tanh(tf.gather(tf.constant(weight(20, 4)), rows, axis=0))]


def test_numbers_of_rows_that_are_counted_otherwise_are_not() -> None:
    definition, _, _ = graph_of(counted_otherwise)
    found = {item.type for item in read(definition.SerializeToString(), "graph.pb").graph}
    assert "tf.SelectV2" in found


def test_numbers_of_rows_may_be_counted_from_the_end() -> None:
    reading = judged(numbers_from_the_end)
    assert [item.type for item in reading.graph][1:] == ["Embedding", "Activation"]
