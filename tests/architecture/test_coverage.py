"""Coverage counts what every process of the tests ran."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import coverage

from tests.architecture.checkout import ROOT

# Less patience than the ten seconds that this test would then take.
HURRIED = """
import xdist.workermanage

xdist.workermanage.NodeManager.EXIT_TIMEOUT = 1
"""
# A test in a process which does not end by itself.
SLOW = """
import atexit, signal

def test_something():
    atexit.register(signal.pause)
    import covered
    assert covered.double(2) == 4
"""
COVERED = "def double(number):\n    return 2 * number\n"
CONFIGURATION = "[run]\nsource = .\nparallel = true\npatch = subprocess\nsigterm = true\n"


def test_a_process_that_is_killed_for_its_slow_end_is_counted(tmp_path: Path) -> None:
    for name, text in {
        "conftest.py": HURRIED,
        "test_slow.py": SLOW,
        "covered.py": COVERED,
        ".coveragerc": CONFIGURATION,
        "pytest.ini": "[pytest]\n",
    }.items():
        (tmp_path / name).write_text(text)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("COV", "PYTEST"))
    }
    environment |= {"PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "visualnn.settings"}

    def run(*arguments: str) -> None:
        command = [sys.executable, "-m", "coverage", *arguments]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr

    run("run", "-m", "pytest", "-n", "1", "-p", "tests.conftest", "test_slow.py")
    run("combine", "--quiet")
    data = coverage.CoverageData(str(tmp_path / ".coverage"))
    data.read()
    assert sorted(data.lines(str(tmp_path / "covered.py")) or []) == [1, 2]
