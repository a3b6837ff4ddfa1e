"""Activation functions in Keras files that the catalogue does not have by that name: taken for what
they equal, put behind their layer, or kept as they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporters.format import Reading, formats, read, read_source, write
from exporters.source import Source
from exporters.weights import Array
from layers.analysis import analyse
from layers.diagnostics import GraphError
from tests.exporters.judging import computed, outputs_of

VALUES = np.linspace(-6, 6, 97, dtype="float32").reshape(1, 97)


def sequential(*items: dict[str, Any], version: str = "2.15.0") -> Reading:
    shape = "batch_shape" if version.startswith("3") else "batch_input_shape"
    layers = [object_of("InputLayer", **{shape: [None, 97]}), *items]
    config = {"name": "net", "layers": layers}
    return read(
        json.dumps({"class_name": "Sequential", "config": config, "keras_version": version})
    )


def activation(value: Any) -> dict[str, Any]:
    return {"class_name": "Activation", "config": {"name": "it", "activation": value}}


def told(reading: Reading) -> list[str]:
    return [item.code for item in reading.diagnostics]


def relu6(x: Array) -> Array:
    return np.clip(x, 0, 6)


def softplus(x: Array) -> Array:
    return np.log1p(np.exp(x))


def object_of(kind: str, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": config}


FORMULAS: list[tuple[Any, Callable[[Array], Array]]] = [
    ("Addons>mish", lambda x: x * np.tanh(softplus(x))),
    ("Addons>hardshrink", lambda x: np.where(np.abs(x) > 0.5, x, 0)),
    ("Addons>softshrink", lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0)),
    ("Addons>tanhshrink", lambda x: x - np.tanh(x)),
    ("swish", lambda x: x / (1 + np.exp(-x))),
    ("identity", lambda x: x),
    ("exp", np.exp),
    ("leaky_relu", lambda x: np.maximum(x, 0.2 * x)),  # of tf.nn
    ("relu6", relu6),
    ("mish", lambda x: x * np.tanh(softplus(x))),
    ({"class_name": "function", "config": "linear"}, lambda x: x),
    (object_of("LeakyReLU", alpha=0.20000000298023224), lambda x: np.maximum(x, 0.2 * x)),
    (object_of("ReLU", max_value=None), lambda x: np.maximum(x, 0)),
    (object_of("ReLU", max_value=6.0, negative_slope=0.0), relu6),
    (object_of("ELU", alpha=1.0), lambda x: np.where(x > 0, x, np.expm1(x))),
    (object_of("Activation", activation="swish"), lambda x: x / (1 + np.exp(-x))),
    (object_of("Softmax", axis=-1), lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True)),
]


@pytest.mark.parametrize(("value", "formula"), FORMULAS)
def test_a_function_is_what_computes_the_same(
    value: Any, formula: Callable[[Array], Array]
) -> None:
    reading = sequential(activation(value))
    assert told(reading) == []
    (found,) = computed(reading.graph, {}, [VALUES])
    np.testing.assert_allclose(found, formula(VALUES), atol=1e-5, rtol=1e-5)


TAKEN: list[tuple[str, Callable[[Array], Array]]] = [
    *((name, lambda x: x * relu6(x + 3) / 6) for name in ("hard_swish", "h-swish", "HardSwish")),
    ("h_sigmoid", lambda x: relu6(x + 3) / 6),
    ("Mish", lambda x: x * np.tanh(softplus(x))),
    ("Swish", lambda x: x / (1 + np.exp(-x))),
]


@pytest.mark.parametrize(("value", "formula"), TAKEN)
def test_a_customary_name_is_taken_for_its_formula_and_says_so(
    value: str, formula: Callable[[Array], Array]
) -> None:
    reading = sequential(activation(value))
    assert told(reading) == ["keras.function_taken"]
    (found,) = computed(reading.graph, {}, [VALUES])
    np.testing.assert_allclose(found, formula(VALUES), atol=1e-5, rtol=1e-5)


def test_hard_swish_of_keras_3_is_its_own() -> None:
    reading = sequential(activation("hard_swish"), version="3.9.0")
    assert told(reading) == []
    assert [node.params.get("activation") for node in reading.graph][1:] == ["hard_silu"]


def test_layers_for_functions_stand_behind_their_layers(tmp_path: Path) -> None:
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    inner = keras.Sequential(
        [
            keras.Input((9, 9, 2)),
            layers.Conv2D(3, 3, activation=layers.LeakyReLU(0.1)),
            layers.Conv2D(3, 3, activation=layers.ReLU(max_value=0.5)),
        ],
        name="inner",
    )
    shared = layers.Dense(4, activation=layers.ELU(0.5), name="shared")
    x = keras.Input((9, 9, 2))
    flat = layers.Flatten()(inner(x))
    both = layers.Add()([shared(layers.Dense(6)(flat)), shared(layers.Dense(6)(flat))])
    model = keras.Model(x, layers.Dense(2, activation=layers.Softmax(axis=1))(both))
    for suffix in (".keras", ".h5"):
        model.save(tmp_path / f"model{suffix}")
        reading = read_source(Source.of_file(tmp_path / f"model{suffix}"))
        assert set(told(reading)) == {"keras.function_apart"}
        assert len(told(reading)) == 4
        assert analyse(reading.graph).errors == []
        assert reading.weights is not None
        inputs = [np.random.default_rng(0).normal(size=(2, 9, 9, 2)).astype("float32")]
        (found,) = computed(reading.graph, reading.weights, inputs)
        np.testing.assert_allclose(found, outputs_of(model, inputs)[0], atol=1e-6)


def dense(value: Any, **more: Any) -> dict[str, Any]:
    return object_of("Dense", name="it", units=97, activation=value, **more)


def test_slopes_of_keras_2_are_found() -> None:
    reading = sequential(dense(object_of("LeakyReLU", name="leaky", alpha=0.25)))
    (behind,) = [node for node in reading.graph if node.type == "LeakyReLU"]
    assert (behind.name, behind.params["negative_slope"]) == ("it_activation", 0.25)


KEPT: dict[str, Any] = {
    "a_package": "somebody>triple",
    "a_name": "plain",
    "a_program": object_of("__lambda__", value=["4wEAAAA=", None, None]),
    "a_layer": {**object_of("Odd", size=3), "module": "somebody", "registered_name": "some>Odd"},
    "weights": object_of("PReLU", name="p"),
    "penalized": object_of("LeakyReLU", negative_slope=0.1),
    "approximate": "Addons>gelu",
}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_unknown_is_kept_marked_and_written_back(name: str) -> None:
    value = KEPT[name]
    penalty = {"class_name": "L2", "config": {"l2": 0.1}}
    more = {"activity_regularizer": penalty} if name == "penalized" else {}
    reading = sequential(dense(value, **more), object_of("Dense", units=97))
    (mistake,) = analyse(reading.graph).errors
    assert (mistake.code, mistake.param) == ("param.function", "activation")
    assert mistake.hint.startswith("Choose another function")
    # What is behind is known.
    assert analyse(reading.graph).totals.weights == 2 * (97 * 97 + 97)
    written = json.loads(write(reading.graph, "keras_json"))["config"]["layers"][1]["config"]
    again = read(write(reading.graph, "keras_json"))
    assert again.graph.nodes.keys() == reading.graph.nodes.keys()
    if isinstance(value, str):
        names = {"module": "builtins", "class_name": "function", "registered_name": "function"}
        assert written["activation"] == {**names, "config": value}
    else:
        assert written["activation"] == value
    older = json.loads(write(reading.graph, "keras2_json"))["config"]["layers"][1]["config"]
    if isinstance(value, str):
        assert older["activation"] == value
    else:
        full = value.get("registered_name") or value["class_name"]
        assert older["activation"]["class_name"] == full


@pytest.mark.parametrize("name", [name for name, form in formats().items() if form.writes])
def test_formats_that_cannot_say_a_function_name_it(name: str) -> None:
    form = formats()[name]
    reading = sequential(dense("somebody>triple"))
    if form.keeps_functions or form.takes_mistakes:
        assert form.obstacles(reading.graph) == ()
        assert form.write(reading.graph)
        return
    with pytest.raises(GraphError) as caught:
        form.write(reading.graph)
    assert [item.code for item in caught.value.diagnostics] == ["param.function"]


def test_inner_layers_with_unknown_functions_are_kept_whole() -> None:
    inner = object_of("Dense", name="inner", units=3, activation="somebody>triple")
    repeated = object_of("TimeDistributed", name="each", layer=inner)
    reading = sequential(object_of("Reshape", name="r", target_shape=[97, 1]), repeated)
    assert told(reading) == ["keras.unknown_layer"]
    written = json.loads(write(reading.graph, "keras_json"))["config"]["layers"][-1]
    assert written["config"]["layer"] == inner


def test_keras_reads_back_what_was_kept(tmp_path: Path) -> None:
    import keras
    from keras import layers

    def tripled(x: Any) -> Any:
        return 3 * x

    def squared(x: Any) -> Any:
        return x * x

    known = {"tripled": tripled, "squared": squared}
    with keras.saving.CustomObjectScope(known):
        model = keras.Sequential(
            [
                keras.Input((4, 3)),
                layers.LSTM(3, recurrent_activation=tripled, return_sequences=True),
                layers.Dense(3, activation=tripled),
                layers.Activation(squared),
            ]
        )
        inputs = [np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")]
        for suffix, form in ((".keras", "keras"), (".h5", "keras_h5")):
            model.save(tmp_path / f"model{suffix}")
            reading = read_source(Source.of_file(tmp_path / f"model{suffix}"))
            assert told(reading) == []
            back = tmp_path / f"back{suffix}"
            back.write_bytes(write(reading.graph, form, reading.weights))
            again = keras.models.load_model(back)
            assert again is not None
            np.testing.assert_allclose(outputs_of(again, inputs)[0], outputs_of(model, inputs)[0])
