"""Files that are broken, foreign or meant to harm: one clear diagnosis each, in bounded time, never
an exception.
"""

from __future__ import annotations

import copy
import json
import os
import random
import time
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporters.format import Reading, formats, read, write
from exporters.source import MAX_TEXT_BYTES
from exporters.zoo import zoo
from layers.analysis import analyse
from layers.diagnostics import GraphError
from layers.graph import Graph
from tests.exporters.networks import CONNECTED, attempt

LIMIT_S = 5.0
CASES = int(os.environ.get("FILE_CASES", "250"))
"""Damaged files of each kind of damage; `make fuzz` wants many."""


def refused(data: bytes | str, filename: str = "x.json") -> list[str]:
    """The codes with which a file is refused, in bounded time."""
    began = time.process_time()
    with pytest.raises(GraphError) as caught:
        read(data, filename)
    assert time.process_time() - began < LIMIT_S
    assert all(item.severity == "error" for item in caught.value.diagnostics)
    json.dumps([item.to_json() for item in caught.value.diagnostics]).encode()
    return [item.code for item in caught.value.diagnostics]


def sequential(*layers: Any, **more: Any) -> str:
    return json.dumps(
        {"class_name": "Sequential", "config": {"name": "s", "layers": list(layers)}, **more}
    )


def functional(*layers: Any, inputs: Any = None, outputs: Any = None) -> str:
    config = {
        "name": "f",
        "layers": list(layers),
        "input_layers": inputs or [["x", 0, 0]],
        "output_layers": outputs or [["y", 0, 0]],
    }
    return json.dumps({"class_name": "Functional", "config": config})


def layer(kind: str, name: str, *sources: Any, **config: Any) -> dict[str, Any]:
    """A layer of a Keras configuration, called once on layers by name."""
    calls = [[[source, 0, 0, {}] for source in sources]] if sources else []
    return {
        "class_name": kind,
        "config": {"name": name, **config},
        "name": name,
        "inbound_nodes": calls,
    }


X = layer("InputLayer", "x", batch_shape=[None, 4])

BROKEN: dict[str, tuple[bytes | str, str]] = {
    "empty": (b"", "file.empty"),
    "blank": (b" \n\t ", "file.empty"),
    "truncated": (write(zoo()["dnn"].graph, "visualnn")[:2000], "file.json"),
    "not utf-8": (b'{"class_name": "\xff\xfe"}', "file.not_text"),
    "half a character": (b'{"class_name": "\\ud800", "config": {}}', "file.json_content"),
    "a NUL": (b'{"class_name": "a\\u0000", "config": {}}', "file.json_content"),
    "a nesting bomb": (b"[" * 1_000_000, "file.json_content"),
    "deep objects": (b'{"a":' * 3000 + b"1" + b"}" * 3000, "file.json_content"),
    "deeper than allowed": (b'{"a":' * 90 + b"1" + b"}" * 90, "file.json_content"),
    "too many items": (b"[" + b"1," * 2_100_000 + b"1]", "file.json_content"),
    "a huge number": (b'{"nodes": [' + b"9" * 5000 + b'], "edges": []}', "file.json_content"),
    "a number of 30 digits": (b'{"version": 1' + b"0" * 30 + b"}", "file.json_content"),
    "an infinite number": (b'{"nodes": [1e999], "edges": []}', "file.json_content"),
    "NaN": (b'{"nodes": [NaN], "edges": []}', "file.json_content"),
    "a name twice": (b'{"nodes": [], "nodes": [], "edges": []}', "file.json_content"),
    "nodes that are none": ('{"format": "visualnn", "nodes": [7], "edges": []}', "graph.malformed"),
    "an edge to nowhere": (
        '{"nodes": [], "edges": [{"source": "a", "target": "b"}]}',
        "graph.malformed",
    ),
    "a newer version": ('{"format": "visualnn", "version": 99, "nodes": []}', "graph.version"),
    "no layers": (sequential(), "keras.malformed"),
    "layers of another type": (
        '{"class_name": "Sequential", "config": {"layers": "many"}}',
        "keras.malformed",
    ),
    "a layer without class": (sequential({"config": {}}), "keras.malformed"),
    "a layer that is a number": (sequential(5), "keras.malformed"),
    "a layer without configuration": (sequential({"class_name": "Dense"}), "keras.malformed"),
    "two layers of a name": (
        functional(X, layer("Flatten", "y", "x"), layer("Flatten", "y", "x")),
        "keras.malformed",
    ),
    "a call on nothing": (functional(X, layer("Flatten", "y", "nobody")), "keras.malformed"),
    "a call of a wrong type": (
        functional(X, {**layer("Flatten", "y"), "inbound_nodes": [7]}),
        "keras.malformed",
    ),
    "calls of a wrong type": (
        functional(X, {**layer("Flatten", "y"), "inbound_nodes": 7}),
        "keras.malformed",
    ),
    "arguments of a wrong type": (
        functional(X, {**layer("Flatten", "y"), "inbound_nodes": [{"args": 7}]}),
        "keras.malformed",
    ),
    "a tensor of a wrong type": (
        functional(X, {**layer("Flatten", "y"), "inbound_nodes": [[["x", -1, 0]]]}),
        "keras.malformed",
    ),
    "outputs of a wrong type": (functional(X, outputs="y"), "keras.malformed"),
    "no outputs": ('{"class_name": "Functional", "config": {"layers": []}}', "keras.malformed"),
    "an output nobody makes": (functional(X), "keras.malformed"),
    "a class of its own": ('{"class_name": "MyModel", "config": {}}', "keras.subclassed"),
    "a long name": (sequential(layer("Dense" * 100, "d")), "graph.malformed"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_has_one_diagnosis(case: str) -> None:
    data, code = BROKEN[case]
    assert refused(data) == [code]


FOREIGN = {
    "PNG": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "JPEG": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "PDF": b"%PDF-1.7",
    ".npz": b"PK\x03\x04....x_train.npy",
    "PyTorch": b"PK\x03\x04....archive/data.pkl",
    "zip": b"PK\x03\x04....readme.txt",
    "pickle": b"\x80\x04\x95\x10\0\0\0",
    "gzip": b"\x1f\x8b\x08\0",
    "UTF-16": "{}".encode("utf-16"),
    "web page": b"<!DOCTYPE html>\n<html>",
    "Python program": b"import keras\n",
    "notebook": b'{"cells": [], "nbformat": 4}',
    "weights": b'{"weight_map": {"/vars": "m_0.weights.h5"}}',
    "TensorFlow.js": b'{"modelTopology": {}}',
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_file_that_is_recognisably_something_else_is_named(kind: str) -> None:
    with pytest.raises(GraphError, match=kind.replace(".", r"\.")) as caught:
        read(FOREIGN[kind], "model.json")
    (found,) = caught.value.diagnostics
    assert found.code == "file.foreign"
    assert found.hint


def test_what_nobody_knows_is_shown_by_its_first_bytes() -> None:
    with pytest.raises(GraphError, match=r"'\\x01\\x02abc'.*VisualNN JSON, Keras JSON"):
        read(b"\x01\x02abc", "thing")


def test_a_file_over_the_limit_is_refused_unread() -> None:
    assert refused(b"{" + b" " * MAX_TEXT_BYTES) == ["file.too_large"]


def test_json_that_was_written_as_a_string_is_read() -> None:
    text = write(zoo()["cnn"].graph, "keras_json").decode()
    assert len(read(json.dumps(text), "twice.json").graph) == 13


def test_a_byte_order_mark_is_no_obstacle() -> None:
    data = b"\xef\xbb\xbf" + write(zoo()["cnn"].graph, "keras_json")
    assert read(data, "bom.json").format == "keras_json"


def test_where_several_formats_match_and_fail_every_reason_is_told() -> None:
    both = {"class_name": "Sequential", "config": [], "nodes": [7], "edges": []}
    assert refused(json.dumps(both)) == ["graph.malformed", "keras.malformed"]


def test_layers_in_a_circle_are_refused() -> None:
    loop = functional(X, layer("Add", "a", "x", "y"), layer("Flatten", "y", "a"))
    assert refused(loop) == ["keras.malformed"]


def nested(depth: int, width: int) -> dict[str, Any]:
    """A model that calls a model several times, that calls a model several times, and so on."""
    config: dict[str, Any] = {
        "name": "f",
        "layers": [X],
        "input_layers": [["x", 0, 0]],
        "output_layers": [["x", 0, 0]],
    }
    for level in range(depth):
        name = f"m{level}"
        calls = [[["x", 0, 0]], *([[name, call, 0]] for call in range(width - 1))]
        inner = {"class_name": "Functional", "name": name, "config": config, "inbound_nodes": calls}
        config = {**config, "layers": [X, inner], "output_layers": [[name, width - 1, 0]]}
    return {"class_name": "Functional", "config": config}


def test_models_in_models_cannot_multiply_without_end() -> None:
    assert refused(json.dumps(nested(10, 8))) == ["graph.too_large"]
    assert len(read(json.dumps(nested(2, 2))).graph) == 3


def test_inner_models_that_feed_each_other_are_refused() -> None:
    inner = nested(0, 1)["config"]
    a = {"class_name": "Functional", "name": "a", "config": inner, "inbound_nodes": [[["b", 0, 0]]]}
    b = {"class_name": "Functional", "name": "b", "config": inner, "inbound_nodes": [[["a", 0, 0]]]}
    assert refused(functional(X, a, b, outputs=[["a", 0, 0]])) == ["keras.malformed"]


def test_values_that_are_not_legal_are_kept_for_the_analysis_to_name() -> None:
    reading = read(
        functional(
            X, layer("Dense", "y", "x", units="many", kernel_initializer={"class_name": "Magic"})
        )
    )
    errors = analyse(reading.graph).errors
    assert [(item.code, item.param) for item in errors] == [
        ("param.type", "units"),
        ("param.type", "kernel_initializer"),
    ]


def test_what_is_left_out_is_told() -> None:
    reading = read(
        functional(
            X,
            {
                **layer("Dense", "y", units=3, dtype="mixed_float16", sparkle=True),
                "inbound_nodes": [
                    {
                        "args": [
                            {
                                "class_name": "__keras_tensor__",
                                "config": {"keras_history": ["x", 0, 0]},
                            },
                            0.5,
                        ],
                        "kwargs": {"training": True, "mask": None, "depth": 2},
                    }
                ],
            },
        )
    )
    assert [(item.code, item.values["key"]) for item in reading.diagnostics] == [
        ("keras.not_kept", "dtype"),
        ("keras.not_kept", "sparkle"),
        ("keras.argument", "argument 2"),
        ("keras.argument", "depth"),
    ]
    assert all(item.severity == "warning" for item in reading.diagnostics)


def test_hard_sigmoid_of_keras_2_is_told_apart() -> None:
    text = sequential(
        layer("Dense", "d", units=2, activation="hard_sigmoid", batch_input_shape=[None, 3]),
        keras_version="2.2.4",
    )
    reading = read(text)
    assert [item.code for item in reading.diagnostics] == ["keras.hard_sigmoid"]
    assert [item.type for item in reading.graph] == ["InputLayer", "Dense"]


VALID = [
    data
    for name, form in formats().items()
    if form.reads and form.writes and not form.carries_weights and not form.runtime
    for graph in (*CONNECTED.values(), *(card.graph for card in zoo().values()))
    if isinstance(data := attempt(partial(write, graph, name)), bytes)
]
VALID_JSON = [data for data in VALID if data[:1] == b"{"]


def check(data: bytes) -> None:
    """Read anything: a network that can be stored, analysed and written again, or diagnostics."""
    began = time.process_time()
    reading = attempt(lambda: read(data, "mutant.json"))
    if isinstance(reading, Reading):
        graph = reading.graph
        assert Graph.from_json(graph.to_json()) == graph
        analyse(graph)
        for form in formats().values():
            if form.writes and not form.carries_weights and not form.runtime:
                attempt(partial(form.write, graph))
    assert time.process_time() - began < LIMIT_S


@settings(max_examples=CASES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(VALID), st.integers(0, 2**32), st.integers(1, 8))
def test_files_with_damaged_bytes_harm_nobody(data: bytes, seed: int, count: int) -> None:
    chance = random.Random(seed)
    damaged = bytearray(data)
    for _ in range(count):
        place = chance.randrange(len(damaged))
        match chance.randrange(4):
            case 0:
                damaged[place] = chance.randrange(256)
            case 1:
                del damaged[place : place + chance.randrange(1, 40)]
            case 2:
                damaged[place:place] = chance.choice([b"{", b"]", b'"', b"null", b"-1", b"1e9"])
            case _:
                del damaged[place:]
        if not damaged:
            break
    check(bytes(damaged))


ODD: list[Any] = [
    *(None, True, -1, 0, 10**12, 0.5, "", "x", "dense"),
    *([], {}, [[]], [None], {"class_name": "Dense"}),
]


@settings(max_examples=CASES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(VALID_JSON),
    st.integers(0, 2**32),
    st.lists(st.sampled_from(ODD), min_size=1, max_size=4),
)
def test_files_with_wrong_values_harm_nobody(data: bytes, seed: int, values: list[Any]) -> None:
    """Valid JSON in which some members are replaced, removed or moved elsewhere."""
    chance = random.Random(seed)
    tree = json.loads(data)
    # Each place its own: what is put into two would at last be in itself.
    for value in map(copy.deepcopy, values):
        spots = list(places(tree))
        holder, key = chance.choice(spots)
        match chance.randrange(3):
            case 0:
                holder[key] = value
            case 1:
                del holder[key]
            case _:
                other, name = chance.choice(spots)
                holder[key] = json.loads(json.dumps(other[name])) if name in keys(other) else value
    check(json.dumps(tree).encode())


def places(tree: Any) -> Any:
    """Every (container, key) in a tree."""
    stack = [tree]
    while stack:
        item = stack.pop()
        for key in keys(item):
            yield item, key
            if isinstance(item[key], dict | list):
                stack.append(item[key])


def keys(item: Any) -> list[Any]:
    return list(item) if isinstance(item, dict) else list(range(len(item)))
