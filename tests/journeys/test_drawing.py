"""Drawing a network: by dragging and by clicking, with its shapes and costs in sight; its files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.networks import draw_manuals_network
from tests.journeys.user import Editor, box_of, drop_file
from visualnn.launch.places import ROOT

pytestmark = pytest.mark.browser


def test_layers_are_dragged_in_connected_moved_and_deleted(page: Page) -> None:
    editor = Editor(page)
    editor.start_from_nothing()
    editor.drag_in("input", 300, 120)
    editor.set("shape", 784)
    editor.drag_in("inner-product", 300, 400)
    editor.set("units", 64)
    dense = editor.node("dense")
    expect(editor.nodes).to_have_count(2)
    expect(editor.edges).to_have_count(0)
    expect(dense).to_have_attribute("data-severity", "error")

    editor.connect("input_layer", "dense")
    expect(editor.edges).to_have_count(1)
    expect(editor.edges).to_have_text("784")
    expect(dense).not_to_have_attribute("data-severity", "error")
    expect(dense).to_contain_text("64")
    editor.expect_parameters("50,240")

    editor.drag_into_edge("dropout")
    expect(editor.edges).to_have_count(2)
    expect(editor.edges.last).to_have_text("784")

    before = box_of(dense)
    editor.move("dense", 160, 40)
    after = box_of(dense)
    assert after["x"] - before["x"] == pytest.approx(160, abs=12)
    assert after["y"] - before["y"] == pytest.approx(40, abs=12)

    editor.select("dropout")
    page.keyboard.press("Delete")
    expect(editor.nodes).to_have_count(2)
    expect(editor.edges).to_have_count(1)
    editor.expect_parameters("50,240")


def test_the_manuals_network_is_drawn_counted_and_exported(page: Page, tmp_path: Path) -> None:
    editor = Editor(page)
    editor.start_from_nothing()
    draw_manuals_network(editor, 784, totals=("401,920", "664,576", "669,706"))
    expect(editor.nodes).to_have_count(7)
    expect(editor.edges).to_have_count(6)
    expect(editor.node("dense_1")).to_contain_text("512")
    expect(editor.node("softmax")).to_contain_text("10")
    for place, shape in enumerate(["784", "512", "512", "512", "512", "10"]):
        expect(editor.edges.nth(place)).to_have_text(shape)
    exported = editor.export("keras_json", tmp_path)
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


def test_a_network_of_the_zoo_travels_through_a_file(page: Page, tmp_path: Path) -> None:
    """Zoo dialog, export, then the same file by the menu and dropped on the page."""
    editor = Editor(page)
    editor.start_from_nothing()
    page.get_by_test_id("action-zoo").click()
    page.get_by_test_id("zoo-open-cnn").click()
    editor.expect_parameters("1,199,882")
    exported = editor.export("keras_json", tmp_path)
    zoo = page.url

    page.get_by_test_id("file-menu").click()
    page.get_by_test_id("menu-import").click()
    page.get_by_test_id("import-file").set_input_files(exported)
    page.wait_for_url(lambda url: url != zoo)
    editor.expect_open()
    editor.expect_parameters("1,199,882")
    by_menu = page.url

    drop_file(page, exported)
    page.wait_for_url(lambda url: url != by_menu)
    editor.expect_open()
    editor.expect_parameters("1,199,882")
    expect(editor.node("conv2d_2")).to_contain_text("24×24×64")
    assert page.url != zoo
