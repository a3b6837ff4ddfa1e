"""The one shape of every error: {"error": {"code", "message", "hint", "diagnostics"}}.

Refusal        a request we will not carry out: its status, code, sentence and hint
GraphError     diagnostics at a border that cannot go on: 422
Invalid        one mistake in a value: 422
anything else  our bug: 500, logged with its traceback, of which the user sees nothing
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from designer.telling import told
from layers.diagnostics import Diagnostic, GraphError, Invalid

logger = logging.getLogger(__name__)


class Refusal(Exception):
    """A request that is not carried out, and what its sender can do about it."""

    def __init__(self, status: int, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint

    @property
    def response(self) -> JsonResponse:
        return error_response(self.status, self.code, self.message, self.hint)


def not_found(thing: str) -> Refusal:
    """What is not there, or belongs to somebody else: the two look alike on purpose."""
    return Refusal(404, "http.not_found", f"There is no such {thing}.", "Go back to the list.")


def error_response(
    status: int,
    code: str,
    message: str,
    hint: str = "",
    diagnostics: Iterable[Diagnostic] = (),
) -> JsonResponse:
    body = {"code": code, "message": message, "hint": hint, "diagnostics": told(diagnostics)}
    return JsonResponse({"error": body}, status=status)


def respond(error: Exception) -> JsonResponse:
    """The answer to an exception, whoever raised it."""
    match error:
        case Refusal():
            return error.response
        case GraphError():
            first, count = error.diagnostics[0], len(error.diagnostics)
            message = first.located if count == 1 else f"{first.located} (and {count - 1} more)"
            return error_response(422, first.code, message, first.hint, error.diagnostics)
        case Invalid():
            return respond(GraphError([error.diagnostic()]))
        case ValidationError():
            return error_response(
                422, "http.validation", _sentence(error), "Compare the request with /api/docs."
            )
        case RequestDataTooBig() | TooManyFieldsSent() | TooManyFilesSent():
            return too_large()
        case MultiPartParserError() | UnreadablePostError():
            return error_response(
                400,
                "http.form",
                "The form in the body cannot be read.",
                "Send it as browsers do: multipart/form-data with a boundary.",
            )
        case Http404():
            return not_found("address").response
        case PermissionDenied():
            return _by_status(403, "")
        case HttpError(__cause__=Refusal() | RequestDataTooBig() as cause):
            return respond(cause)  # Ninja has wrapped what its reader of bodies said
        case HttpError():
            return _by_status(error.status_code, error.message)
        case _:
            logger.exception("Unexpected error", exc_info=error)
            return unexpected()


def one_shape(get_response: Callable[[HttpRequest], HttpResponse]) -> Any:
    """Middleware: what Django or Ninja answer by themselves (405, a bad host) in the one shape."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_shaped = response.get("Content-Type", "").startswith("application/json")
        if response.status_code < 400 or is_shaped or not request.path_info.startswith("/api/"):
            return response
        shaped = _by_status(response.status_code, "")
        if allow := response.get("Allow"):
            shaped["Allow"] = allow
        return shaped

    return middleware


def too_large() -> JsonResponse:
    return error_response(
        413, "http.too_large", "The request is larger than this address takes.", "Send less."
    )


def unexpected() -> JsonResponse:
    return error_response(
        500,
        "http.unexpected",
        "The server made a mistake; it has been logged.",
        "Try again, and report it if it stays.",
    )


def register(api: NinjaAPI) -> None:
    """Answer every exception of this API in the one shape."""

    @api.exception_handler(Exception)
    def answer(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
        return respond(error if isinstance(error, Exception) else error())

    for kind in (HttpError, ValidationError, Http404):
        api.add_exception_handler(kind, answer)


def _by_status(status: int, message: str) -> JsonResponse:
    phrase = HTTPStatus(status).phrase
    code = "http." + phrase.lower().replace(" ", "_")
    return error_response(status, code, (message or phrase).rstrip(".") + ".")


def _sentence(error: ValidationError) -> str:
    """The first complaint, with the place it is about: `body.recipe.epochs: Input should be…`."""
    first = error.errors[0]
    place = ".".join(str(part) for part in first["loc"] if part not in {"payload", "data"})
    return f"{place}: {first['msg']}."
