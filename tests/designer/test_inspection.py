"""Updates from outside are read before they are applied, and only ours go on."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Array, Doc, Map, Text, XmlFragment

from designer.live.document import Broken, Document
from designer.live.inspection import MAX_MAPS, inspect, state_vector
from designer.live.protocol import Malformed
from layers.graph import Graph
from tests.designer import updates as by_hand
from tests.designer.samples import chain

REFUSED = {
    "nothing": b"",
    "half": Document([]).state[:1] + b"\x05",
    "deep": by_hand.update(by_hand.member("nodes", "x", by_hand.nested_lists(40_000))),
    "no such root": by_hand.update(by_hand.member("secrets", "x", by_hand.NOTHING)),
    "a list": by_hand.update(by_hand.shared("nodes", "x", 0)),
    "a text": by_hand.update(by_hand.shared("nodes", "x", 2)),
    "no UTF-8": by_hand.update(by_hand.member("nodes", "x", b"\x77\x02\xff\xfe")),
    "bytes": by_hand.update(by_hand.member("nodes", "x", b"\x74\x02ab")),
    "a big integer": by_hand.update(by_hand.member("nodes", "x", b"\x7a" + bytes(8))),
    "an unknown tag": by_hand.update(by_hand.member("nodes", "x", b"\x01")),
    "an item of a list": by_hand.update(b"\x08" + b"\x01" + by_hand.text("nodes") + b"\x01\x7e"),
    "a clock beyond all": by_hand.update(by_hand.member("nodes", "x", b"\x7e"), clock=2**40),
    "an endless number": b"\xff" * 40,
    "too many maps": by_hand.update(
        by_hand.shared("nodes", "x", 1), *(by_hand.inner_map(index) for index in range(MAX_MAPS))
    ),
    "something behind its end": Document([]).state + b"\x00",
}


@pytest.mark.parametrize("update", REFUSED.values(), ids=REFUSED)
def test_what_is_refused_leaves_the_document_as_it_was(update: bytes) -> None:
    document = Document()
    document.become(Graph.from_json(chain(2)))
    before = document.state
    with pytest.raises(Malformed):
        document.apply(update)
    assert document.state == before


@pytest.mark.parametrize("kind", [Array, Text, XmlFragment])
def test_shared_types_that_are_no_maps_are_refused(kind: type[Any]) -> None:
    doc: Doc[Any] = Doc()
    doc.get("nodes", type=Map)["x"] = kind()
    with pytest.raises(Malformed):
        inspect(doc.get_update())


def test_what_editors_write_passes() -> None:
    document = Document()
    document.become(Graph.from_json(chain(50)))
    reached = inspect(document.state)
    assert reached == state_vector(document.vector)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        inspect(data)
    except Malformed:
        return


@given(st.integers(min_value=0, max_value=2**32))
def test_a_damaged_update_is_applied_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    source = Document()
    source.become(Graph.from_json(chain(3)))
    damaged = bytearray(source.state)
    for _ in range(chance.randrange(1, 6)):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    document = Document()
    try:
        document.apply(bytes(damaged))
    except (Malformed, Broken):
        return
    Document([document.state])
    assert document.graph.to_json() is not None


def apply_chain(document: Document, length: int) -> None:
    """Nest maps one in the other, each by an update of its own, from the second on."""
    for clock in range(1, length):
        document.apply(by_hand.update(by_hand.inner_map(clock - 1), clock=clock))


def test_a_chain_of_maps_over_many_updates_breaks_the_document_before_it_is_long() -> None:
    document = Document()
    document.apply(by_hand.update(by_hand.shared("nodes", "x", 1)))
    with pytest.raises(Broken, match="nested"):
        apply_chain(document, 6)


def test_updates_that_wait_for_others_are_few() -> None:
    document = Document()
    with pytest.raises(Broken, match="never came"):
        apply_chain(document, 100_000)


def test_an_update_that_comes_before_the_one_it_builds_on_is_kept() -> None:
    document = Document()
    first = by_hand.update(by_hand.member("meta", "name", by_hand.words("early")))
    second = by_hand.update(by_hand.member("meta", "other", by_hand.words("late")), clock=1)
    assert document.apply(second) == b""
    news = document.apply(first)
    for each in (document, Document([document.state]), Document([news])):
        assert each.graph.name == "early"
        assert each.vector == document.vector
