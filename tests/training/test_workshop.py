"""The processes of a worker, without Django: warm, obedient, and gone with their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.conftest import ROOT
from tests.training.networks import classifier
from tests.waiting import PATIENCE_S, wait_for
from training import workshop as workshop_module
from training.orders import Order
from training.workshop import Crashed, Worker, Workshop

pytestmark = [pytest.mark.keras, pytest.mark.slow]


def is_told_to_warm(worker: Worker) -> bool:
    return worker.was_told_to_warm


def nothing() -> None:
    pass


def order(directory: Path, **settings: Any) -> Order:
    recipe = {"epochs": 1, "batch_size": 256, "seed": 0, **settings.pop("recipe", {})}
    given: dict[str, Any] = {"do": "train", "dataset": "digits", **settings}
    return Order(directory=str(directory), graph=classifier().to_json(), recipe=recipe, **given)


@pytest.fixture
def workshop() -> Iterator[Workshop]:
    made = Workshop(True, 0.05, nothing)
    yield made
    made.close()


def test_a_training_takes_the_warm_process_and_the_next_is_prepared(
    workshop: Workshop, tmp_path: Path
) -> None:
    spare = workshop.spare
    assert spare is not None
    assert spare.is_warm.wait(PATIENCE_S)
    worker = workshop.begin_training()
    assert worker is spare
    events = list(worker.carry_out(order(tmp_path), nothing))
    kinds = [event["kind"] for event in events if event["kind"] not in ("batch", "status")]
    assert kinds == ["started", "epoch_begin", "epoch", "checkpoint", "finished"]
    workshop.prepare_next()
    following = workshop.spare
    assert following is not None
    assert following is not worker
    # While a training runs, the next process must not take the processor from it.
    assert not is_told_to_warm(following)
    workshop.end_training(worker)
    assert workshop.tester is worker
    assert is_told_to_warm(following)

    # The process that has trained answers questions, as often as it is asked.
    for _ in range(2):
        asked = workshop.begin_testing()
        assert asked is worker
        (answer,) = asked.carry_out(order(tmp_path, do="evaluate", job="7"), nothing)
        assert (answer["kind"], answer["job"]) == ("evaluation", "7")
        workshop.end_testing(asked)

    # The next training gets all memory back.
    is_there = following.has_imported.wait(30)
    next_worker = workshop.begin_training()
    # On a busy machine the lowest priority may have got nothing.
    assert next_worker is following or not is_there
    wait_for(lambda: not worker.is_alive)
    workshop.end_training(next_worker)


def test_a_stop_reaches_a_training_between_two_batches(workshop: Workshop, tmp_path: Path) -> None:
    worker = workshop.begin_training()
    told = order(tmp_path, recipe={"epochs": 100_000})
    kinds = []
    for event in worker.carry_out(told, nothing):
        kinds.append(event["kind"])
        if event["kind"] == "batch":
            worker.stop()
    assert kinds[-1] == "stopped"
    assert (tmp_path / "weights.weights.h5").exists()
    workshop.end_training(worker)


def test_a_process_that_is_killed_is_noticed_at_once(workshop: Workshop, tmp_path: Path) -> None:
    worker = workshop.begin_training()
    told = worker.carry_out(order(tmp_path, recipe={"epochs": 100_000}), nothing)
    assert next(told)["kind"] == "started"
    worker.process.kill()
    with pytest.raises(Crashed) as caught:
        list(told)
    assert caught.value.code == -signal.SIGKILL
    workshop.end_training(worker)
    assert workshop.tester is None
    # A dead process is no tester and no spare: whoever asks next gets a living one.
    assert workshop.spare is not None
    workshop.spare.process.kill()
    workshop.spare.process.wait()
    asked = workshop.begin_testing()
    assert asked.is_alive
    asked.process.kill()
    asked.process.wait()
    workshop.end_testing(asked)
    worker.stop()  # to nobody, and nothing happens


def test_a_job_that_fails_says_so_and_the_process_stays(workshop: Workshop, tmp_path: Path) -> None:
    asked = workshop.begin_testing()
    (answer,) = asked.carry_out(order(tmp_path, do="evaluate"), nothing)
    assert (answer["kind"], answer["error"]["code"]) == ("failed", "run.no_weights")
    (answer,) = asked.carry_out(order(tmp_path, do="predict"), nothing)
    assert answer["kind"] == "failed"
    (answer,) = asked.carry_out(
        order(tmp_path, do="evaluate", file=str(tmp_path / "no.npz")), nothing
    )
    assert answer["error"]["code"] == "npz.missing_file"
    workshop.end_testing(asked)
    assert asked.is_alive


def test_a_spare_that_gets_no_time_is_replaced_when_it_is_wanted(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a busy machine gives nothing to the lowest priority."""
    monkeypatch.setattr(workshop_module, "IMPORTED_WITHIN_S", 0.1)
    first = workshop.begin_training()
    workshop.prepare_next()
    starved = workshop.spare
    assert starved is not None
    starved.process.send_signal(signal.SIGSTOP)
    second = workshop.begin_training()
    assert second not in (first, starved)
    events = list(second.carry_out(order(tmp_path), nothing))
    assert events[-1]["kind"] == "finished"
    for worker in (first, second):
        workshop.end_training(worker)
    wait_for(lambda: not starved.is_alive)


def test_closing_while_a_spare_is_waited_for_ends_it_as_well(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workshop_module, "IMPORTED_WITHIN_S", PATIENCE_S)
    workshop.begin_training()
    workshop.prepare_next()
    spare = workshop.spare
    assert spare is not None
    spare.process.send_signal(signal.SIGSTOP)
    with ThreadPoolExecutor(1) as threads:
        asking = threads.submit(workshop.begin_testing)
        wait_for(lambda: workshop.spare is None)
        workshop.close()
        spare.process.send_signal(signal.SIGCONT)
        assert isinstance(asking.exception(PATIENCE_S), Crashed)
    wait_for(lambda: not spare.is_alive)


def test_the_tester_is_let_go_when_nobody_asks(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = workshop.begin_testing()
    workshop.end_testing(asked)
    assert workshop.tester is asked
    monkeypatch.setattr(workshop_module, "TESTER_IDLE_S", 0.0)
    wait_for(lambda: not asked.is_alive)
    assert workshop.tester is None


def test_a_chore_is_done_now_and_then_and_may_fail() -> None:
    done = threading.Semaphore(0)

    def chore() -> None:
        done.release()
        raise ValueError("not today")

    made = Workshop(False, 0.01, chore)
    assert made.spare is None
    assert all(done.acquire(timeout=PATIENCE_S) for _ in range(3))
    made.close()


def test_closing_ends_what_is_at_work(tmp_path: Path) -> None:
    made = Workshop(True, 60, nothing)
    worker, spare = made.begin_training(), made.spare
    told = worker.carry_out(order(tmp_path, recipe={"epochs": 100_000}), nothing)
    assert next(told)["kind"] == "started"
    made.prepare_next()
    spare = made.spare
    assert spare is not None
    made.close()
    with pytest.raises(Crashed):
        list(told)
    made.end_training(worker)
    wait_for(lambda: not spare.is_alive and not worker.is_alive)
    assert made.tester is None
    for begin in (made.begin_training, made.begin_testing):
        with pytest.raises(Crashed):
            begin()


def test_a_deaf_process_is_ended_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop_module, "END_WITHIN_S", 0.1)
    worker = Worker()
    worker.process.send_signal(signal.SIGSTOP)
    worker.end()
    assert worker.process.returncode == -signal.SIGKILL


PARENT = """
import sys, time
from training.workshop import Workshop
made = Workshop(True, 60, lambda: None)
print(made.spare.process.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("moment", ["importing", "warm"])
def test_no_process_outlives_its_parent(moment: str) -> None:
    program = [sys.executable, "-c", PARENT]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        if moment == "warm":
            # TensorFlow has been at work when its threads are there.
            wait_for(lambda: child.num_threads() > 6)
        os.kill(parent.pid, signal.SIGKILL)
        child.wait(30)
