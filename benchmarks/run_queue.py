"""(c) (d) A run through the queue: from Train to the first batch, and an epoch against plain Keras.

The peer is a script of a few lines that builds the same network by hand, holds the same arrays
scaled in memory, and calls `fit`. Rounds alternate, and the fastest epoch of each counts: whatever
else the machine does only ever adds.
"""

from __future__ import annotations

import io
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from websockets.sync.client import connect

from benchmarks.figure import Figure
from benchmarks.stack import ROOT, Stack

SAMPLES, EPOCHS, BATCH, ROUNDS = 24_000, 8, 128, 3

PEER = f"""
import json, sys, time
import keras, numpy as np
with np.load(sys.argv[1]) as data:
    x = data["x_train"].reshape(-1, 784).astype("float32") / 255
    y = data["y_train"].astype("int32")
keras.utils.set_random_seed(0)
dense = keras.layers.Dense
inputs = keras.Input((784,))
hidden = keras.layers.Dropout(0.2)(dense(512, activation="relu")(inputs))
hidden = keras.layers.Dropout(0.2)(dense(512, activation="relu")(hidden))
model = keras.Model(inputs, dense(10, activation="softmax")(hidden))
model.compile(keras.optimizers.Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
times = []
class Clock(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.perf_counter()
    def on_epoch_end(self, epoch, logs=None):
        times.append(time.perf_counter() - self.started)
model.fit(x, y, batch_size={BATCH}, epochs={EPOCHS}, verbose=0, callbacks=[Clock()])
print(json.dumps(times))
"""


def measure() -> Iterator[Figure]:
    with Stack() as stack:
        file = stack.data / "bench.npz"
        file.write_bytes(_data())
        upload = {"file": ("bench.npz", file.read_bytes())}
        uploaded = stack.client.post("/api/datasets", files=upload)
        dataset = uploaded.raise_for_status().json()["name"]
        made = stack.client.post("/api/networks", json={"name": "bench", "graph": _network()})
        network = made.raise_for_status().json()["id"]
        starts, ours, theirs = [], [], []
        for index in range(ROUNDS):
            _wait_for_spare(stack, warmed=index + 1)
            start, epochs = _run(stack, network, dataset)
            starts.append(start)
            ours.append(min(epochs[1:]))
            theirs.append(min(_peer(str(file))[1:]))
    spread = ", ".join(f"{start:.2f}" for start in starts)
    first = statistics.median(starts)
    yield Figure("from Train to the first batch, warm spare", first, "s", 1.5, remark=spread)
    one, other = min(ours), min(theirs)
    remark = f"{one * 1e3:.0f} ms against {other * 1e3:.0f} ms an epoch"
    yield Figure("an epoch through the run queue", one / other, "x", 1.03, remark=remark)


def _run(stack: Stack, network: str, dataset: str) -> tuple[float, list[float]]:
    """Train once by the page's own calls: seconds to the first batch, seconds of each epoch."""
    optimizer = {"type": "Adam", "learning_rate": 0.001}
    size = {"batch_size": BATCH, "epochs": EPOCHS}
    recipe = {"optimizer": optimizer, "validation_split": 0, "seed": 0, **size}
    started = time.perf_counter()
    order = {"network": network, "dataset": dataset, "recipe": recipe}
    run = stack.client.post("/api/runs", json=order).raise_for_status().json()["id"]
    first = 0.0
    epochs: list[float] = []
    address = str(stack.client.base_url).replace("http", "ws").rstrip("/")
    with connect(f"{address}/ws/runs/{run}?after=0") as socket:
        while True:
            event: dict[str, Any] = json.loads(socket.recv(timeout=300))
            if event["kind"] == "batch" and not first:
                first = time.perf_counter() - started
            elif event["kind"] == "epoch":
                epochs.append(event["duration_s"])
            elif event["kind"] in ("finished", "failed", "lost"):
                assert event["kind"] == "finished", event
                return first, epochs


def _peer(file: str) -> list[float]:
    command = [sys.executable, "-c", PEER, file]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    times: list[float] = json.loads(done.stdout)
    return times


def _wait_for_spare(stack: Stack, warmed: int) -> None:
    """Wait until the worker says for the so-many-th time that a process is warm."""
    log = stack.data / "log" / "worker.log"
    deadline = time.monotonic() + 180
    while log.read_text().count(" is warm") < warmed:
        if time.monotonic() > deadline:
            raise TimeoutError(f"no warm process: {log.read_text()[-2000:]}")
        time.sleep(0.1)


def _network() -> dict[str, Any]:
    """The manual's network with ReLU, as the peer builds it."""
    layers: list[tuple[str, dict[str, Any]]] = [
        ("InputLayer", {"shape": [784]}),
        ("Dense", {"units": 512, "activation": "relu"}),
        ("Dropout", {"rate": 0.2}),
        ("Dense", {"units": 512, "activation": "relu"}),
        ("Dropout", {"rate": 0.2}),
        ("Dense", {"units": 10, "activation": "softmax"}),
    ]
    nodes = [
        {"id": f"n{index}", "type": kind, "name": f"layer_{index}", "params": params}
        for index, (kind, params) in enumerate(layers)
    ]
    edges = [{"source": f"n{index}", "target": f"n{index + 1}"} for index in range(len(nodes) - 1)]
    return {"nodes": nodes, "edges": edges}


def _data() -> bytes:
    """Images of noise, as many as make an epoch long enough to time."""
    chance = np.random.default_rng(0)
    file = io.BytesIO()
    np.savez(
        file,
        x_train=chance.integers(0, 255, (SAMPLES, 28, 28), dtype=np.uint8),
        y_train=chance.integers(0, 10, SAMPLES, dtype=np.uint8),
        x_test=chance.integers(0, 255, (512, 28, 28), dtype=np.uint8),
        y_test=chance.integers(0, 10, 512, dtype=np.uint8),
    )
    return file.getvalue()
