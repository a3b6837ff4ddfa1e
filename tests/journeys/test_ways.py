"""Other ways in: in Chinese, on a phone, by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.user import Editor
from tests.waiting import wait_for

pytestmark = pytest.mark.browser

HAN = re.compile(r"[\u4e00-\u9fff]{4}")
TOOLBAR_FITS = """width => {
    const bar = document.querySelector("[data-testid=toolbar]");
    const boxes = [...bar.querySelectorAll("button, a, input, [role=status]")]
        .map(each => each.getBoundingClientRect()).sort((a, b) => a.left - b.left);
    return boxes.every(({right}, i) => right <= (boxes[i + 1]?.left ?? innerWidth) + 1)
        && innerWidth === width;
}"""
"""Nothing in it lies over another or leaves a window of this width."""


def test_a_user_who_reads_chinese(make_user: Callable[..., BrowserContext]) -> None:
    page = make_user(locale="zh-CN").new_page()
    editor = Editor(page)
    editor.start_from_nothing()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    train, test = page.get_by_test_id("button-train"), page.get_by_test_id("button-test")
    expect(train).to_have_text("训练")
    expect(test).to_have_text("测试")
    expect(page.get_by_test_id("palette-item-inner-product")).to_contain_text("全连接")
    editor.append("input")
    editor.set("shape", "28, 28, 1")
    editor.append("convolution")
    editor.set("kernel_size", 99)
    expect(train).to_be_disabled()
    page.get_by_test_id("toggle-problems").click()
    problem = page.get_by_test_id("problem")
    expect(problem).to_have_text(HAN)
    expect(problem).not_to_contain_text("window")

    page.get_by_test_id("language").click()
    page.get_by_test_id("language-en").click()
    expect(train).to_have_text("Train")
    expect(problem).to_contain_text("window spans 99")


def test_the_toolbar_fits_any_window(page: Page) -> None:
    Editor(page).start_from_nothing()
    for width in (1440, 1000, 800, 700, 601):
        page.set_viewport_size({"width": width, "height": 700})
        page.wait_for_function(TOOLBAR_FITS, arg=width)


def test_a_user_on_a_phone(make_user: Callable[..., BrowserContext]) -> None:
    page = make_user(width=380, height=760).new_page()
    editor = Editor(page)
    editor.start_from_nothing()
    editor.expect_no_sideways_scrolling()
    for entry in ("input", "inner-product", "softmax"):
        page.get_by_test_id("open-palette").click()
        editor.append(entry)
        expect(page.get_by_test_id("palette")).to_have_count(0)
    editor.expect_parameters("100,480")
    editor.select("dense")
    page.get_by_test_id("open-sidebar").click()
    editor.set("units", 10)
    editor.expect_parameters("7,850")
    editor.expect_no_sideways_scrolling()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("sidebar")).to_have_count(0)
    for button, panel in (("button-train", "train-panel"), ("button-test", "test-panel")):
        page.get_by_test_id(button).click()
        expect(page.get_by_test_id(panel)).to_be_visible()
        editor.expect_no_sideways_scrolling()
        page.keyboard.press("Escape")
        expect(page.get_by_test_id(panel)).to_have_count(0)
    page.get_by_test_id("home-link").click()
    expect(page.get_by_test_id("network-row").first).to_contain_text("7,850")
    editor.expect_no_sideways_scrolling()


def test_a_user_without_a_mouse(page: Page) -> None:
    editor = Editor(page)
    page.goto("/")
    page.get_by_test_id("new-network").focus()
    page.keyboard.press("Enter")
    editor.expect_open()
    page.keyboard.press("/")
    expect(page.get_by_test_id("palette-search")).to_be_focused()
    for word in ("input", "inner product", "softmax"):
        page.keyboard.press("Control+a")
        page.keyboard.type(word)
        page.keyboard.press("Enter")
    expect(editor.nodes).to_have_count(3)
    expect(editor.edges).to_have_count(2)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(editor.selected).to_have_text(re.compile("^softmax"))
    page.keyboard.press("ArrowUp")
    expect(editor.selected).to_have_text(re.compile("^dense"))
    page.keyboard.press("ArrowUp")
    expect(editor.selected).to_have_text(re.compile("^input_layer"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Delete")
    expect(editor.node("dense")).to_have_count(0)
    expect(editor.edges).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(editor.node("dense")).to_have_count(1)
    expect(editor.edges).to_have_count(2)


OPENED_AT_ONCE = """async ([selector, event]) => {
    const target = document.querySelector(selector);
    const { x, y } = target.getBoundingClientRect();
    target.dispatchEvent(new MouseEvent(event, { bubbles: true, clientX: x + 9, clientY: y + 9 }));
    for (let frame = 0; frame < 600; frame++) {
        if (document.querySelector("[role=menuitem]")) return true;
        await new Promise(requestAnimationFrame);
    }
    return false;
}"""


def is_closed(page: Page) -> bool:
    """Whether no menu is open after a press of Escape; a menu just drawn may not hear it yet."""
    page.keyboard.press("Escape")
    return page.get_by_role("menuitem").count() == 0


def test_menus_are_there_before_they_are_asked_for(page: Page) -> None:
    """They are fetched while the page is idle, and drawn without fetching anything."""
    editor = Editor(page)
    with page.expect_response(re.compile(r"/Dock-[^/]*\.js$")):  # the last of them
        editor.start_from_nothing()
    editor.append("input")
    page.wait_for_load_state("networkidle")
    page.evaluate("() => new Promise(requestIdleCallback)")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for selector, event in (
        ("[data-testid=node-input_layer]", "contextmenu"),
        ("[data-testid=file-menu]", "click"),
        ("[data-testid=language]", "click"),
    ):
        assert page.evaluate(OPENED_AT_ONCE, [selector, event]), selector
        wait_for(lambda: is_closed(page))
    assert not [url for url in asked if url.endswith((".js", ".css"))]
