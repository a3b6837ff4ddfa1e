"""A browser tab without the browser: the y-websocket protocol over a real socket, with pycrdt."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from pycrdt import Doc, Map
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from designer.live import protocol
from designer.live.protocol import Reader

PATIENCE_S = 20.0


class Tab:
    """A connected tab. Wait for what must become true with `until`."""

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        self._url = url
        self._headers = headers or {}
        self.doc: Doc[Any] = Doc()
        self.nodes: Map[Any] = self.doc.get("nodes", type=Map)
        self.edges: Map[Any] = self.doc.get("edges", type=Map)
        self.meta: Map[Any] = self.doc.get("meta", type=Map)
        self.is_synced = False
        self.analysis: dict[str, Any] = {}
        self.notices: list[dict[str, Any]] = []
        self.presence: dict[int, str] = {}
        self.close_code: int | None = None
        self._news = asyncio.Condition()
        self._is_hearing = False
        self._socket: ClientConnection
        self._subscription = self.doc.observe(lambda event: self._send_update(event.update))
        self._unsent: list[bytes] = []

    async def __aenter__(self) -> Self:
        self._socket = await connect(self._url, additional_headers=self._headers, max_size=None)
        self._listener = asyncio.create_task(self._listen())
        await self.send(protocol.sync(protocol.STEP_1, self.doc.get_state()))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._socket.close()
        await self._listener

    async def send(self, frame: bytes | str) -> None:
        await self._socket.send(frame)

    async def edit(self, change: Callable[[], object]) -> None:
        """Change the document in one transaction, and send that."""
        with self.doc.transaction():
            change()
        for update in self._unsent:
            await self.send(protocol.sync(protocol.UPDATE, update))
        self._unsent.clear()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something is true, looking again whenever a frame has come."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(condition)

    async def closed(self) -> int:
        """Wait for the server to end the connection; returns its code."""
        await self.until(lambda: self.close_code is not None)
        assert self.close_code is not None
        return self.close_code

    async def saved(self) -> None:
        """Wait for the next word that everything is in the database."""
        count = len(self._saved)
        await self.until(lambda: len(self._saved) > count)

    @property
    def _saved(self) -> list[dict[str, Any]]:
        return [notice for notice in self.notices if notice["kind"] == "saved"]

    def params(self, node: str) -> Map[Any]:
        params = self.nodes[node]["params"]
        assert isinstance(params, Map)
        return params

    def _send_update(self, update: bytes) -> None:
        if not self._is_hearing:
            self._unsent.append(update)

    async def _listen(self) -> None:
        try:
            async for frame in self._socket:
                assert isinstance(frame, bytes)
                await self._hear(Reader(frame))
        except ConnectionClosed:
            pass
        async with self._news:
            self.close_code = self._socket.close_code
            self._news.notify_all()

    async def _hear(self, reader: Reader) -> None:
        kind = reader.integer()
        if kind == protocol.SYNC:
            step, content = reader.integer(), reader.buffer()
            if step == protocol.STEP_1:
                update = self.doc.get_update(content)
                await self.send(protocol.sync(protocol.STEP_2, update))
            else:
                self._is_hearing = True
                self.doc.apply_update(content)
                self._is_hearing = False
                self.is_synced |= step == protocol.STEP_2
        elif kind == protocol.AWARENESS:
            states = Reader(reader.buffer())
            for _ in range(states.integer()):
                client, _, state = states.integer(), states.integer(), states.text()
                self.presence[client] = state
        else:
            assert kind == protocol.NOTICE
            self._notice(json.loads(reader.text()))
        async with self._news:
            self._news.notify_all()

    def _notice(self, notice: dict[str, Any]) -> None:
        self.notices.append(notice)
        if notice["kind"] != "analysis":
            return
        if notice["full"]:
            self.analysis = {"nodes": {}, "diagnostics": {}}
        for part in ("nodes", "diagnostics"):
            for key, value in notice[part].items():
                if value:
                    self.analysis[part][key] = value
                else:
                    self.analysis[part].pop(key, None)
        self.analysis["totals"] = notice["totals"]
