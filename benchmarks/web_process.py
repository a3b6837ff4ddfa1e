"""(e) The web process: how soon it answers and how much memory it holds."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import psutil

from benchmarks.figure import Figure
from benchmarks.networks import convolutional
from benchmarks.stack import Stack


def measure() -> Iterator[Figure]:
    ready, resident = [], []
    with Stack() as stack:
        for _ in range(3):
            process, client, seconds = stack.start_web()
            ready.append(seconds)
            # What a user makes it load: the page, the catalogue, a network with its analysis.
            graph = convolutional().to_json()
            made = client.post("/api/networks", json={"name": "bench", "graph": graph}).json()
            for path in ("/", "/api/catalog", "/api/zoo", f"/api/networks/{made['id']}"):
                client.get(path).raise_for_status()
            resident.append(psutil.Process(process.pid).memory_info().rss)
            client.close()
            process.terminate()
            process.wait(30)
    remark = f"start to first answer, median of 3; worst {max(ready):.2f}"
    yield Figure("the web process is ready", statistics.median(ready), "s", 3, remark=remark)
    yield Figure("and resident after a page and a network", max(resident) / 1e6, "MB", 200)
