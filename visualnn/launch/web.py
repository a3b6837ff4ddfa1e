"""The web server's process: uvicorn on a socket that the launcher already listens on.

python -m visualnn.launch.web FILE_DESCRIPTOR
"""

import socket
import sys

import uvicorn


def main() -> None:
    """Serve until SIGTERM; open websockets are given two seconds to close."""
    config = uvicorn.Config(
        "visualnn.asgi:application",
        log_level="info",
        access_log=False,
        lifespan="off",
        # Behind nothing: whoever sends X-Forwarded-For from outside is not believed.
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


if __name__ == "__main__":
    main()
