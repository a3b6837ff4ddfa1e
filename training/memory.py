"""What training a network needs at least, and whether the machine has it.

A system that runs out of memory does not fail: it ends whichever program it likes, after minutes of
standing still. So what cannot succeed is refused before the first weight is made.
"""

from __future__ import annotations

import os
from pathlib import Path

from layers.analysis import Analysis
from layers.costs import training_memory
from layers.diagnostics import Problem
from training.refusals import refusal

TOO_LARGE = Problem(
    "run.memory",
    "The network's weights and their gradients take {needed_gb} GB; {free_gb} GB are free.",
    "Make its largest layer smaller.",
)


def memory_bytes() -> int:
    """Memory that programs may still take, where the system tells; else all it has."""
    table = Path("/proc/meminfo")
    if table.exists():
        for line in table.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def check_memory(analysis: Analysis, free_bytes: int | None = None) -> None:
    """Refuse a network whose weights and gradients alone have no room.

    Args:
        analysis: that of the network.
        free_bytes: what there is; what the machine has free where None.

    Raises:
        GraphError: naming the layer with the most weights.
    """
    free = memory_bytes() if free_bytes is None else free_bytes
    totals = analysis.totals
    needed = training_memory(
        totals.trainable, totals.non_trainable, activation_bytes=0, batch_size=0, slots=0
    ).total
    if needed > free:
        nodes = analysis.nodes
        largest = max(nodes, key=lambda node: nodes[node].trainable + nodes[node].non_trainable)
        raise refusal(
            TOO_LARGE,
            node=largest,
            needed_gb=round(needed / 1e9, 1),
            free_gb=round(free / 1e9, 1),
        )
