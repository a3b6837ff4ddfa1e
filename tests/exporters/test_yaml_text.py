"""YAML is read as plain data, quickly, or refused with one sentence."""

from __future__ import annotations

import json
import time

import pytest
import yaml

from exporters.format import read
from exporters.source import Source
from layers.diagnostics import GraphError
from tests.exporters.test_keras_generations import KERAS_1

PLAIN = [
    {"a": [1, 2.5, None, True, "text"], "b": {"c": [], "d": {}}, "e": "1", "f": "null"},
    [[1, [2, [3]]], {"deep": [{"er": -4e-05}]}],
]


@pytest.mark.parametrize("value", PLAIN, ids=str)
def test_plain_values_survive(value: object) -> None:
    assert Source(yaml.safe_dump(value).encode()).yaml == value
    assert Source(json.dumps(value).encode()).yaml == value


def test_aliases_and_tuples_of_keras_are_values() -> None:
    text = "a: &id001 !!python/tuple\n- null\n- 784\nb: *id001\nc: !!python/unicode 'x'\n"
    assert Source(text.encode()).yaml == {"a": [None, 784], "b": [None, 784], "c": "x"}


BOMB = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)
)
REFUSED = {
    "a billion laughs": BOMB,
    "depth": "[" * 100_000,
    "depth by aliases": "a0: &a0 [x]\n"
    + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 200)),
    "a loop": "a: &a [1, *a]\n",
    "a program": "a: !!python/object/apply:os.system ['true']\n",
    "a name that is a list": "? [1, 2]\n: x\n",
    "no alias": "a: *b\n",
    "twice": "a: 1\na: 2\n",
    "an endless number": "a: 1" + "0" * 400 + "\n",
    "size": "a: [" + "1," * 3_000_000 + "1]\n",
    "a broken end": "a: [1, 2\nb: {\n",
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_plain_is_refused_in_bounded_time(case: str) -> None:
    start = time.process_time()
    with pytest.raises(GraphError) as caught:
        _ = Source(REFUSED[case].encode()).yaml
    assert [found.code for found in caught.value.diagnostics] == ["file.yaml"]
    assert time.process_time() - start < 5


def test_keras_yaml_is_the_network_of_the_same_json() -> None:
    for config in KERAS_1.values():
        text = json.dumps(config)
        if '"Lambda"' in text:
            continue
        assert read(yaml.dump(config), "model.yaml").graph == read(text, "model.json").graph
