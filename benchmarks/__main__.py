"""`python -m benchmarks [NAME...]`: run all benchmarks, or some, each in a process of its own.

A module of this package with a function `measure` is a benchmark. Exit code 1 where a promise is
not kept.
"""

from __future__ import annotations

import os
import pkgutil
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import benchmarks

ROOT = Path(__file__).resolve().parent.parent


def names() -> list[str]:
    """Every benchmark, in alphabetical order."""
    own = {"__main__", "figure", "networks", "stack"}
    found = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return [name for name in found if name not in own]


def run(name: str) -> int:
    """Run one benchmark here and print its figures; returns how many promises it missed."""
    missed = 0
    for figure in import_module(f"benchmarks.{name}").measure():
        print(figure, flush=True)
        missed += not figure.is_kept
    return missed


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--here"]:
        return min(run(arguments[1]), 1)
    unknown = [name for name in arguments if find_spec(f"benchmarks.{name}") is None]
    if unknown:
        print(
            f"There is no benchmark {unknown[0]}. Choose among: {', '.join(names())}.",
            file=sys.stderr,
        )
        return 2
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
    failed = 0
    for name in arguments or names():
        print(f"\n{name}", flush=True)
        command = [sys.executable, "-m", "benchmarks", "--here", name]
        failed += subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
