"""Runs from the page's side: real server, real Redis, real worker, real processes."""

from __future__ import annotations

import pytest

from tests.training.conftest import Page, Worker, events_until, of_kind
from tests.training.networks import classifier

pytestmark = [pytest.mark.keras, pytest.mark.slow]

ENDS = of_kind("finished", "failed", "stopped", "lost")


def test_a_run_tells_everything_in_order(page: Page, worker: Worker) -> None:
    network = page.make_network(classifier())
    run = page.start(network, epochs=3, batch_size=32, seed=1)
    assert run["state"] == "queued"
    with page.watch(run["id"]) as socket:
        events = events_until(socket, ENDS)
    durable = [event for event in events if "seq" in event]
    assert [event["seq"] for event in durable] == list(range(1, len(durable) + 1))
    epoch = ["epoch_begin", "epoch", "checkpoint"]
    assert [event["kind"] for event in durable] == ["queued", "started", *epoch * 3, "finished"]
    assert any(event["kind"] == "batch" for event in events)
    after = page.get(f"runs/{run['id']}")
    assert (after["state"], after["epoch"]) == ("finished", 3)
    assert len(after["history"]["val_accuracy"]) == 3
