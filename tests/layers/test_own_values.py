"""What our own Keras layers compute, against formulas written once more in NumPy."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import pytest

from layers.layer import LAYERS

np = pytest.importorskip("numpy")
pytestmark = pytest.mark.keras


def random(*shape: int, seed: int = 1) -> Any:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def computed(name: str, inputs: list[Any], weights: list[Any] | None = None, **params: Any) -> Any:
    """What the layer gives, with given weights."""
    import keras

    from exporters.keras_config import to_config
    from exporters.keras_model import keras_class

    layer = keras_class(keras, LAYERS[name]).from_config(to_config(LAYERS[name](**params), "it"))
    given = inputs if len(inputs) > 1 else inputs[0]
    layer(given)
    if weights:
        layer.set_weights(weights)
    result = layer(given)
    several = isinstance(result, list | tuple)
    found = [keras.ops.convert_to_numpy(item) for item in (result if several else [result])]
    return found if several else found[0]


def near(one: Any, other: Any) -> None:
    assert one.shape == other.shape
    np.testing.assert_allclose(one, other, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("size", [1, 3, 5, 7])
def test_response_normalization_across_channels(size: int) -> None:
    x = random(2, 3, 4, 6)
    expected = np.empty_like(x)
    for place in np.ndindex(*x.shape):
        channel, reach = place[-1], size // 2
        near_by = x[place[:-1]][max(channel - reach, 0) : channel + reach + 1]
        expected[place] = x[place] / (2.0 + 0.5 / size * (near_by**2).sum()) ** 0.7
    near(computed("LRN", [x], local_size=size, alpha=0.5, beta=0.7, k=2.0), expected)


def test_response_normalization_within_a_channel() -> None:
    x = random(2, 5, 6, 3)
    expected = np.empty_like(x)
    for sample, row, column, channel in np.ndindex(*x.shape):
        seen = x[sample, max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2, channel]
        scale = (1.0 + 0.5 / 9 * (seen**2).sum()) ** 0.75
        expected[sample, row, column, channel] = x[sample, row, column, channel] / scale
    region = "WITHIN_CHANNEL"
    near(computed("LRN", [x], local_size=3, alpha=0.5, norm_region=region), expected)


@pytest.mark.parametrize(("across", "axes"), [(False, (1, 2)), (True, (1, 2, 3))])
def test_mean_variance_normalization(across: bool, axes: tuple[int, ...]) -> None:
    x = random(2, 4, 5, 3)
    centred = x - x.mean(axes, keepdims=True)
    near(computed("MVN", [x], across_channels=across, normalize_variance=False), centred)
    expected = centred / (x.std(axes, keepdims=True) + 0.01)
    near(computed("MVN", [x], across_channels=across, eps=0.01), expected)


def test_locally_connected_along_a_sequence() -> None:
    x = random(2, 9, 3)
    kernel, bias = random(4, 3 * 3, 5), random(4, 5)
    expected = np.stack(
        [
            x[:, 2 * place : 2 * place + 3].reshape(2, 9) @ kernel[place] + bias[place]
            for place in range(4)
        ],
        axis=1,
    )
    params = {"filters": 5, "kernel_size": 3, "strides": 2}
    near(computed("LocallyConnected1D", [x], [kernel, bias], **params), expected)


def test_locally_connected_over_an_image() -> None:
    x = random(2, 6, 5, 2)
    kernel, bias = random(2 * 4, 3 * 2 * 2, 3), random(2, 4, 3)
    expected = np.empty((2, 2, 4, 3), "float32")
    for row, column in itertools.product(range(2), range(4)):
        seen = x[:, 2 * row : 2 * row + 3, column : column + 2].reshape(2, -1)
        expected[:, row, column] = seen @ kernel[4 * row + column] + bias[row, column]
    params = {"filters": 3, "kernel_size": [3, 2], "strides": [2, 1], "activation": "relu"}
    found = computed("LocallyConnected2D", [x], [kernel, bias], **params)
    near(found, np.maximum(expected, 0))


FUNCTIONS: list[tuple[str, dict[str, Any], Callable[[float], float]]] = [
    ("ThresholdedReLU", {"theta": 0.3}, lambda x: x if x > 0.3 else 0.0),
    ("AbsVal", {}, abs),
    ("BNLL", {}, lambda x: math.log(1 + math.exp(x))),
    ("Threshold", {"threshold": 0.2}, lambda x: float(x > 0.2)),
    ("Power", {"power": 3, "scale": 0.5, "shift": 2}, lambda x: (2 + 0.5 * x) ** 3),
    ("Exp", {"scale": 0.5, "shift": 1}, lambda x: math.exp(1 + 0.5 * x)),
    ("Exp", {"base": 3, "scale": 0.5}, lambda x: 3 ** (0.5 * x)),
    ("Log", {"shift": 9}, lambda x: math.log(9 + x)),
    ("Log", {"base": 10, "scale": 2, "shift": 20}, lambda x: math.log10(20 + 2 * x)),
]


@pytest.mark.parametrize(("name", "params", "function"), FUNCTIONS)
def test_functions_of_one_value(
    name: str, params: dict[str, Any], function: Callable[[float], float]
) -> None:
    x = random(3, 4)
    expected = np.array([[function(float(value)) for value in row] for row in x], "float32")
    near(computed(name, [x], **params), expected)


def test_learned_factors_and_shifts() -> None:
    x, gamma, beta = random(2, 4, 3), random(3), random(3, seed=2)
    near(computed("Scale", [x], [gamma, beta], bias_term=True), x * gamma + beta)
    near(computed("Bias", [x], [beta]), x + beta)
    rows = random(4)
    near(computed("Scale", [x], [rows], axis=1), x * rows[:, None])
    whole = random(4, 3, seed=3)
    near(computed("Bias", [x], [whole], axis=1, num_axes=-1), x + whole)


def windows(size: int, window: int, step: int, pad: int) -> list[tuple[int, int]]:
    """Begin and end of Caffe's windows, before they are cut at the border's inner edge."""
    count = math.ceil((size + 2 * pad - window) / step) + 1
    if pad and (count - 1) * step >= size + pad:
        count -= 1
    starts = [place * step - pad for place in range(count)]
    return [(start, min(start + window, size + pad)) for start in starts]


@pytest.mark.parametrize(
    ("size", "window", "step", "pad"),
    [((7, 8), 3, 2, 0), ((6, 5), 3, 2, 1), ((5, 5), 2, 3, 0), ((4, 7), 3, 1, 2), ((3, 3), 3, 3, 2)],
)
@pytest.mark.parametrize("mode", ["MAX", "AVE"])
def test_caffes_pooling_rounds_up_and_counts_the_border(
    size: tuple[int, int], window: int, step: int, pad: int, mode: str
) -> None:
    x = random(2, *size, 3)
    rows, columns = (windows(length, window, step, pad) for length in size)
    expected = np.empty((2, len(rows), len(columns), 3), "float32")
    for (i, (top, bottom)), (j, (left, right)) in itertools.product(
        enumerate(rows), enumerate(columns)
    ):
        seen = x[:, max(top, 0) : bottom, max(left, 0) : right]
        area = (bottom - top) * (right - left)
        expected[:, i, j] = seen.max((1, 2)) if mode == "MAX" else seen.sum((1, 2)) / area
    params: dict[str, Any] = {"kernel_size": window, "strides": step, "pad": pad, "pool": mode}
    near(computed("CaffePooling2D", [x], **params), expected)


def test_stochastic_pooling_averages_when_it_is_not_training() -> None:
    x = np.abs(random(2, 4, 6, 3))
    blocks = x.reshape(2, 2, 2, 3, 2, 3)
    expected = (blocks**2).sum((2, 4)) / blocks.sum((2, 4))
    near(computed("CaffePooling2D", [x], pool="STOCHASTIC", strides=2), expected)


def test_stochastic_pooling_draws_in_proportion_to_the_values_in_training() -> None:
    import keras

    from exporters.custom import custom_layers

    values = [1.0, 2.0, 3.0, 4.0]
    x = np.tile(np.array(values, "float32").reshape(1, 2, 2, 1), (4000, 1, 1, 1))
    layer = custom_layers()["CaffePooling2D"](pool="STOCHASTIC", strides=2, seed=0)
    drawn = keras.ops.convert_to_numpy(layer(x, training=True)).ravel()
    assert set(drawn) == set(values)
    for value in values:
        assert (drawn == value).mean() == pytest.approx(value / 10, abs=0.03)


@pytest.mark.parametrize("mode", ["MAX", "AVE"])
def test_a_pyramid_of_pools_is_joined_channel_by_channel(mode: str) -> None:
    x = random(2, 7, 5, 3)
    parts = []
    for bins in (1, 2):
        rows, columns = (
            windows(size, math.ceil(size / bins), math.ceil(size / bins), pad)
            for size, pad in (
                (7, (math.ceil(7 / bins) * bins - 7 + 1) // 2),
                (5, (math.ceil(5 / bins) * bins - 5 + 1) // 2),
            )
        )
        level = np.empty((2, 3, bins, bins), "float32")
        for (i, (top, bottom)), (j, (left, right)) in itertools.product(
            enumerate(rows), enumerate(columns)
        ):
            seen = x[:, max(top, 0) : bottom, max(left, 0) : right]
            area = (bottom - top) * (right - left)
            level[:, :, i, j] = seen.max((1, 2)) if mode == "MAX" else seen.sum((1, 2)) / area
        parts.append(level.reshape(2, -1))
    near(computed("SPP", [x], pyramid_height=2, pool=mode), np.concatenate(parts, axis=1))


def test_cutting_and_repeating() -> None:
    x = random(2, 5, 6)
    for found, expected in zip(
        computed("Slice", [x], axis=1, slice_points=[1, 3]),
        (x[:, :1], x[:, 1:3], x[:, 3:]),
        strict=True,
    ):
        near(found, expected)
    for found, expected in zip(computed("Slice", [x], count=3), np.split(x, 3, -1), strict=True):
        near(found, expected)
    for found in computed("Split", [x], count=3):
        near(found, x)
    near(computed("Tile", [x], axis=1, tiles=2), np.concatenate([x, x], axis=1))
    image, reference = random(2, 8, 9, 3), random(2, 5, 4, 1)
    near(computed("Crop", [image, reference], offset=[1, 3]), image[:, 1:6, 3:7])


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("SUM", lambda x: x.sum((1, 2))),
        ("ASUM", lambda x: np.abs(x).sum((1, 2))),
        ("SUMSQ", lambda x: (x**2).sum((1, 2))),
        ("MEAN", lambda x: x.mean((1, 2))),
    ],
)
def test_reductions(operation: str, expected: Callable[[Any], Any]) -> None:
    x = random(3, 4, 5)
    near(computed("Reduction", [x], operation=operation, coeff=0.5), 0.5 * expected(x))


def test_the_places_of_the_largest_values() -> None:
    x = random(3, 4, 5)
    flat = x.reshape(3, -1)
    order = np.argsort(-flat, axis=1)[:, :2]
    rows = np.stack([order.astype("float32"), np.take_along_axis(flat, order, 1)], axis=1)
    near(computed("ArgMax", [x], top_k=2, out_max_val=True), rows)
    near(computed("ArgMax", [x], top_k=2), rows[:, :1])
    along = np.argsort(-x, axis=1)[:, :2]
    near(computed("ArgMax", [x], top_k=2, axis=1), along.astype("float32"))
    values = np.take_along_axis(x, along, 1)
    near(computed("ArgMax", [x], top_k=2, axis=1, out_max_val=True), values)


def test_choosing_samples() -> None:
    x, y = random(4, 3), random(4, 2, 2)
    places = np.array([2, 0, 0], "int32")
    near(computed("BatchReindex", [x, places]), x[places])
    selector = np.array([[0], [1], [0], [1]], "float32")
    near(computed("Filter", [x, selector]), x[[1, 3]])
    for found, expected in zip(computed("Filter", [x, y, selector]), (x, y), strict=True):
        near(found, expected[[1, 3]])


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize(
    ("length", "step", "pad", "rate"), [(3, 2, 0, 1), (4, 2, 1, 1), (2, 3, 1, 2), (1, 2, 0, 1)]
)
def test_deconvolution_in_groups(groups: int, length: int, step: int, pad: int, rate: int) -> None:
    x, share = random(2, 3, 5, 4), 6 // groups if groups < 4 else 2
    kernel = random(length, length, share, 4, seed=2)
    reach = rate * (length - 1) + 1
    high, wide = (step * (size - 1) + reach for size in x.shape[1:3])
    whole = np.zeros((2, high, wide, share * groups), "float32")
    for row, column, down, right, channel in np.ndindex(3, 5, length, length, 4):
        first = channel // (4 // groups) * share
        place = (slice(None), row * step + down * rate, column * step + right * rate)
        whole[(*place, slice(first, first + share))] += (
            x[:, row, column, channel, None] * kernel[down, right, :, channel]
        )
    params = {
        "filters": share * groups, "kernel_size": length, "strides": step, "pad": pad,
        "dilation_rate": rate, "groups": groups, "use_bias": False,
    }  # fmt: skip
    found = computed("CaffeConv2DTranspose", [x], [kernel], **params)
    near(found, whole[:, pad : high - pad, pad : wide - pad])


@pytest.mark.parametrize("length", [2, 4, 5])
def test_a_bilinear_start_interpolates(length: int) -> None:
    from exporters.keras_weights.initial import drawn
    from layers.tensor import Tensor

    step = (length + 1) // 2
    params: dict[str, Any] = {"filters": 3, "groups": 3, "kernel_size": length}
    params |= {"strides": step, "bilinear": True}
    found = computed("CaffeConv2DTranspose", [np.ones((1, 6, 6, 3), "float32")], **params)
    # Inside, the shares of the neighbours make up 1.
    near(
        found[:, length:-length, length:-length],
        np.ones_like(found[:, length:-length, length:-length]),
    )
    layer = LAYERS["CaffeConv2DTranspose"](**params)
    kernel = drawn(layer, layer.weights(Tensor((None, 6, 6, 3))))["kernel"]
    impulse = np.zeros((1, 1, 1, 3), "float32")
    impulse[..., 1] = 1
    near(computed("CaffeConv2DTranspose", [impulse], **params)[0, :, :, 1], kernel[:, :, 0, 1])


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("bqhd,bkhd->bhqk", ((2, 5, 3, 4), (2, 6, 3, 4))),
        ("bi,bj->bji", ((2, 3), (2, 4))),
        ("bsd,bd->bs", ((2, 5, 4), (2, 4))),
        ("bxy,bzw->bw", ((2, 3, 4), (2, 2, 5))),
    ],
)
def test_products_of_tensors(equation: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    one, two = (random(*shape, seed=at) for at, shape in enumerate(shapes))
    sums = [letter for letter in dict.fromkeys(equation.split("->")[0]) if letter != ","]
    letters, made = equation.split("->")
    sizes = dict(
        pair
        for part, array in zip(letters.split(","), (one, two), strict=True)
        for pair in zip(part, array.shape, strict=True)
    )
    expected = np.zeros([sizes[letter] for letter in made], "float64")
    for place in itertools.product(*(range(sizes[letter]) for letter in sums)):
        at = dict(zip(sums, place, strict=True))
        first, second = letters.split(",")
        factor = one[tuple(at[letter] for letter in first)]
        expected[tuple(at[letter] for letter in made)] += (
            factor * two[tuple(at[letter] for letter in second)]
        )
    np.testing.assert_allclose(
        computed("Einsum", [one, two], equation=equation), expected, rtol=1e-4, atol=1e-5
    )


def test_our_own_layers_survive_a_keras_file(tmp_path: Any) -> None:
    import keras

    from exporters.keras_model import build
    from tests.layers.conftest import chain

    graph = chain(
        ("InputLayer", {"shape": [8, 8, 4]}),
        ("LocallyConnected2D", {"filters": 6, "kernel_size": 3}),
        ("LRN", {}),
        ("ThresholdedReLU", {"theta": 0.1}),
        ("CaffePooling2D", {"kernel_size": 3, "strides": 2}),
        ("Scale", {"bias_term": True}),
        ("CaffeConv2DTranspose", {"filters": 2, "groups": 2, "bilinear": True}),
        ("Interpolation2D", {"scale": [1.5, 2.0]}),
        ("SPP", {"pyramid_height": 2}),
    )
    model = build(graph)
    model.save(tmp_path / "own.keras")
    again = keras.models.load_model(tmp_path / "own.keras")
    x = random(2, 8, 8, 4)
    near(again.predict(x, verbose=0), model.predict(x, verbose=0))
