"""The websocket of a run: /ws/runs/<uuid>?after=<seq>, one JSON event a frame.

The rows are the truth, messages only wake: on a bell the consumer reads what follows the last
number it has sent. It joins the group *before* it reads the backlog, so nothing falls between the
two.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from enum import IntEnum
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError
from redis.exceptions import RedisError

from designer import access
from designer.errors import Refusal
from training.models import Run
from training.server import bell, journal, runs

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 10.0
"""How often a run that somebody watches is checked for a worker that has fallen silent."""


READ_AT_ONCE = 1000


class Close(IntEnum):
    """Why we end a connection."""

    LOGIN = 4401
    FORBIDDEN = 4403
    NOT_FOUND = 4404


class RunConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One page that watches one run."""

    run: UUID
    sent = 0
    watch: asyncio.Task[None] | None = None
    has_joined = False

    async def connect(self) -> None:
        # Accepted first: a refusal before that is a bare HTTP 403, after which clients try again
        # for ever without knowing why.
        await self.accept()
        self.run = self.scope["url_route"]["kwargs"]["run"]
        refusal = await database_sync_to_async(self._refusal)()
        if refusal is not None:
            await self.close(refusal)
            return
        self.sent = _after(self.scope["query_string"])
        with contextlib.suppress(RedisError, OSError):
            await self.channel_layer.group_add(bell.group_of(self.run), self.channel_name)
            self.has_joined = True
        await self._send_rows()
        self.watch = asyncio.create_task(self._watch())

    async def disconnect(self, code: int) -> None:
        if self.watch is not None:
            self.watch.cancel()
        if self.has_joined:
            with contextlib.suppress(RedisError, OSError):
                await self.channel_layer.group_discard(bell.group_of(self.run), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Pages have nothing to say here."""

    async def run_rows(self, message: dict[str, Any]) -> None:
        """There are new rows."""
        await self._send_rows()

    async def run_passing(self, message: dict[str, Any]) -> None:
        """An event that is in no row."""
        await self._send(message["event"])

    async def _send_rows(self) -> None:
        while rows := await database_sync_to_async(journal.read)(self.run, self.sent, READ_AT_ONCE):
            for event in rows:
                # Two bells may be answered at a time.
                if event["seq"] > self.sent:
                    self.sent = event["seq"]
                    await self._send(event)

    async def _send(self, event: dict[str, Any]) -> None:
        with contextlib.suppress(RuntimeError):  # the connection has gone meanwhile
            await self.send(text_data=json.dumps(event, separators=(",", ":")))

    async def _watch(self) -> None:
        """Notice a silent worker, and rows whose bell got lost."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await database_sync_to_async(runs.give_up_silent)([self.run])
                await self._send_rows()
            except DatabaseError as error:
                # Whoever looks but once never hears of what comes after.
                logger.warning("Cannot look after run %s: %s", self.run, error)

    def _refusal(self) -> Close | None:
        try:
            user = access.user_of_scope(self.scope)
        except Refusal:
            return Close.LOGIN
        owner = Run.objects.filter(pk=self.run).values_list("owner", flat=True).first()
        if owner is None:
            return Close.NOT_FOUND
        return None if owner == user.pk else Close.FORBIDDEN


def _after(query: bytes) -> int:
    """The number after which events are wanted; 0 where none (or nonsense) is given."""
    given = parse_qs(query.decode("ascii", "replace")).get("after", ["0"])[-1]
    return int(given) if given.isdecimal() and len(given) < 10 else 0
