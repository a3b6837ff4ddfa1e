"""A real browser on a real server: Chromium, and all that `make run` starts."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.journeys.user import PATIENCE_MS
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


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """All of VisualNN on a data folder of its own."""
    server = Server(tmp_path_factory.mktemp("site"))
    server.wait_until_ready()
    yield server
    server.process.send_signal(signal.SIGINT)
    server.end()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium without a window; it goes with the last journey, since no test of another package
    can have an event loop of its own beside Playwright's.
    """
    expect.set_options(timeout=PATIENCE_MS)
    executable = find()
    assert executable is not None, "no Chromium: run `make setup-test`"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def make_user(
    browser: Browser, site: Server, tmp_path: Path
) -> Iterator[Callable[..., BrowserContext]]:
    """Makes users, each with a browser whose tabs share cookies and storage.

    An error in the console of any of their tabs fails the test; its last sight is kept.
    """
    users: list[BrowserContext] = []
    errors: list[str] = []

    def make(width: int = 1440, height: int = 900, locale: str = "en-US") -> BrowserContext:
        user = browser.new_context(
            base_url=site.state()["url"],
            viewport={"width": width, "height": height},
            locale=locale,
            accept_downloads=True,
        )
        user.set_default_timeout(PATIENCE_MS)
        user.on("weberror", lambda error: errors.append(str(error.error)))
        user.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        users.append(user)
        return user

    yield make
    for number, user in enumerate(users):
        for tab, page in enumerate(user.pages):
            page.screenshot(path=tmp_path / f"user-{number}-tab-{tab}.png")
        user.close()
    assert not errors, f"the console says: {errors}"


@pytest.fixture
def context(make_user: Callable[..., BrowserContext]) -> BrowserContext:
    """A user who reads English, on a desk."""
    return make_user()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """Their first tab."""
    return context.new_page()
