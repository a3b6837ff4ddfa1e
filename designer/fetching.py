"""Fetching a file from an address that a user names, from allowed hosts only.

settings.IMPORT_HOSTS lists names (fetched over https, from public addresses alone) and whole
origins such as ``http://files.local:8000`` (which the administrator vouches for). The address that
was checked is the one that is connected to, so a name cannot point elsewhere a moment later; every
redirect is checked anew.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import IO
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from django.conf import settings

from designer.errors import Refusal

MAX_BYTES = 2**30
MAX_REDIRECTS = 5
CONNECT_TIMEOUT_S = 10.0
TIME_LIMIT_S = 300.0
PIECE_BYTES = 2**18


def fetch(url: str, target: Path) -> str:
    """Fetch a file; gives its name.

    Raises:
        Refusal: 422 where the address is not allowed, or what stands there cannot be had.
    """
    until = time.monotonic() + TIME_LIMIT_S
    for _ in range(MAX_REDIRECTS + 1):
        parts = _parts(url)
        connection = _connection(parts)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = {"Host": parts.netloc, "Accept": "*/*", "User-Agent": "VisualNN"}
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            if response.status in (301, 302, 303, 307, 308):
                url = urljoin(url, response.headers.get("Location", ""))
                continue
            if response.status != 200:
                raise _failed(parts, f"it answers {response.status} {response.reason[:60]}")
            with target.open("wb") as file:
                _copy(response, file, parts, until)
            return unquote(parts.path.rpartition("/")[2])[:255] or "file"
        except (OSError, HTTPException) as error:
            raise _failed(parts, str(error)[:200] or type(error).__name__) from None
        finally:
            connection.close()
    raise _failed(_parts(url), f"it redirects more than {MAX_REDIRECTS} times")


def _parts(url: str) -> SplitResult:
    """A checked address. Raises Refusal."""
    try:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}".lower()
        allowed = origin in settings.IMPORT_HOSTS or (
            parts.scheme == "https"
            and parts.port in (None, 443)
            and parts.username is None
            and (parts.hostname or "") in settings.IMPORT_HOSTS
        )
    except ValueError:
        allowed = False
        parts = SplitResult("", "", "", "", "")
    if not allowed or any(ord(sign) <= 32 or ord(sign) > 126 for sign in url):
        raise Refusal(
            422,
            "url.refused",
            f"Files are not fetched from {parts.netloc[:100] or url[:100]}.",
            "Download the file and choose it here, or use one of: "
            f"{', '.join(settings.IMPORT_HOSTS) or 'no host is allowed (IMPORT_HOSTS)'}.",
        )
    return parts


def _connection(parts: SplitResult) -> HTTPConnection:
    """A connection to an address that was checked. Raises Refusal."""
    host = parts.hostname or ""
    vouched = f"{parts.scheme}://{parts.netloc}".lower() in settings.IMPORT_HOSTS
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise _failed(parts, "there is no such host") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not vouched and not all(ipaddress.ip_address(item).is_global for item in addresses):
        raise _failed(parts, "its address is not a public one")
    connection: HTTPConnection
    if parts.scheme == "https":
        connection = HTTPSConnection(host, port, timeout=CONNECT_TIMEOUT_S)
    else:
        connection = HTTPConnection(host, port, timeout=CONNECT_TIMEOUT_S)
    try:
        plain = socket.create_connection((addresses[0], port), CONNECT_TIMEOUT_S)
        connection.sock = (
            ssl.create_default_context().wrap_socket(plain, server_hostname=host)
            if parts.scheme == "https"
            else plain
        )
    except OSError as error:
        raise _failed(parts, str(error)[:200]) from None
    return connection


def _copy(response: HTTPResponse, file: IO[bytes], parts: SplitResult, until: float) -> None:
    size = 0
    while piece := response.read(PIECE_BYTES):
        size += len(piece)
        if size > MAX_BYTES:
            raise _failed(parts, f"it is larger than {MAX_BYTES // 2**20} MB")
        if time.monotonic() > until:
            raise _failed(parts, f"it takes longer than {TIME_LIMIT_S:.0f} seconds")
        file.write(piece)


def _failed(parts: SplitResult, reason: str) -> Refusal:
    return Refusal(
        422,
        "url.failed",
        f"The file at {parts.netloc[:100]} cannot be fetched: {reason}.",
        "Check the address, or download the file and choose it here.",
    )
