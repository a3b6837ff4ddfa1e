"""Resize in every form that a layer computes, against ONNX Runtime; the others are kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from exporters.format import read, write
from tests.exporters.onnx.runtime import same_as_runtime, survives

pytestmark = pytest.mark.keras

KNOWN, UNKNOWN = [2, 3, 5, 6], [2, 3, "h", "w"]
CENTERS, CORNERS, ORIGIN = "half_pixel", "align_corners", "asymmetric"


def resize(
    shape: list[Any],
    sizes: list[int] | None = None,
    scales: list[float] | None = None,
    opset: int = 17,
    kind: str = "Resize",
    **settings: Any,
) -> bytes:
    """A model of one Resize from x to y."""
    constants = {}
    if sizes:
        constants["sizes"] = np.array(sizes, "int64")
    if scales:
        constants["scales"] = np.array(scales, "float32")
    names = ["x", "", "scales" if scales else "", *(["sizes"] if sizes else [])]
    if kind == "Upsample" or opset < 11:
        names = ["x", "scales"]
    graph = helper.make_graph(
        [helper.make_node(kind, names, ["y"], "resize", **settings)],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return bytes(made.SerializeToString())


def case(layer: str, shape: list[Any] = KNOWN, **settings: Any) -> tuple[str, bytes]:
    rule = settings.pop("rule", None)
    if rule:
        settings["coordinate_transformation_mode"] = rule
    return layer, resize(shape, **settings)


CASES = {
    "corners": case("Interpolation2D", sizes=[2, 3, 10, 4], mode="linear", rule=CORNERS),
    "corners, twice": case("Interpolation2D", scales=[1, 1, 2, 2], mode="linear", rule=CORNERS),
    "corners, unknown": case(
        "Interpolation2D", UNKNOWN, scales=[1, 1, 2, 3], mode="linear", rule=CORNERS
    ),
    "corners, one": case("Interpolation2D", sizes=[2, 3, 1, 4], mode="linear", rule=CORNERS),
    "origin": case("Interpolation2D", sizes=[2, 3, 7, 12], mode="linear", rule=ORIGIN),
    "origin, scaled": case("Interpolation2D", scales=[1, 1, 1.5, 2], mode="linear", rule=ORIGIN),
    "centers": case("Resizing", sizes=[2, 3, 7, 4], mode="linear"),
    "centers, twice": case("UpSampling2D", scales=[1, 1, 2, 3], mode="linear"),
    "centers, half": case("Resizing", [2, 3, 4, 6], scales=[1, 1, 0.5, 0.5], mode="linear"),
    "centers, uneven": case("Interpolation2D", scales=[1, 1, 1.7, 0.7], mode="linear"),
    "centers, unknown": case("Interpolation2D", UNKNOWN, scales=[1, 1, 0.5, 2], mode="linear"),
    "of PyTorch": case("Resizing", sizes=[2, 3, 7, 4], mode="linear", rule="pytorch_half_pixel"),
    "nearest, origin": case(
        "Interpolation2D", sizes=[2, 3, 3, 4], mode="nearest", rule=ORIGIN, nearest_mode="floor"
    ),
    "nearest, half": case(
        "Interpolation2D",
        UNKNOWN,
        scales=[1, 1, 0.5, 0.5],
        mode="nearest",
        rule=ORIGIN,
        nearest_mode="floor",
    ),
    "nearest, corners": case(
        "Interpolation2D",
        sizes=[2, 3, 9, 4],
        mode="nearest",
        rule=CORNERS,
        nearest_mode="round_prefer_ceil",
    ),
    "nearest, centers": case(
        "Resizing", sizes=[2, 3, 8, 4], mode="nearest", nearest_mode="round_prefer_ceil"
    ),
    "nearest, another rule that takes the same places": case(
        "Resizing", sizes=[2, 3, 8, 4], mode="nearest"
    ),
    "nearest, twice": case("UpSampling2D", UNKNOWN, scales=[1, 1, 2, 2], mode="nearest"),
    "of two axes": case(
        "Interpolation2D", sizes=[10, 4], axes=[2, 3], mode="linear", rule=CORNERS, opset=18
    ),
    "of the last axis": case(
        "UpSampling2D", scales=[2], axes=[-1], mode="linear", rule=CENTERS, opset=18
    ),
    "of opset 10": case("Interpolation2D", scales=[1, 1, 2, 2], mode="linear", opset=10),
    "upsample": case(
        "Interpolation2D", scales=[1, 1, 1.5, 2], mode="linear", opset=9, kind="Upsample"
    ),
}

KEPT = {
    "cubic": case("", sizes=[2, 3, 10, 4], mode="cubic"),
    "smoothed": case("", sizes=[2, 3, 3, 4], mode="linear", antialias=1, opset=18),
    "with its aspect ratio": case(
        "", sizes=[2, 3, 9, 4], mode="linear", keep_aspect_ratio_policy="not_larger", opset=18
    ),
    "of a part": case("", sizes=[2, 3, 9, 4], mode="linear", rule="tf_crop_and_resize"),
    "other places": case("", sizes=[2, 3, 4, 4], mode="nearest", nearest_mode="ceil"),
    "other places, unknown": case("", UNKNOWN, scales=[1, 1, 0.5, 0.5], mode="nearest"),
    "corners, rounded": case("", scales=[1, 1, 1.5, 2], mode="linear", rule=CORNERS),
    "samples": case("", scales=[2, 1, 1, 1], mode="nearest"),
    "channels": case("", scales=[1, 2, 1, 1], mode="nearest"),
    "one place of PyTorch": case("", sizes=[2, 3, 1, 4], mode="linear", rule="pytorch_half_pixel"),
    "a volume": case("", [2, 3, 4, 5, 6], sizes=[2, 3, 4, 5, 7], mode="linear"),
}


@pytest.mark.parametrize("name", CASES)
def test_an_image_is_resized_alike(name: str) -> None:
    kind, data = CASES[name]
    reading = read(data, "x.onnx")
    assert [node.type for node in reading.graph] == ["InputLayer", kind]
    x = np.random.default_rng(0).normal(size=(2, 3, 5 if "half" not in name else 4, 6))
    same_as_runtime(reading, data, [x.astype("float32")])
    survives(reading)


@pytest.mark.parametrize("name", KEPT)
def test_what_no_layer_computes_is_kept(name: str) -> None:
    _, data = KEPT[name]
    reading = read(data, "x.onnx")
    assert [node.type for node in reading.graph][-1] == "onnx.Resize"
    assert "onnx.unknown_operation" in [item.code for item in reading.diagnostics]
    again = read(write(reading.graph, "onnx"), "y.onnx").graph
    kept, written = ([*graph][-1].params["attributes"] for graph in (reading.graph, again))
    assert written == kept
