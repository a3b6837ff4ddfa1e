"""What a room tells its likes in other processes, and hears from them, by the channel layer.

Two things are told: that there are new rows (a doorbell without content), and who is here (which
nobody stores). Without Redis the process is on its own, says so in the log, and tries again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

# Presence is gathered for so long: a drag tells it sixty times a second.
GATHER_S = 0.03
RETRY_S = 2.0

OUTAGES = (RedisError, OSError)


async def ring(network: UUID) -> None:
    """Tell all processes that have a network open to read its rows, of which they may find none."""
    message = {"type": "news", "from": b"", "rows": True, "presence": []}
    try:
        await get_channel_layer().group_send(_group(network), message)
    except OUTAGES as error:
        logger.warning("Cannot tell other processes of changes: %s", error)


def _group(network: UUID) -> str:
    return f"network.{network.hex}"


class News:
    """The line of one room."""

    def __init__(
        self,
        network: UUID,
        catch_up: Callable[[], Awaitable[None]],
        hear_presence: Callable[[bytes], None],
    ) -> None:
        self._group = _group(network)
        self._self = uuid4().bytes
        self._catch_up = catch_up
        self._hear_presence = hear_presence
        self._layer: Any = get_channel_layer()
        self._bell = asyncio.Event()
        self._has_rows = False
        self._presence: list[bytes] = []
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._tell())]

    def tell_rows(self) -> None:
        self._has_rows = True
        self._bell.set()

    def tell_presence(self, content: bytes) -> None:
        self._presence.append(content)
        self._bell.set()

    def stop(self) -> None:
        """End the line; what is still to be told is told first."""
        listener, teller = self._tasks
        listener.cancel()
        asyncio.get_running_loop().call_later(2 * GATHER_S, teller.cancel)

    async def _tell(self) -> None:
        while True:
            await self._bell.wait()
            self._bell.clear()
            message = {
                "type": "news",
                "from": self._self,
                "rows": self._has_rows,
                "presence": self._presence,
            }
            self._has_rows, self._presence = False, []
            try:
                await self._layer.group_send(self._group, message)
            except OUTAGES as error:
                logger.warning("Cannot tell other processes of changes: %s", error)
            await asyncio.sleep(GATHER_S)

    async def _listen(self) -> None:
        while True:
            try:
                channel = await self._layer.new_channel()
                await self._layer.group_add(self._group, channel)
                try:
                    # What was saved between loading the room and joining the group.
                    await self._catch_up()
                    while True:
                        await self._hear(await self._layer.receive(channel))
                finally:
                    await self._layer.group_discard(self._group, channel)
            except OUTAGES as error:
                logger.warning("Cannot hear other processes: %s", error)
                await asyncio.sleep(RETRY_S)

    async def _hear(self, message: dict[str, Any]) -> None:
        if message["from"] == self._self:
            return
        for content in message["presence"]:
            self._hear_presence(content)
        if message["rows"]:
            await self._catch_up()
