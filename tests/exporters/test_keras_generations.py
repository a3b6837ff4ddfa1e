"""The same networks as Keras 1, 2 and 3 spell them: one row for each spelling."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exporters.format import read, write
from layers.analysis import analyse

Config = dict[str, Any]


def layer(kind: str, name: str = "it", /, **config: Any) -> Config:
    return {"class_name": kind, "config": {"name": name, **config}}


def sequential(*layers: Config, version: str | None = "1.2.2") -> Config:
    model: Config = {"class_name": "Sequential", "config": list(layers)}
    return model | ({"keras_version": version} if version else {})


def called(item: Config, *sources: str) -> Config:
    """The layer in a functional model."""
    calls = [[[source, 0, 0] for source in sources]] if sources else []
    return {**item, "name": item["config"]["name"], "inbound_nodes": calls}


def functional(*items: Config, inputs: str, outputs: str, version: str = "1.2.2") -> Config:
    ends = {
        "input_layers": [[name, 0, 0] for name in inputs.split()],
        "output_layers": [[name, 0, 0] for name in outputs.split()],
    }
    config = {"name": "model_1", "layers": list(items), **ends}
    return {"class_name": "Model", "config": config, "keras_version": version}


L2 = {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.5}

LAYERS_1: list[tuple[Config, list[int | None], str, Config, int]] = [
    (
        layer("Dense", output_dim=4, init="he_normal", bias=False, W_regularizer=L2, input_dim=3),
        [None, 3],
        "Dense",
        {
            "units": 4,
            "use_bias": False,
            "kernel_regularizer": {"type": "L1L2", "l1": 0.0, "l2": 0.5},
            "kernel_initializer": {
                "type": "VarianceScaling",
                "scale": 2.0,
                "mode": "fan_in",
                "distribution": "untruncated_normal",
                "seed": None,
            },
        },
        12,
    ),
    (
        layer("Dense", output_dim=4, W_constraint={"name": "MaxNorm", "m": 3, "axis": 0}),
        [None, 3],
        "Dense",
        {"kernel_constraint": {"type": "MaxNorm", "max_value": 3, "axis": 0}},
        16,
    ),
    (layer("TimeDistributedDense", output_dim=4), [None, 5, 3], "Dense", {"units": 4}, 16),
    *(
        (
            layer(f"ZeroPadding{space}D", padding=padding),
            [None, *[5] * space, 3],
            f"ZeroPadding{space}D",
            {"padding": expected},
            0,
        )
        for space, padding, expected in (
            (1, {"left_pad": 1, "right_pad": 2}, [1, 2]),
            (2, [1, 2], [1, 1, 2, 2]),
            (2, [1, 2, 3, 4], [1, 2, 3, 4]),
            (2, [[1, 2], [3, 4]], [1, 2, 3, 4]),
            (2, {"top_pad": 1, "right_pad": 2}, [1, 0, 0, 2]),
            (3, [1, 2, 3], [1, 1, 2, 2, 3, 3]),
        )
    ),
    (
        layer(
            "Convolution1D", nb_filter=2, filter_length=3, subsample_length=2, border_mode="same"
        ),
        [None, 8, 3],
        "Conv1D",
        {"filters": 2, "kernel_size": [3], "strides": [2], "padding": "same"},
        20,
    ),
    (
        layer("AtrousConvolution1D", nb_filter=2, filter_length=3, atrous_rate=2),
        [None, 8, 3],
        "Conv1D",
        {"dilation_rate": [2]},
        20,
    ),
    (
        layer(
            "Convolution2D",
            nb_filter=2,
            nb_row=3,
            nb_col=2,
            subsample=[2, 1],
            border_mode="valid",
            dim_ordering="tf",
        ),
        [None, 8, 8, 3],
        "Conv2D",
        {"kernel_size": [3, 2], "strides": [2, 1], "padding": "valid"},
        38,
    ),
    (
        layer("AtrousConvolution2D", nb_filter=2, nb_row=3, nb_col=3, atrous_rate=[2, 2]),
        [None, 8, 8, 3],
        "Conv2D",
        {"dilation_rate": [2, 2]},
        56,
    ),
    (
        layer("SeparableConvolution2D", nb_filter=2, nb_row=3, nb_col=3, init="uniform"),
        [None, 8, 8, 3],
        "SeparableConv2D",
        {"filters": 2},
        35,
    ),
    (
        layer("Deconvolution2D", nb_filter=2, nb_row=3, nb_col=3, subsample=[2, 2]),
        [None, 8, 8, 3],
        "Conv2DTranspose",
        {"strides": [2, 2]},
        56,
    ),
    (
        layer("Convolution3D", nb_filter=2, kernel_dim1=1, kernel_dim2=2, kernel_dim3=3),
        [None, 5, 5, 5, 3],
        "Conv3D",
        {"kernel_size": [1, 2, 3]},
        38,
    ),
    (
        layer("LocallyConnected2D", nb_filter=3, nb_row=3, nb_col=3, dim_ordering="tf"),
        [None, 6, 5, 2],
        "LocallyConnected2D",
        {"filters": 3},
        684,
    ),
    (
        layer("MaxPooling1D", pool_length=3, stride=2, border_mode="same"),
        [None, 8, 3],
        "MaxPooling1D",
        {"pool_size": [3], "strides": [2], "padding": "same"},
        0,
    ),
    (
        layer("AveragePooling2D", pool_size=[2, 3], strides=[1, 1], border_mode="same"),
        [None, 8, 8, 3],
        "AveragePooling2D",
        {"pool_size": [2, 3], "strides": [1, 1], "padding": "same"},
        0,
    ),
    (layer("UpSampling1D", length=3), [None, 8, 3], "UpSampling1D", {"size": [3]}, 0),
    (layer("Dropout", p=0.3), [None, 8], "Dropout", {"rate": 0.3}, 0),
    (layer("SpatialDropout2D", p=0.3), [None, 8, 8, 3], "SpatialDropout2D", {"rate": 0.3}, 0),
    (layer("GaussianNoise", sigma=0.3), [None, 8], "GaussianNoise", {"stddev": 0.3}, 0),
    (layer("GaussianDropout", p=0.3), [None, 8], "GaussianDropout", {"rate": 0.3}, 0),
    (
        layer(
            "LSTM",
            output_dim=4,
            inner_activation="sigmoid",
            dropout_W=0.1,
            dropout_U=0.2,
            forget_bias_init="zero",
            consume_less="gpu",
            inner_init="orthogonal",
        ),
        [None, 8, 3],
        "LSTM",
        {
            "units": 4,
            "recurrent_activation": "sigmoid",
            "dropout": 0.1,
            "recurrent_dropout": 0.2,
            "unit_forget_bias": False,
            "recurrent_initializer": {"type": "Orthogonal", "gain": 1.1, "seed": None},
        },
        128,
    ),
    (
        layer("GRU", output_dim=4, inner_activation="sigmoid", return_sequences=True),
        [None, 8, 3],
        "GRU",
        {"reset_after": False, "return_sequences": True},
        96,
    ),
    (layer("SimpleRNN", output_dim=4), [None, 8, 3], "SimpleRNN", {"units": 4}, 32),
    (
        layer("Embedding", input_dim=10, output_dim=4, init="uniform", input_length=5, dropout=0.0),
        [None, 5],
        "Embedding",
        {"input_dim": 10, "output_dim": 4},
        40,
    ),
    (
        layer("BatchNormalization", mode=0, axis=-1, epsilon=1e-5, beta_init="zero"),
        [None, 8],
        "BatchNormalization",
        {"epsilon": 1e-5},
        32,
    ),
    (layer("PReLU", init="one", shared_axes=[1]), [None, 5, 3], "PReLU", {"shared_axes": [1]}, 3),
    (layer("LeakyReLU", alpha=0.3), [None, 3], "LeakyReLU", {"negative_slope": 0.3}, 0),
    (layer("RepeatVector", n=3), [None, 3], "RepeatVector", {"n": 3}, 0),
    (layer("Permute", dims=[2, 1]), [None, 3, 4], "Permute", {"dims": [2, 1]}, 0),
    (layer("ThresholdedReLU", theta=0.5), [None, 3], "ThresholdedReLU", {"theta": 0.5}, 0),
    (
        layer("TimeDistributed", layer=layer("Dense", "d", output_dim=4)),
        [None, 5, 3],
        "TimeDistributed",
        {},
        16,
    ),
    (
        layer(
            "Bidirectional",
            layer=layer("LSTM", "d", output_dim=4, inner_activation="sigmoid"),
            merge_mode="sum",
        ),
        [None, 5, 3],
        "Bidirectional",
        {"merge_mode": "sum"},
        256,
    ),
]


@pytest.mark.parametrize("version", ["1.2.2", None, "2.1.0", "3.0"])
@pytest.mark.parametrize("row", LAYERS_1, ids=lambda row: f"{row[0]['class_name']}-{row[4]}")
def test_a_layer_of_keras_1_is_read_exactly(
    row: tuple[Config, list[int | None], str, Config, int], version: str | None
) -> None:
    item, shape, kind, params, weights = row
    first = {**item, "config": {"batch_input_shape": shape, **item["config"]}}
    # What makes a file one of Keras 1, where its version is missing or wrong.
    mark = layer("Dropout", "mark", p=0.5)
    reading = read(json.dumps(sequential(first, mark, version=version)))
    assert reading.diagnostics == ()
    node = list(reading.graph)[1]
    assert node.type == kind
    assert {key: node.params[key] for key in params} == params
    analysis = analyse(reading.graph)
    assert analysis.errors == []
    assert analysis.totals.weights == weights


MERGED = {
    "sum": ("Add", {}),
    "mul": ("Multiply", {}),
    "ave": ("Average", {}),
    "max": ("Maximum", {}),
    "concat": ("Concatenate", {"axis": -1}),
    "dot": ("Dot", {"axes": [1, 1], "normalize": False}),
    "cos": ("Dot", {"axes": [1, 1], "normalize": True}),
}


def merge(mode: str, **config: Any) -> Config:
    return layer("Merge", "merge", mode=mode, concat_axis=-1, dot_axes=[1, 1], **config)


@pytest.mark.parametrize("mode", MERGED)
def test_a_merge_is_the_layer_of_its_mode(mode: str) -> None:
    kind, params = MERGED[mode]
    x = called(layer("InputLayer", "x", batch_input_shape=[None, 3]))
    y = called(layer("InputLayer", "y", batch_input_shape=[None, 3]))
    model = functional(x, y, called(merge(mode), "x", "y"), inputs="x y", outputs="merge")
    left = layer("Dense", "left", output_dim=3, batch_input_shape=[None, 2])
    right = layer("Dense", "right", output_dim=3, input_dim=4)
    branches = [sequential(left, version=None), sequential(right, version=None)]
    chain = sequential(merge(mode, layers=branches), layer("Dense", "end", output_dim=1))
    for config in (model, chain):
        reading = read(json.dumps(config))
        assert reading.diagnostics == ()
        (node,) = (node for node in reading.graph if node.name == "merge")
        assert (node.type, dict(node.params)) == (kind, params)
        assert analyse(reading.graph).errors == []
        assert len(reading.graph.inputs) == 2


KERAS_1 = {
    "chain": sequential(
        layer("Dense", "one", output_dim=3, batch_input_shape=[None, 4]),
        layer("Dropout", "two", p=0.25),
    ),
    "branches": sequential(
        merge(
            "sum",
            layers=[
                sequential(layer("Dense", "a", output_dim=3, input_dim=2)),
                sequential(layer("Dense", "b", output_dim=3, input_dim=2)),
            ],
        )
    ),
    "lambda": sequential(
        layer("Lambda", "program", function="c\x00\x01", batch_input_shape=[None, 3]),
        layer("Dense", "end", output_dim=3),
    ),
}


def test_a_program_in_a_file_is_kept_as_it_is_and_never_run() -> None:
    reading = read(json.dumps(KERAS_1["lambda"]))
    assert [found.code for found in reading.diagnostics] == ["keras.unknown_layer"]
    written = json.loads(write(reading.graph, "keras_json"))
    (item,) = (item for item in written["config"]["layers"] if item["class_name"] == "Lambda")
    assert item["config"]["function"] == "c\x00\x01"


TF_KERAS: list[tuple[Config, str, Config]] = [
    (layer("CuDNNLSTM", units=4), "LSTM", {"recurrent_activation": "sigmoid"}),
    (layer("CuDNNGRU", units=4), "GRU", {"reset_after": True}),
    (layer("GRU", units=4), "GRU", {"reset_after": False}),
    (layer("BatchNormalizationV1", axis=[2]), "BatchNormalization", {"axis": 2}),
    (layer("SyncBatchNormalization"), "BatchNormalization", {"synchronized": True}),
    (layer("LeakyReLU", alpha=0.25), "LeakyReLU", {"negative_slope": 0.25}),
    (layer("Activation", activation="swish"), "Activation", {"activation": "silu"}),
    (layer("Conv1D", filters=2, kernel_size=[2], groups=1), "Conv1D", {"groups": 1}),
    (layer("DepthwiseConv1D", kernel_size=[2], groups=1), "DepthwiseConv1D", {}),
    (
        layer("LocallyConnected1D", filters=2, kernel_size=[2], implementation=1, padding="valid"),
        "LocallyConnected1D",
        {"filters": 2},
    ),
]


@pytest.mark.parametrize("row", TF_KERAS, ids=lambda row: row[0]["class_name"])
def test_a_layer_of_keras_2_is_read_exactly(row: tuple[Config, str, Config]) -> None:
    item, kind, params = row
    first = {**item, "config": {"batch_input_shape": [None, 6, 3], **item["config"]}}
    model = {"class_name": "Sequential", "config": {"name": "s", "layers": [first]}}
    for file in (
        model,
        {"model_config": model, "keras_version": "2.3.1", "backend": "tensorflow"},
        {"format": "layers-model", "modelTopology": {"model_config": model}},
        {"modelTopology": {**model, "keras_version": "tfjs-layers 1.3.2"}},
    ):
        reading = read(json.dumps(file))
        assert reading.diagnostics == ()
        node = list(reading.graph)[1]
        assert node.type == kind
        assert {key: node.params[key] for key in params} == params
        assert analyse(reading.graph).errors == []


def test_hard_sigmoid_of_older_generations_is_told() -> None:
    for item in (
        layer("LSTM", output_dim=2, inner_activation="hard_sigmoid", input_dim=3),
        layer("LSTM", units=2, recurrent_activation="hard_sigmoid"),
    ):
        config = {"batch_input_shape": [None, 4, 3], **item["config"]}
        reading = read(json.dumps(sequential({**item, "config": config}, version=None)))
        assert [found.code for found in reading.diagnostics] == ["keras.hard_sigmoid"]
