"""The cases by which the ONNX standard defines its operations: each is read with all but its first
input fixed; what is understood whole computes what the standard says, and the rest says why not.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import ModelProto, numpy_helper

from exporters.format import Reading, read
from exporters.onnx.opaque import PREFIX
from exporters.weights import Array
from tests.exporters.judging import computed
from tests.exporters.networks import attempt

pytestmark = pytest.mark.keras

DATA = Path(onnx.__file__).parent / "backend" / "test" / "data"
UNLIKE = {
    "test_reduce_max_empty_set": "nothing goes in",
    "test_reduce_max_empty_set_bool": "nothing goes in",
    "test_operator_addconstant": "its numbers are noise of 1e-310",
    "test_operator_add_size1_singleton_broadcast": "its numbers are noise of 1e-310",
    "test_celu_bfloat16": "its numbers have eight bits",
    "test_training_dropout": "it drops at random",
    "test_training_dropout_default": "it drops at random",
    "test_operator_mm": "its weight is an input, without values in the file",
}
"""Cases that show nothing."""
UNLIKE_THE_FILE = {"onnx.output_order", "onnx.output_fixed", "onnx.rounded"}
"""Notes on what is not as in the file."""
UNDERSTOOD = {"node": 300, "pytorch-converted": 75, "pytorch-operator": 20}
"""How many cases must be understood whole, at least."""


def node_cases() -> Iterator[tuple[str, ModelProto, list[Any], list[Any]]]:
    """Cases of single operations: name, model, inputs, outputs."""
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = collect_testcases(None)
    for case in cases:
        assert case.model is not None
        for given, wanted in (case.data_sets or [])[:1]:
            model = ModelProto.FromString(case.model.SerializeToString())
            names = [item.name for item in model.graph.input]
            if given and all(getattr(one, "size", 0) for one in given):
                fixed = zip(names[1:], given[1:], strict=True)
                model.graph.initializer.extend(numpy_helper.from_array(a, n) for n, a in fixed)
                del model.graph.input[1:]
                yield case.name, model, list(given[:1]), list(wanted)


def file_cases(folder: str) -> Iterator[tuple[str, ModelProto, list[Any], list[Any]]]:
    """Models that PyTorch wrote, with what it computed."""
    for place in sorted((DATA / folder).iterdir()):
        sets = place / "test_data_set_0"
        given, wanted = (
            [array(path) for path in sorted(sets.glob(f"{kind}_*.pb"))]
            for kind in ("input", "output")
        )
        yield place.name, onnx.load(place / "model.onnx"), given, wanted


def array(path: Path) -> Array:
    tensor = onnx.TensorProto()
    tensor.ParseFromString(path.read_bytes())
    return numpy_helper.to_array(tensor)


def arrangements(given: Array) -> list[Array]:
    """An array with channels last, or time behind the samples, or the states of one direction."""
    found = [given]
    if given.ndim >= 3:
        found.append(np.moveaxis(given, 1, -1))
    if given.ndim == 3:
        steps = np.swapaxes(given, 0, 1)
        found += [steps, steps.reshape(len(steps), -1)]
    if given.ndim == 4:
        found.append(given.transpose(2, 0, 1, 3).reshape(given.shape[2], len(given), -1))
        found += [given.transpose(0, *order) for order in itertools.permutations((1, 2, 3))]
    return found


def is_whole(reading: Reading) -> bool:
    """Whether all is understood, and every output there."""
    told = {item.code for item in reading.diagnostics}
    kinds = [node.type for node in reading.graph.nodes.values()]
    return not told & UNLIKE_THE_FILE and not any(kind.startswith(PREFIX) for kind in kinds)


def is_equal(reading: Reading, given: list[Array], wanted: list[Array]) -> bool:
    """Whether Keras computes the outputs from the inputs, in some arrangement of both."""
    shapes = [
        node.params["shape"]
        for node in reading.graph.nodes.values()
        if node.type == "InputLayer"
    ]  # fmt: skip
    for inputs in itertools.product(*map(arrangements, given)):
        fits = len(shapes) == len(inputs) and all(
            len(shape) + 1 == one.ndim
            and all(size in (None, own) for size, own in zip(shape, one.shape[1:], strict=True))
            for shape, one in zip(shapes, inputs, strict=True)
        )
        if fits:
            found = computed(reading.graph, reading.weights or {}, list(inputs))
            if len(found) == len(wanted) and all(map(is_same, found, wanted)):
                return True
    return False


def is_same(found: Array, wanted: Array) -> bool:
    return any(
        one.shape == found.shape and np.allclose(found, one, atol=1e-4, rtol=1e-3, equal_nan=True)
        for one in arrangements(np.asarray(wanted))
    )


@pytest.mark.parametrize("kind", UNDERSTOOD)
def test_what_is_understood_computes_what_the_standard_says(kind: str) -> None:
    cases = node_cases() if kind == "node" else file_cases(kind)
    understood, wrong = 0, []
    for name, model, given, wanted in cases:
        reading = attempt(partial(read, model.SerializeToString(), f"{name}.onnx"))
        if name in UNLIKE or not isinstance(reading, Reading) or not is_whole(reading):
            continue
        understood += 1
        if not is_equal(reading, given, wanted):
            wrong.append(name)
    assert not wrong
    assert understood >= UNDERSTOOD[kind]
