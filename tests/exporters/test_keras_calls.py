"""What layers are called with besides a sequence: states to start from and masks, in every spelling
of Keras.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporters.format import read, write
from layers.analysis import analyse
from layers.diagnostics import Invalid
from layers.graph import Graph
from layers.layer import LAYERS
from tests.exporters.judging import computed, outputs_of, random_inputs
from tests.exporters.networks import edges, facts, node

Config = dict[str, Any]
CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "keras"


def tensor(name: str, port: int = 0) -> Config:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, port]}}


def item(kind: str, name: str, *calls: Any, **config: Any) -> Config:
    return {
        "class_name": kind,
        "name": name,
        "config": {"name": name, **config},
        "inbound_nodes": list(calls),
    }


def model(*layers: Config, inputs: str, outputs: str) -> str:
    ends = {
        "input_layers": [[name, 0, 0] for name in inputs.split()],
        "output_layers": [[name, 0, 0] for name in outputs.split()],
    }
    config = {"name": "m", "layers": list(layers), **ends}
    return json.dumps({"class_name": "Functional", "config": config})


def on_x(*further: Any, **named: Any) -> Config:
    return {"args": [tensor("x"), *further], "kwargs": named}


H, C = tensor("h"), tensor("c")
STATES_ARE_HELD = [
    on_x(initial_state=[H, C]),
    on_x([H, C]),
    on_x([H, C], tensor("m")),
    on_x(initial_state=[H, C], mask=tensor("m")),
    {"args": [], "kwargs": {"sequences": tensor("x"), "initial_state": [H, C]}},
    # Keras 2 and tf.keras: states as further inputs, or by name.
    [["x", 0, 0, {}], ["h", 0, 0, {}], ["c", 0, 0, {}]],
    [["x", 0, 0, {"initial_state": [["h", 0, 0], ["c", 0, 0]]}]],
    [["x", 0, 0, {"initial_state": [["h", 0, 0], ["c", 0, 0]], "mask": ["m", 0, 0]}]],
]


@pytest.mark.parametrize("call", STATES_ARE_HELD, ids=range(len(STATES_ARE_HELD)))
def test_states_and_a_mask_are_inputs_in_every_spelling(call: Any) -> None:
    text = model(
        item("InputLayer", "x", batch_shape=[None, 7, 5]),
        item("InputLayer", "h", batch_shape=[None, 3]),
        item("InputLayer", "c", batch_shape=[None, 3]),
        item("InputLayer", "m", batch_shape=[None, 7], dtype="bool"),
        item("LSTM", "it", call, units=3),
        inputs="x h c m",
        outputs="it",
    )
    reading = read(text, "m.json")
    assert reading.diagnostics == ()
    graph = reading.graph
    names = {node.id: node.name for node in graph.nodes.values()}
    (it,) = (node for node in graph if node.name == "it")
    found = [names[edge.source] for edge in graph.incoming(it.id)]
    assert found == ["x", "h", "c", "m"][: 4 if '"m", 0, 0' in json.dumps(call) else 3]
    assert analyse(graph).errors == []


@pytest.mark.parametrize(
    "named",
    [{"initial_state": H}, {"initial_state": [H]}, [["x", 0, 0, {"initial_state": ["h", 0, 0]}]]],
    ids=["one", "list", "keras 2"],
)
def test_a_single_state_needs_no_list(named: Any) -> None:
    text = model(
        item("InputLayer", "x", batch_shape=[None, 7, 5]),
        item("InputLayer", "h", batch_shape=[None, 3]),
        item("GRU", "it", on_x(**named) if isinstance(named, dict) else named, units=3),
        inputs="x h",
        outputs="it",
    )
    graph = read(text, "m.json").graph
    assert len(graph.incoming(graph.outputs[0].id)) == 2
    assert b"initial_state=h)" in write(graph, "python")


LEFT_OUT = [
    ("LSTM", {"units": 3}, "mask", "float32"),
    ("Attention", {}, "mask", "bool"),
    ("MultiHeadAttention", {"num_heads": 1, "key_dim": 2}, "value_mask", "bool"),
]


@pytest.mark.parametrize(("kind", "config", "name", "dtype"), LEFT_OUT)
def test_a_mask_that_no_port_takes_is_named(
    kind: str, config: Config, name: str, dtype: str
) -> None:
    sequences = {"LSTM": [tensor("x")], "Attention": [[tensor("x"), tensor("x")]]}
    call = {
        "args": sequences.get(kind, [tensor("x"), tensor("x")]),
        "kwargs": {name: tensor("m")},
    }
    text = model(
        item("InputLayer", "x", batch_shape=[None, 7, 5]),
        item("InputLayer", "m", batch_shape=[None, 7], dtype=dtype),
        item(kind, "it", call, **config),
        inputs="x m",
        outputs="it",
    )
    reading = read(text, "m.json")
    (told,) = reading.diagnostics
    assert (told.code, told.values["name"], told.values["key"]) == ("keras.argument", "it", name)
    assert analyse(reading.graph).errors == []


def test_states_with_channels_first_are_turned_and_a_mask_is_not() -> None:
    call = on_x(initial_state=[H, C], mask=tensor("m"))
    config = {"kernel_size": [3, 3], "data_format": "channels_first", "return_sequences": True}
    text = model(
        item("InputLayer", "x", batch_shape=[None, 4, 2, 6, 5]),
        item("InputLayer", "h", batch_shape=[None, 7, 4, 3]),
        item("InputLayer", "c", batch_shape=[None, 7, 4, 3]),
        item("InputLayer", "m", batch_shape=[None, 4], dtype="bool"),
        item("ConvLSTM2D", "it", call, filters=7, **config),
        inputs="x h c m",
        outputs="it",
    )
    graph = read(text, "m.json").graph
    known = analyse(graph)
    assert known.errors == []
    shapes = {node.name: (known.nodes[node.id].outputs or ())[0].shape[1:] for node in graph}
    assert shapes == {
        **{"x": (4, 6, 5, 2), "h": (4, 3, 7), "c": (4, 3, 7), "m": (4,)},
        "it": (4, 4, 3, 7),
    }


@pytest.mark.keras
def test_a_mask_that_is_computed_is_named_where_none_comes_by_itself() -> None:
    import keras

    layers = keras.layers
    words, x = keras.Input((7,), dtype="int32"), keras.Input((7, 5))
    vectors = layers.Embedding(9, 4, mask_zero=True)(words)
    derived = layers.LSTM(3, name="derived")(vectors)
    given = layers.LSTM(3, name="given")(x, mask=keras.ops.not_equal(words, 0))
    reading = read(keras.Model([words, x], [derived, given]).to_json(), "m.json")
    (told,) = reading.diagnostics
    assert (told.code, told.values["name"], told.values["key"]) == (
        "keras.argument",
        "given",
        "mask",
    )


WRONG: list[tuple[list[int], list[str], str, list[str]]] = [
    ([3, 3], ["x>it", "s0>it:1"], "recurrent.states", ["2 state(s)", "has 1"]),
    ([4, 3], ["x>it", "s0>it:1", "s1>it:2"], "recurrent.state", ["1 as (?, 3)", "got (?, 4)"]),
    ([3, 3], ["x>it", "m>it:1"], "recurrent.mask", ["(?, 7)", "(?, 6)"]),
]


@pytest.mark.parametrize(("sizes", "wires", "code", "said"), WRONG)
def test_what_does_not_fit_is_named_with_both_values(
    sizes: list[int], wires: list[str], code: str, said: list[str]
) -> None:
    graph = Graph(
        [
            node("x", "InputLayer", shape=[7, 5]),
            node("m", "InputLayer", shape=[6], dtype="bool"),
            *(node(f"s{place}", "InputLayer", shape=[size]) for place, size in enumerate(sizes)),
            node("it", "LSTM", units=3),
        ],
        edges(*wires),
    )
    (found,) = (error for error in analyse(graph).errors if error.node == "it")
    assert found.code == code
    assert "initial_state" in found.message or "mask" in found.message
    assert all(part in found.message for part in said)


PROGRAMS = {
    "by name": "decoder(y, initial_state=[h, c])",
    "by position": "decoder(y, [h, c])",
    "as a variable": "decoder(y, initial_state=states)",
    "as a part": "decoder(y, initial_state=encoded[1:])",
    "as the rest": "decoder(y, initial_state=rest)",
}


@pytest.mark.parametrize("called", PROGRAMS.values(), ids=PROGRAMS)
def test_a_program_hands_states_over(called: str) -> None:
    program = f"""
from keras import Input, Model
from keras.layers import LSTM, Dense
x, y = Input((None, 7)), Input((None, 9))
encoder = LSTM(4, return_state=True)
encoded = encoder(x)
_, h, c = encoded
states = [h, c]
_, *rest = encoded
decoder = LSTM(4, return_sequences=True, return_state=True)
steps, _, _ = {called}
model = Model([x, y], Dense(9, activation="softmax")(steps))
"""
    reading = read(program, "model.py")
    assert reading.diagnostics == ()
    analysis = analyse(reading.graph)
    assert analysis.errors == []
    assert analysis.totals.weights == 192 + 224 + 45
    assert max(len(reading.graph.incoming(node.id)) for node in reading.graph) == 3


def test_the_states_of_both_directions_are_handed_over_as_the_rest() -> None:
    program = """
from keras import Input, Model, layers as L
x = Input((6, 7))
first, last, *states = L.Bidirectional(L.GRU(4, return_state=True), merge_mode=None)(x)
steps = L.Bidirectional(L.GRU(4))(x, initial_state=states)
odd, *_ = L.Dense(3)(steps), 1
model = Model(x, [steps, first, last, odd])
"""
    reading = read(program, "model.py")
    assert analyse(reading.graph).errors == []
    assert sorted(len(reading.graph.incoming(node.id)) for node in reading.graph)[-1] == 3


@pytest.mark.keras
def test_a_network_of_encoder_and_decoder_computes_what_keras_computes() -> None:
    import keras

    layers = keras.layers
    x, y = keras.Input((6, 5), name="x"), keras.Input((4, 7), name="y")
    mask = keras.Input((4,), name="mask", dtype="bool")
    _, *states = layers.Bidirectional(layers.LSTM(3, return_state=True))(x)
    both = layers.Bidirectional(layers.LSTM(3, return_sequences=True), merge_mode="ave")
    steps = both(y, initial_state=states, mask=mask)
    steps, last = layers.GRU(3, return_sequences=True, return_state=True)(
        steps, initial_state=states[0]
    )
    images = layers.Reshape((4, 3, 1, 1))(steps)
    frames = layers.ConvLSTM2D(1, (1, 1))(
        images, initial_state=[layers.Reshape((3, 1, 1))(last)] * 2
    )
    made = keras.Model([x, y, mask], frames)
    values = [np.asarray(value) for value in made.get_weights()]
    reading = read(made.to_json(), "m.json")
    assert reading.diagnostics == ()
    inputs = random_inputs(reading.graph)
    weights: dict[str, dict[str, Any]] = {}
    known = analyse(reading.graph).nodes
    for item_ in reading.graph.nodes.values():
        names = list(known[item_.id].weights or {})
        if names:
            own = made.get_layer(item_.name).get_weights()
            weights[item_.id] = dict(zip(names, own, strict=True))
    assert sum(len(own) for own in weights.values()) == len(values)
    pairs = zip(outputs_of(made, inputs), computed(reading.graph, weights, inputs), strict=True)
    assert all(np.abs(one - other).max() < 1e-5 for one, other in pairs)


TRAINING = [
    ("Dropout", {"rate": 0.5}, True, False),
    ("BatchNormalization", {}, False, None),
    ("LSTM", {"units": 3}, True, False),
    ("RandomFlip", {}, False, True),
]


def trained(kind: str, config: Config, *values: object) -> Graph:
    """A network whose layer is called once for each value of `training`."""
    shape = [8, 8, 3] if kind == "RandomFlip" else [7, 5]
    calls = [on_x() if value is None else on_x(training=value) for value in values]
    outputs = [["it", call, 0] for call in range(len(calls))]
    text = json.loads(
        model(
            item("InputLayer", "x", batch_shape=[None, *shape]),
            item(kind, "it", *calls, **config),
            inputs="x",
            outputs="it",
        )
    )
    text["config"]["output_layers"] = outputs
    reading = read(json.dumps(text), "m.json")
    assert {told.code for told in reading.diagnostics} <= {"keras.argument"}
    assert len(reading.diagnostics) == len(set(values)) - 1
    return reading.graph


@pytest.mark.parametrize(("kind", "config", "value", "usual"), TRAINING)
@pytest.mark.parametrize("name", ["keras_json", "keras2_json", "python", "keras"])
def test_a_fixed_mode_survives(
    name: str, kind: str, config: Config, value: bool, usual: bool | None
) -> None:
    graph = trained(kind, config, value)
    found = read(write(graph, name), "m").graph
    for each in (graph, found):
        (it,) = (node for node in each if node.type == kind)
        assert it.params["training"] is value
    assert trained(kind, config, None).outputs[0].params["training"] is usual


def test_calls_of_one_layer_that_differ_are_named() -> None:
    graph = trained("Dropout", {"rate": 0.5}, True, False)
    assert [node.params.get("training") for node in graph][1:] == [True, None]
    trained("Dropout", {"rate": 0.5}, True, True)


def test_what_keras_2_fixed_and_keras_3_does_not_is_named() -> None:
    inner = item("BatchNormalization", "norm", [["y", 0, 0, {"training": False}]], axis=[2])
    text = json.loads(
        model(
            item("InputLayer", "y", batch_input_shape=[None, 7, 5]),
            inner,
            inputs="y",
            outputs="norm",
        )
    )
    around = json.loads(
        model(
            item("InputLayer", "x", batch_input_shape=[None, 7, 5]),
            {**text, "name": "m", "inbound_nodes": [[["x", 0, 0, {"training": False}]]]},
            inputs="x",
            outputs="m",
        )
    )
    around["keras_version"] = "2.4.0"
    reading = read(json.dumps(around), "m.json")
    told = [found for found in reading.diagnostics if found.code == "keras.training"]
    assert [found.values["name"] for found in told] == ["m", "norm"]


def test_the_layer_inside_another_is_not_called_by_itself() -> None:
    with pytest.raises(Invalid) as caught:
        LAYERS["TimeDistributed"](layer={"type": "Dropout", "rate": 0.5, "training": True})
    assert caught.value.problem.code == "param.inner_call"


@pytest.mark.keras
def test_a_model_called_by_hand_heeds_a_fixed_mode() -> None:
    import keras

    from exporters.keras_model import build

    made = build(trained("Dropout", {"rate": 0.5}, True))
    ones = np.ones((4, 7, 5), "float32")
    assert (keras.ops.convert_to_numpy(made(ones)) == 0).any()


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus lies outside the repository")
def test_a_real_network_of_encoder_and_decoder_is_understood_whole() -> None:
    path = CORPUS / "deeplearning4j__model_seq2seq_5549.json"
    reading = read(path.read_bytes(), path.name)
    assert {told.code for told in reading.diagnostics} == {"keras.hard_sigmoid"}
    analysis = analyse(reading.graph)
    assert analysis.errors == []
    assert all(known.outputs for known in analysis.nodes.values())
    again = read(write(reading.graph, "keras_json"), "again.json")
    assert again.diagnostics == ()
    assert facts(again.graph) == facts(reading.graph)
