"""The websocket of a network: /ws/networks/<uuid>, the y-websocket protocol."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import ClassVar

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from designer import access
from designer.errors import Refusal
from designer.live.protocol import Malformed
from designer.live.rooms import Close, OpenRoom, rooms
from designer.models import Network

logger = logging.getLogger(__name__)

MAX_FRAME_BYTES = 8 * 1024 * 1024
# A connection that reads so much more slowly than we send is ended.
MAX_QUEUED_BYTES = 64 * 1024 * 1024
# A drag tells its place 60 times a second; several may be in one burst after a stall.
FRAMES_PER_S, FRAMES_AT_ONCE = 300.0, 2_000.0
BYTES_PER_S, BYTES_AT_ONCE = 4e6, 64e6


class Allowance:
    """So much at once, and so much a second."""

    def __init__(self, per_s: float, at_once: float) -> None:
        self._per_s = per_s
        self._at_once = at_once
        self._left = at_once
        self._at = time.monotonic()

    def take(self, amount: float) -> bool:
        """Whether so much may be had now."""
        now = time.monotonic()
        self._left = min(self._at_once, self._left + (now - self._at) * self._per_s)
        self._at = now
        self._left -= amount
        return self._left >= 0


class NetworkConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One tab's connection to a network."""

    # Rooms hear of other processes themselves; a connection needs no channel of its own.
    channel_layer_alias: ClassVar[str] = ""

    room: OpenRoom | None = None

    async def connect(self) -> None:
        self._frames = Allowance(FRAMES_PER_S, FRAMES_AT_ONCE)
        self._bytes = Allowance(BYTES_PER_S, BYTES_AT_ONCE)
        self._queue: asyncio.Queue[bytes | Close] = asyncio.Queue()
        self._queued_bytes = 0
        # Accepted first: a refusal before that is a bare HTTP 403, after which clients try again
        # for ever without knowing why.
        await self.accept()
        refusal = await database_sync_to_async(self._refusal)()
        if refusal is None:
            with contextlib.suppress(Network.DoesNotExist):
                self.room = await rooms().open(self.scope["url_route"]["kwargs"]["network"])
        if self.room is None:
            await self.close(refusal or Close.NOT_FOUND)
            return
        self._writer = asyncio.create_task(self._write())
        self.room.join(self)

    def _refusal(self) -> Close | None:
        """Why this user may not come in; None where nothing is against it."""
        try:
            user = access.user_of_scope(self.scope)
        except Refusal:
            return Close.LOGIN
        network = self.scope["url_route"]["kwargs"]["network"]
        owner = Network.objects.filter(pk=network).values_list("owner", flat=True).first()
        if owner is None:
            return Close.NOT_FOUND
        return None if owner == user.pk else Close.FORBIDDEN

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        room = self.room
        if room is None:
            return
        if not bytes_data:
            self._refuse(Close.MALFORMED, "a frame that is not binary")
        elif len(bytes_data) > MAX_FRAME_BYTES:
            self._refuse(Close.TOO_LARGE, "a frame that is too large")
        elif not self._frames.take(1) or not self._bytes.take(len(bytes_data)):
            self._refuse(Close.TOO_FAST, "frames that come too fast")
        else:
            try:
                answered = room.receive(self, bytes_data)
            except Malformed as refusal:
                self._refuse(Close.MALFORMED, f"a frame that {refusal}")
            else:
                self._bytes.take(answered)

    async def disconnect(self, code: int) -> None:
        room, self.room = self.room, None
        if room is None:
            return
        room.leave(self)
        self._writer.cancel()
        # The server may be going down with this connection: nothing may be left unsaved.
        with contextlib.suppress(Network.DoesNotExist):
            await room.flush()

    # What the room calls

    def deliver(self, frame: bytes) -> None:
        self._queued_bytes += len(frame)
        if self._queued_bytes > MAX_QUEUED_BYTES:
            self._refuse(Close.RESTART, "a reader that is too slow")
        else:
            self._queue.put_nowait(frame)

    def end(self, code: Close) -> None:
        self._queue.put_nowait(code)

    def _refuse(self, code: Close, what: str) -> None:
        """End the connection; from here on it is deaf."""
        if room := self.room:
            self.room = None
            logger.warning("Network %s: a connection was ended for %s.", room.room.id, what)
            room.leave(self)
            self.end(code)

    async def _write(self) -> None:
        """Send what is queued, one after the other, at the pace of the reader."""
        with contextlib.suppress(RuntimeError):  # the connection has gone meanwhile
            while True:
                item = await self._queue.get()
                if isinstance(item, Close):
                    await self.close(item)
                    return
                self._queued_bytes -= len(item)
                await self.send(bytes_data=item)
