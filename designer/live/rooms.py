"""The open rooms of this process: delivery, saving, and news to and from other processes.

A process holds one room of each network that is open in it. Changes are saved within SAVE_EVERY_S
as rows, which are the truth; then the other processes hear, by the channel layer, that there are
new rows. A lost message costs nothing but time: whoever saves reads what it has missed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import IntEnum
from functools import partial
from typing import Any, Protocol, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import DatabaseError, close_old_connections

from designer.live import journal
from designer.live.document import Broken, Document
from designer.live.news import News
from designer.live.protocol import Malformed
from designer.live.room import Message, Room, To
from designer.models import Network
from layers.graph import Graph

logger = logging.getLogger(__name__)

SAVE_EVERY_S = 0.2
RETRY_S = 1.0
IDLE_S = 30.0
# The analysis of a room may take this share of the time; bursts of edits share one.
ANALYSIS_SHARE = 0.25
# Rows that are left for the next reader when a room closes, and while it is open.
ROWS_AT_REST, ROWS_OPEN = 20, 500

Result = TypeVar("Result")


class Close(IntEnum):
    """Why we end a connection. Only after RESTART (and codes below 4000) is a new try of use."""

    MALFORMED = 4400
    LOGIN = 4401
    FORBIDDEN = 4403
    NOT_FOUND = 4404
    TOO_LARGE = 4413
    TOO_FAST = 4429
    RESTART = 4500


class Connection(Protocol):
    """Somebody in a room."""

    def __hash__(self) -> int: ...

    def deliver(self, frame: bytes) -> None:
        """Send a frame soon; never waits."""

    def end(self, code: Close) -> None:
        """Close soon; never waits."""


class OpenRoom:
    """A room with its connections."""

    def __init__(
        self,
        room: Room,
        seq: int,
        forget: Callable[[OpenRoom, asyncio.Task[None] | None], None],
    ) -> None:
        self.room = room
        self._seq = seq
        self._compacted_seq = seq
        self._forget = forget
        self._connections: set[Connection] = set()
        self._loop = asyncio.get_running_loop()
        self._lock = asyncio.Lock()  # held while reading or writing rows
        self._saver: asyncio.Task[None] | None = None
        self._saved_at = 0.0
        self._saved_summary = self._summary
        self._may_analyse_at = 0.0
        self._analysis: asyncio.TimerHandle | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._closing: asyncio.Task[None] | None = None
        self._is_over = False
        self._news = News(room.id, self._catch_up, self._hear_elsewhere)
        self._rest_when_empty()

    @property
    def graph(self) -> Graph:
        return self.room.graph

    # Connections

    def join(self, connection: Connection) -> None:
        """Let a connection in, and tell it everything."""
        if self._idle:
            self._idle.cancel()
        self._analyse()
        self._connections.add(connection)
        for frame in self.room.greet():
            connection.deliver(frame)

    def receive(self, connection: Connection, frame: bytes) -> int:
        """Take in a frame. Returns how many bytes its sender gets in answer.

        Raises:
            Malformed: where the frame is refused.
        """
        try:
            messages = self.room.receive(connection, frame)
        except Broken as broken:
            logger.warning("Network %s: refused an update: %s.", self.room.id, broken.reason)
            self._connections.discard(connection)
            connection.end(Close.TOO_LARGE)
            self._restart()
            return 0
        self._deliver(messages, connection)
        self._after_change()
        return sum(len(message.frame) for message in messages if message.to is To.SENDER)

    def leave(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._deliver(self.room.leave(connection), connection)
        self._rest_when_empty()

    # REST

    def become(self, graph: Graph) -> None:
        """Make the document hold this graph, as an edit that everybody sees."""
        self._deliver(self.room.become(graph), None)
        self._after_change()

    def analysis_json(self) -> dict[str, Any]:
        """The analysis of the document as it is now."""
        self._analyse()
        return self.room.analysis_json()

    async def flush(self) -> None:
        """Save what is not saved yet.

        Raises:
            Network.DoesNotExist: where the network has been deleted.
            DatabaseError: where the database refuses; what is unsaved is kept for the next time.
        """
        async with self._lock:
            update = self.room.take_unsaved()
            summary = self._summary
            if not update:
                if summary != self._saved_summary:
                    await in_thread(journal.summarise, self.room.id, summary)
                    self._saved_summary = summary
                return
            revision = self.room.revision
            try:
                entry = await in_thread(journal.append, self.room.id, self._seq, update, summary)
            except BaseException:
                self.room.put_back(update)
                raise
            self._saved_at = self._loop.time()
            self._seq = entry.seq
            self._saved_summary = summary
            self._deliver(self.room.merge(entry.updates), None)
            self._deliver([self.room.saved(revision)], None)
        self._news.tell_rows()
        self._after_change()
        if self._seq - self._compacted_seq > ROWS_OPEN:
            await self._compact()

    def end(self, code: Close, last: asyncio.Task[None] | None = None) -> None:
        """Close every connection and the room. `last` is what its successor must wait for."""
        for connection in self._connections:
            connection.end(code)
        self._connections.clear()
        self._is_over = True
        self._forget(self, last)
        self._news.stop()
        for timer in (self._idle, self._analysis):
            if timer:
                timer.cancel()

    # What follows a change

    def _after_change(self) -> None:
        if not self.room.is_analysed and not self._analysis and not self._is_over:
            wait_s = self._may_analyse_at - self._loop.time()
            if wait_s <= 0:
                self._analyse()
            else:
                self._analysis = self._loop.call_later(wait_s, self._analyse)
        # The counts follow the analysis, which may come later than the changes.
        is_counted = not self.room.is_analysed or self._summary == self._saved_summary
        if not (self.room.is_saved and is_counted) and not self._saver:
            self._saver = self._loop.create_task(self._save_soon())

    def _analyse(self) -> None:
        if self._analysis:
            self._analysis.cancel()
            self._analysis = None
        started = self._loop.time()
        message = self.room.analyse()
        ended = self._loop.time()
        self._may_analyse_at = ended + (ended - started) * (1 / ANALYSIS_SHARE - 1)
        if message:
            self._deliver([message], None)
            self._after_change()

    @property
    def _summary(self) -> journal.Summary:
        return journal.Summary.of(self.graph.name, *self.room.counts)

    async def _save_soon(self) -> None:
        try:
            await asyncio.sleep(max(0.0, self._saved_at + SAVE_EVERY_S - self._loop.time()))
            await self.flush()
        except Network.DoesNotExist:
            self.end(Close.NOT_FOUND)
        except DatabaseError:
            logger.exception("Network %s: cannot save; will try again.", self.room.id)
            await asyncio.sleep(RETRY_S)
        finally:
            self._saver = None
        if not self._is_over:
            self._after_change()

    def _deliver(self, messages: list[Message], sender: Connection | None) -> None:
        for message in messages:
            if message.elsewhere:
                self._news.tell_presence(message.elsewhere)
            if message.to is To.SENDER:
                if sender:
                    sender.deliver(message.frame)
                continue
            for connection in self._connections:
                if connection is not sender or message.to is To.ALL:
                    connection.deliver(message.frame)

    # Other processes

    async def _catch_up(self) -> None:
        """Read the rows that others have saved."""
        try:
            async with self._lock:
                entry = await in_thread(journal.since, self.room.id, self._seq)
                self._seq = entry.seq
                self._deliver(self.room.merge(entry.updates), None)
        except Network.DoesNotExist:
            self.end(Close.NOT_FOUND)
            return
        self._after_change()

    def _hear_elsewhere(self, presence: bytes) -> None:
        try:
            self._deliver(self.room.hear_elsewhere(presence), None)
        except Malformed as refusal:
            logger.warning("Network %s: another process says: %s.", self.room.id, refusal)

    # The end

    def _restart(self) -> None:
        """Throw the damaged replica away; everybody comes back to one made of the saved rows."""
        self.end(Close.RESTART, self._loop.create_task(self._save_last()))

    def stay(self) -> None:
        """Somebody is coming: do not close now."""
        self._rest_when_empty()

    def _rest_when_empty(self) -> None:
        if self._idle:
            self._idle.cancel()
        if not self._connections and not self._is_over:
            self._idle = self._loop.call_later(IDLE_S, self._rest)

    def _rest(self) -> None:
        self._closing = self._loop.create_task(self._close_idle())

    async def _close_idle(self) -> None:
        await self._save_last()
        if self._connections or not self.room.is_saved:
            return  # somebody came, or the database is away
        self.end(Close.RESTART)
        if self._seq - self._compacted_seq > ROWS_AT_REST:
            await self._compact()

    async def _save_last(self) -> None:
        try:
            await self.flush()
        except Network.DoesNotExist:
            self.end(Close.NOT_FOUND)
        except DatabaseError:
            logger.exception("Network %s: cannot save.", self.room.id)

    async def _compact(self) -> None:
        seq, state = self._seq, self.room.document.state
        try:
            await in_thread(journal.compact, self.room.id, seq, state)
            self._compacted_seq = seq
        except DatabaseError:
            logger.exception("Network %s: cannot compact its rows.", self.room.id)


class Rooms:
    """The open rooms of one event loop, by network."""

    def __init__(self) -> None:
        self._open: dict[UUID, OpenRoom] = {}
        self._opening: dict[UUID, asyncio.Task[OpenRoom]] = {}
        self._ending: dict[UUID, asyncio.Task[None]] = {}

    async def open(self, network: UUID) -> OpenRoom:
        """The room of a network, opened if need be. Raises Network.DoesNotExist.

        It asks nobody's permission: see designer.access.
        """
        room = self._open.get(network)
        if room:
            room.stay()
            return room
        task = self._opening.get(network)
        if task is None:
            task = asyncio.create_task(self._load(network))
            self._opening[network] = task
            task.add_done_callback(lambda _: self._opening.pop(network, None))
        return await asyncio.shield(task)

    def end(self, network: UUID, code: Close) -> None:
        """Close the room of a network, where it is open here."""
        if room := self._open.get(network):
            room.end(code)

    async def _load(self, network: UUID) -> OpenRoom:
        if last := self._ending.pop(network, None):
            await asyncio.wait([last])
        entry = await in_thread(journal.load, network)
        room = OpenRoom(Room(network, Document(entry.updates)), entry.seq, self._forget)
        self._open[network] = room
        return room

    def _forget(self, room: OpenRoom, last: asyncio.Task[None] | None) -> None:
        if self._open.get(room.room.id) is room:
            del self._open[room.room.id]
            if last:
                self._ending[room.room.id] = last


_rooms: WeakKeyDictionary[asyncio.AbstractEventLoop, Rooms] = WeakKeyDictionary()
_database = ThreadPoolExecutor(max_workers=2, thread_name_prefix="journal")


def rooms() -> Rooms:
    """The rooms of the running event loop: a server has one."""
    return _rooms.setdefault(asyncio.get_running_loop(), Rooms())


async def in_thread(work: Callable[..., Result], *arguments: object) -> Result:
    """Do database work in a thread of its own pool, where it waits for no web request."""

    def call() -> Result:
        close_old_connections()
        try:
            return work(*arguments)
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(_database, partial(call))
