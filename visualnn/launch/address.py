"""HOST and PORT: read, checked, and taken before anything else is started."""

import os
import socket

from visualnn.launch.failure import Failure

_DEFAULT_HOST = "127.0.0.1"
_DEFAULT_PORT = "8000"


def listen() -> socket.socket:
    """A listening socket at HOST and PORT (0: any free port).

    Whoever connects before the web server is up waits for it instead of being refused. Raises
    Failure where the port is no port, or taken.
    """
    host = os.environ.get("HOST", "").strip() or _DEFAULT_HOST
    port = _port(os.environ.get("PORT", "").strip() or _DEFAULT_PORT)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror:
        raise Failure(
            f"HOST={host} is no address of this machine.", "Leave it out, or use 0.0.0.0."
        ) from None
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
        listening.listen(2048)
    except OSError as error:
        listening.close()
        if isinstance(error, PermissionError):
            raise Failure(
                f"Port {port} is for the system only.", "Try `PORT=8000 make run`."
            ) from None
        other = port + 1 if port < 65535 else 8000
        raise Failure(f"Port {port} on {host} is taken.", f"Try `PORT={other} make run`.") from None
    return listening


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise Failure(f"PORT={text} is no port.", "Use a number from 1 to 65535.")
    return int(text)


def reachable(listening: socket.socket) -> tuple[str, int]:
    """Host and port under which a browser on this machine reaches the socket."""
    host, port = listening.getsockname()[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port


def url(listening: socket.socket) -> str:
    """The address as a browser takes it."""
    host, port = reachable(listening)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
