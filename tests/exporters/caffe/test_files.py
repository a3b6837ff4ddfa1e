"""Files of Caffe in every syntax, whole and broken."""

from __future__ import annotations

import random
import time
from contextlib import suppress

import numpy as np
import pytest

from exporters.caffe.text import Fields, Quoted, parse, text_of
from exporters.caffe.wire import decode, encode
from exporters.format import attach, formats, read, read_source, write
from exporters.source import Source
from exporters.weights import is_complete
from exporters.zoo import zoo
from layers.analysis import analyse
from layers.diagnostics import GraphError
from layers.edits import SetParams, apply
from tests.exporters.caffe.judge import measured
from tests.exporters.caffe.test_computed import FILES, HEAD, layer
from tests.exporters.caffe.test_kept import KEPT
from tests.exporters.judging import computed, random_inputs, random_weights

LIMIT_S = 5.0
V1 = """
name: "old"
input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
layers { name: "conv" type: CONVOLUTION bottom: "data" top: "conv" blobs_lr: 1 blobs_lr: 2
  weight_decay: 1 weight_decay: 0 convolution_param { num_output: 4 kernel_size: 3 } }
layers { name: "relu" type: RELU bottom: "conv" top: "conv" }
layers { name: "fc" type: INNER_PRODUCT bottom: "conv" top: "fc"
  inner_product_param { num_output: 2 } }
layers { name: "loss" type: SOFTMAX_LOSS bottom: "fc" top: "loss" }
"""
V0 = """
input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
layers { layer { name: "conv" type: "conv" num_output: 4 kernelsize: 3 biasterm: false }
  bottom: "data" top: "conv" }
layers { layer { name: "pool" type: "pool" pool: AVE kernelsize: 2 stride: 2 }
  bottom: "conv" top: "pool" }
"""
PHASES = """
layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TRAIN }
  data_param { source: "train" batch_size: 4 } transform_param { crop_size: 8 mirror: true } }
layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TEST }
  data_param { source: "test" batch_size: 2 } transform_param { crop_size: 8 } }
layer { name: "norm" type: "BatchNorm" bottom: "data" top: "norm" include { phase: TRAIN }
  batch_norm_param { use_global_stats: false } }
layer { name: "norm" type: "BatchNorm" bottom: "data" top: "norm" include { phase: TEST }
  batch_norm_param { use_global_stats: true } }
layer { name: "fc" type: "InnerProduct" bottom: "norm" top: "fc"
  inner_product_param { num_output: 3 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss"
  loss_weight: 0.5 }
layer { name: "accuracy" type: "Accuracy" bottom: "fc" bottom: "label" top: "accuracy"
  accuracy_param { top_k: 2 } include { phase: TEST } }
"""
FORK = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "odd" type: "ShuffleMyChannels" bottom: "x" top: "odd"
  shuffle_param { group: 3 way: ODD note: "a \\"b\\"" list: [1, 2] } }
layer { name: "py" type: "Python" bottom: "odd" top: "py"
  python_param { module: "os" layer: "system" param_str: "rm" } }
"""


def test_v1_is_read() -> None:
    graph = read(V1, "net.prototxt").graph
    kinds = [node.type for node in graph.nodes.values()]
    assert kinds == ["InputLayer", "Conv2D", "ReLU", "Flatten", "Dense", "SoftmaxWithLoss"]
    assert not analyse(graph).errors


def test_v0_is_read() -> None:
    graph = read(V0, "net.prototxt").graph
    assert [node.type for node in graph.nodes.values()] == [
        "InputLayer",
        "Conv2D",
        "AveragePooling2D",
    ]
    assert graph.nodes["n1"].params["use_bias"] is False


def test_phases_are_kept_and_equal_twins_are_one() -> None:
    graph = read(PHASES, "net.prototxt").graph
    phases = {node.name: node.phase for node in graph.nodes.values()}
    assert phases == {
        "data": "train",
        "data_1": "test",
        "norm": "both",
        "fc_flatten": "both",
        "fc": "both",
        "loss": "both",
        "accuracy": "test",
    }
    again = write(graph, "caffe_prototxt")
    assert again.count(b'top: "label"') == 0
    assert read(again, "net.prototxt").graph == graph


def test_layers_of_forks_are_kept_as_text() -> None:
    reading = read(FORK, "net.prototxt")
    node = reading.graph.nodes["n1"]
    assert node.type == "caffe.ShuffleMyChannels"
    kept = parse(node.params["text"])["shuffle_param"][0]
    assert kept == {"group": ["3"], "way": ["ODD"], "note": [Quoted('a "b"')], "list": ["1", "2"]}
    assert [note.code for note in reading.diagnostics] == ["caffe.unknown_layer"] * 2
    assert read(write(reading.graph, "caffe_prototxt"), "net.prototxt").graph == reading.graph


NO_SIZES = """
layer { name: "pair" type: "Data" top: "pair" top: "label" data_param { source: "pairs" } }
layer { name: "cut" type: "Slice" bottom: "pair" top: "data" top: "other"
  slice_param { slice_point: 1 } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  param { name: "w" } param { name: "b" } convolution_param { num_output: 4 kernel_size: 3 pad: 1
  stride: 2 } }
layer { name: "fc" type: "InnerProduct" bottom: "conv" top: "fc"
  inner_product_param { num_output: 2 } }
layer { name: "conv_p" type: "Convolution" bottom: "other" top: "conv_p"
  param { name: "w" } param { name: "b" } convolution_param { num_output: 4 kernel_size: 3 pad: 1
  stride: 2 } }
layer { name: "flat" type: "Flatten" bottom: "conv_p" top: "flat" }
layer { name: "odd" type: "MyLayer" bottom: "flat" top: "odd" }
layer { name: "sum" type: "Eltwise" bottom: "fc" bottom: "odd" top: "sum" }
"""


def test_networks_whose_data_have_no_size_survive() -> None:
    graph = read(NO_SIZES, "net.prototxt").graph
    assert sum(node.shares is not None for node in graph) == 1
    assert read(write(graph, "caffe_prototxt"), "net.prototxt").graph == graph


MULTIPLIED = (
    HEAD
    + layer(
        "Convolution",
        "param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 }"
        " convolution_param { num_output: 3 kernel_size: 1 }",
        top="a",
    )
    + layer("BatchNorm", "", "a", "b")
    + layer("Scale", "param { decay_mult: 0 } param { decay_mult: 3 } scale_param {"
            " bias_term: true }", "b", "c")
    + layer("PReLU", "param { decay_mult: 2 }", "c", "d")
    + layer("InnerProduct", "param { lr_mult: 0 } param { lr_mult: 0 }"
            " inner_product_param { num_output: 3 }", "d", "e")
    + layer("InnerProduct", "param { } param { decay_mult: 1 }"
            " inner_product_param { num_output: 3 }", "e", "f")
)  # fmt: skip


def test_stated_decays_are_penalties_and_survive() -> None:
    reading = read(MULTIPLIED, "net.prototxt")
    assert {note.code: note.values["count"] for note in reading.diagnostics} == {
        "caffe.multipliers": 1,
        "caffe.decays": 4,
    }
    rates, decays = (note.message for note in reading.diagnostics)
    assert rates.startswith("1 layer has a learning rate of its own;")
    assert decays.startswith("4 layers state how strongly their weights decay: they have L2")
    found = {
        (node.name, name): penalty["l2"]
        for node in reading.graph
        for name, penalty in node.params.items()
        if name.endswith("_regularizer") and penalty
    }
    assert found == {
        ("a", "kernel_regularizer"): 0.00025,
        ("a", "bias_regularizer"): 0,
        ("b", "gamma_regularizer"): 0,
        ("b", "beta_regularizer"): 0.00075,
        ("d", "alpha_regularizer"): 0.0005,
        ("f", "bias_regularizer"): 0.00025,
    }
    text = write(reading.graph, "caffe_prototxt").decode()
    assert read(text, "net.prototxt").graph == reading.graph
    losses = formats()["caffe_prototxt"].losses(reading.graph)
    assert [note.code for note in losses] == ["caffe.written_decays"]


def test_penalties_that_caffe_has_not_are_told() -> None:
    graph = read(V1, "net.prototxt").graph
    graph = apply(
        graph,
        [SetParams("n1", {"kernel_regularizer": {"type": "L1"}, "bias_constraint": "NonNeg"})],
    )
    found = formats()["caffe_prototxt"].losses(graph)
    assert {note.values.get("param") for note in found} >= {"kernel_regularizer", "bias_constraint"}


IMAGE = 'input: "data" input_dim: 1 input_dim: 3 input_dim: 1 input_dim: 1 # set when it runs\n'
ODD = {
    "engines of forks": HEAD
    + layer("Convolution", "convolution_param { num_output: 4 kernel_size: 3 engine: MKLDNN }")
    + layer("ReLU", "relu_param { engine: MKL2017 }", "out", "relu"),
    "a list of messages": HEAD
    + layer(
        "Convolution",
        "param: [{ lr_mult: 0 }, { lr_mult: 0 }]"
        " convolution_param: < num_output: 4, kernel_size: 3 >;",
    ),
    "a size that is set later": IMAGE
    + layer("Convolution", "convolution_param { num_output: 4 kernel_size: 3 stride: 2 }")
    + layer("Pooling", "pooling_param { kernel_size: 2 stride: 2 }", "out", "pool")
    + layer("Concat", "", "pool pool", "both"),
    "factors within the norm": HEAD
    + layer("BatchNorm", "batch_norm_param { scale_bias: true eps: 0.001 }"),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("name", ODD)
def test_what_others_write_is_read_and_survives(name: str, encoding: str) -> None:
    source = Source((ODD[name] + "# \u6ce8\u91ca\n").encode(encoding), "net.prototxt")
    reading = read_source(source)
    assert not [node.type for node in reading.graph if node.type.startswith("caffe.")]
    assert not reading.diagnostics
    again = write(reading.graph, "caffe_prototxt")
    assert read(again, "net.prototxt").graph == reading.graph


def test_a_solver_is_no_network_and_its_refusal_says_what_to_do() -> None:
    with pytest.raises(GraphError, match="solver") as caught:
        read('net: "a.prototxt"\nbase_lr: 0.1\nmax_iter: 10', "solver.prototxt")
    assert "--recipe" in caught.value.diagnostics[0].hint


def test_text_is_the_inverse_of_parsing() -> None:
    for content in (V1, V0, PHASES, FORK):
        assert parse(text_of(parse(content))) == parse(content)


@pytest.mark.parametrize("key", ["shape", "legacy"])
@pytest.mark.parametrize("kind", ["packed", "unpacked", "double"])
def test_weights_are_read_from_every_encoding(key: str, kind: str) -> None:
    values = np.arange(6, dtype="<f4")
    name, array = ("double_data", values.astype("<f8")) if kind == "double" else ("data", values)
    blob: Fields = {name: [array]} if kind != "unpacked" else {}
    dims: Fields = {"shape": [{"dim": [2, 3]}]}
    if key == "legacy":
        dims = {"num": [1], "channels": [1], "height": [2], "width": [3]}
    data = encode({**blob, **dims}, "BlobProto")
    if kind == "unpacked":
        data += b"".join(b"\x2d" + value.tobytes() for value in values)
    fields = encode({"name": [Quoted("fc")], "type": [Quoted("InnerProduct")]}, "LayerParameter")
    # Field 7 of a layer, 100 of a network.
    whole = fields + b"\x3a" + bytes([len(data)]) + data
    graph = read(
        'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 } } }\n'
        + layer(
            "InnerProduct", "inner_product_param { num_output: 2 bias_term: false }", "x", "fc"
        ),
        "net.prototxt",
    ).graph
    fitted = attach(Source(b"\xa2\x06" + bytes([len(whole)]) + whole, "net.caffemodel"), graph)
    np.testing.assert_array_equal(fitted.weights["n1"]["kernel"], values.reshape(2, 3).T)


def test_the_factor_of_a_batch_norm_divides() -> None:
    graph = read(HEAD + layer("BatchNorm"), "net.prototxt").graph
    text = read(HEAD + layer("BatchNorm"), "net.prototxt").graph
    data = decode(write(text, "caffe_model", random_weights(graph)))
    blobs = data["layer"][1]["blobs"]
    mean = blobs[0]["data"][0].copy()
    blobs[2]["data"] = [np.array([4.0], "<f4")]
    fitted = attach(Source(encode(data), "net.caffemodel"), graph)
    np.testing.assert_allclose(fitted.weights["n1"]["moving_mean"], mean / 4, rtol=1e-6)


@pytest.mark.keras
@pytest.mark.parametrize("name", sorted(zoo().keys() - {"lstm"}))
def test_networks_of_the_zoo_compute_the_same_in_opencv(name: str) -> None:
    graph = zoo()[name].graph
    weights, inputs = random_weights(graph), random_inputs(graph)
    ours, theirs = computed(graph, weights, inputs), measured(graph, weights, inputs)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other.reshape(one.shape), atol=1e-4, rtol=1e-3)


def test_weights_attach_to_a_network_that_is_there() -> None:
    graph = zoo()["cnn"].graph
    weights = random_weights(graph)
    fitted = attach(Source(write(graph, "caffe_model", weights), "net.caffemodel"), graph)
    assert fitted.diagnostics == ()
    assert is_complete(graph, fitted.weights)
    for identity, arrays in weights.items():
        for key, array in arrays.items():
            np.testing.assert_allclose(fitted.weights[identity][key], array)


def test_what_caffe_cannot_say_is_said_by_node() -> None:
    with pytest.raises(GraphError) as caught:
        write(zoo()["lstm"].graph, "caffe_prototxt")
    assert {item.code for item in caught.value.diagnostics} == {"caffe.inexpressible"}
    assert all(item.node for item in caught.value.diagnostics)


def mutated(content: bytes, chance: random.Random) -> bytes:
    data = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        place, size = chance.randrange(len(data)), chance.randint(1, 12)
        match chance.randrange(4):
            case 0:
                del data[place : place + size]
            case 1:
                data[place : place + size] = chance.randbytes(size)
            case 2:
                other = chance.randrange(len(data))
                data[place:place] = data[other : other + size]
            case _:
                data[place : place + 1] = chance.choice([b"{", b"}", b"-1", b"99999999999", b'"'])
        if not data:
            return b"x"
    return bytes(data)


@pytest.mark.parametrize("seed", range(4))
def test_broken_files_are_read_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    texts = [V1, V0, PHASES, FORK, *(HEAD + content for content in FILES.values())]
    texts += [HEAD + content for content, _ in KEPT.values()]
    graph = read(HEAD + FILES["batch norm"], "net.prototxt").graph
    models = [write(graph, "caffe_model", random_weights(graph))]
    for number in range(100):
        if number % 3:
            source = Source(mutated(chance.choice(texts).encode(), chance), "net.prototxt")
        else:
            source = Source(mutated(chance.choice(models), chance), "net.caffemodel")
        began = time.process_time()
        for action in (lambda s=source: read_source(s), lambda s=source: attach(s, graph)):
            # Anything but a diagnosis would come through.
            with suppress(GraphError):
                action()
        assert time.process_time() - began < LIMIT_S


@pytest.mark.parametrize(
    "content",
    [
        "layer {" * 10_000,
        "layer { name: ",
        'layer { name: "a" type: "ReLU" bottom: "nobody" top: "a" }',
        "layer { name: 5 type: 6 }",
        "layer: 5",
        'layer { type: "Convolution" bottom: "x" top: "x" convolution_param: 7 }',
        HEAD + layer("Convolution", "convolution_param { num_output: -1 kernel_size: 3 }"),
    ],
)
def test_bad_text_is_refused(content: str) -> None:
    with pytest.raises(GraphError) as caught:
        read(content, "net.prototxt")
    assert all(item.severity == "error" for item in caught.value.diagnostics)
