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
from tests.conftest import Server
from tests.designer.samples import edge

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
        self._saved_before = 0

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
        self._saved_before = len(self._saved)
        with self.doc.transaction():
            change()
        for update in self._unsent:
            await self.send(protocol.sync(protocol.UPDATE, update))
        self._unsent.clear()

    async def set_params(self, node: str, **values: object) -> None:
        await self.edit(lambda: self.params(node).update(values))

    async def set_fields(self, node: str, **values: object) -> None:
        await self.edit(lambda: self.nodes[node].update(values))

    async def add(self, node: dict[str, Any], after: str | None = None) -> None:
        """Add a node, as the editor does, and an edge to it."""
        fields = {name: value for name, value in node.items() if name != "id"}

        def change() -> None:
            self.nodes[node["id"]] = Map({**fields, "params": Map(fields["params"])})
            if after:
                self.edges[f"{after}:0>{node['id']}:0"] = edge(after, node["id"])

        await self.edit(change)

    async def delete(self, node: str) -> None:
        """Delete a node and its edges, as the editor does."""

        def change() -> None:
            del self.nodes[node]
            for key in list(self.edges.keys()):
                if node in (self.edges[key]["source"], self.edges[key]["target"]):
                    del self.edges[key]

        await self.edit(change)

    async def until_synced(self) -> None:
        """Wait for the document and the whole analysis."""
        await self.until(lambda: self.is_synced and self.analysis)

    async def until_weights(self, count: int) -> None:
        await self.until(lambda: self.analysis.get("totals", {}).get("weights") == count)

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
        """Wait for the word that the last edit is in the database."""
        await self.until(lambda: len(self._saved) > self._saved_before)

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


def make(server: Server, graph: dict[str, Any]) -> str:
    """Make a network over HTTP; returns its id."""
    answer = server.client.post("/api/networks", json={"graph": graph})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def tab(server: Server, network: str) -> Tab:
    """A tab on a network, to be entered."""
    return Tab(server.socket_url(f"/ws/networks/{network}"))
