"""Files by many authors, in their original bytes: each opens, or says in one sentence why not."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from exporters.format import Reading, read, write
from layers.analysis import analyse
from tests.exporters.networks import attempt

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
FILES = sorted(path for path in CORPUS.glob("*/*") if path.is_file())

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not FILES, reason="the corpus lies outside the repository and is absent"),
]

REASONS = (
    *("file.foreign", "file.unrecognised", "file.json_content"),
    *("keras.subclassed", "keras.weights_only", "tensorflow.no_network"),
)
"""Why a file of the corpus may not open yet: other formats, Python's bytecode in JSON, Keras 1."""

KNOWN_WEIGHTS = {
    # As Keras' count_params gives them.
    "deeplearning4j__mnist_cnn_th_keras_2_config.json": 1_199_882,
    "deeplearning4j__sep_conv_policy.json": 12_009_676,
    "2dongheee__carnd_elu_2_2_4.json": 3_304_609,
    "deeplearning4j__prelu_config_tf_keras_2.json": 7_115,
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_real_file_opens_or_says_why_not(path: Path) -> None:
    reading = attempt(lambda: read(path.read_bytes(), path.name))
    if not isinstance(reading, Reading):
        assert len(reading) == 1
        assert reading[0].code in REASONS
        return
    analysis = analyse(reading.graph)
    if not analysis.errors:
        again = read(write(reading.graph, "keras_json"))
        # Keras has no nodes for losses and measures; all that computes is there.
        totals = analyse(again.graph).totals
        assert (totals.trainable, totals.non_trainable) == (
            analysis.totals.trainable,
            analysis.totals.non_trainable,
        )
    if path.name in KNOWN_WEIGHTS:
        assert analysis.totals.weights == KNOWN_WEIGHTS[path.name]


def test_most_files_of_keras_2_and_3_open() -> None:
    results = [
        attempt(partial(read, path.read_bytes(), path.name)) for path in CORPUS.glob("keras/*.json")
    ]
    assert sum(isinstance(result, Reading) for result in results) >= 15
