"""The manual's chapter 4 from an empty page to a digit read; runs that are stopped and cut off."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from sklearn.datasets import load_digits

from tests.journeys.networks import draw_manuals_network, draw_one_layer
from tests.journeys.user import WORKER_PATIENCE_MS, Editor, Examiner, Trainer
from tests.launch.server import Server
from tests.waiting import wait_for
from visualnn.launch.places import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.keras, pytest.mark.timeout(600)]

EPOCHS = 30
DIGIT = 1791
"""A digit of the test set, by its place in scikit-learn's."""


def digit_image(index: int) -> tuple[bytes, str]:
    """A digit of scikit-learn's set as a PNG file, and which one it is."""
    digits = load_digits()
    pixels = (digits.images[index] / 16 * 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue(), str(digits.target[index])


def test_from_an_empty_page_to_a_digit_read(page: Page, tmp_path: Path) -> None:
    editor, trainer, examiner = Editor(page), Trainer(page), Examiner(page)
    editor.start_from_nothing()
    # Without an activation it is a linear classifier, which reaches 0.95 only by luck.
    draw_manuals_network(editor, 64, activation="relu")
    editor.expect_parameters("301,066")
    exported = editor.export("keras_json", tmp_path)

    trainer.open()
    trainer.choose("digits")
    trainer.set("epochs", EPOCHS)
    trainer.set("batch_size", 16)
    trainer.start()
    watch_live(trainer)
    editor.reload()
    expect(editor.nodes).to_have_count(7)
    editor.expect_parameters("301,066")
    trainer.open()
    expect(trainer.panel.get_by_test_id("run-progress")).to_be_visible()
    trainer.expect_state("finished")
    trainer.expect_epochs_told(EPOCHS)
    accuracy = trainer.panel.get_by_test_id("test-accuracy").get_attribute("data-value")
    assert float(accuracy or 0) >= 0.95

    examiner.open()
    assert examiner.evaluate() == pytest.approx(float(accuracy or 0), abs=1e-3)
    image, digit = digit_image(DIGIT)
    examiner.upload(image)
    examiner.expect_class(digit)
    examiner.try_sample(0)

    run_scripts(exported, image, digit, tmp_path)


def watch_live(trainer: Trainer) -> None:
    """Batches, epochs, curves, progress and remaining time come while the run goes on."""
    trainer.expect_epoch(2)
    panel = trainer.panel
    expect(panel.get_by_text(re.compile(r"\d:\d\d left"))).to_be_visible()
    expect(panel.get_by_test_id("curves").locator("canvas").first).to_be_visible()
    expect(panel.get_by_test_id("metric-loss")).to_be_visible()
    expect(panel.get_by_test_id("metric-val_accuracy")).to_be_visible()
    before = trainer.percent()
    wait_for(lambda: trainer.percent() > before, timeout_s=WORKER_PATIENCE_MS / 1000)


def run_scripts(exported: Path, image: bytes, digit: str, folder: Path) -> None:
    """The same exported file, by the scripts."""
    (folder / "digit.png").write_bytes(image)
    weights = folder / "temp.h5"
    train = [str(exported), "digits", str(weights), "--epochs", "20", "--batch-size", "32"]
    output = run_script("train.py", *train)
    assert float(output.rsplit("accuracy:", 1)[1].split()[0]) >= 0.95
    answer = run_script("eval.py", str(exported), str(weights), str(folder / "digit.png"), "--json")
    assert json.loads(answer)["top"][0]["label"] == digit


def run_script(name: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, f"scripts/{name}", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_stop_keeps_the_weights(page: Page, tmp_path: Path) -> None:
    editor, trainer, examiner = Editor(page), Trainer(page), Examiner(page)
    editor.start_from_nothing()
    draw_one_layer(editor, 64)
    trainer.open()
    trainer.choose("digits")
    trainer.set("epochs", 1000)
    trainer.set("batch_size", 4)
    trainer.start()
    trainer.expect_epoch(3)
    trainer.panel.get_by_test_id("stop-run").click()
    trainer.expect_state("stopped")

    history = json.loads(trainer.download("history.json", tmp_path).read_text("utf-8"))
    graph = json.loads(trainer.download("graph.json", tmp_path).read_text("utf-8"))
    assert 2 <= len(history["epochs"]["loss"]) < 1000
    assert [node["type"] for node in graph["nodes"]] == ["InputLayer", "Dense", "Softmax"]
    learnt = arrays_of(trainer.download("weights.weights.h5", tmp_path))
    assert sorted(array.shape for array in learnt) == [(10,), (64, 10)]
    exported = arrays_of(editor.export("keras_weights", tmp_path))
    assert all(map(np.array_equal, exported, learnt)), "a click exports what was learnt"

    examiner.open()
    assert examiner.evaluate() > 0.5, "what two epochs have taught must be kept"
    examiner.panel.get_by_test_id("sample-0").click()
    expect(examiner.panel.get_by_test_id("prediction")).to_be_visible()
    examiner.draw_line()
    expect(examiner.panel.get_by_text("cropped, centred and reduced to 8 × 8")).to_be_visible()
    examiner.panel.get_by_text("Clear", exact=True).click()
    expect(examiner.panel.get_by_test_id("prediction")).to_have_count(0)


def arrays_of(file: Path) -> list[npt.NDArray[np.float32]]:
    """The arrays of the layers in a file of Keras weights."""
    arrays: list[npt.NDArray[np.float32]] = []
    with h5py.File(file) as content:
        content["layers"].visititems(
            lambda _, item: arrays.append(item[()]) if isinstance(item, h5py.Dataset) else None
        )
    return arrays


def test_a_killed_worker_is_told_and_its_run_resumed(page: Page, site: Server) -> None:
    editor, trainer = Editor(page), Trainer(page)
    editor.start_from_nothing()
    draw_one_layer(editor, 64)
    trainer.open()
    trainer.choose("digits")
    trainer.set("epochs", 5)
    trainer.set("batch_size", 1)
    trainer.start()
    trainer.expect_epoch(2)
    network = page.url.rsplit("/", 1)[1]

    def losses() -> list[float]:
        (run,) = page.request.get(f"/api/runs?network={network}").json()
        return list(run["history"]["loss"])

    before = losses()
    assert 1 <= len(before) < 5, "the worker must be killed in the middle"
    os.kill(site.state()["services"]["worker"], signal.SIGKILL)
    lost = trainer.panel.get_by_test_id("run-lost")
    expect(lost).to_contain_text("The worker stopped", timeout=WORKER_PATIENCE_MS)
    trainer.expect_state("lost")
    trainer.panel.get_by_test_id("resume-run").click()
    trainer.expect_state("finished")
    trainer.expect_epochs_told(5)
    after = losses()
    assert len(after) == 5
    assert after[: len(before)] == before
