"""Mutants of old files: only diagnostics come out, and what opens can be stored and analysed."""

from __future__ import annotations

import json
import os
import random
from copy import deepcopy
from functools import partial
from typing import Any

import yaml

from exporters.format import Reading, read
from layers.analysis import analyse
from layers.graph import Graph
from tests.exporters.networks import attempt
from tests.exporters.test_fabrik import CASES, chain
from tests.exporters.test_keras_generations import (
    KERAS_1,
    LAYERS_1,
    TF_KERAS,
    called,
    functional,
    layer,
    sequential,
)

FIRST = functional(
    called(layer("InputLayer", "x", batch_input_shape=[None, 3, 8, 8])),
    called(layer("Convolution2D", "c", nb_filter=2, nb_row=3, nb_col=3, dim_ordering="th"), "x"),
    called(layer("BatchNormalization", "b", axis=1, mode=0), "c"),
    called(layer("Merge", "m", mode="concat", concat_axis=1), "c", "b"),
    called(layer("PReLU", "p", shared_axes=[2, 3]), "m"),
    called(layer("Reshape", "r", target_shape=[4, 36]), "p"),
    called(layer("Permute", "t", dims=[2, 1]), "r"),
    called(layer("Flatten", "f"), "m"),
    called(layer("Dense", "d", output_dim=2), "f"),
    inputs="x",
    outputs="t d",
)
SEEDS: list[Any] = [
    FIRST,
    *KERAS_1.values(),
    *(sequential(row[0]) for row in LAYERS_1),
    *(sequential(row[0]) for row in TF_KERAS),
    *(chain(*case[0], wire=number % 2 == 0) for number, case in enumerate(CASES)),
]
ODD: list[Any] = [None, True, -1, 0, 10**12, 0.5, "", "x", "th", [], {}, [[]], [None], [2, 1]]


def test_the_seed_with_channels_first_opens() -> None:
    reading = read(json.dumps(FIRST))
    assert analyse(reading.graph).errors == []
    assert "Permute" in [node.type for node in reading.graph]


def test_mutants_of_old_files_harm_nobody() -> None:
    chance = random.Random(11)
    for number in range(int(os.environ.get("OLD_FILES", "400"))):
        tree = json.loads(json.dumps(chance.choice(SEEDS)))
        for _ in range(chance.randrange(1, 4)):
            mutate(tree, chance)
        text = yaml.safe_dump(tree) if number % 6 == 0 else json.dumps(tree)
        if number % 10 == 0:
            cut = chance.randrange(1, len(text))
            text = text[:cut] + text[cut + chance.randrange(30) :]
        found = attempt(partial(read, text, "mutant.json"))
        if isinstance(found, Reading):
            assert Graph.from_json(found.graph.to_json()) == found.graph
            analyse(found.graph)


def mutate(tree: Any, chance: random.Random) -> None:
    """Replace, remove or double one member anywhere in a tree."""
    while isinstance(tree, dict | list) and tree:
        key = chance.choice(list(tree) if isinstance(tree, dict) else range(len(tree)))
        inner = tree[key]
        if isinstance(inner, dict | list) and inner and chance.random() < 0.85:
            tree = inner
            continue
        match chance.randrange(3):
            case 0:
                tree[key] = deepcopy(chance.choice(ODD))
            case 1:
                del tree[key]
            case _ if isinstance(tree, list):
                tree.append(deepcopy(inner))
            case _:
                tree[chance.choice(list(tree))] = deepcopy(inner)
        return
