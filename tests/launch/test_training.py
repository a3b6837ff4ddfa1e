import json
import signal
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.launch.server import Server
from tests.waiting import of_each, wait_for, wait_for_the_end


def node(identity: str, kind: str, **params: object) -> dict[str, Any]:
    place = {"position": [0, 0], "phase": "both", "shares": None, "note": ""}
    return {"id": identity, "type": kind, "name": identity, "params": params, **place}


def edge(source: str, target: str) -> dict[str, Any]:
    return {"source": source, "target": target, "source_port": 0, "target_port": 0}


GRAPH = {
    "format": "visualnn",
    "version": 1,
    "name": "long",
    "nodes": [
        node("pixels", "InputLayer", shape=[64]),
        node("hidden", "Dense", units=64, activation="relu"),
        node("digit", "Dense", units=10, activation="softmax"),
    ],
    "edges": [edge("pixels", "hidden"), edge("hidden", "digit")],
    "blocks": {},
}
RECIPE = {"optimizer": {"type": "Adam"}, "batch_size": 8, "epochs": 1000, "seed": 0}


def ask(address: str, path: str, body: object = None) -> dict[str, Any]:
    request = urllib.request.Request(
        address + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Origin": address},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


@pytest.mark.keras
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_training_ends_with_the_launcher_and_can_be_resumed(
    number: signal.Signals, tmp_path: Path
) -> None:
    with Server(tmp_path) as server:
        address = server.wait_until_ready()
        network = ask(address, "/api/networks", {"name": "long", "graph": GRAPH})["id"]
        order = {"network": network, "dataset": "digits", "recipe": RECIPE}
        run = f"/api/runs/{ask(address, '/api/runs', order)['id']}"
        wait_for(lambda: ask(address, run)["epoch"] >= 2, timeout_s=180)
        family = server.family()
        commands = [command for _, command in of_each(family, psutil.Process.cmdline)]
        assert any("training.worker_process" in command for command in commands)
        server.process.send_signal(number)
        server.end()
        wait_for_the_end(family)

    with Server(tmp_path) as again:
        address = again.wait_until_ready()
        wait_for(lambda: ask(address, run)["state"] == "lost")
        assert ask(address, run)["resumable"]
