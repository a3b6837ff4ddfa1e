"""Every way in which Keras has kept weights in HDF5, with a formula of its own for each
conversion.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from exporters.weights import Array, is_complete
from tests.exporters.judging import computed
from tests.exporters.keras_weights.files import attached, chain, named, saved, values, whole
from tests.exporters.keras_weights.files import opened as read

SMALL = chain([4], ("Dense", "one", {"units": 3}), ("Dense", "two", {"units": 2}))
KERNELS = {"one": values(4, 3), "two": values(3, 2, seed=1)}
BIASES = {"one": values(3, seed=2), "two": values(2, seed=3)}


def by_names(kernel: str, bias: str) -> dict[str, dict[str, Array]]:
    return {
        name: {kernel.format(name): KERNELS[name], bias.format(name): BIASES[name]}
        for name in KERNELS
    }


@pytest.mark.parametrize(
    ("kernel", "bias"),
    [
        ("{}_W", "{}_b"),
        ("{}_W:0", "{}_b:0"),
        ("{}_W_1:0", "{}_b_1:0"),
        ("{}/kernel:0", "{}/bias:0"),
        ("{}_1/kernel:0", "{}_1/bias:0"),
        ("model/{}/kernel:0", "model/{}/bias:0"),
        ("kernel", "bias"),
    ],
)
@pytest.mark.parametrize("group", ["", "model_weights"])
def test_weights_go_by_the_names_of_layers(kernel: str, bias: str, group: str) -> None:
    fitted = attached(named(by_names(kernel, bias), group=group), SMALL)
    assert fitted.diagnostics == ()
    for name in KERNELS:
        np.testing.assert_array_equal(fitted.weights[name]["kernel"], KERNELS[name])
        np.testing.assert_array_equal(fitted.weights[name]["bias"], BIASES[name])


def test_lists_of_names_that_were_cut_in_parts_are_whole_again() -> None:
    def fill(file: Any) -> None:
        file.attrs["layer_names0"] = [b"one"]
        file.attrs["layer_names1"] = [b"two"]
        for name in KERNELS:
            group = file.create_group(name)
            group.attrs["weight_names0"] = [b"kernel:0"]
            group.attrs["weight_names1"] = [b"bias:0"]
            group["kernel:0"], group["bias:0"] = KERNELS[name], BIASES[name]

    fitted = attached(saved(fill), SMALL)
    assert fitted.diagnostics == ()
    assert is_complete(SMALL, fitted.weights)


def test_weights_without_names_go_by_order_and_say_so() -> None:
    def fill(file: Any) -> None:
        file.attrs["nb_layers"] = 3
        file.create_group("layer_0").attrs["nb_params"] = 0
        for number, name in enumerate(KERNELS, 1):
            group = file.create_group(f"layer_{number}")
            group.attrs["nb_params"] = 2
            group["param_0"], group["param_1"] = KERNELS[name], BIASES[name]

    fitted = attached(saved(fill), SMALL)
    assert is_complete(SMALL, fitted.weights)
    np.testing.assert_array_equal(fitted.weights["two"]["kernel"], KERNELS["two"])
    (note,) = fitted.diagnostics
    assert note.code == "weights.by_order"
    assert "one ← layer_1, two ← layer_2" in note.message


def in_group(file: Any, path: str, name: str, *arrays: Array) -> None:
    group = file.create_group(f"{path}/vars")
    if name:
        group.attrs["name"] = name
    for number, array in enumerate(arrays):
        group[str(number)] = array


@pytest.mark.parametrize("container", ["layers", "_layer_checkpoint_dependencies"])
@pytest.mark.parametrize("has_names", [True, False])
def test_groups_by_class_and_number_are_those_of_keras_3(container: str, has_names: bool) -> None:
    def fill(file: Any) -> None:
        for key, name in (("dense", "one"), ("dense_1", "two")):
            arrays = (KERNELS[name], BIASES[name])
            in_group(file, f"{container}/{key}", name if has_names else "", *arrays)
        file.create_group("optimizer/vars")["0"] = np.int64(3)

    fitted = attached(saved(fill), SMALL)
    assert fitted.diagnostics == ()
    np.testing.assert_array_equal(fitted.weights["one"]["kernel"], KERNELS["one"])
    np.testing.assert_array_equal(fitted.weights["two"]["bias"], BIASES["two"])


IMAGE = values(1, 6, 5, 2, seed=7)


@pytest.mark.parametrize("is_first", [True, False], ids=["th", "tf"])
@pytest.mark.parametrize("is_theano", [True, False], ids=["theano", "tensorflow"])
def test_kernels_of_keras_1_compute_what_they_did(is_first: bool, is_theano: bool) -> None:
    """Theano convolves, TensorFlow correlates; both kept kernels in either order."""
    graph = chain([6, 5, 2], ("Conv2D", "conv", {"filters": 4, "kernel_size": [3, 2]}))
    kernel, bias = values(4, 2, 3, 2), values(4, seed=1)
    stored = kernel if is_first else kernel.transpose(2, 3, 1, 0)
    end = "" if is_theano else ":0"
    data = named({"conv": {f"conv_W{end}": stored, f"conv_b{end}": bias}})
    fitted = attached(data, graph)
    assert fitted.diagnostics == ()
    # The sum over i and j of image[y ± i, x ± j] * kernel[i, j]: minus is a convolution.
    expected = np.zeros((4, 4, 4))
    for y, x, f, i, j in np.ndindex(4, 4, 4, 3, 2):
        row, column = (y + 2 - i, x + 1 - j) if is_theano else (y + i, x + j)
        expected[y, x, f] += IMAGE[0, row, column] @ kernel[f, :, i, j]
    # What the catalogue's layout means: a sum of products of window and kernel, unturned.
    ours = fitted.weights["conv"]["kernel"]
    windows = np.lib.stride_tricks.sliding_window_view(IMAGE[0], (3, 2), axis=(0, 1))
    found = np.einsum("hwcij,ijcf->hwf", windows, ours)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("is_old", [True, False])
def test_convolutions_of_sequences_in_keras_1_had_one_axis_more(is_old: bool) -> None:
    graph = chain([7, 2], ("Conv1D", "conv", {"filters": 4, "kernel_size": 3}))
    kernel = values(3, 2, 4)
    stored = kernel.transpose(2, 1, 0)[..., None] if is_old else kernel[:, None]
    data = named({"conv": {"conv_W:0": stored, "conv_b:0": values(4)}})
    fitted = attached(data, graph)
    np.testing.assert_array_equal(fitted.weights["conv"]["kernel"], kernel)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def lstm(x: Array, gates: dict[str, tuple[Array, Array, Array]]) -> Array:
    """The last state, gate by gate (Hochreiter & Schmidhuber 1997)."""
    h = c = np.zeros(gates["i"][0].shape[1])
    for step in x:
        i, f, o = (sigmoid(step @ w + h @ u + b) for w, u, b in (gates[g] for g in "ifo"))
        w, u, b = gates["c"]
        c = f * c + i * np.tanh(step @ w + h @ u + b)
        h = o * np.tanh(c)
    return np.asarray(h)


def of_gates(kernel: Array, state: Array, bias: Array) -> dict[str, tuple[Array, Array, Array]]:
    parts = (np.split(array, 4, axis=-1) for array in (kernel, state, bias))
    return dict(zip("ifco", zip(*parts, strict=True), strict=True))


SEQUENCE = values(5, 2, seed=9)
RECURRENT = chain([5, 2], ("LSTM", "lstm", {"units": 3}))


def test_gates_of_keras_1_become_one_matrix() -> None:
    gates = {
        gate: (values(2, 3, seed=n), values(3, 3, seed=n + 10), values(3, seed=n + 20))
        for n, gate in enumerate("icfo")
    }
    weights = {
        f"lstm_{part}_{gate}:0": array
        for gate in "icfo"
        for part, array in zip("WUb", gates[gate], strict=True)
    }
    fitted = attached(named({"lstm": weights}), RECURRENT)
    found = fitted.weights["lstm"]
    ours = of_gates(found["kernel"], found["recurrent_kernel"], found["bias"])
    np.testing.assert_allclose(lstm(SEQUENCE, ours), lstm(SEQUENCE, gates), rtol=1e-6)


def test_gates_of_both_directions_become_one_matrix_each() -> None:
    graph = chain(
        [5, 2],
        ("Bidirectional", "both", {"layer": {"type": "GRU", "units": 3, "reset_after": False}}),
    )
    arrays = [
        values(*shape, seed=3 * gate + part)
        for gate in range(6)
        for part, shape in enumerate([(2, 3), (3, 3), (3,)])
    ]
    weights = {f"w{number:02}:0": array for number, array in enumerate(arrays)}
    found = attached(named({"both": weights}), graph).weights["both"]
    expected = np.concatenate([arrays[9], arrays[12], arrays[15]], axis=1)
    np.testing.assert_array_equal(found["backward/kernel"], expected)
    np.testing.assert_array_equal(
        found["forward/bias"], np.concatenate([arrays[2], arrays[5], arrays[8]])
    )


def test_cudnn_kept_every_gate_transposed() -> None:
    """CuDNN reads the numbers of a gate as a matrix (units, inputs); bias is there twice."""
    kernel, state, bias = values(2, 12), values(3, 12, seed=1), values(24, seed=2)
    weights = {"lstm/kernel:0": kernel, "lstm/recurrent_kernel:0": state, "lstm/bias:0": bias}
    data = named({"lstm": weights}, keras_version="2.2.4", backend="tensorflow")
    found = attached(data, RECURRENT).weights["lstm"]
    ours = of_gates(found["kernel"], found["recurrent_kernel"], found["bias"])
    w = [kernel[:, 3 * n : 3 * n + 3].ravel().reshape(3, 2).T for n in range(4)]
    u = [state[:, 3 * n : 3 * n + 3].ravel().reshape(3, 3).T for n in range(4)]
    b = bias[:12].reshape(4, 3) + bias[12:].reshape(4, 3)
    theirs = dict(zip("ifco", zip(w, u, b, strict=True), strict=True))
    np.testing.assert_allclose(lstm(SEQUENCE, ours), lstm(SEQUENCE, theirs), rtol=1e-5)


def test_kernels_of_theano_in_keras_2_are_turned_over() -> None:
    graph = chain([6, 5, 2], ("Conv2D", "conv", {"filters": 4, "kernel_size": [3, 2]}))
    kernel = values(3, 2, 2, 4)
    weights = {"conv/kernel:0": kernel, "conv/bias:0": values(4)}
    data = named({"conv": weights}, keras_version="2.1.0", backend="theano")
    found = attached(data, graph).weights["conv"]["kernel"]
    np.testing.assert_array_equal(found, kernel[::-1, ::-1])


def test_other_names_are_matched_by_order_and_shape_and_told() -> None:
    other = chain([4], ("Dense", "first", {"units": 3}), ("Dense", "last", {"units": 2}))
    fitted = attached(named(by_names("{}/kernel:0", "{}/bias:0")), other)
    assert is_complete(other, fitted.weights)
    (note,) = fitted.diagnostics
    assert note.code == "weights.by_order"
    assert note.severity == "warning"
    assert "first ← one, last ← two" in note.message


def test_a_backbone_is_found_under_other_names_and_another_head() -> None:
    """The layout of vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5, in small: five blocks of
    convolutions, several of one shape behind each other.
    """
    widths = [(1, 2, 4), (2, 2, 6), (3, 3, 8), (4, 3, 8), (5, 3, 8)]
    layers: dict[str, dict[str, Array]] = {"input_1": {}}
    renamed: list[tuple[str, str, dict[str, Any]]] = []
    channels = 3
    for block, count, width in widths:
        for number in range(1, count + 1):
            name = f"block{block}_conv{number}"
            layers[name] = {
                f"{name}_W_1:0": values(3, 3, channels, width, seed=10 * block + number),
                f"{name}_b_1:0": values(width, seed=number),
            }
            options = {"filters": width, "kernel_size": 3, "padding": "same"}
            renamed.append(("Conv2D", f"features_{len(renamed)}", options))
            channels = width
        layers[f"block{block}_pool"] = {}
    head: list[tuple[str, str, dict[str, Any]]] = [
        ("GlobalAveragePooling2D", "pool", {}),
        ("Dense", "head", {"units": 5}),
    ]
    graph = chain([16, 16, 3], *renamed, *head)
    fitted = attached(named(layers), graph)
    kernels = [owned for owned in layers.values() if owned]
    for (_, name, _), owned in zip(renamed, kernels, strict=True):
        for ours, theirs in zip(fitted.weights[name].values(), owned.values(), strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert [item.code for item in fitted.diagnostics] == ["weights.by_order", "weights.missing"]
    assert fitted.diagnostics[1].node == "head"


def test_weights_that_fit_several_layers_are_given_to_none() -> None:
    layers = {"a": {"a/kernel:0": values(3, 3), "a/bias:0": values(3)}}
    graph = chain([3], ("Dense", "one", {"units": 3}), ("Dense", "two", {"units": 3}))
    fitted = attached(named(layers), graph)
    assert fitted.weights == {}
    codes = [item.code for item in fitted.diagnostics]
    assert codes == ["weights.uncertain", "weights.missing", "weights.missing"]


def test_what_does_not_fit_is_named_and_the_rest_kept() -> None:
    changed = chain([4], ("Dense", "one", {"units": 3}), ("Dense", "two", {"units": 7}))
    fitted = attached(named(by_names("{}/kernel:0", "{}/bias:0")), changed)
    assert fitted.weights.keys() == {"one"}
    (note,) = fitted.diagnostics
    assert (note.code, note.node) == ("weights.shape", "two")
    assert "(3, 7)" in note.message
    assert "(3, 2)" in note.message


def test_a_whole_model_is_read_with_its_weights() -> None:
    config = {
        "class_name": "Sequential",
        "config": [
            {
                "class_name": "Dense",
                "config": {"name": "one", "units": 3, "batch_input_shape": [None, 4]},
            },
            {"class_name": "Dense", "config": {"name": "two", "units": 2}},
        ],
    }
    reading = read(whole(config, by_names("{}/kernel:0", "{}/bias:0"), "2.1.3"))
    assert reading.format == "keras_h5"
    assert reading.diagnostics == ()
    assert reading.weights is not None
    assert is_complete(reading.graph, reading.weights)
    arrays = [array for owned in reading.weights.values() for array in owned.values()]
    assert all(array.base is not None for array in arrays)  # views of the file
    np.testing.assert_array_equal(arrays[2], KERNELS["two"])


def test_a_model_in_a_model_has_its_weights_in_one_group() -> None:
    graph = chain([4], ("Dense", "one", {"units": 3}), ("Dense", "two", {"units": 2}))
    together = {
        weight: array
        for owned in by_names("{}/kernel:0", "{}/bias:0").values()
        for weight, array in owned.items()
    }
    fitted = attached(named({"inner": together}, keras_version="2.3.0"), graph)
    assert fitted.diagnostics == ()
    assert is_complete(graph, fitted.weights)


@pytest.mark.parametrize("is_theano", [True, False], ids=["theano", "tensorflow"])
def test_a_model_of_keras_1_with_channels_first_computes_what_it_did(is_theano: bool) -> None:
    """Kernels turned over, and the kernel behind the Flatten in the order of channels last."""
    items = [
        {
            "class_name": "Convolution2D",
            "config": {
                "name": "conv",
                "nb_filter": 4,
                "nb_row": 3,
                "nb_col": 2,
                "border_mode": "valid",
                "dim_ordering": "th",
                "batch_input_shape": [None, 2, 6, 5],
            },
        },
        {"class_name": "Flatten", "config": {"name": "flat"}},
        {"class_name": "Dense", "config": {"name": "dense", "output_dim": 3}},
    ]
    kernel, bias = values(4, 2, 3, 2), values(4, seed=1)
    last, offset = values(64, 3, seed=2), values(3, seed=3)
    end = "" if is_theano else ":0"
    weights = {
        "conv": {f"conv_W{end}": kernel, f"conv_b{end}": bias},
        "dense": {f"dense_W{end}": last, f"dense_b{end}": offset},
    }
    reading = read(whole({"class_name": "Sequential", "config": items}, weights, "1.2.0"))
    assert reading.weights is not None
    assert is_complete(reading.graph, reading.weights)
    maps = np.zeros((4, 4, 4))
    for f, y, x, i, j in np.ndindex(4, 4, 4, 3, 2):
        row, column = (y + 2 - i, x + 1 - j) if is_theano else (y + i, x + j)
        maps[f, y, x] += IMAGE[0, row, column] @ kernel[f, :, i, j]
    expected = (maps + bias[:, None, None]).reshape(-1) @ last + offset
    (found,) = computed(reading.graph, reading.weights, [IMAGE])
    np.testing.assert_allclose(found[0], expected, atol=1e-4)


def test_weights_alone_are_no_network() -> None:
    with pytest.raises(Exception, match="holds weights, and no network"):
        read(named(by_names("{}_W", "{}_b")))
