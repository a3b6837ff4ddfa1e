"""Keras is the judge of every layer and every example: shapes, dtypes, weights, refusals."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import Any

import pytest

from layers.diagnostics import Invalid
from layers.layer import LAYERS, Example, Layer
from layers.tensor import Tensor
from tests.layers.test_catalog import BUILT

pytestmark = pytest.mark.keras


def keras_layer(layer: type[Layer], params: dict[str, Any]) -> Any:
    """The same layer in Keras, through its own configuration."""
    import keras

    from exporters.keras_config import to_config
    from exporters.keras_model import keras_class

    made = layer(**params)
    return keras_class(keras, layer).from_config(to_config(made, "judged"))


def called(
    layer: type[Layer], params: Mapping[str, Any], theirs: Any, values: list[Any], **further: Any
) -> Any:
    """What the Keras layer gives for inputs, handed over as it wants them."""
    inputs = [Tensor(tuple(value.shape), str(value.dtype)) for value in values]
    by_position, by_name = layer(**params).arguments(values, inputs)
    return theirs(*by_position, **by_name | further)


@pytest.mark.parametrize(("layer", "example"), BUILT)
def test_keras_agrees_on_shapes_dtypes_and_weights(layer: type[Layer], example: Example) -> None:
    import keras

    ours = layer(**example.params)
    theirs = keras_layer(layer, dict(example.params))
    expected = ours.output(*example.inputs)
    if layer.max_inputs == 0:
        batch, *shape = theirs.batch_shape
        assert (Tensor((batch, *shape), theirs.dtype),) == (expected,)
        return
    tensors = [
        keras.KerasTensor(tensor.shape, dtype=tensor.dtype, name=f"input_{index}")
        for index, tensor in enumerate(example.inputs)
    ]
    result = called(layer, example.params, theirs, tensors)
    results = result if isinstance(result, list | tuple) else [result]
    assert [Tensor(tuple(item.shape), item.dtype) for item in results] == list(
        expected if isinstance(expected, tuple) else (expected,)
    )
    weights = ours.weights(*example.inputs)
    assert [(w.name, tuple(w.shape), w.trainable) for w in _flat(theirs)] == [
        (name.split("/")[-1], weight.shape, weight.trainable) for name, weight in weights.items()
    ]
    assert sum(math.prod(weight.shape) for weight in theirs.weights) == example.weights


@pytest.mark.parametrize(("layer", "example"), BUILT)
def test_an_example_runs_forward_with_finite_output(layer: type[Layer], example: Example) -> None:
    import keras
    import numpy as np

    if layer.max_inputs == 0:
        pytest.skip("an input layer computes nothing")
    theirs = keras_layer(layer, dict(example.params))
    random = np.random.default_rng(0)
    values = []
    for tensor in example.inputs:
        shape = [2 if index == 0 else dim or 7 for index, dim in enumerate(tensor.shape)]
        if tensor.dtype.startswith("int"):
            values.append(random.integers(0, 2, shape).astype(tensor.dtype))
        elif tensor.dtype == "bool":
            values.append(random.random(shape) < 0.5)
        else:
            values.append(random.normal(size=shape).astype(tensor.dtype))
    result = called(layer, example.params, theirs, values)
    for item in result if isinstance(result, list | tuple) else [result]:
        assert np.isfinite(keras.ops.convert_to_numpy(item)).all()


REFUSED: list[tuple[str, dict[str, Any], tuple[int | None, ...]]] = [
    ("Conv2D", {"filters": 4, "kernel_size": 9}, (None, 4, 4, 3)),
    ("Conv2D", {"filters": 4, "kernel_size": 3}, (None, 4, 4)),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "strides": 2, "dilation_rate": 2}, (None, 8, 8, 3)),
    ("Conv2D", {"filters": 4, "kernel_size": 3}, (None, 8, 8, None)),
    ("Conv1D", {"filters": 4, "kernel_size": 2}, (None, 4, 4, 3)),
    ("MaxPooling2D", {}, (None, 8, 8)),
    ("Dense", {"units": 4}, (None, None)),
    ("BatchNormalization", {"axis": 3}, (None, 4)),
    ("BatchNormalization", {}, (None, 4, None)),
    ("Reshape", {"target_shape": [5, 5]}, (None, 24)),
    ("LSTM", {"units": 3}, (None, 8)),
    ("LSTM", {"units": 3}, (None, 8, None)),
    ("GlobalMaxPooling1D", {}, (None, 8)),
]


@pytest.mark.parametrize(("name", "params", "shape"), REFUSED)
def test_what_keras_cannot_build_is_refused_with_a_reason(
    name: str, params: dict[str, Any], shape: tuple[int | None, ...]
) -> None:
    with pytest.raises(Invalid):
        LAYERS[name](**params).output(Tensor(shape))
    with pytest.raises((ValueError, TypeError, IndexError)):
        call_keras(name, params, shape)


def call_keras(name: str, params: dict[str, Any], shape: tuple[int | None, ...]) -> None:
    """Build a layer in Keras and call it on a symbolic tensor."""
    import keras

    keras_layer(LAYERS[name], params)(keras.KerasTensor(shape))


def _flat(layer: Any) -> list[Any]:
    """A Keras layer's weights without the state of its random generator, in order of creation."""
    return [weight for weight in layer.weights if "seed_generator" not in weight.path]


DIFFERENT = {
    # Values that only a program, not a stored network, can give.
    "lora_rank",
    "lora_alpha",
    "gptq_unpacked_column_size",
    "quantization_config",
    "weights",
    "backward_layer",
    "batch_shape",
    "input_tensor",
    # Fixed here: tensors are channels last everywhere, and dense.
    "data_format",
    "sparse",
    "ragged",
    "optional",
    # Chosen by Keras at run time.
    "use_cudnn",
    "synchronized",
    "renorm",
    "renorm_clipping",
    "renorm_momentum",
    "kwargs",
    "self",
    "name",
    "dtype",
}
"""Arguments of Keras that are no parameters here, with the reason."""


@pytest.mark.parametrize(
    "layer",
    [layer for layer in LAYERS.values() if layer.package != "caffe"],
    ids=lambda layer: layer.__name__,
)
def test_every_argument_of_keras_is_a_parameter_with_its_default(layer: type[Layer]) -> None:
    import keras

    from exporters.keras_model import keras_class

    theirs = keras_class(keras, layer)
    if theirs.__init__ is keras.layers.Layer.__init__:
        assert not layer.params
        return
    arguments = inspect.signature(theirs.__init__).parameters
    for name, argument in arguments.items():
        if name in DIFFERENT:
            continue
        assert name in layer.params, f"{layer.__name__} lacks {name}"
        assert name not in layer.call_params
        default = argument.default
        if default is inspect.Parameter.empty or (layer.__name__, name) in OTHER_DEFAULTS:
            continue
        if name.endswith("activation") and default is None:
            default = "linear"
        if isinstance(default, str) and name.endswith("initializer"):
            default = type(keras.initializers.get(default)).__name__
        if isinstance(default, tuple) and any(isinstance(item, tuple) for item in default):
            default = [number for pair in default for number in pair]
        assert layer.params[name].take(default) == layer.params[name].typed_default


@pytest.mark.parametrize(
    "layer",
    [layer for layer in LAYERS.values() if layer.training_differs or layer.training_only],
    ids=lambda layer: layer.__name__,
)
def test_what_a_layer_is_called_with_has_the_default_of_keras(layer: type[Layer]) -> None:
    import keras

    from exporters.keras_model import keras_class

    arguments = inspect.signature(keras_class(keras, layer).call).parameters
    assert "training" in layer.call_params
    for name in layer.call_params:
        assert arguments[name].default == layer.params[name].typed_default


OTHER_DEFAULTS = {
    ("CategoryEncoding", "num_tokens"): "None there only refers to another layer",
    ("Discretization", "bin_boundaries"): "None there is refused unless num_bins is given",
    ("InputLayer", "shape"): "Keras takes batch_shape in its place",
    ("ZeroPadding2D", "padding"): "(1, 1) there is one number an axis, here one a side",
}
"""Defaults that differ on purpose, with the reason."""
