"""Models that Keras rounded (quantize) and tuned (enable_lora): read as what their numbers stand
for. Keras is the judge, once as it is and once with nothing rounded on its way.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporters.format import Reading, attach, read_source
from exporters.keras_rounding import Rounding, policy_mode, policy_name, roundings
from exporters.keras_weights import rounded
from exporters.source import Source
from exporters.weights import Array, Fitted, is_complete
from tests.exporters.judging import computed, outputs_of
from tests.exporters.keras_weights.files import attached, chain, named, saved
from tests.exporters.keras_weights.test_hostile_hdf5 import FUZZ_CASES, LIMIT_S, damaged
from tests.exporters.networks import attempt

TOKENS = np.random.default_rng(0).integers(0, 11, (4, 5)).astype("int32")
SUFFIXES = (".keras", ".h5")


def network() -> Any:
    """Every class that Keras rounds, with axes in orders of many kinds."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)
    tokens = keras.Input((5,), dtype="int32", name="tokens")
    x = layers.Embedding(11, 7, name="embedded")(tokens)
    x = layers.MultiHeadAttention(2, 3, name="attending")(x, x)
    x = layers.EinsumDense("abc,dc->abd", output_shape=(5, 6), name="turned")(x)
    x = layers.EinsumDense("abc,cde->aebd", output_shape=(3, 5, 2), bias_axes="e", name="spread")(x)
    x = layers.Reshape((5, 6))(x)
    x = layers.Conv1D(4, 3, activation="relu", name="convolved")(x)
    x = layers.Flatten()(x)
    return keras.Model(tokens, layers.Dense(3, activation="relu", name="last")(x))


def opened(model: Any, folder: Path, suffix: str) -> Reading:
    path = folder / f"model{suffix}"
    model.save(path)
    return read_source(Source.of_file(path))


def without_rounded_tensors(model: Any) -> Any:
    """The model with whole numbers for kernels alone."""
    for layer in model._flatten_layers():
        if getattr(layer, "inputs_quantizer", None) is not None:
            layer.inputs_quantizer = None
    return model


def quantize(model: Any, *how: Any, **named: Any) -> None:
    """Keras looks through all objects there are for each kernel that it rounds: not through those
    that are there now.
    """
    gc.freeze()
    model.quantize(*how, **named)
    gc.unfreeze()


def told(reading: Reading | Fitted) -> dict[str, str]:
    return {item.code: item.message for item in reading.diagnostics}


@pytest.mark.parametrize(
    ("mode", "block", "tolerance"),
    [("int8", None, 0.05), ("int4", 4, 1e-5), ("int4", -1, 1e-5), ("float8", None, 0.6)],
)
def test_a_rounded_model_is_what_its_numbers_stand_for(
    mode: str, block: int | None, tolerance: float, tmp_path: Path
) -> None:
    from keras.quantizers import Int4QuantizationConfig

    model = network()
    exact = outputs_of(model, [TOKENS])  # as float8 keeps its kernels
    if block:
        quantize(model, config=Int4QuantizationConfig(block_size=block))
    else:
        quantize(model, mode)
    (original,) = outputs_of(model, [TOKENS])
    readings = [opened(model, tmp_path, suffix) for suffix in SUFFIXES]
    graph = readings[0].graph
    path = tmp_path / "rounded.weights.h5"
    model.save_weights(path)
    fitted = attach(Source.of_file(path), graph)
    if mode != "float8":
        exact = outputs_of(without_rounded_tensors(model), [TOKENS])
    count = 4 if mode == "float8" else 5
    found_everywhere: list[Reading | Fitted] = [*readings, fitted]
    for read in found_everywhere:
        assert read.weights is not None
        assert is_complete(graph, read.weights)
        (message,) = told(read).values()
        start = f"{count} layers compute with numbers rounded to {mode} in the file"
        assert message.startswith(start)
        (found,) = computed(graph, read.weights, [TOKENS])
        np.testing.assert_allclose(found, exact[0], atol=1e-5, rtol=1e-5)
        np.testing.assert_allclose(found, original, atol=tolerance * np.abs(original).max())


@pytest.mark.parametrize("mode", ["", "int8"])
def test_an_addition_of_low_rank_is_part_of_its_kernel(mode: str, tmp_path: Path) -> None:
    model = network()
    if mode:
        quantize(model, mode)
    chance = np.random.default_rng(3)
    for layer in model.layers:
        # Keras itself fails over one on axes that are turned or spread.
        if hasattr(layer, "enable_lora") and layer.name not in ("turned", "spread"):
            layer.enable_lora(2, lora_alpha=3)
            for weight in layer.trainable_variables:
                if "lora" in weight.path:
                    weight.assign(chance.normal(0, 0.3, weight.shape))
    (expected,) = outputs_of(without_rounded_tensors(model), [TOKENS])
    for suffix in SUFFIXES:
        reading = opened(model, tmp_path, suffix)
        assert reading.weights is not None
        assert is_complete(reading.graph, reading.weights)
        assert sorted(told(reading)) == [*(["keras.rounded"] if mode else []), "keras.tuned"]
        assert told(reading)["keras.tuned"].startswith("3 layers were tuned")
        (found,) = computed(reading.graph, reading.weights, [TOKENS])
        # In an archive Keras has added it up, and rounded the sum anew.
        tolerance = 0.05 if mode and suffix == ".keras" else 1e-5
        limit = tolerance * np.abs(expected).max()
        np.testing.assert_allclose(found, expected, atol=limit)


def test_a_rounded_layer_that_is_repeated_has_its_scale_and_says_so(tmp_path: Path) -> None:
    import keras
    from keras import layers

    model = keras.Sequential(
        [keras.Input((3, 4)), layers.TimeDistributed(layers.Dense(2), name="each")]
    )
    kernel = np.asarray(model.weights[0])
    quantize(model, "int8")
    reading = opened(model, tmp_path, ".keras")
    assert list(told(reading)) == ["keras.rounded_bare", "keras.rounded"]
    assert reading.weights is not None
    (weights,) = reading.weights.values()
    np.testing.assert_allclose(weights["kernel"], kernel, atol=np.abs(kernel).max() / 250)


def packed(whole: Array, axis: int) -> Array:
    """Numbers of four bits, two in a byte."""
    if whole.shape[axis] % 2:
        pad = [(0, int(place == axis)) for place in range(whole.ndim)]
        whole = np.pad(whole, pad)
    low, high = (whole.take(range(start, whole.shape[axis], 2), axis) for start in (0, 1))
    return ((low & 15) | ((high & 15) << 4)).astype(whole.dtype)


CHANCE = np.random.default_rng(5)
FOUR = CHANCE.integers(-8, 8, (5, 3)).astype("int8")
FLAT = CHANCE.integers(-8, 8, (5, 6)).astype("int8")
BYTES = CHANCE.integers(0, 16, (3, 5)).astype("uint8")
SCALE = np.array([2.0, 4.0, 8.0], "float32")
GROUPS = np.array([0, 0, 1, 1, 1], "float32")
SCALES = CHANCE.uniform(0.1, 1, (3, 2)).astype("float32")
ZEROS = CHANCE.integers(0, 16, (3, 2)).astype("uint8")
FACTORS = CHANCE.uniform(1, 2, 5).astype("float32")
BIAS = np.arange(3, dtype="float32")
CALIBRATED = ((BYTES - ZEROS[:, [0, 0, 1, 1, 1]].astype("float32")) * SCALES[:, [0, 0, 1, 1, 1]]).T
DENSE = chain([5], ("Dense", "it", {"units": 3}))
SINGLE = chain([5], ("Dense", "it", {"units": 1, "use_bias": False}))
EINSUM = chain(
    [4, 5], ("EinsumDense", "it", {"equation": "abc,cde->abde", "output_shape": [4, 2, 3]})
)
EMBEDDED = chain([4], ("ReversibleEmbedding", "it", {"input_dim": 5, "output_dim": 3}))
UNTIED = chain(
    [4],
    (
        "ReversibleEmbedding",
        "it",
        {"input_dim": 5, "output_dim": 3, "tie_weights": False},
    ),
)
REVERSE = CHANCE.integers(-8, 8, (3, 5)).astype("int8")
PLACES = np.array([0, 0, 1], "float32")
MANY = CHANCE.uniform(0.1, 1, (5, 2)).astype("float32")
ZERO = CHANCE.integers(-8, 8, (5, 2)).astype("int8")
EACH = CHANCE.uniform(1, 2, 5).astype("float32")

LAYOUTS: dict[str, tuple[Any, str, list[Array], dict[str, Array]]] = {
    "int4_before_3.14": (DENSE, "dense", [packed(FOUR, 0), BIAS, SCALE], {"kernel": FOUR / SCALE}),
    "int4_einsum_before_3.14": (
        EINSUM,
        "einsum_dense",
        [packed(FLAT.reshape(5, 2, 3), 0), np.tile(SCALE, 2).reshape(1, 1, 2, 3)],
        {"kernel": FLAT.reshape(5, 2, 3) / np.tile(SCALE, 2).reshape(2, 3)},
    ),
    "int4_one_in_a_byte": (
        SINGLE,
        "dense",
        [packed(FOUR[:, :1], 1), SCALE[:1]],
        {"kernel": FOUR[:, :1] / SCALE[0]},
    ),
    "gptq_4": (
        DENSE,
        "dense",
        [BIAS, packed(BYTES, 0), SCALES, ZEROS, GROUPS],
        {"kernel": CALIBRATED},
    ),
    "gptq_8": (DENSE, "dense", [BIAS, BYTES, SCALES, ZEROS, GROUPS], {"kernel": CALIBRATED}),
    "awq": (
        DENSE,
        "dense",
        [BIAS, packed(BYTES, 0), SCALES, ZEROS, FACTORS, GROUPS],
        {"kernel": CALIBRATED / FACTORS[:, None]},
    ),
    "tied": (
        EMBEDDED,
        "reversible_embedding",
        [FOUR, EACH],
        {"embeddings": FOUR / EACH[:, None]},
    ),
    "untied": (
        UNTIED,
        "reversible_embedding",
        [FOUR, EACH, REVERSE, EACH],
        {"embeddings": FOUR / EACH[:, None], "reverse_embeddings": REVERSE / EACH},
    ),
    "untied_groups": (
        UNTIED,
        "reversible_embedding",
        [packed(FOUR, 1), MANY, ZERO, PLACES, packed(REVERSE, 0), MANY.T, ZERO.T.astype("float32")],
        {
            "embeddings": (FOUR - ZERO[:, [0, 0, 1]].astype("float32")) * MANY[:, [0, 0, 1]],
            "reverse_embeddings": (REVERSE - ZERO.T[[0, 0, 1]].astype("float32"))
            * MANY.T[[0, 0, 1]],
        },
    ),
}


def numbered(group: str, arrays: list[Array]) -> bytes:
    """Weights of one layer as Keras 3 numbers them."""

    def fill(file: Any) -> None:
        for number, array in enumerate(arrays):
            file[f"layers/{group}/vars/{number}"] = array

    return saved(fill)


@pytest.mark.parametrize("portion", [2**20, 4])
@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_of_rounded_numbers_is_read(
    name: str, portion: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounded, "PORTION", portion)
    graph, group, arrays, expected = LAYOUTS[name]
    fitted = attached(numbered(group, arrays), graph)
    assert list(told(fitted)) == ["keras.rounded"]
    for weight, values in expected.items():
        np.testing.assert_allclose(fitted.weights["it"][weight], values, rtol=1e-6)
    if "bias" in fitted.weights["it"]:
        np.testing.assert_array_equal(fitted.weights["it"]["bias"], BIAS)


WRONG: Mapping[str, tuple[str, list[Array]]] = {
    "no_scale": ("int4_before_3.14", [FOUR, BIAS]),
    "short_scale": ("int4_before_3.14", [FOUR, BIAS, SCALE[:2]]),
    "packed_short": ("int4_before_3.14", [packed(FOUR, 0)[:2], BIAS, SCALE]),
    "packed_long": ("int4_before_3.14", [np.zeros((500, 500), "int8"), BIAS, SCALE]),
    "groups_beyond": ("gptq_4", [BIAS, packed(BYTES, 0), SCALES, ZEROS, GROUPS + 9]),
    "groups_below": ("gptq_4", [BIAS, packed(BYTES, 0), SCALES, ZEROS, GROUPS - 9]),
    "groups_not_numbers": ("gptq_4", [BIAS, packed(BYTES, 0), SCALES, ZEROS, GROUPS * np.nan]),
    "groups_few": ("gptq_4", [BIAS, packed(BYTES, 0), SCALES, ZEROS, GROUPS[:3]]),
    "zeros_few": ("gptq_4", [BIAS, packed(BYTES, 0), SCALES, ZEROS[:2], GROUPS]),
    "scales_flat": ("gptq_4", [BIAS, packed(BYTES, 0), SCALES.ravel(), ZEROS, GROUPS]),
    "bytes_few": ("gptq_4", [BIAS, BYTES[:1], SCALES, ZEROS, GROUPS]),
    "factors_few": ("awq", [BIAS, packed(BYTES, 0), SCALES, ZEROS, FACTORS[:2], GROUPS]),
    "int4_scales_flat": ("gptq_4", [packed(FOUR, 1), BIAS, SCALE, SCALE.astype("int8"), GROUPS]),
    "int4_groups_few": (
        "gptq_4",
        [packed(FOUR, 1), BIAS, SCALES.T, ZEROS.T.astype("int8"), GROUPS[:2]],
    ),
    "object_missing": ("untied", [FOUR, EACH, REVERSE]),
}


@pytest.mark.parametrize("name", WRONG)
def test_numbers_that_do_not_fit_each_other_are_told(name: str) -> None:
    layout, arrays = WRONG[name]
    graph, group, _, _ = LAYOUTS[layout]
    fitted = attached(numbered(group, arrays), graph)
    assert fitted.weights == {}
    assert [item.code for item in fitted.diagnostics] in (
        ["weights.shape"],
        ["weights.missing", "weights.left_over"],
    )


def test_damaged_rounded_weights_harm_nobody() -> None:
    began = time.process_time()
    for graph, group, arrays, _ in LAYOUTS.values():
        data = numbered(group, arrays)
        for seed in range(FUZZ_CASES // len(LAYOUTS)):
            attempt(partial(attach, Source(damaged(data, seed), "mutant.h5"), graph))
    assert time.process_time() - began < LIMIT_S * FUZZ_CASES / 10


def test_a_kernel_without_its_zero_point_is_told_with_the_remedy() -> None:
    arrays = [BIAS, packed(BYTES, 0), SCALES, GROUPS]
    (note,) = attached(numbered("dense", arrays), DENSE).diagnostics
    assert note.code == "weights.zero_lost"
    assert note.message.startswith(
        "1 layer has kernels rounded by GPTQ or AWQ, the first of them it"
    )


def policy(kind: str, **config: Any) -> dict[str, Any]:
    return {"module": "keras", "class_name": kind, "config": config}


INT8 = policy("QuantizedDTypePolicy", mode="int8", source_name="mixed_float16")
POLICIES: list[tuple[object, str, object]] = [
    (INT8, "int8", "mixed_float16"),
    (policy("QuantizedDTypePolicy", name="int8_from_float32"), "int8", "float32"),  # 3.1
    ("int8_from_bfloat16", "int8", "bfloat16"),
    ("float32", "", "float32"),
    (policy("DTypePolicy", name="float16"), "", "float16"),
    (policy("DTypePolicyMap", default_policy=None, policy_map={"a": INT8}), "int8", "float32"),
    (policy("DTypePolicyMap", default_policy="float16", policy_map={"a": {}}), "", "float16"),
    (policy("DTypePolicyMap", policy_map={"a": policy("M", policy_map={})}), "", None),
    (policy("QuantizedDTypePolicy", mode=3, source_name=None), "", None),
    (None, "", None),
]


@pytest.mark.parametrize(("value", "mode", "name"), POLICIES)
def test_a_policy_says_what_it_rounds_and_what_else_it_is(
    value: object, mode: str, name: object
) -> None:
    assert policy_mode(value) == mode
    assert policy_name(value) == name


def test_what_a_configuration_says_is_found_within_models() -> None:
    inner = {"name": "inner", "layers": [{"config": {"name": "one", "dtype": INT8}}]}
    wrapped = {"name": "each", "layer": {"config": {"name": "it", "lora_alpha": 3}}}
    layers = [{"config": inner}, {"config": wrapped}, {"config": None}, 5]
    assert roundings({"layers": layers}) == {
        ("inner", "one"): Rounding("int8"),
        ("each",): Rounding(alpha=3),
    }
    assert roundings({"layers": 3}) == {}


@pytest.mark.parametrize("rank", [0, 2])
def test_an_addition_that_does_not_fit_its_kernel_is_told(rank: int) -> None:
    arrays = {
        "it/kernel": FOUR.astype("float32"),
        "it/bias": BIAS,
        "it/lora_kernel_a": np.ones((5, rank), "float32"),
        "it/lora_kernel_b": np.ones((1, 3), "float32"),
    }
    fitted = attached(named({"it": arrays}, keras_version="3.15.1"), DENSE)
    assert fitted.weights == {}
    assert [item.code for item in fitted.diagnostics] == ["weights.shape"]
