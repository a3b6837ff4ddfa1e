"""What a hostile connection may send: it is ended with a code, and nobody else notices."""

from __future__ import annotations

import asyncio
import contextlib
import random

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from designer.live import protocol
from designer.live.awareness import encode
from designer.live.protocol import buffer, integer
from tests.conftest import Server
from tests.designer import updates as by_hand
from tests.designer.samples import small
from tests.designer.tab import Tab, make, tab

FRAMES: dict[str, bytes | str] = {
    "a text": "hello",
    "nothing": b"",
    "an unknown type": b"\x09\x00",
    "an unknown sync step": b"\x00\x07\x00",
    "a length without content": b"\x00\x02\xff\xff\xff\x7f",
    "an endless number": b"\x00" + b"\xff" * 100,
    "a state vector of garbage": protocol.sync(protocol.STEP_1, b"\xff\x00garbage"),
    "an update of garbage": protocol.sync(protocol.UPDATE, b"garbage" * 50),
    "an update that ends the library": protocol.sync(
        protocol.UPDATE,
        by_hand.update(by_hand.member("nodes", "x", by_hand.nested_lists(200_000))),
    ),
    "a chain of maps and its end": protocol.sync(
        protocol.UPDATE,
        by_hand.update(
            by_hand.shared("nodes", "x", 1),
            *(by_hand.inner_map(index) for index in range(100_000)),
            deleted=by_hand.deletion(0),
        ),
    ),
    "presence of garbage": protocol.awareness(b"\x05abc"),
    "presence that is too large": protocol.awareness(encode([(1, 1, "x" * 100_000)])),
    "presence of a crowd": protocol.awareness(encode((n, 1, "{}") for n in range(5_000))),
    "something behind its end": protocol.awareness(encode([(1, 1, "{}")])) + b"\x00",
    "a frame with two lengths": bytes([0, 2]) + integer(3) + buffer(b"12345"),
}


async def knock(server: Server, network: str, frame: bytes | str) -> int:
    """Send one frame on a connection of its own; the code with which that is ended."""
    async with connect(server.socket_url(f"/ws/networks/{network}")) as socket:
        await socket.send(frame)
        async with asyncio.timeout(20):
            try:
                while True:
                    await socket.recv()
            except ConnectionClosed:
                assert socket.close_code is not None
                return socket.close_code


async def still_works(witness: Tab, units: int) -> None:
    await witness.set_params("n2", units=units)
    await witness.until_weights(785 * units)


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
async def test_a_malformed_frame_ends_its_connection_alone(
    server: Server, frame: bytes | str
) -> None:
    network = make(server, small())
    async with tab(server, network) as witness:
        await witness.until_synced()
        assert await knock(server, network, frame) == 4400
        await still_works(witness, 21)
        assert witness.close_code is None


async def test_random_frames_end_no_more_than_their_connection(server: Server) -> None:
    network = make(server, small())
    chance = random.Random(7)
    async with tab(server, network) as witness:
        await witness.until_synced()
        for _ in range(60):
            frame = bytes([chance.randrange(5), chance.randrange(3)]) + chance.randbytes(
                chance.randrange(60)
            )
            async with connect(server.socket_url(f"/ws/networks/{network}")) as socket:
                await socket.send(frame)
        await still_works(witness, 22)


async def test_a_frame_that_is_too_large(server: Server) -> None:
    network = make(server, small())
    frame = protocol.sync(protocol.UPDATE, bytes(9 * 1024 * 1024))
    assert await knock(server, network, frame) == 4413


async def test_a_document_made_unfit_restarts_from_what_is_saved(server: Server) -> None:
    network = make(server, small())
    async with tab(server, network) as witness, tab(server, network) as attacker:
        await witness.until_synced()
        await attacker.until_synced()
        await witness.set_params("n2", units=23)
        await attacker.send(
            protocol.sync(protocol.UPDATE, by_hand.update(by_hand.shared("nodes", "x", 1)))
        )
        for clock in range(1, 6):
            update = by_hand.update(by_hand.inner_map(clock - 1), clock=clock)
            await attacker.send(protocol.sync(protocol.UPDATE, update))
        assert await attacker.closed() == 4413
        assert await witness.closed() == 4500  # come back
    async with tab(server, network) as witness:
        await witness.until_synced()
        assert witness.params("n2")["units"] == 23
        await still_works(witness, 24)


async def test_a_flood_is_ended(server: Server) -> None:
    network = make(server, small())
    async with tab(server, network) as witness, tab(server, network) as flood:
        await witness.until_synced()
        await flood.until_synced()
        frame = protocol.sync(protocol.STEP_1, b"\x00")
        with contextlib.suppress(ConnectionClosed):
            while flood.close_code is None:
                await flood.send(frame)
                await asyncio.sleep(0)
        assert await flood.closed() == 4429
        await still_works(witness, 25)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/ws/networks/00000000-0000-4000-8000-000000000000", 4404),
    ],
)
async def test_a_network_that_is_not_there(server: Server, path: str, code: int) -> None:
    async with connect(server.socket_url(path)) as socket:
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == code


@pytest.mark.parametrize("path", ["/ws/networks/1", "/ws/networks/../api", "/ws", "/"])
async def test_an_address_that_is_no_socket(server: Server, path: str) -> None:
    with pytest.raises(InvalidStatus):
        async with connect(server.socket_url(path)):
            pass


@pytest.mark.parametrize(
    ("origin", "is_let_in"),
    [
        (None, True),
        ("same", True),
        ("http://evil.example", False),
        ("http://127.0.0.1:1", False),
        ("null", False),
    ],
)
async def test_pages_of_other_origins_get_no_socket(
    server: Server, origin: str | None, is_let_in: bool
) -> None:
    url = server.socket_url(f"/ws/networks/{make(server, small())}")
    headers = {} if origin is None else {"Origin": server.url if origin == "same" else origin}
    if is_let_in:
        async with Tab(url, headers) as one:
            await one.until_synced()
    else:
        with pytest.raises(InvalidStatus, match="403"):
            async with connect(url, additional_headers=headers):
                pass
