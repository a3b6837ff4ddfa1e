"""What a user does on the pages, in a user's words."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

from playwright.sync_api import FilePayload, FloatRect, Locator, Page, expect

from tests.waiting import wait_for

PATIENCE_MS = 30_000
"""How long the page may take for anything: a loaded machine of two cores is slow at times."""
WORKER_PATIENCE_MS = 150_000
"""How long a worker may take to begin: one that has just come up imports TensorFlow first."""


class Editor:
    """The editor in one tab."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, path: str) -> None:
        self.page.goto(path)
        self.expect_open()

    def reload(self) -> None:
        self.page.reload()
        self.expect_open()

    def start_from_nothing(self) -> None:
        """From the home page into an empty network."""
        self.page.goto("/")
        self.page.get_by_test_id("new-network").click()
        self.expect_open()
        expect(self.page.get_by_test_id("empty-canvas")).to_be_visible()

    def expect_open(self) -> None:
        expect(self.canvas).to_have_attribute("data-loaded", "true")

    @property
    def canvas(self) -> Locator:
        return self.page.get_by_test_id("canvas")

    # Layers.

    def append(self, entry: str) -> None:
        """Click a palette entry: the layer comes behind the selected one, connected, selected."""
        count = self.nodes.count()
        self.page.get_by_test_id(f"palette-item-{entry}").click()
        expect(self.nodes).to_have_count(count + 1)

    def drag_in(self, entry: str, x: float, y: float) -> None:
        """Drag a palette entry to a place on the canvas, in pixels from its corner."""
        item = self.page.get_by_test_id(f"palette-item-{entry}")
        item.drag_to(self.canvas, target_position={"x": x, "y": y})

    def drag_into_edge(self, entry: str) -> None:
        """Drag a palette entry onto the only edge."""
        canvas, edge = box_of(self.canvas), box_of(self.edges)
        self.drag_in(
            entry,
            edge["x"] + edge["width"] / 2 - canvas["x"],
            edge["y"] + edge["height"] / 2 - canvas["y"],
        )

    def move(self, name: str, dx: float, dy: float) -> None:
        """Drag a layer."""
        box = box_of(self.node(name))
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        mouse = self.page.mouse
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + dx, y + dy, steps=40)
        mouse.up()

    def connect(self, source: str, target: str) -> None:
        """Drag from the output port of one layer to the input port of another."""
        self.node(source).locator(".react-flow__handle.source").hover()
        self.page.mouse.down()
        self.node(target).locator(".react-flow__handle.target").hover()
        self.page.mouse.up()

    def select(self, name: str) -> None:
        self.node(name).click()
        expect(self.node(name)).to_have_attribute("data-selected", "true")

    def node(self, name: str) -> Locator:
        return self.page.get_by_test_id(f"node-{name}")

    @property
    def nodes(self) -> Locator:
        return self.page.locator('[data-testid^="node-"]')

    @property
    def selected(self) -> Locator:
        return self.page.locator('[data-testid^="node-"][data-selected]')

    @property
    def edges(self) -> Locator:
        return self.page.locator(".react-flow__edge")

    def expect_none_covered(self) -> None:
        """No two layers lie on each other, once the view stands still."""
        wait_for(self._is_none_covered, PATIENCE_MS / 1000)

    def _is_none_covered(self) -> bool:
        # At one moment: the view glides, and boxes asked for one by one are those of several.
        boxes = self.nodes.evaluate_all(
            """nodes => nodes.map(node => node.getBoundingClientRect())
                .map(({ x, y, width, height }) => ({ x, y, width, height }))"""
        )
        return not any(
            abs(one["x"] - other["x"]) < one["width"] and abs(one["y"] - other["y"]) < one["height"]
            for one, other in combinations(boxes, 2)
        )

    # The selected layer.

    @property
    def inspector(self) -> Locator:
        return self.page.get_by_test_id("inspector")

    def set(self, param: str, value: object) -> None:
        """Give a parameter of the selected layer a value, as one types it."""
        field = self.inspector.get_by_test_id(f"param-{param}")
        field.fill(str(value))
        field.press("Enter")

    def choose(self, param: str, option: str) -> None:
        """Choose a value of a parameter of the selected layer from its list."""
        field = self.inspector.get_by_test_id(f"param-{param}")
        field.click()
        self.page.get_by_role("option", name=option, exact=True).click()
        expect(field).to_have_value(option)

    # The whole network.

    def expect_parameters(self, count: str) -> None:
        expect(self.page.get_by_test_id("total-parameters")).to_have_text(count)

    def expect_saved(self) -> None:
        status = self.page.get_by_test_id("save-status")
        expect(status).to_have_attribute("data-status", "saved")

    def press_on_canvas(self, keys: str) -> None:
        """A shortcut, after a click on empty canvas."""
        self.canvas.click(position={"x": 12, "y": 12})
        self.page.keyboard.press(keys)

    def export(self, format_name: str, folder: Path) -> Path:
        """Export the network by the menu; returns the file."""
        self.page.get_by_test_id("file-menu").click()
        self.page.get_by_test_id("menu-exportAs").hover()
        with self.page.expect_download() as started:
            self.page.get_by_test_id(f"export-{format_name}").click()
        path = folder / started.value.suggested_filename
        started.value.save_as(path)
        return path

    def expect_no_sideways_scrolling(self) -> None:
        """Nothing of the page is wider than the window."""
        width = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, f"the page is {width} px wider than its window"


class Trainer:
    """The Train tab of the side bar."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.panel = page.get_by_test_id("train-panel")

    def open(self) -> None:
        self.page.get_by_test_id("button-train").click()
        expect(self.panel).to_be_visible()

    def choose(self, dataset: str) -> None:
        self.page.get_by_test_id("dataset").click()
        self.page.get_by_test_id(f"dataset-{dataset}").click()
        expect(self.page.get_by_test_id("dataset-facts")).to_be_visible()

    def set(self, param: str, value: object) -> None:
        field = self.panel.get_by_test_id(f"param-{param}")
        field.fill(str(value))
        field.press("Enter")

    def start(self) -> None:
        button = self.page.get_by_test_id("start-training")
        expect(button).to_be_enabled()
        button.click()

    @property
    def state(self) -> Locator:
        return self.panel.get_by_test_id("run-state")

    def expect_state(self, state: str) -> None:
        """Wait until a run that has begun is in a state."""
        expect(self.state).to_have_attribute("data-state", state, timeout=WORKER_PATIENCE_MS)

    def expect_epoch(self, first: int) -> None:
        """Wait until a run is in this epoch or a later one, and its batches are told."""
        number = re.compile(rf"^Epoch ({'|'.join(str(n) for n in range(first, 100))}) /")
        epoch = self.panel.get_by_test_id("run-epoch")
        expect(epoch).to_have_text(number, timeout=WORKER_PATIENCE_MS)
        expect(self.panel.get_by_text(re.compile(r"^Batch [1-9]"))).to_be_visible()

    def expect_epochs_told(self, count: int) -> None:
        """The table of epochs has this many rows; its head is one more."""
        rows = self.panel.get_by_test_id("epochs")
        expect(rows).to_have_attribute("aria-rowcount", str(count + 1))

    def percent(self) -> int:
        told = self.panel.get_by_test_id("run-progress").get_attribute("data-percent")
        return int(told or 0)

    def download(self, name: str, folder: Path) -> Path:
        with self.page.expect_download() as started:
            self.panel.get_by_test_id(f"download-{name}").click()
        started.value.save_as(folder / name)
        return folder / name


class Examiner:
    """The Test tab of the side bar."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.panel = page.get_by_test_id("test-panel")

    def open(self) -> None:
        self.page.get_by_test_id("button-test").click()
        expect(self.panel).to_be_visible()

    def evaluate(self) -> float:
        """Measure on the test set; returns the accuracy."""
        self.panel.get_by_test_id("evaluate").click()
        matrix = self.panel.get_by_test_id("confusion-matrix")
        expect(matrix).to_be_visible(timeout=WORKER_PATIENCE_MS)
        accuracy = self.panel.get_by_test_id("evaluation-accuracy")
        return float(accuracy.get_attribute("data-value") or 0)

    def upload(self, image: bytes) -> None:
        file = FilePayload(name="digit.png", mimeType="image/png", buffer=image)
        self.panel.get_by_test_id("predict-file").set_input_files(file)

    def try_sample(self, place: int) -> None:
        """Click an image of the test set; the page finds it read rightly."""
        sample = self.panel.get_by_test_id(f"sample-{place}")
        sample.click()
        verdict = self.panel.get_by_test_id("verdict")
        expect(verdict).to_have_attribute("data-right", "true", timeout=WORKER_PATIENCE_MS)
        self.expect_class(sample.get_attribute("data-label") or "no label")

    def draw_line(self) -> None:
        """Draw one stroke by hand, below which no earlier answer stands."""
        self.panel.get_by_text("Draw", exact=True).click()
        pad = self.panel.get_by_test_id("draw-pad")
        expect(self.panel.get_by_test_id("prediction")).to_have_count(0)
        pad.hover(position={"x": 90, "y": 40})
        self.page.mouse.down()
        pad.hover(position={"x": 90, "y": 120})
        self.page.mouse.up()

    def expect_class(self, label: str) -> None:
        """The most probable class of the image that was asked for."""
        first = self.panel.get_by_test_id("prediction-0")
        expect(first).to_have_attribute("data-label", label, timeout=WORKER_PATIENCE_MS)


def drop_file(page: Page, file: Path) -> None:
    """Drag a file from outside into the page and let it go, as the operating system does."""
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        if kind == "drop":
            expect(page.get_by_text("Drop to open")).to_be_visible()
        session.send(
            "Input.dispatchDragEvent",
            {
                "type": kind,
                "x": 600,
                "y": 400,
                "data": {"items": [], "files": [str(file)], "dragOperationsMask": 1},
            },
        )
    session.detach()


def box_of(locator: Locator) -> FloatRect:
    """Where it is in the window."""
    box = locator.bounding_box()
    assert box is not None
    return box
