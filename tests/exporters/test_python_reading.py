"""Programs that build Keras models, read without running them: the idioms, and what is refused."""

from __future__ import annotations

import inspect
import time

import pytest

from exporters.code.reader.signatures import POSITIONAL
from exporters.format import read
from layers.analysis import analyse
from layers.diagnostics import GraphError

SEQUENTIAL = """
from keras.models import Sequential
from keras.layers import Dense, Dropout, Flatten, Conv2D, MaxPooling2D
num_classes = 10
model = Sequential()
model.add(Conv2D(32, kernel_size=(3, 3), activation='relu', input_shape=(28, 28, 1)))
model.add(Conv2D(64, (3, 3), activation='relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Dropout(0.25))
model.add(Flatten())
model.add(Dense(128, activation='relu'))
model.add(Dropout(0.5))
model.add(Dense(num_classes, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adadelta')
model.fit(x_train, y_train, batch_size=128)
"""
LISTED = """
import tensorflow as tf
from tensorflow.keras import layers as L
WIDTHS = [64, 2 * 32]
def build(units=WIDTHS, *, classes=3):
    stack = tf.keras.Sequential([tf.keras.Input((8,))] + [L.Dense(n, "relu") for n in units])
    stack.add(L.Dense(classes, kernel_regularizer=tf.keras.regularizers.l2(0.01)))
    return stack
if __name__ == "__main__":
    model = build()
    model.summary()
"""
BLOCKS = """
import keras
from keras import layers

def block(x, filters, name, stride=1):
    shortcut = x
    for index in range(1, 3):
        x = layers.Conv2D(filters, 3, strides=stride if index == 1 else 1, padding="same",
                          use_bias=False, name=f"{name}_conv{index}")(x)
        x = layers.BatchNormalization()(x)
    if stride > 1 or filters == 16:
        shortcut = layers.Conv2D(filters, 1, stride)(shortcut)
    return layers.ReLU()(x + shortcut)

inputs = keras.Input(shape=(32, 32, 3))
x = inputs
for number, filters in enumerate((16, 32)):
    x = block(x, filters, "stage" + str(number), number + 1)
pooled = layers.GlobalAveragePooling2D()(x)
outputs = layers.concatenate([pooled, layers.GlobalMaxPooling2D()(x)])
model = keras.Model(inputs=inputs, outputs=outputs, name="small")
"""
STATES = """
from keras.layers import *
import keras
from keras.layers import LSTM, Input, Dense, Bidirectional, TimeDistributed
steps = Input((7, 4))
encoder = LSTM(3, return_sequences=True, return_state=True)
x, h, c = encoder(steps)
x = Bidirectional(LSTM(2, return_sequences=True), merge_mode="sum")(x)
x = TimeDistributed(Dense(5))(x)
model = keras.Model([steps], [x, h])
"""
EVERYTHING = """
from tensorflow.keras.models import *
from tensorflow.keras.layers import *
from mylib import *
model = Sequential()
model.add(ZeroPadding2D((1, 1), input_shape=(8, 8, 3)))
model.add(Conv2D(4, (3, 3), activation="relu"))
model.add(Cropping2D((1, 0)))
model.add(Flatten())
model.add(Dense(1))
"""
PROGRAMS = {
    "everything": (EVERYTHING, 27 * 4 + 4 + 6 * 8 * 4 + 1),
    "sequential": (SEQUENTIAL, 1_199_882),
    "listed": (LISTED, 8 * 64 + 64 + 64 * 64 + 64 + 64 * 3 + 3),
    "blocks": (
        BLOCKS,
        27 * 16 + 144 * (16 + 32) + 288 * 32 + 8 * (16 + 32) + 4 * 16 + 17 * 32,
    ),
    "states": (STATES, 4 * 3 * (4 + 3 + 1) + 2 * 4 * 2 * (3 + 2 + 1) + 15),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_are_read_as_the_models_they_build(name: str) -> None:
    program, weights = PROGRAMS[name]
    reading = read(program, f"{name}.py")
    analysis = analyse(reading.graph)
    assert (reading.format, analysis.errors) == ("python", [])
    assert analysis.totals.weights == weights


def test_a_layer_called_twice_is_shared() -> None:
    graph = read(
        """
import keras
a, b = keras.Input((4,)), keras.Input((4,))
shared = keras.layers.Dense(3)
model = keras.Model([a, b], keras.layers.add([shared(a), shared(b)]))
"""
    ).graph
    assert [node.type for node in graph.nodes.values() if node.shares] == ["Dense"]
    assert analyse(graph).totals.weights == 15


HEAD = "import keras\nfrom keras import layers\nx = keras.Input((4,))\n"
REFUSED = {
    "a value from outside": (
        HEAD + "import sys\ny = layers.Dense(int(sys.argv[1]))(x)\nmodel = keras.Model(x, y)",
        "python.unsupported",
        5,
    ),
    "a loop over what is not known": (
        HEAD + "for n in sizes():\n    x = layers.Dense(n)(x)\nmodel = keras.Model(x, x)",
        "python.unsupported",
        4,
    ),
    "a pre-trained model": (
        "import keras\nmodel = keras.applications.VGG16()",
        "python.unsupported",
        2,
    ),
    "no Python": ("import keras\nmodel = (", "python.syntax", 2),
    "no model": ("import keras\nprint(1)", "python.no_model", None),
    "brackets": ("import keras\nmodel = " + "[" * 5000, "python.too_large", None),
    "a chain": ("import keras\nmodel = " + "-" * 50_000 + "1", "python.too_large", None),
    "a sum": ("import keras\nmodel = " + "1+" * 50_000 + "1", "python.too_large", None),
    "itself": (
        "import keras\ndef f():\n    return f()\nmodel = f()",
        "python.unsupported",
        3,
    ),
    "too many steps": (
        "import keras\n"
        + "\n".join(f"{' ' * n}for i{n} in range(9999):" for n in range(4))
        + "\n     a = 1",
        "python.unsupported",
        None,
    ),
    "lists that double": (
        HEAD + "a = [1]\nfor i in range(99):\n    a = [a, a]\n"
        "y = layers.Dense(a)(x)\nmodel = keras.Model(x, y)",
        "python.too_large",
        None,
    ),
    "models that double": (
        "import keras\nmodel = keras.Sequential([keras.layers.Dense(1)])\n"
        "for i in range(19):\n    model = keras.Sequential([model] * 9)",
        "python.too_large",
        None,
    ),
    "no list of layers": (
        "import keras\nmodel = keras.Sequential(layers())",
        "python.unsupported",
        2,
    ),
    "a shape from outside": (
        HEAD + "model = keras.Sequential([layers.Dense(1, input_shape=shape)])",
        "python.unsupported",
        4,
    ),
    "a model in itself": (
        "import keras\nmodel = keras.Sequential()\nmodel.add(model)",
        "python.too_large",
        None,
    ),
    "the rest of one output": (
        "from keras import layers as L, Input, Model\nx = Input((4,))\na, *b = L.Dense(2)(x)\n"
        "y = L.Add()([a, *b])\nmodel = Model(x, y)",
        "python.unsupported",
        3,
    ),
    "the rest of too few": (
        "from keras import layers as L, Input, Model\nx = Input((4, 2))\n"
        "a, b, c, *d = L.GRU(2, return_state=True)(x)\nmodel = Model(x, [a, c])",
        "python.unsupported",
        3,
    ),
    "a part of a number": (
        "from keras import layers as L, Input, Model\nx = Input((4,))\n"
        "model = Model(x, L.Dense(3[1:])(x))",
        "python.unsupported",
        3,
    ),
    "both directions of what is not recurrent": (
        "from keras import layers as L, Input, Model\nx = Input((4, 2))\n"
        "a, *b = L.Bidirectional(L.Dense(3))(x)\nmodel = Model(x, [a, *b])",
        "python.unsupported",
        3,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_beyond_is_named_by_line(name: str) -> None:
    program, code, line = REFUSED[name]
    began = time.process_time()
    with pytest.raises(GraphError) as caught:
        read(program, "program.py")
    assert time.process_time() - began < 5
    (found,) = caught.value.diagnostics
    assert found.code == code
    assert line is None or found.values["line"] == line


@pytest.mark.keras
def test_parameters_by_position_are_in_the_order_of_keras() -> None:
    import keras

    for kind, names in POSITIONAL.items():
        signature = inspect.signature(getattr(keras.layers, kind).__init__)
        found = [
            param.name
            for param in signature.parameters.values()
            if param.kind == param.POSITIONAL_OR_KEYWORD
        ]
        assert tuple(found[1 : 1 + len(names)]) == names, kind
