"""Everything needed to go on after an epoch, in one file that is either whole or not there.

A checkpoint is an .npz of plain arrays: the model's variables (weights, statistics and the states
of its random generators), the optimizer's, and the state of the run as JSON.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from layers.diagnostics import Problem
from training.events import Epoch
from training.refusals import refusal

FILE = "checkpoint.npz"

UNFIT = Problem(
    "checkpoint.unfit",
    "The checkpoint does not belong to this network: {reason}.",
    "Start a new run.",
)


@dataclass(slots=True)
class State:
    """Where a run is.

    Attributes:
        seed: the seed in use.
        epoch: the last finished epoch.
        history: metrics of all finished epochs.
        durations_s: how long each of them took.
        learning_rates: that of each of them, at its end.
    """

    seed: int
    epoch: int = 0
    history: dict[str, list[float]] = field(default_factory=dict)
    durations_s: list[float] = field(default_factory=list)
    learning_rates: list[float] = field(default_factory=list)

    def add(self, metrics: Mapping[str, float], duration_s: float, learning_rate: float) -> None:
        """Note that an epoch has ended."""
        self.epoch += 1
        for name, value in metrics.items():
            self.history.setdefault(name, []).append(value)
        self.durations_s.append(duration_s)
        self.learning_rates.append(learning_rate)

    def told(self, epoch: int, epochs: int) -> Epoch:
        """The event with which a finished epoch of a run of so many is told."""
        duration_s = self.durations_s[epoch - 1]
        return Epoch(
            epoch,
            epochs,
            {name: values[epoch - 1] for name, values in self.history.items()},
            duration_s,
            (epochs - epoch) * duration_s,
            self.learning_rates[epoch - 1],
        )


def save(directory: Path, model: keras.Model, optimizer: Any, state: State) -> None:
    """Write a checkpoint; a reader meets the old one or the new one, never half of it."""
    note = json.dumps(asdict(state))
    arrays: dict[str, Any] = {"state": np.frombuffer(note.encode(), np.uint8)}
    for index, variable in enumerate([*model.variables, *optimizer.variables]):
        arrays[str(index)] = np.asarray(keras.ops.convert_to_tensor(variable))
    draft = directory / f".{FILE}.draft"
    with draft.open("wb") as stream:
        np.savez(stream, **arrays)
    os.replace(draft, directory / FILE)


def read_state(directory: Path) -> State | None:
    """The state in a checkpoint; None where there is none. Raises GraphError."""
    path = directory / FILE
    if not path.is_file():
        return None
    with _opened(path) as arrays:
        return _state(arrays)


def restore(directory: Path, model: keras.Model, optimizer: Any) -> State | None:
    """Bring a network and what trains it to the state of the last checkpoint; None where there is
    none. Raises GraphError."""
    return _assign(directory, [*model.variables, *optimizer.variables], is_all=True)


def restore_weights(directory: Path, model: keras.Model) -> State | None:
    """Only the model's part of the last checkpoint, which comes first in it. Raises GraphError."""
    return _assign(directory, list(model.variables), is_all=False)


def _assign(directory: Path, variables: list[Any], is_all: bool) -> State | None:
    path = directory / FILE
    if not path.is_file():
        return None
    with _opened(path) as arrays:
        kept = len(arrays.files) - 1
        if kept < len(variables) or (is_all and kept != len(variables)):
            reason = f"it has {kept} variables, the network {len(variables)}"
            raise refusal(UNFIT, reason=reason)
        for index, variable in enumerate(variables):
            array = arrays[str(index)]
            if array.shape != tuple(variable.shape):
                reason = f"{variable.path} is {array.shape} there and {tuple(variable.shape)} here"
                raise refusal(UNFIT, reason=reason)
            variable.assign(array)
        return _state(arrays)


def _opened(path: Path) -> Any:
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise refusal(UNFIT, reason=str(error)) from error


def _state(arrays: Any) -> State:
    state = State(**json.loads(bytes(arrays["state"])))
    # The first checkpoints knew of neither.
    for known in (state.durations_s, state.learning_rates):
        known.extend([0.0] * (state.epoch - len(known)))
    return state
