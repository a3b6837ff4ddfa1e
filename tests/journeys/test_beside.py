"""Looking closer: into a block, at the code and the figure beside the canvas, and at the help."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.user import Editor

pytestmark = pytest.mark.browser


def open_vgg(page: Page) -> Editor:
    """VGG of the model zoo, opened as a user does."""
    editor = Editor(page)
    editor.start_from_nothing()
    page.get_by_test_id("action-zoo").click()
    page.get_by_test_id("zoo-open-vgg").click()
    expect(editor.node("block1")).to_be_visible()
    editor.expect_open()
    return editor


def test_a_block_is_opened_changed_and_left(page: Page) -> None:
    editor = open_vgg(page)
    expect(page.get_by_test_id("repeat-block5")).to_have_text("× 4")
    editor.node("block3").dblclick()
    expect(page.get_by_test_id("breadcrumb")).to_contain_text("block3")
    expect(editor.node("pool")).to_contain_text("4×4×256")
    editor.node("conv").dblclick()
    expect(editor.node("conv")).to_contain_text("8×8×256")
    editor.select("relu")
    editor.select("conv")
    filters = page.get_by_test_id("param-filters")
    expect(filters).to_have_value("filters")
    filters.fill("2 * filters")
    filters.press("Enter")
    expect(editor.node("conv")).to_contain_text("8×8×512")
    editor.press_on_canvas("Control+z")
    editor.expect_parameters("45,239,370")
    page.get_by_test_id("crumb-1").click()
    expect(editor.node("pool")).to_be_visible()
    expect(editor.selected).to_have_count(1)
    page.keyboard.press("Escape")
    expect(editor.selected).to_have_count(0)
    page.keyboard.press("Escape")
    expect(editor.node("block3")).to_have_attribute("data-selected", "true")
    expect(page.get_by_test_id("block-value-filters")).to_have_value("256")
    repeat = page.get_by_test_id("block-repeat")
    editor.select("block5")
    expect(repeat).to_have_value("4")
    repeat.fill("3")
    repeat.press("Enter")
    expect(page.get_by_test_id("repeat-block5")).to_have_text("× 3")
    editor.expect_parameters("42,879,562")


def test_a_model_inside_an_imported_model_is_a_block_with_its_own_shapes(
    page: Page, tmp_path: Path
) -> None:
    """A model of Keras that calls a smaller one twice; both number their layers from 0 on."""

    def layer(kind: str, name: str, *calls: str, **config: object) -> dict[str, object]:
        nodes = [
            [[before, index, 0] for before in call.split()] for index, call in enumerate(calls)
        ]
        return {"class_name": kind, "name": name, "config": config, "inbound_nodes": nodes}

    def model(
        layers: list[dict[str, object]], start: str, *ends: list[object]
    ) -> dict[str, object]:
        return {
            "name": "siamese",
            "layers": layers,
            "input_layers": [[start, 0, 0]],
            "output_layers": list(ends),
        }

    x = layer("InputLayer", "x", batch_shape=[None, 6])
    dense = layer("Dense", "dense", "x", units=7)
    inner = model([x, dense, layer("ReLU", "relu", "dense")], "x", ["relu", 0, 0])
    first = layer("InputLayer", "a", batch_shape=[None, 5])
    tower = layer("Functional", "tower", "b", "c") | {"config": inner}
    tower["inbound_nodes"] = [[["b", 0, 0]], [["c", 0, 0]]]
    layers = [first, layer("Dense", "b", "a", units=6), layer("Dense", "c", "a", units=6), tower]
    outer = model(layers, "a", ["tower", 0, 0], ["tower", 1, 0])
    text = json.dumps({"class_name": "Functional", "config": outer})
    (tmp_path / "net.json").write_text(text)
    page.goto("/")
    page.get_by_test_id("home-import").click()
    page.get_by_test_id("import-file").set_input_files([tmp_path / "net.json"])
    editor = Editor(page)
    editor.expect_open()
    editor.expect_parameters("121")
    expect(editor.node("tower_1")).to_contain_text("tower")
    editor.node("tower").dblclick()
    expect(editor.node("dense")).to_contain_text("7")
    expect(editor.edges).to_have_text(["6", "7"])


def test_code_and_canvas_select_each_other(page: Page) -> None:
    editor = Editor(page)
    editor.start_from_nothing()
    editor.append("input")
    editor.set("shape", 784)
    editor.append("inner-product")
    editor.press_on_canvas("Shift+C")
    code = page.get_by_test_id("code-pane")
    marked = code.locator("[data-marked]").first
    editor.select("dense")
    expect(marked).to_contain_text("dense")
    editor.set("units", 77)
    expect(code).to_contain_text("77")
    code.locator("[data-line]", has_text="784").first.click()
    expect(editor.node("input_layer")).to_have_attribute("data-selected", "true")
    expect(marked).to_contain_text("784")

    page.get_by_test_id("dock").get_by_text("Figure", exact=True).click()
    figure = page.get_by_test_id("figure-pane")
    figure.locator("[data-node]", has_text="dense").click()
    expect(editor.node("dense")).to_have_attribute("data-selected", "true")
    page.reload()
    expect(figure.locator("[data-node]")).to_have_count(2)


def test_help_tells_all_of_a_layer(page: Page) -> None:
    editor = Editor(page)
    editor.start_from_nothing()
    page.get_by_test_id("palette-item-dropout").click(button="right")
    told = page.get_by_test_id("help")
    expect(told).to_contain_text("Dropout")
    expect(page.get_by_test_id("help-rate")).to_contain_text(re.compile("at most 1", re.I))
    expect(editor.nodes).to_have_count(0)
