"""The pages, their headers, and the static files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.http import FileResponse, HttpRequest, HttpResponse
from django.test import AsyncRequestFactory, Client, override_settings

from designer.security import StaticFiles, stream_files

MANIFEST = {
    "index.html": {
        "file": "assets/index-a1B2c3D4.js",
        "isEntry": True,
        "imports": ["_shared.js"],
        "css": ["assets/index-00000000.css"],
        "dynamicImports": ["src/canvas.tsx"],
    },
    "_shared.js": {
        "file": "assets/shared-11111111.js",
        "imports": ["_deep.js"],
        "css": ["assets/shared-22222222.css"],
    },
    "_deep.js": {"file": "assets/deep-33333333.js", "imports": ["_shared.js"]},
    "src/canvas.tsx": {"file": "assets/canvas-44444444.js"},
}


@pytest.fixture
def page() -> Client:
    return Client(headers={"host": "localhost"})


@pytest.fixture
def built(tmp_path: Path) -> Iterator[Path]:
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps(MANIFEST))
    with override_settings(FRONTEND_MANIFEST=manifest):
        yield manifest


@pytest.mark.parametrize("path", ["/", "/networks/843e831f-8fdf-4d6e-b5cf-c9ec1972112b"])
def test_every_page_loads_the_editor(built: Path, page: Client, path: str) -> None:
    answer = page.get(path)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert '<script type="module" src="/static/dist/assets/index-a1B2c3D4.js">' in text
    assert text.count("modulepreload") == 2
    assert "shared-11111111.js" in text
    assert "deep-33333333.js" in text
    assert "canvas-44444444.js" not in text
    assert text.count('rel="stylesheet"') == 2
    assert '<div id="root">' in text


def test_a_new_build_is_noticed(built: Path, page: Client) -> None:
    page.get("/")
    entry = {"index.html": {"file": "assets/index-55555555.js", "isEntry": True}}
    built.write_text(json.dumps(entry))
    assert "index-55555555.js" in page.get("/").content.decode()


def test_without_a_build_the_page_says_what_to_do(built: Path, page: Client) -> None:
    built.unlink()
    answer = page.get("/")
    assert answer.status_code == 503
    assert "make run" in answer.content.decode()


def test_an_address_that_is_no_page(page: Client) -> None:
    answer = page.get("/nothing/here")
    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


def test_pages_take_nothing_from_elsewhere_and_are_framed_by_nobody(
    built: Path, page: Client
) -> None:
    headers = page.get("/").headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "script-src" not in policy  # so scripts are as the default: no inline, no eval
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_no_template_has_inline_scripts() -> None:
    templates = Path(__file__).parents[2] / "templates"
    for file in templates.glob("*.html"):
        for script in file.read_text().split("<script")[1:]:
            assert script.partition(">")[2].startswith("</script>"), file


def test_the_api_is_not_cached_unasked(page: Client, db: None) -> None:
    assert page.get("/api/networks").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/favicon.ico", "/static/favicon.svg"])
def test_the_icon(page: Client, path: str) -> None:
    answer = page.get(path, follow=True)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    assert answer.content.startswith(b"<svg")


@pytest.mark.parametrize("path", ["/static/../manage.py", "/static/%2e%2e/manage.py", "/static/x"])
def test_static_files_are_those_and_no_others(page: Client, path: str) -> None:
    answer = page.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "http.not_found"


@pytest.mark.parametrize(
    ("url", "is_kept"),
    [
        ("/static/dist/assets/index-a1B2c3D4.js", True),
        ("/static/dist/assets/nine-is-_x9-Zz_1.woff2", True),
        ("/static/dist/index.html", False),
        ("/static/favicon.svg", False),
        ("/static/ninja/swagger-ui.css", False),
    ],
)
def test_only_names_with_a_hash_are_kept_for_ever(url: str, is_kept: bool) -> None:
    def unused(request: HttpRequest) -> HttpResponse:
        raise AssertionError("a static file asks nobody else")

    make: Callable[..., StaticFiles] = StaticFiles
    assert bool(make(unused).immutable_file_test("", url)) is is_kept


async def test_files_are_sent_piece_by_piece(tmp_path: Path) -> None:
    content = bytes(range(256)) * 4_000
    file = tmp_path / "weights.h5"
    file.write_bytes(content)

    handle = file.open("rb")

    def download(request: HttpRequest) -> FileResponse:
        return FileResponse(handle, as_attachment=True)

    request = AsyncRequestFactory().get("/api/file")
    answer = await sync_to_async(stream_files(download))(request)
    assert isinstance(answer, FileResponse)
    pieces = [piece async for piece in answer]
    assert b"".join(pieces) == content
    assert len(pieces) == 4
    assert answer.headers["Content-Length"] == str(len(content))
    answer.close()
    assert handle.closed
