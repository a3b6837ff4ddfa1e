"""Writes Yjs updates by hand, to say what no honest library would."""

from __future__ import annotations

from designer.live.protocol import buffer, integer

CLIENT = 77


def text(value: str) -> bytes:
    return buffer(value.encode())


def update(*structs: bytes, clock: int = 0, deleted: bytes = b"\x00") -> bytes:
    return (
        integer(1)
        + integer(len(structs))
        + integer(CLIENT)
        + integer(clock)
        + b"".join(structs)
        + deleted
    )


def member(root: str, key: str, value: bytes) -> bytes:
    """A plain value as a member of a top-level map; `value` in the tagged encoding."""
    return bytes([0x20 | 8]) + integer(1) + text(root) + text(key) + integer(1) + value


def shared(root: str, key: str, kind: int) -> bytes:
    """A shared type of a kind (0 list, 1 map, 2 text, …) as a member of a top-level map."""
    return bytes([0x20 | 7]) + integer(1) + text(root) + text(key) + integer(kind)


def inner_map(parent_clock: int, key: str = "x") -> bytes:
    """A map in a map that this client made at a clock."""
    return (
        bytes([0x20 | 7])
        + integer(0)
        + integer(CLIENT)
        + integer(parent_clock)
        + text(key)
        + integer(1)
    )


def deletion(clock: int, length: int = 1) -> bytes:
    """A delete set with one range of this client."""
    return integer(1) + integer(CLIENT) + integer(1) + integer(clock) + integer(length)


NOTHING = b"\x7e"


def nested_lists(depth: int) -> bytes:
    return b"\x75\x01" * depth + NOTHING


def words(value: str) -> bytes:
    return b"\x77" + text(value)
