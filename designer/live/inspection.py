"""Refuses updates that hold anything but the maps and plain values our documents are made of.

The library that applies updates follows nested content by recursion, without a limit: forty
kilobytes of nested brackets end the process. So every update from outside is read here first, in
the format that Yjs writes (version 1; its source is the specification), and only what an editor of
networks can have produced goes on: shared maps, and plain JSON values as members of maps.
"""

from __future__ import annotations

from designer.live.protocol import Malformed, Reader

MAX_DEPTH = 32
# Maps that one update may make. The library unlinks a chain of nested maps by recursion and fails
# between 30,000 and 50,000 of them (in 8 MB of stack); a node takes two.
MAX_MAPS = 10_000

ROOTS = {"nodes", "edges", "blocks", "meta"}

_GAP, _DELETED, _TYPE, _ANY, _SKIP = 0, 1, 7, 8, 10
_MAP = 1
_HAS_ORIGIN, _HAS_RIGHT_ORIGIN, _HAS_KEY = 0x80, 0x40, 0x20
# Tags of plain values and the bytes that follow them.
_FIXED = {120: 0, 121: 0, 123: 8, 124: 4, 126: 0, 127: 0}
_ARRAY, _OBJECT, _TEXT, _INTEGER = 117, 118, 119, 125


def inspect(update: bytes) -> dict[int, int]:
    """Check an update. Returns, by client, the clock up to which it speaks.

    A document that has not reached these clocks afterwards misses something the update builds on.

    Raises:
        Malformed: where it is damaged, or holds what no document of ours can.
    """
    reader = Reader(update)
    reached: dict[int, int] = {}
    maps = 0
    for _ in range(reader.integer()):
        structs, client, clock = reader.integer(), reader.integer(), reader.integer()
        for _ in range(structs):
            length, makes_map = _struct(reader)
            clock += length
            maps += makes_map
            if maps > MAX_MAPS:
                raise Malformed("makes too many maps at once")
        reached[client] = max(clock, reached.get(client, 0))
    for _ in range(reader.integer()):
        client = reader.integer()
        for _ in range(reader.integer()):
            end = reader.integer() + reader.integer()
            reached[client] = max(end, reached.get(client, 0))
    reader.end()
    if any(clock > 2**31 for clock in reached.values()):
        raise Malformed("counts too far")
    return reached


def state_vector(encoded: bytes) -> dict[int, int]:
    """Clocks by client, from their encoded form. Raises Malformed."""
    reader = Reader(encoded)
    clocks = {}
    for _ in range(reader.integer()):
        client = reader.integer()
        clocks[client] = reader.integer()
    reader.end()
    return clocks


def _struct(reader: Reader) -> tuple[int, bool]:
    """Read one struct. Returns how many clock ticks it takes, and whether it makes a map."""
    info = reader.byte()
    kind = info & 31
    if kind in (_GAP, _SKIP):
        return reader.integer(), False
    if info & _HAS_ORIGIN:
        reader.integer(), reader.integer()
    if info & _HAS_RIGHT_ORIGIN:
        reader.integer(), reader.integer()
    if not info & (_HAS_ORIGIN | _HAS_RIGHT_ORIGIN):
        _parent(reader)
        if info & _HAS_KEY:
            reader.text()
        elif kind != _DELETED:
            raise Malformed("holds a list")
    if kind == _DELETED:
        return reader.integer(), False
    if kind == _TYPE:
        if reader.integer() != _MAP:
            raise Malformed("holds a shared type that is no map")
        return 1, True
    if kind == _ANY:
        count = reader.integer()
        for _ in range(count):
            _value(reader, MAX_DEPTH)
        return count, False
    raise Malformed("holds content that is no plain value")


def _parent(reader: Reader) -> None:
    if reader.integer() == 1:
        name = reader.text()
        if name not in ROOTS:
            raise Malformed(f"names the part {name!r:.40}, which no network has")
    else:
        reader.integer(), reader.integer()


def _value(reader: Reader, room: int) -> None:
    tag = reader.byte()
    if tag == _TEXT:
        reader.text()
    elif tag == _INTEGER:
        while reader.byte() > 127:
            pass
    elif (size := _FIXED.get(tag)) is not None:
        reader.skip(size)
    elif tag in (_ARRAY, _OBJECT):
        if not room:
            raise Malformed("nests values too deeply")
        for _ in range(reader.integer()):
            if tag == _OBJECT:
                reader.text()
            _value(reader, room - 1)
    else:
        raise Malformed("holds a value that JSON has not")
