"""The model zoo."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from designer.errors import not_found
from exporters.zoo import Card, zoo

router = Router(tags=["zoo"])


def find_model(name: str) -> Card:
    """A network of the zoo. Raises Refusal (404)."""
    card = zoo().get(name)
    if card is None:
        raise not_found("model in the zoo")
    return card


@router.get("/zoo")
def list_models(request: HttpRequest) -> list[dict[str, Any]]:
    """The networks that ship with the program, with their cards."""
    return [card.to_json() for card in zoo().values()]


@router.get("/zoo/{name}")
def read_model(request: HttpRequest, name: str) -> dict[str, Any]:
    """One of them, with its graph."""
    card = find_model(name)
    return {**card.to_json(), "graph": card.graph.to_json()}
