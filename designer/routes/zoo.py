"""The model zoo."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from designer import zoo

router = Router(tags=["zoo"])


@router.get("/zoo")
def list_models(request: HttpRequest) -> list[dict[str, Any]]:
    """The networks that ship with the program, with their cards."""
    return [model.to_json() for model in zoo.models().values()]


@router.get("/zoo/{name}")
def read_model(request: HttpRequest, name: str) -> dict[str, Any]:
    """One of them, with its graph."""
    model = zoo.find(name)
    return {**model.to_json(), "graph": model.graph.to_json()}
