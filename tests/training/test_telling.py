"""Events, who hears them, and how failures are put."""

from __future__ import annotations

import io
import json

import pytest

from layers.diagnostics import GraphError, Problem, diagnose
from tests.training.networks import chain, dense, image_input
from training.events import (
    EVENTS,
    Batch,
    Checkpoint,
    Epoch,
    EpochBegin,
    Evaluation,
    Event,
    Failed,
    Failure,
    Finished,
    Started,
    Status,
    Stopped,
)
from training.orders import Order
from training.sinks import ConsoleSink, ListSink

PASSING = {"batch", "status"}
FAILURE = Failure("run.layer", "It broke.", "Mend it.", "n1")
STARTED = Started("CPU", "tensorflow", 7, "huber", ("It was scaled.",))
BATCH = Batch(1, 5, 10, {"loss": 0.5}, 61.0, 900.0)
EPOCH = Epoch(1, 2, {"loss": 0.25, "accuracy": 0.9}, 1.5, 1.5, 0.001)


@pytest.mark.parametrize("kind", EVENTS)
def test_every_event_is_a_documented_value(kind: str) -> None:
    event = EVENTS[kind]
    assert "__dataclass_fields__" in vars(event)
    assert event.__doc__
    assert event.durable == (kind not in PASSING)


def test_a_second_event_of_one_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        type("Other", (Event,), {"kind": "epoch"})


@pytest.mark.parametrize(
    ("event", "plain"),
    [
        (EpochBegin(2, 12), {"kind": "epoch_begin", "epoch": 2, "steps": 12}),
        (Failed(FAILURE), {"kind": "failed", "error": FAILURE.to_json()}),
        (Finished({"loss": 0.5}), {"kind": "finished", "test": {"loss": 0.5}}),
        (
            Evaluation("j", 1.0, None, ((1, 2), (3, 4)), ("a", "b"), None, {"loss": 1.0}),
            {
                "kind": "evaluation",
                "job": "j",
                "loss": 1.0,
                "accuracy": None,
                "confusion": [[1, 2], [3, 4]],
                "classes": ["a", "b"],
                "per_class": None,
                "metrics": {"loss": 1.0},
            },
        ),
    ],
)
def test_an_event_is_plain_json(event: Event, plain: object) -> None:
    assert json.loads(json.dumps(event.to_json())) == plain


def test_a_list_keeps_what_it_is_told() -> None:
    sink = ListSink()
    for event in (STARTED, BATCH, Status("Busy."), EPOCH):
        sink(event)
    assert sink.kinds == ["started", "epoch"]
    assert len(sink.events) == 4


def story(stream: io.StringIO) -> str:
    sink = ConsoleSink(stream)
    for event in (STARTED, EpochBegin(1, 10), BATCH, EPOCH, Checkpoint(1), Status("Measuring.")):
        sink(event)
    sink(Finished({"loss": 0.2, "accuracy": 0.95}))
    sink(Stopped(2))
    return stream.getvalue()


def test_a_log_gets_a_line_for_each_epoch() -> None:
    assert story(io.StringIO()).splitlines() == [
        "Training on CPU with huber.",
        "It was scaled.",
        "Epoch 1/2 - 10/10 - 1.5s - loss: 0.2500 - accuracy: 0.9000",
        "Test loss: 0.2000",
        "Test accuracy: 0.9500",
        "Stopped in epoch 2; the weights are kept.",
    ]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_line_that_moves() -> None:
    text = story(Terminal())
    moving = text.split("\r")
    assert " 5/10 ━━━━━━━━━━────────── 1:01 - loss: 0.5000" in moving[1]
    assert moving[2].startswith("Epoch 1/2")
    assert "Measuring." in text


def test_a_failure_is_left_to_the_caller_who_tells_it_once() -> None:
    stream = Terminal()
    sink = ConsoleSink(stream)
    sink(BATCH)
    sink(Failed(FAILURE))
    assert stream.getvalue().endswith("\n")
    assert FAILURE.message not in stream.getvalue()


def test_long_times_show_hours() -> None:
    stream = Terminal()
    ConsoleSink(stream)(Batch(1, 1, 2, {}, 3700.0, 1.0))
    assert "1:01:40" in stream.getvalue()


@pytest.mark.keras
class TestFailures:
    def explained(self, error: Exception, **recipe: object) -> Failure:
        from training.failures import explain
        from training.recipe import Recipe

        graph = chain(image_input(4), dense(8), dense(80), dense(2))
        return explain(error, graph, Recipe(**recipe))

    @pytest.mark.parametrize(
        ("text", "node"),
        [
            ("{{node functional_1/dense_2_1/MatMul}} = MatMul", "n2"),
            ("{{node functional/dense_1/Relu}}", "n1"),
            ("Exception encountered when calling layer 'dense_3'.", "n3"),
            ('Input 0 of layer "dense_1" is incompatible', "n1"),
            ("dense", None),
            ("no layer at all", None),
        ],
    )
    def test_the_layer_is_found_in_the_words_of_keras(self, text: str, node: str | None) -> None:
        found = self.explained(ValueError(text))
        assert found.node == node
        assert found.code == ("run.layer" if node else "run.unexpected")
        assert "Traceback" not in found.message

    def test_a_lack_of_memory_names_the_layer_and_the_batch(self) -> None:
        error = MemoryError("OOM when allocating tensor [[{{node net/dense_2/MatMul}}]]")
        found = self.explained(error, batch_size=4096)
        assert (found.code, found.node) == ("run.memory", "n2")
        assert "dense_2" in found.message
        assert "4096" in found.message

    @pytest.mark.parametrize(
        ("recipe", "loss", "hint"),
        [
            ({"optimizer": {"type": "Adam", "learning_rate": 10}}, None, "0.001 is usual"),
            ({}, "poisson", "end in softplus"),
            ({}, None, "clipnorm"),
        ],
    )
    def test_a_loss_that_is_no_number_names_the_likely_cause(
        self, recipe: dict[str, object], loss: str | None, hint: str
    ) -> None:
        from training.callbacks import NotFinite
        from training.failures import explain
        from training.losses import LOSSES
        from training.recipe import Recipe

        error = NotFinite(2, 34, float("nan"))
        graph = chain(image_input(4), dense(2))
        found = explain(error, graph, Recipe(**recipe), LOSSES[loss]() if loss else None)
        assert found.message == "The loss became nan in epoch 2, step 34."
        assert hint in found.hint

    def test_what_our_rules_refuse_keeps_its_words(self) -> None:
        problem = Problem("test.refused", "It is {what}.", "Change it.")
        found = self.explained(GraphError([diagnose(problem, node="n1", what="wrong")]))
        assert found == Failure("test.refused", "It is wrong.", "Change it.", "n1")
        assert str(found) == "It is wrong. Change it."

    def test_an_error_without_words_is_named(self) -> None:
        assert "KeyError" in self.explained(KeyError()).message


def test_an_order_survives_the_pipe() -> None:
    order = Order("train", "/runs/1", {"nodes": []}, {"epochs": 1}, "digits", resume=True)
    sent = json.loads(json.dumps({**order.to_json(), "later": "field"}))
    assert Order.from_json(sent).to_json() | {"adapts": ()} == order.to_json()
