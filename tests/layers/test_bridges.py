"""What is put between a layer and an input of other axes: by table, and that it mends."""

from __future__ import annotations

from typing import Any

import pytest

from layers.analysis import analyse
from layers.bridges import BRIDGES
from layers.diagnostics import InsertBefore
from layers.edits import AddNode, SetType, apply
from layers.graph import Graph
from layers.layer import LAYERS
from layers.tensor import Tensor
from tests.layers.conftest import chain

WINDOW = {"filters": 4, "kernel_size": 3}
INNER = {"type": "LSTM", "units": 4}
INNER_CONV = {"layer": {"type": "Conv2D", **WINDOW}}

ROWS: list[tuple[str, dict[str, Any], list[int | None], str | None, list[int] | None]] = [
    # Rows that are images.
    ("Conv2D", WINDOW, [784], "Reshape", [28, 28, 1]),
    ("Conv2D", WINDOW, [3072], "Reshape", [32, 32, 3]),
    ("Conv2D", WINDOW, [64], "Reshape", [8, 8, 1]),
    ("Conv2D", WINDOW, [48], "Reshape", [4, 4, 3]),
    ("Conv2D", WINDOW, [9], None, None),
    ("Conv2D", WINDOW, [27], None, None),
    ("Conv2D", WINDOW, [785], None, None),
    ("Conv2D", WINDOW, [None], None, None),
    ("Conv2D", WINDOW, [], None, None),
    ("MaxPooling2D", {}, [784], "Reshape", [28, 28, 1]),
    ("GlobalAveragePooling2D", {}, [784], "Reshape", [28, 28, 1]),
    ("UpSampling2D", {}, [3072], "Reshape", [32, 32, 3]),
    ("RandomFlip", {}, [784], "Reshape", [28, 28, 1]),
    ("Conv2DTranspose", WINDOW, [64], "Reshape", [8, 8, 1]),
    # What would lead to the next mistake.
    ("RandomHue", {"factor": 0.5}, [784], None, None),
    ("RandomHue", {"factor": 0.5}, [3072], "Reshape", [32, 32, 3]),
    ("Conv2D", {**WINDOW, "groups": 2}, [784], None, None),
    ("Cropping2D", {"cropping": [2, 2, 2, 2]}, [16], None, None),
    # Images without an axis of channels.
    ("Conv2D", WINDOW, [28, 28], "Reshape", [28, 28, 1]),
    ("Conv2D", WINDOW, [28, 12], "Conv1D", None),
    ("Conv2D", WINDOW, [3, 3], "Conv1D", None),
    ("Conv2D", WINDOW, [None, 12], "Conv1D", None),
    # Images line by line, and rows as sequences.
    ("LSTM", {"units": 4}, [784], "Reshape", [28, 28]),
    ("GRU", {"units": 4}, [3072], "Reshape", [32, 96]),
    ("SimpleRNN", {"units": 4}, [100], "Reshape", [100, 1]),
    ("LSTM", {"units": 4}, [13], "Reshape", [13, 1]),
    ("LSTM", {"units": 4}, [None], None, None),
    ("LSTM", {"units": 4}, [28, 28, 1], "Reshape", [28, 28]),
    ("LSTM", {"units": 4}, [None, 28, 3], "Reshape", [-1, 84]),
    ("LSTM", {"units": 4}, [28, None, 3], None, None),
    ("Bidirectional", {"layer": INNER}, [784], "Reshape", [28, 28]),
    ("Conv1D", WINDOW, [784], "Reshape", [784, 1]),
    ("MaxPooling1D", {}, [784], "Reshape", [784, 1]),
    ("Conv1D", WINDOW, [28, 28, 1], "Conv2D", None),
    # Rows of images.
    ("RepeatVector", {"n": 3}, [4, 4, 2], "Flatten", None),
    ("RepeatVector", {"n": 3}, [None, 4, 2], None, None),
    ("RepeatVector", {"n": 3}, [4, 2], None, None),
    # Other axes, and layers around layers.
    ("Conv3D", WINDOW, [784], None, None),
    ("ConvLSTM2D", WINDOW, [784], None, None),
    ("SpectralNormalization", INNER_CONV, [784], "Reshape", [28, 28, 1]),
    ("TimeDistributed", INNER_CONV, [5, 784], None, None),
    ("TimeDistributed", INNER_CONV, [5, 9, 9], None, None),
    ("SpectralNormalization", INNER_CONV, [9, 7], None, None),
]  # fmt: skip


def behind(kind: str, params: dict[str, Any], shape: list[int | None]) -> Graph:
    return chain(("InputLayer", {"shape": shape}), (kind, params))


@pytest.mark.parametrize(("kind", "params", "shape", "wanted", "target"), ROWS)
def test_a_layer_is_offered_what_makes_its_input_fit(
    kind: str,
    params: dict[str, Any],
    shape: list[int | None],
    wanted: str | None,
    target: list[int] | None,
) -> None:
    graph = behind(kind, params, shape)
    (mistake,) = analyse(graph).errors
    assert mistake.code.startswith("shape.")
    if wanted is None:
        assert mistake.fix is None
        return
    assert mistake.fix is not None
    first = mistake.fix.edits[0]
    if isinstance(first, SetType):
        assert (first.type, target) == (wanted, None)
    else:
        assert isinstance(first, AddNode)
        assert first.node.type == wanted
        assert first.node.params.get("target_shape") == target
    assert wanted in mistake.fix.label
    assert not analyse(apply(graph, mistake.fix.edits)).errors


def test_every_rule_has_a_row() -> None:
    used = set()
    for kind, params, shape, *_ in ROWS:
        layer = LAYERS[kind](**params)
        tensor = Tensor((None, *shape))
        heard = [rule for rule in BRIDGES if isinstance(rule(layer, tensor), InsertBefore)]
        used.update(heard[:1])
    assert used == set(BRIDGES)


@pytest.mark.parametrize(
    ("shape", "units", "wanted", "left"),
    [
        ([28, 28, 4], 10, "Flatten", (None, 10)),
        ([None, None, 4], 10, "GlobalAveragePooling2D", (None, 10)),
        ([512, 512, 4], 64, "GlobalAveragePooling2D", (None, 64)),
    ],
)
def test_an_image_has_one_answer(
    shape: list[int | None], units: int, wanted: str, left: tuple[int | None, ...]
) -> None:
    graph = behind("Dense", {"units": units, "activation": "softmax"}, shape)
    (mistake,) = analyse(graph).diagnostics
    assert mistake.fix is not None
    assert mistake.fix.label == f"Insert {wanted}"
    mended = analyse(apply(graph, mistake.fix.edits))
    assert not mended.diagnostics
    assert [tensor.shape for tensor in mended.nodes["n1"].outputs or ()] == [left]
