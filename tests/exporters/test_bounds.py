"""What a file that is made to harm may cost whoever opens it: five seconds and a gigabyte, measured
in the process that reads it and those that it starts.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from exporters.isolation import ROOT
from tests.exporters.hostile import HOSTILE

LIMIT_S = 5.0
LIMIT_BYTES = 2**30

READER = """
import json, resource, sys, time
from pathlib import Path
from exporters.format import formats
from exporters.isolation import read_file
from layers.diagnostics import GraphError

formats()
began = time.perf_counter()
codes = None
try:
    read_file(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[1] + ".weights"))
except GraphError as error:
    codes = [item.code for item in error.diagnostics]
took = time.perf_counter() - began
whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
print(json.dumps([codes, took, [resource.getrusage(who).ru_maxrss * 1024 for who in whose]]))
"""


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_costs_five_seconds_and_a_gigabyte_at_most(
    case: str, tmp_path: Path
) -> None:
    name, make = HOSTILE[case]
    path = tmp_path / name
    path.write_bytes(make(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", READER, str(path), name],
        capture_output=True,
        timeout=60,
        cwd=ROOT,
        check=True,
    )
    codes, took, peaks = json.loads(done.stdout)
    assert codes
    assert len(codes) == 1
    assert took < LIMIT_S
    assert max(peaks) < LIMIT_BYTES
