"""Graphs by other people, with their weights: TensorFlow and our build compute the same."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from exporters.format import read
from layers.analysis import analyse
from layers.layer import LAYERS
from tests.exporters.judging import computed
from tests.exporters.tensorflow.running import largest_difference, run_graph

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus" / "tf"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(
        not CORPUS.exists(), reason="the corpus lies outside the repository and is absent"
    ),
]

WHOLE = {
    # File: input, its shape, output, what else is fed, number of weights.
    "chaow94__mnist.pb": ("Placeholder", (100, 784), "softmax_linear/add", {}, 104_938),
    "opencv__samplenet.pb": ("data", (1, 3, 32, 32), "add_4", {}, 62_006),
    "onnx__lstm_frozen.pb": ("X", (3, 784), "output", {"keep_prob": 1.0}, 81_674),
}


@pytest.mark.keras
@pytest.mark.parametrize("name", WHOLE)
def test_a_frozen_graph_computes_the_same_here(name: str) -> None:
    data = (CORPUS / name).read_bytes()
    given, shape, output, more, count = WHOLE[name]
    reading = read(data, name)
    assert {item.type for item in reading.graph} <= LAYERS.keys()
    assert analyse(reading.graph).totals.weights == count
    tensor = np.random.default_rng(0).normal(size=shape).astype("float32")
    fed = {given: tensor} | {key: np.asarray(value, "float32") for key, value in more.items()}
    wanted = run_graph(data, fed, [output])
    found = computed(reading.graph, reading.weights or {}, [tensor])
    assert largest_difference(found, wanted) < 1e-5


def test_a_keyword_spotter_opens_but_for_its_missing_batch() -> None:
    reading = read((CORPUS / "sonos__hey_snips_3.pb").read_bytes(), "hey_snips.pb")
    kinds = Counter(item.type for item in reading.graph)
    assert kinds["Conv2D"] == 6
    assert {kind for kind in kinds if kind not in LAYERS} == {"tf.ExpandDims", "tf.Squeeze"}
