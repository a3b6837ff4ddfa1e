"""Rooms without a server: rows and their compaction, saving, idling, failing analysis."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connection

from designer import networks
from designer.live import journal, protocol
from designer.live import rooms as live
from designer.live.document import Document
from designer.live.journal import Summary
from designer.live.protocol import Reader
from designer.live.room import Room, To
from designer.live.rooms import Close, OpenRoom, rooms
from designer.models import Network, NetworkUpdate
from layers.categories import Category
from layers.edits import SetParams, SetType
from layers.graph import Graph
from layers.layer import LAYERS, Layer
from layers.tensor import Tensor
from tests.designer import updates as by_hand
from tests.designer.samples import chain, small

SUMMARY = Summary("name", 1, 2)
PATIENCE_S = 10.0


class Listener:
    """A connection that keeps what it is sent."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.code: Close | None = None

    def deliver(self, frame: bytes) -> None:
        self.frames.append(frame)

    def end(self, code: Close) -> None:
        self.code = code


def store(graph: dict[str, Any]) -> UUID:
    owner, _ = User.objects.get_or_create(username="ada")
    return networks.create(owner, Graph.from_json(graph)).pk


def change(units: int) -> Callable[[Graph], Graph]:
    return SetParams("n2", {"units": units}).apply


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.005)


def notice(frame: bytes) -> str:
    reader = Reader(frame)
    assert reader.integer() == protocol.NOTICE
    return reader.text()


@pytest.mark.django_db(transaction=True)
class TestRows:
    """The journal."""

    def test_a_new_network_is_its_state(self) -> None:
        entry = journal.load(store(small()))
        assert entry.seq == 0
        assert Document(entry.updates).graph == Graph.from_json(small())

    def test_rows_are_numbered_and_read_from_where_one_is(self) -> None:
        network = store(small())
        assert journal.append(network, 0, b"one", SUMMARY) == journal.Entry(1, [])
        assert journal.append(network, 1, b"two", SUMMARY) == journal.Entry(2, [])
        assert journal.since(network, 0) == journal.Entry(2, [b"one", b"two"])
        assert journal.since(network, 1) == journal.Entry(2, [b"two"])
        assert journal.since(network, 2) == journal.Entry(2, [])

    def test_who_saves_hears_what_others_saved(self) -> None:
        network = store(small())
        journal.append(network, 0, b"theirs", SUMMARY)
        assert journal.append(network, 0, b"mine", SUMMARY) == journal.Entry(2, [b"theirs"])

    def test_compaction_keeps_what_came_later_and_what_others_miss(self) -> None:
        network = store(small())
        for seq in range(5):
            journal.append(network, seq, b"%d" % seq, SUMMARY)
        journal.compact(network, 3, b"state of three")
        assert NetworkUpdate.objects.filter(network=network).count() == 2
        assert journal.load(network) == journal.Entry(5, [b"state of three", b"3", b"4"])
        # A reader from before gets the state for the rows that are gone; one from after does not.
        assert journal.since(network, 1) == journal.Entry(5, [b"state of three", b"3", b"4"])
        assert journal.since(network, 4) == journal.Entry(5, [b"4"])
        journal.compact(network, 2, b"older")
        assert journal.load(network).updates[0] == b"state of three"

    def test_numbers_stay_unique_when_many_save_at_once(self) -> None:
        network = store(small())

        def save(index: int) -> int:
            try:
                return journal.append(network, 0, b"%d" % index, SUMMARY).seq
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            numbers = list(pool.map(save, range(12)))
        assert sorted(numbers) == list(range(1, 13))

    def test_a_deleted_network_has_no_rows(self) -> None:
        network = store(small())
        Network.objects.filter(pk=network).delete()
        works: list[Callable[[], object]] = [
            lambda: journal.load(network),
            lambda: journal.since(network, 0),
            lambda: journal.append(network, 0, b"x", SUMMARY),
        ]
        for work in works:
            with pytest.raises(Network.DoesNotExist):
                work()
        journal.compact(network, 1, b"x")


@pytest.mark.django_db(transaction=True)
class TestOpenRooms:
    """Delivery and saving; there is no Redis here, which must harm nobody."""

    async def test_two_openings_share_a_room(self) -> None:
        network = await sync_to_async(store)(small())
        first, second = await asyncio.gather(rooms().open(network), rooms().open(network))
        assert first is second

    async def test_edits_are_saved_soon_and_told(self) -> None:
        network = await sync_to_async(store)(small())
        room = await rooms().open(network)
        listener = Listener()
        room.join(listener)
        room.become(change(5)(room.graph))
        saved = protocol.notice({"kind": "saved", "revision": 1})
        await until(lambda: saved in listener.frames)
        row = await Network.objects.aget(pk=network)
        assert (row.weights, row.layers) == (785 * 5, 2)
        entry = await sync_to_async(journal.load)(network)
        assert Document(entry.updates).graph.nodes["n2"].params["units"] == 5

    async def test_many_edits_are_few_rows(self) -> None:
        network = await sync_to_async(store)(small())
        room = await rooms().open(network)
        for units in range(1, 200):
            room.become(change(units)(room.graph))
            await asyncio.sleep(0)
        await until(lambda: room.room.is_saved)
        assert await NetworkUpdate.objects.filter(network=network).acount() <= 5

    async def test_a_room_that_nobody_uses_is_closed_and_compacted(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(live, "IDLE_S", 0.05)
        network = await sync_to_async(store)(small())
        room = await rooms().open(network)
        listener = Listener()
        room.join(listener)
        for units in range(1, 30):
            room.become(change(units)(room.graph))
            await room.flush()
        await asyncio.sleep(0.1)
        assert await rooms().open(network) is room  # somebody is in it
        room.leave(listener)
        async with asyncio.timeout(PATIENCE_S):
            while await NetworkUpdate.objects.filter(network=network).aexists():
                await asyncio.sleep(0.01)
        again = await rooms().open(network)
        assert again is not room
        assert again.graph.nodes["n2"].params["units"] == 29

    async def test_a_room_of_a_deleted_network_ends_when_it_saves(self) -> None:
        network = await sync_to_async(store)(small())
        room = await rooms().open(network)
        listener = Listener()
        room.join(listener)
        await Network.objects.filter(pk=network).adelete()
        room.become(change(5)(room.graph))
        await until(lambda: listener.code == Close.NOT_FOUND)
        with pytest.raises(Network.DoesNotExist):
            await rooms().open(network)

    async def test_what_was_saved_elsewhere_comes_in_with_the_next_save(self) -> None:
        """Without a doorbell: two rooms of one network, as two processes have them."""
        network = await sync_to_async(store)(small())
        mine = await rooms().open(network)
        theirs = OpenRoom(
            Room(network, Document((await sync_to_async(journal.load)(network)).updates)),
            0,
            lambda room, last: None,
        )
        theirs.become(change(7)(theirs.graph))
        await theirs.flush()
        mine.become(mine.graph.with_name("renamed"))
        await mine.flush()
        assert mine.graph.nodes["n2"].params["units"] == 7
        assert mine.graph.name == "renamed"
        theirs.end(Close.RESTART)

    async def test_a_broken_room_saves_what_was_good_before_its_successor_opens(self) -> None:
        network = await sync_to_async(store)(small())
        room = await rooms().open(network)
        attacker, witness = Listener(), Listener()
        room.join(attacker)
        room.join(witness)
        room.become(change(6)(room.graph))
        chain_of_maps = [by_hand.update(by_hand.shared("nodes", "x", 1))] + [
            by_hand.update(by_hand.inner_map(clock - 1), clock=clock) for clock in range(1, 6)
        ]
        for update in chain_of_maps:
            if attacker.code is None:
                room.receive(attacker, protocol.sync(protocol.UPDATE, update))
        assert (attacker.code, witness.code) == (Close.TOO_LARGE, Close.RESTART)
        again = await rooms().open(network)
        assert again is not room
        assert again.graph.nodes["n2"].params["units"] == 6

    async def test_reading_the_analysis_over_rest_takes_it_from_nobody(self) -> None:
        network = await sync_to_async(store)(chain(300, units=2))
        room = await rooms().open(network)
        listener = Listener()
        room.join(listener)
        for units in (3, 4):  # the second comes while the first analysis is being paid for
            room.become(SetParams("n00001", {"units": units}).apply(room.graph))
        total = room.analysis_json()["totals"]["weights"]
        assert total == 298 * 6 + (2 * 4 + 4) + (4 * 2 + 2)
        assert f'"weights":{total}' in notice(listener.frames[-1])

    async def test_a_burst_of_edits_does_not_analyse_each(self) -> None:
        network = await sync_to_async(store)(chain(800, units=2))
        room = await rooms().open(network)
        listener = Listener()
        room.join(listener)
        before = len(listener.frames)
        for units in range(1, 60):
            room.become(SetParams("n00001", {"units": units}).apply(room.graph))
            await asyncio.sleep(0)
        weights = 798 * 6 + (2 * 59 + 59) + (59 * 2 + 2)
        async with asyncio.timeout(PATIENCE_S):
            while (await Network.objects.aget(pk=network)).weights != weights:
                await asyncio.sleep(0.01)
        kinds = [frame[0] for frame in listener.frames[before:]]
        assert kinds.count(protocol.SYNC) == 59
        assert 1 <= kinds.count(protocol.NOTICE) < 59
        shown = [frame for frame in listener.frames if frame[0] == protocol.NOTICE]
        assert any(f'"weights":{weights}' in notice(frame) for frame in shown)


@pytest.fixture
def buggy_layer() -> Iterator[str]:
    """The name of a layer whose rule has a bug."""

    class Buggy(Layer):
        """A layer that divides by nothing."""

        category = Category.UTILITY

        def output(self, *inputs: Tensor) -> Tensor:
            raise ZeroDivisionError("a bug")

    yield Buggy.__name__
    del LAYERS[Buggy.__name__]


def test_a_bug_in_a_rule_stops_neither_editing_nor_saving(
    buggy_layer: str, caplog: pytest.LogCaptureFixture
) -> None:
    document = Document()
    document.become(Graph.from_json(small()))
    room = Room(uuid4(), document)
    room.become(SetType("n2", buggy_layer, {}).apply(room.graph))
    told = room.analyse()
    assert told is not None
    assert "network.unanalysed" in notice(told.frame)
    assert room.analyse() is None
    assert room.take_unsaved()
    assert "a bug" in caplog.text
    assert "network.unanalysed" in notice(room.greet()[-1])
    room.become(SetType("n2", "Dense", {"units": 4}).apply(room.graph))
    told = room.analyse()
    assert told is not None
    assert told.to is To.ALL
    assert '"":[]' in notice(told.frame)
    assert str(785 * 4) in notice(told.frame)


def test_unreadable_parts_are_told_with_the_analysis() -> None:
    document = Document()
    document.become(Graph.from_json(small()))
    room = Room(uuid4(), document)
    sender = Listener()
    odd = by_hand.update(by_hand.member("nodes", "odd", by_hand.words("x")))
    room.receive(sender, protocol.sync(protocol.UPDATE, odd))
    told = room.analyse()
    assert told is not None
    assert "document.malformed" in notice(told.frame)
    assert "document.malformed" in notice(room.greet()[-1])
    assert room.analysis_json()["diagnostics"][0]["code"] == "document.malformed"
    room.become(room.graph)
    told = room.analyse()
    assert told is not None
    assert '"":[]' in notice(told.frame)
