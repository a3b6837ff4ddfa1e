"""A real browser on a real server: Chromium, and all that `make run` starts."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.launch.server import Server
from visualnn.launch.browser import find

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 20_000
"""How long the page may take for anything: a loaded machine of two cores is slow at times."""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """All of VisualNN on a data folder of its own."""
    server = Server(tmp_path_factory.mktemp("site"))
    server.wait_until_ready()
    yield server
    server.process.send_signal(signal.SIGINT)
    server.end()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    expect.set_options(timeout=PATIENCE_MS)
    executable = find()
    assert executable is not None, "no Chromium: run `make setup-test`"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser, site: Server) -> Iterator[BrowserContext]:
    """One user's browser: tabs of it share cookies and storage."""
    context = browser.new_context(
        base_url=site.state()["url"],
        viewport={"width": 1440, "height": 900},
        locale="en-US",
        accept_downloads=True,
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, tmp_path: Path) -> Iterator[Page]:
    """One tab; an error in its console fails the test."""
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield page
    page.screenshot(path=tmp_path / "last.png")
    assert not errors, f"the page's console says: {errors}"
