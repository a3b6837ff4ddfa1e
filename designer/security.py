"""What every request and answer passes: same-origin check, body limits, headers, static files."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.request import split_domain_port, validate_host
from django.http.response import HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware

from designer.errors import error_response, too_large

GetResponse = Callable[[HttpRequest], HttpResponse]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}

# Everything from ourselves. Mantine writes style attributes, and images come as data and blobs.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

BODY_LIMIT_BYTES = 16 * 1024 * 1024
# Data sets, and networks with their weights.
LARGE_BODY_LIMIT_BYTES = 2 * 1024 * 1024 * 1024
LARGE_BODIES = re.compile(r"/api/(datasets|networks/import|networks/[0-9a-f-]{36}/weights)/?")

FILE_PIECE_BYTES = 256 * 1024


def security_headers(get_response: GetResponse) -> GetResponse:
    """Middleware: the headers above on every answer; nothing of the API is cached unasked."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in HEADERS.items():
            response.setdefault(name, value)
        if request.path_info.startswith("/api/"):
            response.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def require_same_origin(get_response: GetResponse) -> GetResponse:
    """Middleware: refuse changes that a page of another origin asks for.

    Browsers say where a request comes from (Origin, Sec-Fetch-Site) and pages cannot forge it; a
    request with neither comes from a program such as curl, which acts for its own user.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        # Refuses unknown names: a page could make its own name point at this machine, and read.
        request.get_host()
        if request.method not in SAFE_METHODS and not _comes_from_here(request):
            return error_response(
                403,
                "access.origin",
                "The request comes from a page of another site.",
                "Open VisualNN at its own address, or name the other in TRUSTED_ORIGINS.",
            )
        return get_response(request)

    return middleware


def _comes_from_here(request: HttpRequest) -> bool:
    origin = request.headers.get("Origin")
    if origin is not None:
        return is_own_origin(origin, request.get_host())
    return request.headers.get("Sec-Fetch-Site", "none") in {"none", "same-origin"}


def is_own_origin(origin: str, host: str) -> bool:
    """Whether an Origin header names the host (with port) that the request was sent to.

    The scheme is left out: behind a proxy that ends TLS the two differ.
    """
    if origin in settings.TRUSTED_ORIGINS:
        return True
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False  # it is no address at all


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise with whole bodies: under ASGI Django collects its stream anyway, and warns."""

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponse:
        found = static_file.get_response(request.method, request.META)
        content = b""
        if found.file is not None:
            with found.file as stream:
                content = stream.read()
        response = HttpResponse(content, status=int(found.status))
        del response["content-type"]
        for name, value in found.headers:
            response[name] = value
        return response


def stream_files(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: send files piece by piece.

    Under ASGI Django reads the whole of a file first, and warns of it.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if isinstance(response, FileResponse) and isinstance(request, ASGIRequest):
            file = response.file_to_stream
            if file is not None:
                response.streaming_content = _pieces(file.read)
        return response

    return middleware


async def _pieces(read: Callable[[int], bytes]) -> AsyncIterator[bytes]:
    while piece := await sync_to_async(read)(FILE_PIECE_BYTES):
        yield piece


def limit_body(app: Application) -> Application:
    """ASGI wrapper: answer 413 before (or as soon as) a body exceeds the limit of its address.

    It stands before Django, which spools a whole body to disk before any middleware runs.
    """

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        is_large = LARGE_BODIES.fullmatch(scope["path"])
        limit = LARGE_BODY_LIMIT_BYTES if is_large else BODY_LIMIT_BYTES
        if _declared_length(scope["headers"]) > limit:
            await _refuse(send)
            return
        seen = 0
        refused = False

        async def counted() -> Mapping[str, Any]:
            nonlocal seen, refused
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit and not refused:
                refused = True
                await _refuse(send)
            return {"type": "http.disconnect"} if refused else message

        async def guarded(message: Mapping[str, Any]) -> None:
            if not refused:
                await send(message)

        await app(scope, counted, guarded)

    return limited


def require_own_origin(app: Application) -> Application:
    """ASGI wrapper for websockets: refuse those that a page of another origin opens.

    Websockets are not bound by the browser's same-origin rule, so any page could talk to a server
    on the same machine. Programs other than browsers send no Origin.
    """

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host", "")
        origin = headers.get(b"origin")
        is_known_host = validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)
        if is_known_host and (origin is None or is_own_origin(origin, host)):
            await app(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 4403})

    return checked


def _declared_length(headers: Iterable[tuple[bytes, bytes]]) -> int:
    for name, value in headers:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def _refuse(send: Send) -> None:
    response = too_large()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})
