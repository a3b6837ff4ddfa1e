"""(b) One parameter edit in the live document of 100 layers: server CPU, edit to push."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from typing import Any
from uuid import uuid4

from pycrdt import Doc, Map

from benchmarks.figure import Figure
from benchmarks.networks import convolutional
from designer.live import protocol
from designer.live.document import Document
from designer.live.room import Room

EDITS_A_SAMPLE = 20
"""The clock of processor time ticks too coarsely for one edit."""


def measure() -> Iterator[Figure]:
    document = Document()
    document.become(convolutional())
    room = Room(uuid4(), document)
    browser: Doc[Map[Any]] = Doc()
    browser.apply_update(document.state)
    nodes: Map[Any] = browser.get("nodes", type=Map)
    filters = count(33)
    frames: list[bytes] = []

    def edit() -> None:
        before = browser.get_state()
        nodes["n49"]["params"]["filters"] = next(filters)
        frames.append(protocol.sync(protocol.UPDATE, browser.get_update(before)))

    def answer() -> None:
        for frame in frames:
            assert room.receive("tab", frame)
            assert room.analyse() is not None
        frames.clear()

    def sample() -> float:
        for _ in range(EDITS_A_SAMPLE):
            edit()
        started = time.process_time()
        answer()
        return time.process_time() - started

    sample()
    times = sorted(sample() for _ in range(15))
    milliseconds = [seconds / EDITS_A_SAMPLE * 1e3 for seconds in times]
    remark = f"median of 15 x {EDITS_A_SAMPLE} in the middle layer; worst {milliseconds[-1]:.2f}"
    yield Figure(
        "one parameter edit, frame to pushed delta", milliseconds[7], "ms", 2, remark=remark
    )
