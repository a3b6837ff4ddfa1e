"""Operations between the layers of Keras models, as programs spell them."""

from __future__ import annotations

import pytest

from exporters.format import read
from layers.analysis import analyse
from layers.diagnostics import GraphError

PROGRAM = """
import keras
import tensorflow as tf
from keras import layers, ops

start = keras.Input((6, 4))
x = layers.Dense(4)(start)
{line}
model = keras.Model(start, layers.Dense(2)(x))
"""
LINES: dict[str, list[str]] = {
    "x = tf.nn.relu(x)": ["Activation"],
    "x = tf.concat([x, start], axis=-1)": ["Concatenate"],
    "x = ops.concatenate([x, start])": ["Concatenate"],
    "x = tf.reduce_mean(x, axis=1)": ["GlobalAveragePooling1D"],
    "x = ops.mean(x, 1)": ["GlobalAveragePooling1D"],
    "x = keras.activations.relu(x)": ["Activation"],
    "x = 1 - x * 2.0": ["Rescaling", "Rescaling"],
    "x = x / start": ["Power", "Multiply"],
    "x = (x + start) ** 2": ["Add", "Multiply"],
}


@pytest.mark.parametrize("line", LINES)
def test_operations_in_programs_are_read_as_those_in_files(line: str) -> None:
    reading = read(PROGRAM.format(line=line), "model.py")
    kinds = [node.type for node in reading.graph]
    assert kinds == ["InputLayer", "Dense", *LINES[line], "Dense"]
    assert not analyse(reading.graph).errors


@pytest.mark.parametrize(
    "line", ["x = tf.unheard_of(x)", "x = ops.split(x, 2)", "x = keras.activations.gelu(x)"]
)
def test_what_is_no_operation_of_layers_is_named_in_a_program(line: str) -> None:
    with pytest.raises(GraphError, match="Line 8"):
        read(PROGRAM.format(line=line), "model.py")
