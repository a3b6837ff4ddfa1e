"""The pages: one template that loads the editor, and what is shown where there is none."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from designer.errors import error_response, unexpected


@dataclass(frozen=True, slots=True)
class Bundle:
    """The built front end: addresses below /static/dist/ of what a page loads first."""

    script: str
    preloads: tuple[str, ...]
    styles: tuple[str, ...]


@require_safe
def editor(request: HttpRequest, **where: object) -> HttpResponse:
    """The editor, whatever the address: it reads that itself."""
    bundle = built_bundle()
    if bundle is None:
        return render(request, "not_built.html", status=503)
    response = render(request, "index.html", {"bundle": bundle})
    response["Cache-Control"] = "no-cache"
    return response


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_program(request):
        return error_response(
            404, "http.not_found", "There is no such address.", "See /api/docs for all of them."
        )
    return render(request, "not_found.html", status=404)


def failed(request: HttpRequest) -> HttpResponse:
    return unexpected() if _is_program(request) else render(request, "failed.html", status=500)


def built_bundle() -> Bundle | None:
    """What Vite has built, None where it has not."""
    manifest: Path = settings.FRONTEND_MANIFEST
    try:
        return _read(manifest, manifest.stat().st_mtime_ns)
    except FileNotFoundError:
        return None


@lru_cache(maxsize=1)
def _read(manifest: Path, changed_ns: int) -> Bundle:
    chunks: dict[str, dict[str, Any]] = json.loads(manifest.read_text())
    entry = next(name for name, chunk in chunks.items() if chunk.get("isEntry"))
    needed = [entry]
    for name in needed:
        needed.extend(part for part in chunks[name].get("imports", ()) if part not in needed)
    styles = dict.fromkeys(style for name in needed for style in chunks[name].get("css", ()))
    preloads = tuple(chunks[name]["file"] for name in needed[1:])
    return Bundle(chunks[entry]["file"], preloads, tuple(styles))


def _is_program(request: HttpRequest) -> bool:
    return request.path_info.startswith(("/api/", "/static/"))
