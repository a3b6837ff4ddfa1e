"""The web process: up at once, small, and free of what only workers need."""

from __future__ import annotations

import subprocess
import sys

import psutil

from tests.conftest import ROOT, Site
from tests.designer.samples import chain
from tests.designer.tab import make, tab

HEAVY = {"keras", "tensorflow", "sklearn", "torch", "jax"}

# Asks for everything that needs no worker, in a process that tells what it has imported.
EVERYTHING = """
import os, sys
import visualnn.asgi
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.test import Client
client = Client(headers={"host": "localhost"})
network = client.post("/api/networks", {"zoo": "cnn"}, "application/json").json()["id"]
paths = ["catalog", "zoo", "formats", "datasets", "recipes/schema", "runs", "docs", "openapi.json"]
paths += [f"networks/{network}/export/{form['name']}" for form in client.get("/api/formats").json()
          if form["writes"] and not form["runtime"]]
paths += [f"networks/{network}/{end}" for end in ("exports", "weights", "figure", "code/python")]
for path in paths:
    answer = client.get(f"/api/{path}")
    assert answer.status_code == 200, (path, answer.content)
wish = {"network": network, "dataset": "digits", "recipe": {}}
assert client.post("/api/runs/preview", wish, "application/json").status_code == 200
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_nothing_heavy_is_imported_whatever_is_asked(site: Site) -> None:
    done = subprocess.run(
        [sys.executable, "-c", EVERYTHING],
        cwd=ROOT,
        # Django's client takes a loop for each request; without Redis none of them listens.
        env={**site.environment, "REDIS_URL": "redis://127.0.0.1:1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    modules = set(done.stdout.split())
    assert {"layers", "exporters", "training", "designer"} <= modules
    assert not modules & HEAVY


async def test_the_server_is_ready_soon_and_stays_small(site: Site) -> None:
    # Seconds of computing: the machine may be busy with other tests, and benchmarks have the clock.
    server = site.start()
    assert server.ready_cpu_s <= 3.0
    network = make(server, chain(1_000))
    async with tab(server, network) as one:
        await one.until_synced()
        server.client.get("/api/catalog")
        server.client.get(f"/api/networks/{network}/export/keras_json")
    assert server.resident_bytes <= 200 * 2**20
    files = {part.path for part in psutil.Process(server.process.pid).memory_maps()}
    assert not [path for path in files if "tensorflow" in path or "keras" in path]
