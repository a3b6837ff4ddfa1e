"""The pictures in the README, taken of the real thing.

With VISUALNN_PICTURES set to a folder (`make generate` sets docs/images) they are kept there.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.user import Editor

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_editor_looks_as_the_readme_shows_it(
    context: BrowserContext, page: Page, tmp_path: Path, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    editor = Editor(page)
    made = page.request.post("/api/networks", data={"zoo": "cnn"}).json()
    editor.open(f"/networks/{made['id']}")
    editor.expect_parameters("1,199,882")
    editor.select("conv2d_2")
    expect(page.get_by_test_id("inspector")).to_contain_text("kernel_size")
    folder = Path(os.environ.get("VISUALNN_PICTURES", tmp_path))
    picture = page.screenshot(path=folder / f"editor-{scheme}.png", animations="disabled")
    image = Image.open(io.BytesIO(picture)).convert("L")
    assert image.size == (1440, 900)
    brightness = image.crop((300, 200, 500, 600)).resize((1, 1)).tobytes()[0]
    assert (brightness < 100) == (scheme == "dark")
