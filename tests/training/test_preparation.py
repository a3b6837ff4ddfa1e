"""How samples get into a network: what is done, what is said, what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from layers.diagnostics import GraphError
from layers.edits import apply
from layers.graph import Edge, Graph, Node
from tests.training.networks import LayerSpec, chain, dense, image_input
from training.datasets import DATASETS
from training.datasets.dataset import Facts
from training.plan import fitting, plan
from training.preparation import Preparation
from training.recipe import Recipe

DIGITS, CIFAR, IMDB = (DATASETS[name].static for name in ("digits", "cifar10", "imdb"))
VECTOR = Facts("points", "vector", (12,), "float32", "classes", (), tuple("0123456789"), 50, 5)
TOKENS = replace(VECTOR, name="words", kind="tokens", dtype="int32", vocabulary=40)
SCALED = "The values 0 to 16 are scaled to 0 to 1."

ENDING: list[LayerSpec] = [("Flatten", {}), dense(10, "softmax")]

FITS: list[tuple[Facts, list[int | None], tuple[int, ...], list[str]]] = [
    (DIGITS, [8, 8, 1], (8, 8, 1), [SCALED]),
    (DIGITS, [64], (64,), ["Each image of 8 × 8 is flattened to 64 values.", SCALED]),
    (
        DIGITS,
        [8, 8],
        (8, 8),
        ["Each image of 8 × 8 is served without its axis of one channel.", SCALED],
    ),
    (
        DIGITS,
        [8, 8, 3],
        (8, 8, 3),
        ["The grey images are repeated in three colour channels.", SCALED],
    ),
    (VECTOR, [12], (12,), []),
    (VECTOR, [12, 1], (12, 1), ["Each sample of 12 gets an axis for its one channel."]),
    (VECTOR, [3, 4], (3, 4), ["Each sample of 12 values is folded to 3 × 4."]),
]


@pytest.mark.parametrize(("facts", "shape", "taken", "adapts"), FITS)
def test_samples_are_fitted_and_it_is_said(
    facts: Facts, shape: list[int | None], taken: tuple[int, ...], adapts: list[str]
) -> None:
    settled = plan(chain(image_input(*shape), *ENDING), facts, Recipe()).preparation
    assert settled.shape == taken
    assert list(settled.adapts) == adapts


REFUSED: list[tuple[Facts, LayerSpec, list[LayerSpec], str]] = [
    (DIGITS, image_input(784), ENDING, "data.shape"),
    (DIGITS, image_input(16, 4), ENDING, "data.shape"),
    (CIFAR, image_input(32, 32, 1), ENDING, "data.shape"),
    (CIFAR, image_input(28, 28, 3), ENDING, "data.shape"),
    (
        VECTOR,
        image_input(12),
        [("Embedding", {"input_dim": 40, "output_dim": 2}), *ENDING],
        "data.no_tokens",
    ),
    (
        TOKENS,
        image_input(12, dtype="int32"),
        [("Embedding", {"input_dim": 30, "output_dim": 2}), *ENDING],
        "data.vocabulary",
    ),
]


@pytest.mark.parametrize(("facts", "entry", "layers", "code"), REFUSED)
def test_what_would_be_a_guess_is_refused(
    facts: Facts, entry: LayerSpec, layers: list[LayerSpec], code: str
) -> None:
    with pytest.raises(GraphError) as caught:
        plan(chain(entry, *layers), facts, Recipe())
    assert [item.code for item in caught.value.diagnostics] == [code]


@pytest.mark.parametrize("shape", [[784], [9, 9], [5, 5, 1]])
def test_a_wrong_shape_is_repaired_by_the_fix(shape: list[int]) -> None:
    graph = chain(image_input(*shape), *ENDING)
    with pytest.raises(GraphError) as caught:
        plan(graph, DIGITS, Recipe())
    fix = caught.value.diagnostics[0].fix
    assert fix is not None
    repaired = plan(apply(graph, fix.edits), DIGITS, Recipe())
    assert len(repaired.preparation.shape) == len(shape)


@pytest.mark.parametrize(
    "first", [("Normalization", {}), ("Embedding", {"input_dim": 17, "output_dim": 2})]
)
def test_a_layer_that_scales_or_looks_up_gets_the_values_as_they_are(first: LayerSpec) -> None:
    graph = chain(image_input(8, 8, 1), first, *ENDING)
    settled = plan(graph, DIGITS, Recipe()).preparation
    assert settled.scale is None
    assert settled.adapts == (f"{first[0].lower()}_1 gets the values 0 to 16 as they are.",)


def test_a_network_of_whole_numbers_gets_them_unscaled() -> None:
    graph = chain(
        image_input(64, dtype="int32"),
        ("Embedding", {"input_dim": 17, "output_dim": 2}),
        *ENDING,
    )
    settled = plan(graph, DIGITS, Recipe()).preparation
    assert settled.scale is None
    assert settled.apply(np.full((2, 8, 8, 1), 16, np.uint8)).tolist() == [[16] * 64] * 2


def reviews(length: int | None, vocabulary: int) -> Graph:
    return chain(
        image_input(length, dtype="int32"),
        ("Embedding", {"input_dim": vocabulary, "output_dim": 4}),
        ("LSTM", {"units": 4}),
        dense(1, "sigmoid"),
    )


def test_sequences_are_cut_to_what_the_network_takes() -> None:
    settled = plan(reviews(80, 5000), IMDB, Recipe()).preparation
    assert (settled.wanted.length, settled.wanted.vocabulary) == (80, 5000)
    assert settled.adapts == (
        "Only the 4,997 most frequent words are told apart.",
        "Each sequence is cut or padded to 80 tokens.",
    )


def test_any_length_takes_the_usual_one() -> None:
    settled = plan(reviews(None, 100_000), IMDB, Recipe()).preparation
    assert settled.adapts == ("Each sequence is cut or padded to 200 tokens.",)


def test_words_without_an_embedding_are_warned_of() -> None:
    settled = plan(chain(image_input(64), dense(1, "sigmoid")), IMDB, Recipe())
    assert [item.code for item in settled.warnings] == ["data.tokens"]


def test_several_inputs_are_refused() -> None:
    nodes = [
        Node("a", "InputLayer", "a", {"shape": [12]}),
        Node("b", "InputLayer", "b", {"shape": [12]}),
        Node("c", "Concatenate", "c"),
        Node("d", "Dense", "d", {"units": 10}),
    ]
    graph = Graph(nodes, [Edge("a", "c"), Edge("b", "c", 0, 1), Edge("c", "d")])
    with pytest.raises(GraphError) as caught:
        plan(graph, VECTOR, Recipe())
    assert caught.value.diagnostics[0].code == "data.inputs"


def test_both_ends_are_judged_at_once() -> None:
    graph = chain(image_input(784), dense(3, "softmax"))
    with pytest.raises(GraphError) as caught:
        plan(graph, DIGITS, Recipe())
    assert [item.code for item in caught.value.diagnostics] == ["data.shape", "labels.units"]


APPLIED = [
    (Preparation((2, 2, 1), (4,), "float32", 1, 0.5), [[0.5, 1.0, 1.5, 2.0]]),
    (Preparation((2, 2, 1), (2, 2), "float32"), [[[1.0, 2.0], [3.0, 4.0]]]),
    (Preparation((2, 2, 1), (2, 2, 3), "int32", 3), [[[[1] * 3, [2] * 3], [[3] * 3, [4] * 3]]]),
]


@pytest.mark.parametrize(("preparation", "taken"), APPLIED)
def test_a_preparation_does_what_it_states(preparation: Preparation, taken: object) -> None:
    stored = np.array([1, 2, 3, 4], np.uint8).reshape(1, 2, 2, 1)
    made = preparation.apply(stored)
    assert made.tolist() == taken
    assert made.dtype == preparation.dtype


@pytest.mark.keras
@pytest.mark.parametrize("preparation", [row[0] for row in APPLIED])
def test_training_serves_what_a_prediction_is_made_of(preparation: Preparation) -> None:
    from training.pipeline import serve

    stored = np.arange(28, dtype=np.uint8).reshape(7, 2, 2, 1)
    served = serve(stored, [np.arange(7)], preparation, 3, indices=np.array([6, 2, 4, 0]))
    batches = [(x.numpy(), y.numpy()) for x, y in served.dataset]
    assert [len(y) for _, y in batches] == [3, 1]
    x = np.concatenate([batch for batch, _ in batches])
    assert np.concatenate([y for _, y in batches]).tolist() == [6, 2, 4, 0]
    np.testing.assert_array_equal(x, preparation.apply(stored[[6, 2, 4, 0]]))


@pytest.mark.keras
def test_each_epoch_has_an_order_of_its_own_that_the_seed_decides() -> None:
    from training.pipeline import serve

    x, y = np.zeros((20, 1), np.float32), np.arange(20)
    preparation = Preparation((1,), (1,), "float32")

    def order(seed: int, epoch: int) -> list[int]:
        served = serve(x, [y], preparation, 8, seed=seed)
        served.epoch.assign(epoch)
        return [int(label) for _, labels in served.dataset for label in labels]

    assert order(1, 1) == order(1, 1)
    assert len({tuple(order(1, 1)), tuple(order(1, 2)), tuple(order(2, 1))}) == 3
    assert sorted(order(1, 1)) == list(range(20))


def test_a_preparation_survives_json() -> None:
    preparation = Preparation((8, 8, 1), (64,), "float32", 1, 1 / 16)
    assert Preparation.from_json(preparation.to_json()) == preparation


IMAGES = {"mnist", "fashion_mnist"}
FITTING = {
    "an image": (chain(image_input(28, 28, 1), ("Flatten", {}), dense(10)), IMAGES),
    "an image without channels": (chain(image_input(28, 28), ("Flatten", {})), IMAGES),
    "a grey image for three channels": (chain(image_input(8, 8, 3), ("Flatten", {})), {"digits"}),
    "a flattened image": (chain(image_input(784), dense(10)), IMAGES),
    "an input alone": (chain(image_input(32, 32, 3)), {"cifar10"}),
    "words": (chain(image_input(80), ("Embedding", {"input_dim": 99, "output_dim": 2})), {"imdb"}),
    "nothing known": (chain(image_input(5, 5, 1), ("Flatten", {}), dense(10)), set()),
    "a mistake behind the input": (chain(image_input(64), ("Conv2D", {"filters": 2})), {"digits"}),
    "an input of no shape": (chain(("InputLayer", {"shape": "?"}), dense(10)), set()),
    "no input": (chain(), set()),
}


@pytest.mark.parametrize("case", FITTING)
def test_the_data_sets_that_get_into_a_network_are_known_before_it_is_finished(case: str) -> None:
    graph, wanted = FITTING[case]
    statics = [known.static for known in DATASETS.values()]
    assert {facts.name for facts in fitting(graph, statics)} == wanted
