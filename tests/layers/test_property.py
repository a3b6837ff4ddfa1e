"""Whatever is drawn: we accept exactly what Keras can build and call, and agree on all it gives.

What it gives is what an eager call gives: shapes and dtypes of the outputs, and the number of
weights. `LAYER_CASES=100` draws so many cases for each layer (the default is for the quick tests);
cases are the same in every run. What disagrees on purpose is listed, with the reason, in
`tests/layers/disagreements.py`.
"""

from __future__ import annotations

import os
import re
import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from layers.categories import Category
from layers.diagnostics import Invalid
from layers.layer import LAYERS, Layer
from layers.tensor import Tensor, taken
from tests.layers.disagreements import DEADLY, LOOSER, OTHER_SHAPES, STRICTER
from tests.layers.drawn import case
from tests.layers.tally import TALLY
from tests.layers.test_contract import called, keras_layer

pytestmark = pytest.mark.keras

CASES = int(os.environ.get("LAYER_CASES", "6"))
DRAWN = {
    name: layer for name, layer in LAYERS.items() if layer.role == "layer" and layer.max_inputs != 0
}


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
    name, case = layer.__name__, f"{layer.__name__}({params}) on {inputs}"
    TALLY.count(name)
    try:
        ours = layer(**params)
        output = ours.output(*map(taken, inputs))
        weights = sum(weight.count for weight in ours.weights(*inputs).values())
    except Invalid as mistake:
        code = mistake.problem.code
        if (name, code) in DEADLY:
            return
        if isinstance(keras_says(layer, params, inputs), Exception):
            return
        if (name, code) not in STRICTER:
            pytest.fail(f"Keras takes {case}: {code} {mistake}")
        TALLY.stricter(name, code)
        return
    theirs = keras_says(layer, params, inputs)
    if isinstance(theirs, Exception):
        meant = [[tensor.dtype for tensor in example.inputs] for example in layer.examples]
        if [tensor.dtype for tensor in inputs] not in meant:
            # What TensorFlow computes with whole numbers is its own affair, and other backends'
            # theirs: the rules say what comes out where something does.
            return
        said = re.sub(r"\x1b\[[0-9;]*m", "", str(theirs))[:400]
        words, _ = LOOSER.get(name, ("", ""))
        assert words, f"Keras refuses {case}: {said}"
        assert words in str(theirs), f"Keras refuses {case}: {said}"
        TALLY.looser(name)
        return
    TALLY.agree(name)
    outputs = output if isinstance(output, tuple) else (output,)
    found, counted = theirs
    if not hands_on(layer, params, inputs):
        assert [dtype for _, dtype in found] == [tensor.dtype for tensor in outputs], case
    if name not in OTHER_SHAPES:
        for (shape, _), tensor in zip(found, outputs, strict=True):
            # What stays open here is known there; the batch is 2.
            known = tuple(
                dim if ours is None else ours
                for dim, ours in zip(shape, tensor.shape, strict=False)
            )
            assert (shape, len(shape)) == (known, tensor.rank), case
    assert counted == weights, case


def hands_on(layer: type[Layer], params: dict[str, Any], inputs: tuple[Tensor, ...]) -> bool:
    """Whether Keras hands whole numbers on as they are, as image layers do outside training."""
    idle = "training" in layer.call_params and not params.get("training", True)
    return idle and layer.category is Category.PREPROCESSING and "float" not in inputs[0].dtype


def keras_says(layer: type[Layer], params: dict[str, Any], inputs: tuple[Tensor, ...]) -> Any:
    """Shapes and dtypes of what Keras gives for two samples, and its weights; or its refusal."""
    import keras
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
    found = [(tuple(item.shape), keras.backend.standardize_dtype(item.dtype)) for item in several]
    return found, sum(int(np.prod(weight.shape)) for weight in _weights(theirs))


def _weights(layer: Any) -> list[Any]:
    """Weights without the state of random generators."""
    return [weight for weight in layer.weights if "seed_generator" not in weight.path]
