"""Who is in the room and what they are doing: the awareness protocol of `y-protocols`.

Each browser tab has a client number, and tells its state (a JSON text that only pages understand)
with a clock; the higher clock wins, and the state `null` says that it has gone. Pages drop a
client that is silent for 30 s, so nothing here needs to last.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from designer.live.protocol import Malformed, Reader, buffer, integer

MAX_STATE_BYTES = 64 * 1024
MAX_CLIENTS = 1_000
STALE_S = 60.0

GONE = "null"


@dataclass(frozen=True, slots=True)
class Presence:
    """What a client said last, and the connection it said it on (None: on another process)."""

    clock: int
    state: str
    speaker: Hashable | None
    heard_at: float


class Awareness:
    """The clients of one room."""

    def __init__(self) -> None:
        self._clients: dict[int, Presence] = {}

    def __len__(self) -> int:
        return len(self._clients)

    def hear(self, content: bytes, speaker: Hashable | None) -> bytes:
        """Take in what a connection tells. Returns what of it is news, empty if nothing.

        Pages repeat what they hear from others; without this filter a room of n would say
        everything n times to n.

        Raises:
            Malformed: where the content is damaged or too large.
        """
        news: dict[int, tuple[int, str]] = {}
        for client, clock, state in _entries(content):
            known = self._clients.get(client)
            if known is not None and (
                clock < known.clock or (clock == known.clock and state != GONE)
            ):
                continue
            if state == GONE:
                if self._clients.pop(client, None) is None:
                    continue
            else:
                self._clients[client] = Presence(clock, state, speaker, time.monotonic())
            news[client] = (clock, state)
        if len(self._clients) > MAX_CLIENTS:
            self._forget_stale()
            if len(self._clients) > MAX_CLIENTS:
                for client in news:
                    self._clients.pop(client, None)
                raise Malformed("there are too many clients in this room")
        return encode((client, *said) for client, said in news.items()) if news else b""

    def leave(self, speaker: Hashable) -> bytes:
        """A connection has ended. Returns what the others must hear, empty if nothing."""
        left = [
            (client, presence.clock + 1, GONE)
            for client, presence in self._clients.items()
            if presence.speaker is speaker
        ]
        for client, _, _ in left:
            del self._clients[client]
        return encode(left) if left else b""

    def everyone(self) -> bytes:
        """All clients, for a newcomer; empty if there are none."""
        self._forget_stale()
        return (
            encode(
                (client, presence.clock, presence.state)
                for client, presence in self._clients.items()
            )
            if self._clients
            else b""
        )

    def _forget_stale(self) -> None:
        limit = time.monotonic() - STALE_S
        self._clients = {
            client: presence
            for client, presence in self._clients.items()
            if presence.heard_at > limit
        }


def encode(entries: Iterable[tuple[int, int, str]]) -> bytes:
    """Clients with clock and state, as the protocol writes them."""
    parts = [
        integer(client) + integer(clock) + buffer(state.encode())
        for client, clock, state in entries
    ]
    return integer(len(parts)) + b"".join(parts)


def _entries(content: bytes) -> list[tuple[int, int, str]]:
    reader = Reader(content)
    entries = []
    for _ in range(reader.integer()):
        client, clock, state = reader.integer(), reader.integer(), reader.text()
        if len(state) > MAX_STATE_BYTES:
            raise Malformed("an awareness state is too large")
        entries.append((client, clock, state))
    reader.end()
    return entries
