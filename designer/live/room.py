"""One open network: frames in, messages and analysis out. It does no input or output of its own.

A room is used from one thread. Whoever holds it delivers the messages, saves what `take_unsaved`
gives, and calls `analyse` after changes, as soon as it can afford to.
"""

from __future__ import annotations

import logging
from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

from pycrdt import merge_updates

from designer.live import protocol
from designer.live.awareness import Awareness
from designer.live.document import Document
from designer.live.protocol import Malformed, Reader
from designer.telling import capped
from layers.analysis import Analyzer, Change
from layers.diagnostics import Diagnostic, Problem, diagnose
from layers.graph import Graph

logger = logging.getLogger(__name__)

UNANALYSED = Problem(
    "network.unanalysed",
    "The server failed to analyse this network; the mistake is its own and has been logged.",
    "Undo the last change, or go on: everything is saved.",
)


class To(Enum):
    """Who gets a message."""

    SENDER = "the connection that a frame came from"
    OTHERS = "everybody else in the room"
    ALL = "everybody in the room"


@dataclass(frozen=True, slots=True)
class Message:
    """A frame to deliver; `elsewhere` is what the room's other processes must hear with it."""

    to: To
    frame: bytes
    elsewhere: bytes = b""


class Room:
    """The document of one network, its analysis, and who is in it.

    Attributes:
        revision: counts the changes of the document since the room was opened.
    """

    def __init__(self, identity: UUID, document: Document) -> None:
        self.id = identity
        self.document = document
        self.awareness = Awareness()
        self.revision = 0
        self._analyzer = Analyzer(Graph())
        self._failed: Graph | None = None
        self._told: tuple[Diagnostic, ...] = ()
        self._shown: dict[str, tuple[Diagnostic, ...]] = {}
        self._unsaved: list[bytes] = []
        self.analyse()

    @property
    def graph(self) -> Graph:
        return self.document.graph

    @property
    def is_saved(self) -> bool:
        return not self._unsaved

    @property
    def is_analysed(self) -> bool:
        is_current = self.graph is self._analyzer.graph or self.graph is self._failed
        return is_current and self._beside == self._told

    @property
    def _beside(self) -> tuple[Diagnostic, ...]:
        """What is to be told beside the analysis: unreadable parts, and that it failed."""
        unreadable = tuple(found for _, found in sorted(self.document.malformed.items()))
        return unreadable if self._failed is None else (diagnose(UNANALYSED), *unreadable)

    def greet(self) -> list[bytes]:
        """What a connection is told first: how far we are, who is here, and the whole analysis.

        Call `analyse` before.
        """
        frames = [protocol.sync(protocol.STEP_1, self.document.vector)]
        if everyone := self.awareness.everyone():
            frames.append(protocol.awareness(everyone))
        frames.append(protocol.notice({"kind": "analysis", "full": True, **self._analysis()}))
        return frames

    def receive(self, sender: Hashable, frame: bytes) -> list[Message]:
        """Take in a frame from a connection.

        Raises:
            Malformed: the frame is not what the protocol says; nothing has changed.
            Broken: the document can no longer be used (see Document.apply).
        """
        reader = Reader(frame)
        match reader.integer():
            case protocol.SYNC:
                return self._receive_sync(reader)
            case protocol.AWARENESS:
                content = reader.buffer()
                reader.end()
                news = self.awareness.hear(content, sender)
                # To the sender too: a page gives up a connection on which it hears nothing.
                return [_presence(news)] if news else []
            case protocol.QUERY_AWARENESS:
                reader.end()
                everyone = self.awareness.everyone()
                return [Message(To.SENDER, protocol.awareness(everyone))] if everyone else []
            case kind:
                raise Malformed(f"there is no message type {kind}")

    def _receive_sync(self, reader: Reader) -> list[Message]:
        step, content = reader.integer(), reader.buffer()
        reader.end()
        if step == protocol.STEP_1:
            update = self.document.missing(content)
            return [Message(To.SENDER, protocol.sync(protocol.STEP_2, update))]
        if step not in (protocol.STEP_2, protocol.UPDATE):
            raise Malformed(f"there is no sync step {step}")
        return self._spread(To.OTHERS, self.document.apply(content))

    def become(self, graph: Graph) -> list[Message]:
        """Make the document hold this graph; connections see it as an edit by somebody else."""
        return self._spread(To.ALL, self.document.become(graph))

    def merge(self, updates: list[bytes]) -> list[Message]:
        """Take in updates that another process has saved."""
        news = self.document.merge(updates)
        if not news:
            return []
        self.revision += 1
        return [Message(To.ALL, protocol.sync(protocol.UPDATE, news))]

    def hear_elsewhere(self, content: bytes) -> list[Message]:
        """Take in what another process tells of its clients. Raises Malformed."""
        news = self.awareness.hear(content, None)
        return [Message(To.ALL, protocol.awareness(news))] if news else []

    def leave(self, sender: Hashable) -> list[Message]:
        """A connection has ended: tell the others that its clients are gone."""
        news = self.awareness.leave(sender)
        return [_presence(news)] if news else []

    def analyse(self) -> Message | None:
        """Bring the analysis up to date. Returns what has changed of it, if anything has."""
        if self.is_analysed:
            return None
        before = self._analyzer.analysis
        try:
            change = self._analyzer.update(self.graph)
            self._failed = None
        except Exception:
            # A rule of a layer has a bug. Editing and saving must go on.
            logger.exception("Network %s cannot be analysed", self.id)
            change = Change({}, {})
            self._failed = self.graph
        beside = self._beside
        self._told = beside
        groups = self._show()
        same_totals = before.totals == self._analyzer.analysis.totals
        if not change.nodes and not groups and same_totals:
            return None
        delta = {"kind": "analysis", "full": False, **self._delta(change, groups)}
        return Message(To.ALL, protocol.notice(delta))

    def take_unsaved(self) -> bytes:
        """All changes since the last call as one update, to be saved now; empty if none."""
        unsaved, self._unsaved = self._unsaved, []
        return merge_updates(*unsaved) if len(unsaved) > 1 else b"".join(unsaved)

    def put_back(self, update: bytes) -> None:
        """Saving has failed: it is for the next call of `take_unsaved` again."""
        self._unsaved.insert(0, update)

    def saved(self, revision: int) -> Message:
        """Tells that everything up to a revision is in the database."""
        return Message(To.ALL, protocol.notice({"kind": "saved", "revision": revision}))

    def analysis_json(self) -> dict[str, Any]:
        """The analysis as REST gives it: nodes, totals, and all diagnostics in one list.

        Call `analyse` before, and deliver what it gives.
        """
        whole = self._analyzer.analysis.to_json()
        shown = [item for group in self._shown.values() for item in _listed(group)]
        return {**whole, "diagnostics": shown}

    def _show(self) -> dict[str, tuple[Diagnostic, ...]]:
        """Settle which diagnostics pages are told. Returns the places where that has changed."""
        groups = self._analyzer.analysis.groups
        whole = (*self._told, *groups.get("", ()))
        before = self._shown
        places = {place: group for place, group in groups.items() if place}
        self._shown = capped({"": whole, **places} if whole else places)
        return {
            place: self._shown.get(place, ())
            for place in {**before, **self._shown}
            if before.get(place, ()) != self._shown.get(place, ())
        }

    @property
    def counts(self) -> tuple[int, int]:
        """Layers and weights, as of the last analysis."""
        totals = self._analyzer.analysis.totals
        return totals.layers, totals.weights

    def _spread(self, to: To, news: bytes) -> list[Message]:
        if not news:
            return []
        self.revision += 1
        self._unsaved.append(news)
        return [Message(to, protocol.sync(protocol.UPDATE, news))]

    def _analysis(self) -> dict[str, Any]:
        analysis = self._analyzer.analysis
        return {
            "revision": self.revision,
            "nodes": {identity: node.to_json() for identity, node in analysis.nodes.items()},
            "totals": analysis.totals.to_json(),
            "diagnostics": {place: _listed(group) for place, group in self._shown.items()},
        }

    def _delta(self, change: Change, groups: dict[str, tuple[Diagnostic, ...]]) -> dict[str, Any]:
        return {
            "revision": self.revision,
            "nodes": {
                identity: None if node is None else node.to_json()
                for identity, node in change.nodes.items()
            },
            "totals": self._analyzer.analysis.totals.to_json(),
            "diagnostics": {place: _listed(group) for place, group in groups.items()},
        }


def _presence(news: bytes) -> Message:
    return Message(To.ALL, protocol.awareness(news), elsewhere=news)


def _listed(group: tuple[Diagnostic, ...]) -> list[dict[str, object]]:
    return [diagnostic.to_json() for diagnostic in group]
