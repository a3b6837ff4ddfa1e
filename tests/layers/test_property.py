"""Whatever is drawn: we accept exactly what Keras can build and call, and agree on all it gives.

`LAYER_CASES=100` draws so many cases for each layer (the default is for the quick tests); cases are
the same in every run.
"""

from __future__ import annotations

import os
import re
import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from layers.diagnostics import Invalid
from layers.layer import LAYERS, Layer
from layers.tensor import Tensor
from tests.layers.drawn import case
from tests.layers.test_contract import called, keras_layer

pytestmark = pytest.mark.keras

CASES = int(os.environ.get("LAYER_CASES", "6"))
DRAWN = {
    name: layer for name, layer in LAYERS.items() if layer.role == "layer" and layer.max_inputs != 0
}

OURS = "our own Keras layer leaves the check to us"
STRICTER = {
    "shape.axis": "the batch is no axis to normalize, join or cut along",
    "shape.rank": "image layers of Keras take one image without its batch, which no node has",
    "shape.rank_least": "Keras takes vectors for sequences, with the batch as the steps",
    "shape.unknown": "the batch is no axis of features",
    "shape.window": OURS,
    "attention.shapes": "Keras refuses it when it makes a model, not when it calls the layer",
    "attention.axes": "Keras counts some negative axes otherwise, depending on the rank",
    "attention.mask": "Keras takes it only where lengths happen to agree",
    "caffe.axes": OURS,
    "caffe.base": OURS,
    "caffe.crop": OURS,
    "caffe.offset": OURS,
    "caffe.slice": OURS,
    "caffe.vector": OURS,
    "normalization.local_size": OURS,
    "image.channels": "which operation is drawn decides whether Keras takes other images",
    "einsum.equation": "TensorFlow fills in axes that an equation does not name",
    "pool.pad": OURS,
    "pool.stochastic": OURS,
    "pool.pyramid": OURS,
    "pool.window": OURS,
    "conv.strided_and_dilated": "TensorFlow runs it along one axis only, and gives no gradient",
    "conv.unequal_strides": "TensorFlow runs unequal strides for some sizes only",
    "preprocessing.rank": "the shape that Keras infers is not the one that it computes",
    "preprocessing.broadcast": "Keras would change the shape, or mix the batch with the channels",
    "preprocessing.statistics": "Keras would give all channels the same of several numbers",
    "preprocessing.columns": "Keras refuses it when it makes a model",
    "spectrogram.too_short": "Keras gives a spectrogram of no frames",
}
"""What we refuse though Keras takes it, by problem code, with the reason."""

LOOSER = {
    "MelSpectrogram": "Keras refuses signals shorter than a frame, whose length it may not know",
}
"""What we take though Keras refuses it, by layer, with the reason."""

OTHER_SHAPES = {
    "Filter": "how many samples are kept depends on their values",
    "MelSpectrogram": "the shape that Keras infers for a model can have a frame more than it gives",
}
"""Layers whose shape for real values may differ from what a model's is, with the reason."""


@pytest.mark.parametrize("layer", DRAWN.values(), ids=DRAWN)
def test_we_accept_exactly_what_keras_builds_and_calls(layer: type[Layer]) -> None:
    @settings(
        max_examples=CASES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case(layer))
    def judge(drawn: tuple[dict[str, Any], tuple[Tensor, ...]]) -> None:
        compare(layer, *drawn)

    judge()


def compare(layer: type[Layer], params: dict[str, Any], inputs: tuple[Tensor, ...]) -> None:
    """Hold one case against Keras."""
    theirs = keras_says(layer, params, inputs)
    try:
        ours = layer(**params)
        expected = ours.output(*inputs)
        weights = sum(weight.count for weight in ours.weights(*inputs).values())
    except Invalid as mistake:
        code = mistake.problem.code
        if not isinstance(theirs, Exception) and code not in STRICTER:
            pytest.fail(f"Keras takes {layer.__name__}({params}) on {inputs}: {code} {mistake}")
        return
    if isinstance(theirs, Exception):
        said = re.sub(r"\x1b\[[0-9;]*m", "", str(theirs))[:400]
        assert layer.__name__ in LOOSER, (
            f"Keras refuses {layer.__name__}({params}) on {inputs}: {said}"
        )
        return
    outputs = expected if isinstance(expected, tuple) else (expected,)
    found, counted = theirs
    if layer.__name__ not in OTHER_SHAPES:
        assert len(found) == len(outputs), f"{layer.__name__}({params}) on {inputs}"
        for (shape, _), tensor in zip(found, outputs, strict=True):
            # What stays open here is known there; the batch is 2.
            known = tuple(
                dim if ours is None else ours
                for dim, ours in zip(shape, tensor.shape, strict=False)
            )
            assert (shape, len(shape)) == (known, tensor.rank), (
                f"{layer.__name__}({params}) on {inputs}"
            )
    assert counted == weights, f"{layer.__name__}({params}) on {inputs}"


def keras_says(layer: type[Layer], params: dict[str, Any], inputs: tuple[Tensor, ...]) -> Any:
    """Shapes and dtypes of what Keras gives for two samples, and its weights; or its refusal."""
    import numpy as np

    values = []
    for tensor in inputs:
        shape = [2 if dim is None else dim for dim in tensor.shape]
        whole = "int" in tensor.dtype
        values.append((np.zeros if whole else np.ones)(shape, tensor.dtype))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = keras_layer(layer, dict(params))
            result = called(layer, params, theirs, values)
    except Invalid as error:
        # What we cannot even spell for Keras has no second opinion.
        return error
    except Exception as error:
        return error
    several = result if isinstance(result, list | tuple) else [result]
    found = [(tuple(item.shape), str(item.dtype)) for item in several]
    return found, sum(int(np.prod(weight.shape)) for weight in _weights(theirs))


def _weights(layer: Any) -> list[Any]:
    """Weights without the state of random generators."""
    return [weight for weight in layer.weights if "seed_generator" not in weight.path]
