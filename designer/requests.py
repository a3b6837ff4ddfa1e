"""Reading JSON bodies: bounded, JSON as the standard has it, and nothing but what is asked for."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser
from pydantic import BaseModel, ConfigDict

from designer.errors import Refusal

MAX_DEPTH = 64


class Body(BaseModel):
    """Base of what bodies hold: an object with these members and no others.

    (Ninja's own Schema takes any object with attributes, and so a list for an empty body.)
    """

    model_config = ConfigDict(extra="forbid")


def read_json(request: HttpRequest) -> Any:
    """The body of a request. Raises Refusal (400)."""
    try:
        value = json.loads(request.body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Refusal(400, "http.json", "The body is not JSON.", "Send valid JSON.") from None
    if _is_deeper(value, MAX_DEPTH):
        raise Refusal(
            400, "http.json", f"The body nests deeper than {MAX_DEPTH} levels.", "Send less depth."
        )
    return value


class JsonParser(Parser):
    """The API's reader of bodies."""

    def parse_body(self, request: HttpRequest) -> Any:
        return read_json(request)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _is_deeper(value: object, limit: int) -> bool:
    level = [value]
    for _ in range(limit + 1):
        level = [
            member
            for item in level
            if isinstance(item, dict | list)
            for member in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return True
