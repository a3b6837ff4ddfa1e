"""What a user does on the pages, in a user's words."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page, expect


class Editor:
    """The editor in one tab."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, path: str) -> None:
        self.page.goto(path)
        expect(self.page.get_by_test_id("canvas")).to_be_visible()

    def start_from_nothing(self) -> None:
        """From the home page into an empty network."""
        self.page.goto("/")
        self.page.get_by_test_id("new-network").click()
        expect(self.page.get_by_test_id("canvas")).to_be_visible()

    def append(self, entry: str) -> None:
        """Click a palette entry: the layer comes behind the selected one, connected, selected."""
        self.page.get_by_test_id(f"palette-item-{entry}").click()

    def set(self, param: str, value: object) -> None:
        """Give a parameter of the selected layer a value, as one types it."""
        field = self.page.get_by_test_id("inspector").get_by_test_id(f"param-{param}")
        field.fill(str(value))
        field.press("Enter")

    def select(self, name: str) -> None:
        self.node(name).click()

    def node(self, name: str) -> Locator:
        return self.page.get_by_test_id(f"node-{name}")

    @property
    def nodes(self) -> Locator:
        return self.page.locator('[data-testid^="node-"]')

    def expect_parameters(self, count: str) -> None:
        expect(self.page.get_by_test_id("total-parameters")).to_have_text(count)

    def expect_saved(self) -> None:
        expect(self.page.get_by_text("Saved", exact=True)).to_be_visible()

    def download(self, format_name: str, folder: Path) -> Path:
        """Export the network by the menu; returns the file."""
        self.page.get_by_test_id("file-menu").click()
        self.page.get_by_role("menuitem", name="Export as").hover()
        with self.page.expect_download() as started:
            self.page.get_by_test_id(f"export-{format_name}").click()
        path = folder / started.value.suggested_filename
        started.value.save_as(path)
        return path


class Trainer:
    """The Train tab of the side bar."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self) -> None:
        self.page.get_by_test_id("button-train").click()
        expect(self.page.get_by_test_id("train-panel")).to_be_visible()

    def choose(self, dataset: str) -> None:
        picker = self.page.get_by_test_id("dataset")
        picker.click()
        self.page.get_by_test_id(f"dataset-{dataset}").click()

    def set(self, param: str, value: object) -> None:
        field = self.page.get_by_test_id("train-panel").get_by_test_id(f"param-{param}")
        field.fill(str(value))
        field.press("Enter")

    def start(self) -> None:
        button = self.page.get_by_test_id("start-training")
        expect(button).to_be_enabled()
        button.click()

    def expect_state(self, state: str, timeout_s: float = 120) -> None:
        badge = self.page.get_by_test_id("run-state").first
        expect(badge).to_have_attribute("data-state", state, timeout=timeout_s * 1000)
