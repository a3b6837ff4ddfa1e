"""Every file of the corpus has its layers, and what is too much or odd has one diagnostic."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from exporters.format import read
from exporters.keras_document import configuration_in
from exporters.keras_reading import Network, network_of
from exporters.source import Source
from layers.analysis import analyse
from tests.exporters.networks import attempt
from tests.exporters.test_keras_generations import layer, merge, sequential

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
COUNTS = dict(
    re.findall(
        r"(?m)^\| (\S+\.json) \|.*?\| (?:keras-json|tfjs tfjs-layers)[^|]*\| (\d+) \|",
        (CORPUS / "README.md").read_text("utf-8") if CORPUS.exists() else "",
    )
)


@pytest.mark.corpus
@pytest.mark.skipif(not COUNTS, reason="the corpus lies outside the repository and is absent")
def test_every_file_of_the_corpus_has_its_layers() -> None:
    assert len(COUNTS) == 23
    for name, count in COUNTS.items():
        source = Source((CORPUS / "keras" / name).read_bytes(), name)
        network = network_of(configuration_in(source.escaped_json) or {})
        assert len({path[0] for path in network.layers}) == int(count), name
        errors = analyse(network.graph).errors
        # A Lambda is a program, and an LSTM that is handed its state has no counterpart yet: the
        # file opens, and what they give is unknown.
        kept = [node for node in network.graph if node.type in ("Lambda", "keras.layers.LSTM")]
        assert [found.code for found in errors] == ["layer.unknown"] * len(kept), name


MILLION = '{"class_name": "A", "config": {}}'
BAD: dict[str, Any] = {
    "a million layers": '{"class_name": "Sequential", "config": ['
    + ",".join([MILLION] * 1_000_000)
    + "]}",
    "half a million layers": '{"class_name": "Sequential", "config": ['
    + ",".join([MILLION] * 400_000)
    + "]}",
    "merges in merges": None,
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_too_much_has_one_diagnostic(case: str) -> None:
    data = BAD[case]
    if data is None:
        deep = merge("sum", layers=[sequential(layer("Dense", output_dim=1, input_dim=1))])
        for _ in range(20):
            deep = merge("sum", layers=[sequential(deep)])
        data = json.dumps(sequential(deep))
    found = attempt(lambda: read(data))
    assert isinstance(found, list | tuple)
    assert len(found) == 1


def test_only_diagnostics_come_out_of_odd_configurations() -> None:
    odd: list[Any] = [
        None,
        7,
        "x",
        [],
        {},
        [7],
        {"class_name": 7},
        [[]],
        {"layers": 7},
        {"layers": [7]},
    ]
    for value in odd:
        for kind in ("Sequential", "Model", "Functional", "Merge", 7):
            for config in (
                {"class_name": kind, "config": value},
                sequential(merge("sum", layers=value)),
                sequential({"class_name": "Dense", "config": value}),
                sequential(layer("TimeDistributed", layer=value)),
                sequential(layer("Dense", output_dim=value, init=value, W_regularizer=value)),
            ):
                found = attempt(partial(network_of, config))
                assert isinstance(found, Network) or found
