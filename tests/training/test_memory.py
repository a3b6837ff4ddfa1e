"""Networks that no memory holds are refused before they are built."""

from __future__ import annotations

import psutil
import pytest

from layers.analysis import analyse
from layers.diagnostics import GraphError
from tests.training.networks import classifier
from training.memory import check_memory, memory_bytes

WEIGHTS = 64 * 32 + 32 + 32 * 10 + 10


def test_weights_and_their_gradients_need_room() -> None:
    check_memory(analyse(classifier()), WEIGHTS * 8)
    with pytest.raises(GraphError) as caught:
        check_memory(analyse(classifier()), WEIGHTS * 8 - 1)
    (found,) = caught.value.diagnostics
    assert (found.code, found.node) == ("run.memory", "n1")


def test_a_machine_that_runs_tests_has_room_for_a_small_network() -> None:
    check_memory(analyse(classifier()))
    assert 10**8 < memory_bytes() <= psutil.virtual_memory().total


def test_a_network_of_any_size_is_refused_at_once() -> None:
    huge = classifier(inputs=2**31 - 1, hidden=2**31 - 1)
    with pytest.raises(GraphError, match=r"take 3\d{10}\.\d GB"):
        check_memory(analyse(huge))
