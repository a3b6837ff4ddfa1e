"""PyTorch is the judge of the code that is written for it: the weights carried over, the outputs
are those of our own Keras build.
"""

from __future__ import annotations

import io
import runpy
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load

from exporters.code.torch.program import obstacles, state
from exporters.code.torch.rule import rule
from exporters.format import formats, write
from layers.graph import Graph
from layers.layer import LAYERS
from tests.exporters.judging import computed, random_inputs, random_weights
from tests.exporters.networks import CONNECTED, EXAMPLES, NETWORKS, edges, node

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytestmark = pytest.mark.keras

IMAGE: dict[str, Any] = {"shape": [6, 5, 3]}
STEPS: dict[str, Any] = {"shape": [4, 3]}
ROWS: list[tuple[str, dict[str, Any], dict[str, Any], int]] = [
    ("ReLU", STEPS, {"threshold": 0.5, "max_value": 0.9}, 1),
    ("Rescaling", {"shape": [4], "dtype": "int32"}, {"scale": 1.0}, 1),
    ("UnitNormalization", IMAGE, {"axis": 1}, 1),
    ("Normalization", STEPS, {"axis": None}, 1),
    ("Normalization", IMAGE, {"axis": [1], "invert": True}, 1),
    ("MVN", IMAGE, {"across_channels": True}, 1),
    ("MVN", IMAGE, {"normalize_variance": False}, 1),
    ("Scale", IMAGE, {"axis": 1, "num_axes": 2}, 1),
    (
        "GroupQueryAttention",
        STEPS,
        {
            "head_dim": 2,
            "num_query_heads": 4,
            "num_key_value_heads": 2,
            "use_causal_mask": True,
        },
        2,
    ),
    ("MultiHeadAttention", IMAGE, {"num_heads": 2, "key_dim": 2}, 2),
    (
        "MultiHeadAttention",
        STEPS,
        {"num_heads": 2, "key_dim": 2, "output_shape": [2, 5], "use_gate": True},
        3,
    ),
    (
        "Bidirectional",
        STEPS,
        {
            "layer": {"type": "GRU", "units": 3, "return_sequences": True},
            "merge_mode": None,
        },
        1,
    ),
    (
        "ConvLSTM1D",
        IMAGE,
        {
            "filters": 2,
            "kernel_size": 2,
            "go_backwards": True,
            "return_state": True,
            "recurrent_activation": "hard_sigmoid",
        },
        1,
    ),
    *(
        ("TimeDistributed", {"shape": [4, *shape]}, {"layer": layer}, 1)
        for shape, layer in (
            ([5, 3], {"type": "LSTM", "units": 2}),
            ([6, 5, 3], {"type": "MaxPooling2D"}),
            ([6, 5, 3], {"type": "BatchNormalization"}),
            ([6, 5, 3], {"type": "Flatten"}),
            ([6, 5, 3], {"type": "GlobalAveragePooling2D"}),
            ([6, 5, 3], {"type": "LayerNormalization", "axis": 1}),
            ([6, 5, 3], {"type": "Dropout", "rate": 0.5, "noise_shape": [None, 1, 1, 1]}),
        )
    ),
]
"""Layers, their input, parameters that no example has, and how often the input comes in."""

FURTHER = [
    pytest.param(
        Graph(
            [node("a", "InputLayer", **given), node("b", kind, **params)],
            edges(*(f"a>b:{port}" for port in range(count))),
            name="further",
        ),
        id=f"further-{kind}-{number}",
    )
    for number, (kind, given, params, count) in enumerate(ROWS)
]

WRITABLE = [
    param
    for param in [*NETWORKS, *EXAMPLES, *FURTHER]
    if isinstance(param.values[0], Graph) and not obstacles(param.values[0])
]


def module_of(graph: Graph, folder: Path) -> Any:
    """The module that the written program defines."""
    path = folder / f"{abs(hash(write(graph, 'visualnn')))}.py"
    path.write_bytes(write(graph, "pytorch"))
    names = runpy.run_path(str(path))
    kinds = [
        thing
        for thing in names.values()
        if isinstance(thing, type) and issubclass(thing, torch.nn.Module)
    ]
    return kinds[-1]()


def channels_first(array: Any) -> Any:
    return np.moveaxis(array, -1, 1) if array.ndim >= 4 else array


@pytest.mark.parametrize("graph", WRITABLE)
def test_the_module_gives_what_keras_gives_with_the_same_weights(
    graph: Graph, tmp_path: Path
) -> None:
    weights, inputs = random_weights(graph), random_inputs(graph)
    module = module_of(graph, tmp_path)
    tensors = {
        name: torch.from_numpy(np.array(array)) for name, array in state(graph, weights).items()
    }
    module.load_state_dict(tensors, strict=True)
    module.eval()
    with torch.no_grad():
        given = [torch.from_numpy(np.ascontiguousarray(channels_first(each))) for each in inputs]
        made = module(*given)
    results = made if isinstance(made, tuple) else (made,)
    expected = computed(graph, weights, inputs)
    assert len(results) == len(expected)
    for result, wanted in zip(results, expected, strict=True):
        np.testing.assert_allclose(result.numpy(), channels_first(wanted), atol=1e-4, rtol=1e-4)


def test_an_archive_holds_the_program_and_its_state(tmp_path: Path) -> None:
    graph = CONNECTED["branches"]
    weights = random_weights(graph)
    archive = zipfile.ZipFile(io.BytesIO(write(graph, "pytorch_zip", weights)))
    assert archive.read("model.py") == write(graph, "pytorch")
    stored = load(archive.read("weights.safetensors"))
    assert stored.keys() == module_of(graph, tmp_path).state_dict().keys()
    np.testing.assert_array_equal(stored["dense.weight"], weights["dense"]["kernel"].T)


def test_all_further_networks_are_written() -> None:
    assert all(param in WRITABLE for param in FURTHER)


def test_what_cannot_be_said_is_named_by_node() -> None:
    graph = Graph(
        [node("a", "InputLayer", shape=[4096]), node("b", "MelSpectrogram"), node("c", "Flatten")],
        edges("a>b", "b>c"),
    )
    assert [(item.code, item.node) for item in obstacles(graph)] == [("pytorch.layer", "b")]
    assert set(rule.names()) < LAYERS.keys()


def test_a_mask_that_a_layer_heeds_is_named() -> None:
    layers = [node("a", "InputLayer", shape=[4, 3]), node("b", "Masking")]
    heeding = Graph([*layers, node("c", "LSTM", units=2)], edges("a>b", "b>c"))
    assert [(item.code, item.node) for item in obstacles(heeding)] == [("pytorch.mask", "c")]
    heedless = Graph([*layers, node("c", "Dense", units=2)], edges("a>b", "b>c"))
    assert not obstacles(heedless)


def test_what_only_training_does_is_told() -> None:
    graph = Graph([node("a", "InputLayer", shape=[8, 8, 3]), node("b", "RandomFlip")], edges("a>b"))
    found = formats()["pytorch"].losses(graph)
    assert ("pytorch.training", "b") in [(item.code, item.node) for item in found]


def test_lines_lead_from_nodes_to_the_program() -> None:
    graph = CONNECTED["branches"]
    text = write(graph, "pytorch").decode()
    lines = formats()["pytorch"].lines(graph, text)
    assert lines.keys() == graph.nodes.keys()
    rows = text.splitlines()
    assert rows[lines["conv"][0] - 1].strip() == "self.conv = nn.Conv2d(3, 4, 3)"
    assert rows[lines["both"][0] - 1].strip() == "both = torch.cat([x, dense], dim=1)"


def test_modules_are_formatted_as_ruff_formats_and_pass_its_checks(tmp_path: Path) -> None:
    for number, param in enumerate(WRITABLE):
        graph = param.values[0]
        assert isinstance(graph, Graph)
        (tmp_path / f"module_{number}.py").write_bytes(write(graph, "pytorch"))
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["format", "--diff"], ["check"]):
        done = subprocess.run(
            [*ruff, *command, "--isolated", "--no-cache", str(tmp_path)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
