"""Operations between the layers of Keras models, in the spellings of tf.keras and of Keras 3: the
layers that take their places compute what NumPy does; what has none stays and is written back.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from exporters.format import Reading, read, write
from exporters.keras_weights.reading import read_model
from exporters.source import Source
from layers.analysis import analyse
from layers.diagnostics import GraphError
from tests.exporters.operation_models import EXACT, IMAGE, REST, X, Y, cut, cut_3, keras, tensorflow
from tests.exporters.test_keras_generations import layer as old_layer

KEPT: dict[str, str] = {
    "x[:, 4::-1]": tensorflow("__operators__.getitem", X, slice_spec=[cut(), cut(4, None, -1)]),
    "x turned with its batch": keras("Flip", X, axis=[0, 1]),
    "each sample twice": keras("Repeat", X, repeats=2, axis=0),
    "each value as often as a list says": keras("Repeat", X, repeats=[1, 2, 1, 1], axis=-1),
    "celu of another slope": keras("Celu", X, alpha=0.5),
    "a norm of the third order": keras("Norm", X, ord=3, axis=-1, keepdims=False),
    "normalized by amounts": keras("Normalize", X, axis=-1, order=1),
    "a product of one": keras("Einsum", X, subscripts="bij->bji"),
    "a column for each sample": keras("Add", X, [[[1.0] * 4] * 6] * 2),
    "words": keras("Add", X, [["a", "b"], ["c", "d"]]),
    "a table that does not fit": keras("Add", X, [[1.0, 2.0], [3.0, 4.0]]),
    "rows of several lengths": keras("Add", X, [[1.0, 2.0], [3.0]]),
    "a clip without an end": keras("Clip", X, 0.5, None),
    "joined along the batch": keras("Append", X, Y, axis=0),
    "zeros of another dtype": keras("ZerosLike", X, dtype="int32"),
    "a product by no equation": keras("Einsum", X, Y, subscripts=7),
    "divided by 0": keras("TrueDivide", X, 0.0),
    "a pad of a mode that is none": keras("Pad", X, [[0, 0], [1, 1], [0, 0]], mode=7),
    "a power of a number below 0": keras("Power", -2.0, X),
    "x[..., ::2]": tensorflow("__operators__.getitem", X, slice_spec=[REST, cut(None, None, 2)]),
    "x[0]": tensorflow("__operators__.getitem", X, slice_spec=0),
    "x[:, 9]": keras("GetItem", X, [cut_3(), 9]),
    "nothing of an open axis": keras("GetItem", X, [cut_3(), cut_3(0, 0)], of="open"),
    "x[:, 5:2]": keras("GetItem", X, [cut_3(), cut_3(5, 2)]),
    "an unheard-of one": tensorflow("math.bessel_i0", X),
    "the batch": keras("Mean", X, axis=0, keepdims=False),
    "another dtype": tensorflow("cast", X, dtype="int32"),
    "edges that are no zeros": tensorflow("pad", X, paddings=[[0, 0], [1, 1], [0, 0]], mode="edge"),
    "channels first": tensorflow("nn.bias_add", X, bias=[1.0], data_format="NCHW"),
    "a reshape of the batch": tensorflow("reshape", X, shape=[-1, 12]),
    "a whole transpose": keras("Transpose", X, axes=None),
    "no axis": keras("Squeeze", X, axis=None),
    "an axis of six": keras("Squeeze", X, axis=1),
    "a broadcast reshape": tensorflow("reshape", X, shape=[2, -1]),
    "nonsense": tensorflow("concat", X, axis="x"),
    "no list": keras("Tile", X, repeats=7),
    "a number for a tensor": tensorflow("nn.relu", ["_CONSTANT_VALUE", -1, 1.0], y=X),
    "a window of text": tensorflow("nn.max_pool2d", X, ksize="x", strides=1, padding="SAME"),
    "an unknown argument": keras("Relu", X, 3.0),
    "a maximum that starts at 0": keras("Max", X, axis=1, keepdims=False, initial=0.0),
    "corners of TensorFlow 1": tensorflow("compat.v1.image.resize", X, size=[4, 3], **IMAGE),
    "more axes than the tensor": tensorflow("math.add", X, y=[[[[1.0, 2.0, 3.0, 4.0]]]]),
    "channels first by name": tensorflow(
        "keras.backend.bias_add", X, bias=[1.0], data_format="channels_first"
    ),
    "somebody's own": tensorflow("mylib.add", X, y=2.0),
}


def shown(text: str) -> Reading:
    reading = read(text, "model.json")
    assert {item.code for item in reading.diagnostics} - {"keras.output_added"} == {
        "keras.operations"
    }
    assert not analyse(reading.graph).errors
    return reading


@pytest.mark.keras
@pytest.mark.parametrize("case", EXACT)
def test_layers_compute_what_an_operation_does(case: str) -> None:
    from exporters.keras_model import build

    text, function = EXACT[case]
    built = build(shown(text).graph)
    chance = np.random.default_rng(1)
    values = [
        chance.uniform(0.2, 2, (2, *tensor.shape[1:])) * chance.choice([-1, 1])
        for tensor in built.inputs
    ]
    if case.startswith("log"):
        values = [abs(value) for value in values]
    found = built([value.astype("float32") for value in values])
    found = found[0] if isinstance(found, list | tuple) else found
    np.testing.assert_allclose(np.asarray(found), function(*values), rtol=1e-5, atol=1e-6)


FAR: dict[str, tuple[str, list[float]]] = {
    "clip": (keras("Clip", X, x_min=-10, x_max=10.0), [10.0, -10.0, 1.0, -2.0]),
    "clip to limits the wrong way round": (keras("Clip", X, x_min=2.0, x_max=-1.0), [2.0] * 4),
    "maximum": (keras("Maximum", X, 0.5), [np.inf, 0.5, 1.0, 0.5]),
    "minimum": (keras("Minimum", X, -1.0), [-1.0, -np.inf, -1.0, -2.0]),
    "zeros_like": (keras("ZerosLike", X), [0.0] * 4),
    "normalize": (keras("Normalize", X, axis=1), [np.nan, np.nan, 6**-0.5, -(6**-0.5)]),
}


@pytest.mark.keras
@pytest.mark.parametrize("case", FAR)
def test_infinite_values_have_limits_and_become_no_others(case: str) -> None:
    """A clip behind a logarithm gets the logarithm of 0."""
    from exporters.keras_model import build

    text, expected = FAR[case]
    built = build(shown(text).graph)
    rows = np.tile(np.array([np.inf, -np.inf, 1, -2], "float32"), (3, 6, 1))
    found = built([rows for _ in built.inputs])
    found = found[0] if isinstance(found, list | tuple) else found
    np.testing.assert_allclose(np.asarray(found), np.tile(expected, (3, 6, 1)), rtol=1e-5)


@pytest.mark.parametrize("case", KEPT)
def test_what_no_layer_computes_stays_and_is_written_back(case: str) -> None:
    reading = read(KEPT[case], "model.json")
    assert [item.code for item in reading.diagnostics] == ["keras.unknown_layer"]
    assert [item.code for item in analyse(reading.graph).errors] == ["layer.unknown"]
    again = read(write(reading.graph, "keras_json"), "model.json")
    kinds = [[node.type for node in each.graph] for each in (reading, again)]
    assert kinds[0] == kinds[1]
    found = [
        next(node.params for node in each.graph if node.name == "op") for each in (reading, again)
    ]
    assert found[0] == found[1]


def test_the_size_of_the_batch_is_not_needed_for_a_reshape() -> None:
    """``tf.reshape(x, (tf.shape(x)[0], 24))``: what works the size out goes."""
    data = json.loads(tensorflow("reshape", X, shape=[["size", 0, 0], 24]))
    for name, function, call in (
        ("shapes", "compat.v1.shape", [*X, {"out_type": "int32"}]),
        ("size", "__operators__.getitem", ["shapes", 0, 0, {"slice_spec": 0}]),
    ):
        kind = "TFOpLambda" if name == "shapes" else "SlicingOpLambda"
        item = {"class_name": kind, "config": {"name": name, "function": function}, "name": name}
        data["config"]["layers"].insert(-1, {**item, "inbound_nodes": [call]})
    reading = shown(json.dumps(data))
    assert sorted(node.type for node in reading.graph) == ["Flatten", "InputLayer", "InputLayer"]


def test_an_operation_of_an_hdf5_file_is_none_of_the_layers_of_its_name() -> None:
    """Keras 3 leaves the module out there."""
    data = json.loads(keras("Add", X, 2.0))
    item = data["config"]["layers"][-1]
    del item["module"]
    found = read_model(json.dumps(data), "3.9.0", Source(b"x", "model.h5")).network
    assert sorted(node.type for node in found.graph) == ["InputLayer", "InputLayer", "Rescaling"]
    item["config"]["trainable"] = True
    item["inbound_nodes"][0]["args"].pop()
    found = read_model(json.dumps(data), "3.9.0", Source(b"x", "model.h5")).network
    assert sorted(node.type for node in found.graph) == ["Add", "InputLayer", "InputLayer"]


@pytest.mark.parametrize(
    ("kind", "config"), [("NotEqual", {"y": 0.0}), ("ZerosLike", {"dtype": "float32"})]
)
def test_operations_of_an_hdf5_file_may_say_their_dtype_and_compute_masks(
    kind: str, config: dict[str, Any]
) -> None:
    data = json.loads(keras(kind, X, **config))
    del data["config"]["layers"][-1]["module"]
    found = read_model(json.dumps(data), "3.9.0", Source(b"x", "model.h5")).network
    kinds = {node.type for node in found.graph} - {"InputLayer"}
    zeros = {"ReLU", "Rescaling"}
    assert kinds == (zeros if kind == "ZerosLike" else {"keras.src.ops.numpy.NotEqual"})


def test_an_operation_has_no_more_outputs_than_it_gives() -> None:
    data = json.loads(keras("Relu", X))
    data["config"]["output_layers"] = [["op", 0, 7]]
    reading = read(json.dumps(data), "model.json")
    assert "keras.unknown_layer" in [item.code for item in reading.diagnostics]


@pytest.mark.parametrize("form", ["keras_json", "keras2_json", "keras", "keras_h5"])
@pytest.mark.parametrize(
    ("place", "codes"), [(["x", 0, 7], ["input.port"]), (["stated", 0, 7], [])]
)
def test_what_is_kept_on_an_output_that_is_none_is_named_or_kept(
    place: list[Any], codes: list[str], form: str
) -> None:
    data = json.loads(tensorflow("math.bessel_i0", place))
    stated = old_layer("Odd", name="stated", output_shape=[3]) | {"inbound_nodes": [[[*X, {}]]]}
    data["config"]["layers"].insert(-1, stated | {"name": "stated"})
    graph = read(json.dumps(data), "model.json").graph
    found = [item.code for item in analyse(graph).errors if item.code != "layer.unknown"]
    assert found == codes
    if not codes:
        assert write(graph, form)
        return
    with pytest.raises(GraphError) as caught:
        write(graph, form)
    assert [item.code for item in caught.value.diagnostics] == codes


def test_operations_that_become_too_many_layers_are_refused_at_once() -> None:
    data = json.loads(keras("Logsumexp", X, axis=1, keepdims=True))
    *first, last = data["config"]["layers"]
    chain, before = [], "x"
    for number in range(3_000):
        text = json.dumps(last).replace('"op"', f'"op{number}"')
        chain.append(json.loads(text.replace('"x", 0, 0', f'"{before}", 0, 0')))
        before = f"op{number}"
    data["config"] |= {"layers": [*first, *chain], "output_layers": [[before, 0, 0]]}
    with pytest.raises(GraphError) as caught:
        read(json.dumps(data), "model.json")
    assert [item.code for item in caught.value.diagnostics] == ["graph.too_large"]


def test_whole_numbers_become_numbers_with_fractions() -> None:
    data = json.loads(keras("Cast", X, dtype="float32"))
    data["config"]["layers"][0]["config"]["dtype"] = "uint8"
    graph = shown(json.dumps(data)).graph
    (node,) = (node for node in graph if node.type == "Rescaling")
    (tensor,) = analyse(graph).nodes[node.id].outputs or ()
    assert (tensor.dtype, node.params["scale"]) == ("float32", 1.0)


def test_operations_do_not_hand_masks_on() -> None:
    item = old_layer("Masking", name="mask", mask_value=0.0) | {"inbound_nodes": [[[*X, {}]]]}
    data = json.loads(tensorflow("__operators__.add", ["mask", 0, 0], y=Y))
    data["config"]["layers"].insert(-1, item | {"name": "mask"})
    reading = read(json.dumps(data), "model.json")
    assert [item.code for item in reading.diagnostics] == ["keras.unknown_layer"]


def test_parts_that_are_not_used_need_no_layers() -> None:
    data = json.loads(tensorflow("unstack", X, axis=1))
    data["config"]["output_layers"] = [["op", 0, 2], ["op", 0, 5]]
    reading = shown(json.dumps(data))
    kinds = [node.type for node in reading.graph]
    assert sorted(kinds) == ["InputLayer", "InputLayer", "Reshape", "Reshape", "Slice"]
