"""Edits last, reach other tabs, can be taken back by their author; mistakes are told and mended."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.user import Editor

pytestmark = pytest.mark.browser


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
    editor.inspector.get_by_test_id("layer-note").fill("Why seven?")
    note = other.node("dense").get_by_role("img", name="Note")
    expect(note).to_have_attribute("title", "Why seven?")
    other.append("softmax")
    expect(editor.nodes).to_have_count(3)
    editor.expect_saved()
    editor.reload()
    expect(editor.nodes).to_have_count(3)
    expect(editor.edges).to_have_count(2)
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
    editor.press_on_canvas("Control+z")
    expect(editor.node("input_layer")).to_have_count(0)
    expect(other.nodes).to_have_count(1)
    expect(other.node("dense")).to_be_visible()
    page.keyboard.press("Control+Shift+z")
    expect(other.nodes).to_have_count(2)


def test_a_broken_network_cannot_be_trained_until_it_is_mended(page: Page) -> None:
    editor = Editor(page)
    editor.start_from_nothing()
    editor.append("input")
    editor.set("shape", "28, 28, 1")
    editor.append("convolution")
    train = page.get_by_test_id("button-train")
    expect(train).to_be_enabled()
    editor.set("kernel_size", 99)
    expect(train).to_be_disabled()
    reason = page.locator(f"#{train.get_attribute('aria-describedby')}")
    expect(reason).to_contain_text("window spans 99")
    expect(editor.node("conv2d")).to_have_attribute("data-severity", "error")

    editor.select("input_layer")
    page.get_by_test_id("toggle-problems").click()
    problem = page.get_by_test_id("problem")
    expect(problem).to_contain_text("window spans 99")
    problem.click()
    expect(editor.node("conv2d")).to_have_attribute("data-selected", "true")
    expect(editor.inspector.get_by_test_id("layer-name")).to_have_value("conv2d")
    expect(editor.inspector.get_by_test_id("param-kernel_size")).to_be_visible()

    page.get_by_test_id("problem-list").get_by_test_id("apply-fix").click()
    expect(problem).to_have_count(0)
    expect(editor.node("conv2d")).to_contain_text("28×28")
    expect(train).to_be_enabled()


def test_rows_of_a_table_become_images_by_a_click(page: Page) -> None:
    """What comes first with MNIST: windows behind the 784 values that Input begins with."""
    editor = Editor(page)
    editor.start_from_nothing()
    editor.append("input")
    expect(editor.node("input_layer")).to_contain_text("784")
    page.get_by_test_id("palette-item-convolution").click()
    expect(editor.nodes).to_have_count(2)
    fix = editor.inspector.get_by_test_id("apply-fix")
    expect(fix).to_have_text("Insert Reshape 28×28×1")
    fix.click()
    expect(editor.node("reshape")).to_contain_text("28×28×1")
    expect(editor.node("conv2d").get_by_test_id("badge")).to_have_count(0)

    editor.append("inner-product")
    editor.set("units", 10)
    editor.append("softmax")
    editor.select("dense")
    expect(editor.inspector).to_contain_text("softmax gives classes at every place of an image")
    expect(fix).to_have_text("Insert Flatten")
    fix.click()
    expect(editor.node("flatten")).to_be_visible()
    expect(editor.node("softmax")).to_contain_text("10")
    expect(page.get_by_test_id("badge")).to_have_count(0)
    editor.press_on_canvas("Control+z")
    expect(editor.node("flatten")).to_have_count(0)
    expect(page.get_by_test_id("badge")).to_have_count(1)


def test_layers_that_come_by_a_fix_or_are_pasted_cover_none(page: Page) -> None:
    editor = Editor(page)
    editor.start_from_nothing()
    for entry in ("input", "convolution", "relu"):
        editor.append(entry)
    editor.select("conv2d")
    editor.inspector.get_by_test_id("apply-fix").click()
    expect(editor.node("reshape")).to_contain_text("28×28×1")
    expect(editor.node("re_lu")).to_contain_text("26×26")
    editor.expect_none_covered()

    editor.select("conv2d")
    editor.node("re_lu").click(modifiers=["Shift"])
    expect(editor.selected).to_have_count(2)
    page.keyboard.press("Control+c")
    for count in (6, 8):
        page.keyboard.press("Control+v")
        expect(editor.nodes).to_have_count(count)
    editor.expect_none_covered()


def test_an_edge_that_is_refused_looks_so_and_says_why(page: Page) -> None:
    editor = Editor(page)
    editor.start_from_nothing()
    for entry in ("input", "inner-product", "softmax"):
        editor.append(entry)
    drawn = page.get_by_test_id("drawn-edge")
    editor.node("softmax").locator(".react-flow__handle.source").hover()
    page.mouse.down()
    editor.node("dense").hover()
    expect(drawn).to_have_attribute("data-refused", "true")
    editor.node("dense").locator(".react-flow__handle.target").hover()
    expect(drawn).to_have_attribute("data-refused", "true")
    page.mouse.up()
    expect(page.get_by_text("softmax cannot feed dense")).to_be_visible()
    expect(editor.edges).to_have_count(2)

    # What was said of one network goes with it, before its time is over.
    page.get_by_test_id("file-menu").click()
    page.get_by_test_id("menu-newNetwork").click()
    expect(page.get_by_test_id("empty-canvas")).to_be_visible()
    expect(page.get_by_text("softmax cannot feed dense")).to_have_count(0, timeout=4000)


def test_a_layer_is_found_by_its_name(page: Page) -> None:
    editor = Editor(page)
    editor.start_from_nothing()
    for entry in ("input", "inner-product", "inner-product"):
        editor.append(entry)
    page.keyboard.press("Control+k")
    page.get_by_test_id("commands-search").fill("input_l")
    expect(page.get_by_role("dialog").get_by_text("input_layer", exact=True)).to_be_visible()
    page.keyboard.press("Enter")
    expect(editor.node("input_layer")).to_have_attribute("data-selected", "true")
    expect(editor.selected).to_have_count(1)
    expect(editor.nodes).to_have_count(3)
