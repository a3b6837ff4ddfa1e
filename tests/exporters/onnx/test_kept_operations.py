"""Operations that no layer computes as they are: each is kept, and says why."""

from __future__ import annotations

import numpy as np
import pytest

from exporters.format import read
from tests.exporters.onnx.operation_case import (
    LOWER,
    OPEN,
    Case,
    after_convolution,
    attention,
    drawn,
    node,
    whole,
)
from tests.exporters.onnx.test_other_programs import opaque

pytestmark = pytest.mark.keras


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (attention(softcap=2.0), "it caps its scores"),
        (attention(keys=2, mask=drawn(1, 4, 7, 7)), "its mask is one of heads that share a key"),
        (attention(keys=2, mask=LOWER[None, None]), "its mask is one of heads that share a key"),
        (
            Case(
                [node("BatchNormalization", ["x", *"abcd"], ["y"], spatial=0)],
                (None, 3, 4),
                {name: drawn(3, 4) for name in "abcd"},
                opset=7,
            ),
            "it has statistics for each place, not for each channel",
        ),
        (
            Case(
                [node("Equal", ["x", "n"], ["c"]), node("Where", ["c", "n", "n"], ["y"])],
                (None, 5),
                {"n": np.array(0, "float32")},
            ),
            "it compares other than whole numbers",
        ),
        (
            Case(
                [node("Greater", ["x", "n"], ["c"]), node("Where", ["c", "x", "low"], ["y"])],
                (None, 5),
                {"n": np.array(0, "float32"), "low": np.array(-np.inf, "float32")},
            ),
            "it chooses a number that is not finite",
        ),
        (
            Case([node("Greater", ["x", "n"], ["y"])], (None, 5), {"n": drawn(5)}),
            "it compares with more than a number",
        ),
        (
            Case([node("Einsum", ["x"], ["y"], equation="bii->bi")], (None, 4, 4)),
            "its equation takes diagonals",
        ),
        (
            Case(
                [node("Gather", ["x", "i"], ["y"], axis=1)],
                (None, 300),
                {"i": whole(*range(0, 300, 2))},
            ),
            "it picks too many places apart from one another",
        ),
        (
            after_convolution(
                node("Pad", ["c", "p", "v"], ["y"]),
                shape=OPEN,
                fixed={"p": whole(0, 0, 1, 0, 0, 0, 0, 2), "v": np.array(-1e9, "float32")},
            ),
            "its border is too large a number where sizes are not known",
        ),
        (
            after_convolution(
                node("Pad", ["c", "p", "v"], ["y"]),
                shape=(None, 3, 9000, 9000),
                fixed={"p": whole(0, 0, 1, 0, 0, 0, 0, 2), "v": np.array(-1e9, "float32")},
            ),
            "it stands for too many numbers",
        ),
        (
            Case([node("Max", ["x", "v"], ["y"])], (None, 5), {"v": 1e6 * drawn(5)}),
            "its limits differ from place to place, and are large",
        ),
        (
            Case([node("Div", ["x", "n"], ["y"])], (None, 5), {"n": whole(2)}, kind="int64"),
            "it divides whole numbers",
        ),
        (
            Case([node("ReduceMean", ["x"], ["y"], axes=[1])], (None, 5, 2), kind="int64"),
            "it divides whole numbers",
        ),
        (
            Case([node("Pow", ["x", "n"], ["y"])], (None, 5), {"n": whole(2)}, kind="int64"),
            "it takes a power of whole numbers",
        ),
        (
            Case(
                [
                    *(node("Greater", ["x", "n"], ["c"]), node("Log", ["x"], ["a"])),
                    node("Where", ["c", "a", "n"], ["y"]),
                ],
                (None, 5),
                {"n": np.array(0, "float32")},
            ),
            "it may choose against what is infinite or no number",
        ),
        (
            Case(
                [node("Div", ["n", "x"], ["a"]), node("Where", ["c", "a", "n"], ["y"])],
                (None, 5),
                {"n": np.array(0, "float32"), "c": np.arange(5) > 2},
            ),
            "it may choose against what is infinite or no number",
        ),
        (
            Case(
                [node("Where", ["c", "x", "n"], ["y"])],
                (None, 1, 5),
                {"n": np.array(0, "float32"), "c": np.ones((4, 5), bool)},
            ),
            "it chooses for more places than the tensor has",
        ),
        (
            Case(
                [node("Greater", ["x", "n"], ["c"]), node("Where", ["c", "n", "n"], ["y"])],
                (None, 5),
                {"n": np.zeros((1, 1, 1), "float32")},
            ),
            "it compares with more than a number",
        ),
        (Case([node("Tile", ["x", "n"], ["y"])], (None, 5), {"n": whole(1, 0)}), "leaves nothing"),
        (
            Case(
                [
                    *(node("Reshape", ["x", "one"], ["a"]), node("Reshape", ["x", "two"], ["b"])),
                    node("MatMul", ["a", "b"], ["y"]),
                ],
                (None, 24),
                {"one": whole(0, 1, 6, 4), "two": whole(0, 3, 4, 2)},
            ),
            "it spreads one place of an axis over several",
        ),
        (
            # Each channel for itself: two parts of a sample are groups of one channel each.
            Case(
                [
                    node("Reshape", ["x", "parts"], ["a"]),
                    node("InstanceNormalization", ["a", "ones", "zeros"], ["b"]),
                    node("Reshape", ["b", "back"], ["y"]),
                ],
                (None, 4, 5, 6),
                {
                    **{"parts": whole(-1, 2, 30), "back": whole(-1, 4, 5, 6)},
                    **{"ones": np.ones(2, "float32"), "zeros": np.zeros(2, "float32")},
                },
            ),
            "it takes samples together with other axes",
        ),
        (
            Case(
                [node("ConvTranspose", ["x", "k"], ["y"], group=3)],
                (None, 3, 9),
                {"k": drawn(3, 2, 3)},
            ),
            "it has groups, or holes beside strides, along other axes than two",
        ),
    ],
)
def test_an_operation_that_no_layer_computes_says_why(case: Case, reason: str) -> None:
    reading = read(case.data, "operation.onnx")
    assert opaque(reading)
    assert any(reason in str(found.message) for found in reading.diagnostics)
