"""The catalogue of layers, and the analysis of a graph that is not stored."""

from __future__ import annotations

import gzip
import json
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router

from designer.requests import Body
from designer.telling import told
from layers.analysis import analyse
from layers.graph import Graph
from layers.schema import catalog

router = Router(tags=["layers"])


class Subject(Body):
    graph: dict[str, Any]


@router.get("/catalog")
def read_catalog(request: HttpRequest) -> HttpResponse:
    """Categories, palette entries, and every layer with its parameters.

    Its ETag changes with the program; a browser that has it gets 304.
    """
    etag = f'"{catalog()["version"]}"'
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponse(status=304)
    else:
        is_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
        response = HttpResponse(_encoded(is_gzip), content_type="application/json")
        if is_gzip:
            response["Content-Encoding"] = "gzip"
    response["Vary"] = "Accept-Encoding"
    response["ETag"] = etag
    response["Cache-Control"] = "no-cache"  # that is: keep it, and ask whether it still holds
    return response


@router.post("/analyse")
def analyse_graph(request: HttpRequest, subject: Subject) -> JsonResponse:
    """Every shape, weight count, cost and mistake of a graph in the native format."""
    analysis = analyse(Graph.from_json(subject.graph))
    return JsonResponse({**analysis.to_json(), "diagnostics": told(analysis.diagnostics)})


@cache
def _encoded(is_gzip: bool) -> bytes:
    """The answer, made once; compressed it is a twentieth."""
    content = json.dumps(catalog(), ensure_ascii=False, separators=(",", ":")).encode()
    return gzip.compress(content) if is_gzip else content
