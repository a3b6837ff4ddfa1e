"""What a file that is made to harm may cost whoever opens it: five seconds of a processor (there
may be other work) and a gigabyte, in the process that reads it and those that it starts.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from exporters.isolation import ROOT
from tests.exporters.hostile import HOSTILE

LIMIT_S = 5.0
LIMIT_BYTES = 2**30

READER = r"""
import json, re, resource, sys
from pathlib import Path
from exporters.format import formats
from exporters.isolation import read_file
from layers.diagnostics import GraphError

def seconds():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)

def cost(path):
    began = seconds()
    codes = None
    try:
        read_file(path, path.name, path.with_suffix(".weights"))
    except GraphError as error:
        codes = [item.code for item in error.diagnostics]
    # Of this process, getrusage tells the memory of the tests that started it where that was more.
    own = int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1])
    peak = max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) * 1024
    return [codes, seconds() - began, peak]

formats()
print(json.dumps([cost(Path(path)) for path in sys.argv[1:]]))
"""


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Codes, seconds, and the largest memory so far, by case: all in one process, one by one."""
    paths = []
    for name, make in HOSTILE.values():
        folder = tmp_path_factory.mktemp("hostile")
        path = folder / name
        path.write_bytes(make(folder))
        paths.append(str(path))
    done = subprocess.run(
        [sys.executable, "-c", READER, *paths],
        capture_output=True,
        timeout=240,
        cwd=ROOT,
        check=True,
    )
    return dict(zip(HOSTILE, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_costs_five_seconds_and_a_gigabyte_at_most(
    case: str, costs: dict[str, Any]
) -> None:
    codes, took, peak = costs[case]
    assert codes
    assert len(codes) == 1
    assert took < LIMIT_S
    assert peak < LIMIT_BYTES
