"""Ringing at the pages that watch a run, from any thread.

A bell may get lost: what counts is in the database, and whoever hears nothing reads it when it next
looks. So ringing never fails and never waits.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def group_of(run: UUID) -> str:
    """The group that the watchers of a run have joined."""
    return f"run.{run.hex}"


def ring(run: UUID) -> None:
    """There are new rows: the doorbell has no content."""
    _send(run, {"type": "run.rows"})


def tell(run: UUID, event: Mapping[str, Any]) -> None:
    """A passing event, which is in no row."""
    _send(run, {"type": "run.passing", "event": dict(event)})


def _send(run: UUID, message: dict[str, Any]) -> None:
    asyncio.run_coroutine_threadsafe(_deliver(group_of(run), message), _own_loop())


async def _deliver(group: str, message: dict[str, Any]) -> None:
    try:
        await get_channel_layer().group_send(group, message)
    except (RedisError, OSError) as error:
        logger.warning("Cannot ring at pages: %s", error)


def _own_loop() -> asyncio.AbstractEventLoop:
    """One event loop for all bells of this process, so that they share one connection."""
    global _loop
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="bell", daemon=True).start()
        return _loop
