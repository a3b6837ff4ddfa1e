"""The manual's chapter 4 as a user walks it: from an empty page to a digit read."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, FilePayload, Page, expect
from sklearn.datasets import load_digits

from tests.journeys.user import Editor, Trainer
from tests.launch.server import Server, wait_for
from visualnn.launch.places import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.keras]


STARTS_WITHIN_MS = 120_000
"""A worker that has just come up imports TensorFlow first, which takes time if busy."""


def draw_manuals_network(editor: Editor, inputs: int) -> None:
    """Input, then twice Inner Product 512 and Dropout 0.2, then Inner Product 10 and Softmax."""
    editor.append("input")
    editor.set("shape", inputs)
    for _ in range(2):
        editor.append("inner-product")
        editor.set("units", 512)
        editor.append("dropout")
        editor.set("rate", 0.2)
    editor.append("inner-product")
    editor.set("units", 10)
    editor.append("softmax")


def test_the_manuals_network_is_drawn_counted_and_exported(page: Page, tmp_path: Path) -> None:
    editor = Editor(page)
    editor.start_from_nothing()
    draw_manuals_network(editor, 784)
    expect(editor.nodes).to_have_count(7)
    editor.expect_parameters("669,706")
    expect(editor.node("dense_1")).to_contain_text("512")
    expect(editor.node("softmax")).to_contain_text("10")
    exported = editor.download("keras_json", tmp_path)
    summary = json.loads(
        subprocess.run(
            [sys.executable, "scripts/summary.py", str(exported), "--json"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
    )
    assert summary["totals"]["weights"] == 669_706
    assert [layer["type"] for layer in summary["layers"]] == [
        "InputLayer",
        "Dense",
        "Dropout",
        "Dense",
        "Dropout",
        "Dense",
        "Softmax",
    ]


def test_edits_survive_a_reload_and_reach_a_second_tab(context: BrowserContext, page: Page) -> None:
    editor = Editor(page)
    editor.start_from_nothing()
    editor.append("input")
    editor.append("inner-product")
    other = Editor(context.new_page())
    other.open(page.url)
    expect(other.nodes).to_have_count(2)
    editor.set("units", 7)
    other.expect_parameters("5,495")
    other.append("softmax")
    expect(editor.nodes).to_have_count(3)
    editor.expect_saved()
    page.reload()
    expect(editor.nodes).to_have_count(3)
    editor.expect_parameters("5,495")


def test_undo_takes_back_ones_own_step_only(context: BrowserContext, page: Page) -> None:
    editor = Editor(page)
    editor.start_from_nothing()
    editor.append("input")
    other = Editor(context.new_page())
    other.open(page.url)
    expect(other.nodes).to_have_count(1)
    other.select("input_layer")
    other.append("inner-product")
    expect(editor.nodes).to_have_count(2)
    page.get_by_test_id("canvas").click(position={"x": 20, "y": 20})
    page.keyboard.press("Control+z")
    expect(editor.node("input_layer")).to_have_count(0)
    expect(other.nodes).to_have_count(1)
    page.keyboard.press("Control+Shift+z")
    expect(other.nodes).to_have_count(2)


def test_a_broken_network_cannot_be_trained_and_says_why(page: Page) -> None:
    editor = Editor(page)
    editor.start_from_nothing()
    editor.append("input")
    editor.set("shape", "28, 28")
    editor.append("convolution")
    editor.set("kernel_size", 99)
    train = page.get_by_test_id("button-train")
    expect(train).to_be_disabled()
    said = page.locator(f"#{train.get_attribute('aria-describedby')}")
    expect(said).not_to_be_empty()
    page.get_by_test_id("problems").get_by_role("button").first.click()
    problem = page.get_by_test_id("problem").first
    problem.click()
    expect(page.get_by_test_id("inspector")).to_be_visible()
    page.get_by_test_id("apply-fix").first.click()


def digit_image(index: int) -> tuple[bytes, str]:
    """A digit of scikit-learn's set as a PNG file, and which one it is."""
    digits = load_digits()
    pixels = (digits.images[index] / 16 * 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue(), str(digits.target[index])


def test_from_an_empty_page_to_a_digit_read(page: Page, tmp_path: Path) -> None:
    editor, trainer = Editor(page), Trainer(page)
    editor.start_from_nothing()
    draw_manuals_network(editor, 64)
    editor.expect_parameters("301,066")
    trainer.open()
    trainer.choose("digits")
    trainer.set("epochs", 30)
    trainer.start()
    expect(page.get_by_test_id("run-progress")).to_be_visible(timeout=STARTS_WITHIN_MS)
    page.reload()
    trainer.open()
    trainer.expect_state("finished")
    accuracy = float(page.get_by_test_id("test-accuracy").get_attribute("data-value") or 0)
    assert accuracy >= 0.95

    page.get_by_test_id("button-test").click()
    page.get_by_test_id("evaluate").click()
    expect(page.get_by_test_id("confusion-matrix")).to_be_visible()
    image, digit = digit_image(1790)
    file = FilePayload(name="digit.png", mimeType="image/png", buffer=image)
    page.get_by_test_id("predict-file").set_input_files(file)
    first = page.get_by_test_id("prediction-0")
    expect(first).to_have_attribute("data-label", digit)

    exported = editor.download("keras_json", tmp_path)
    run_scripts(exported, image, digit, tmp_path)


def run_scripts(exported: Path, image: bytes, digit: str, folder: Path) -> None:
    """The same exported file, by the scripts."""
    (folder / "digit.png").write_bytes(image)
    weights = folder / "temp.h5"
    train = [str(exported), "digits", str(weights), "--epochs", "30"]
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


def test_a_killed_worker_is_told_and_its_run_resumed(page: Page, site: Server) -> None:
    editor, trainer = Editor(page), Trainer(page)
    editor.start_from_nothing()
    editor.append("input")
    editor.set("shape", 64)
    editor.append("inner-product")
    editor.set("units", 10)
    editor.append("softmax")
    trainer.open()
    trainer.choose("digits")
    trainer.set("epochs", 6)
    trainer.set("batch_size", 1)
    trainer.start()
    network = page.url.rsplit("/", 1)[1]

    def second_epoch_has_begun() -> bool:
        (run,) = page.request.get(f"/api/runs?network={network}").json()
        return bool(run["epoch"] >= 1)

    wait_for(second_epoch_has_begun, timeout_s=120)
    worker = site.state()["services"]["worker"]
    os.kill(worker, signal.SIGKILL)
    expect(page.get_by_test_id("run-lost")).to_be_visible(timeout=STARTS_WITHIN_MS)
    page.get_by_test_id("resume-run").click()
    trainer.expect_state("finished")
    (run,) = page.request.get(f"/api/runs?network={network}").json()
    assert len(run["history"]["loss"]) == 6
