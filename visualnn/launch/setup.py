"""`make setup`: the virtual environment, the locked packages, and the built front end.

    python3 -m visualnn.launch.setup           what `make run` needs
    python3 -m visualnn.launch.setup --test    and what `make test` needs beyond it

Runs on any Python 3.11 with nothing installed; every step is skipped when its inputs are unchanged.
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from visualnn.launch import browser, node
from visualnn.launch.failure import Failure, exit_with
from visualnn.launch.places import BUNDLE, ENVIRONMENT, FRONTEND, ROOT, environment_python
from visualnn.launch.step import Step, execute, fingerprint

LOG = ROOT / "var" / "log" / "setup.log"


def main() -> int:
    """Bring everything up to date; silent where it already is."""
    wants_tests = "--test" in sys.argv[1:]
    LOG.unlink(missing_ok=True)
    _environment().take()
    _packages("requirements-test" if wants_tests else "requirements").take()
    if not (FRONTEND / "package-lock.json").is_file():
        raise Failure("frontend/package-lock.json is missing.", "Restore it from the repository.")
    modules, bundle = _modules(), _bundle()
    if not (modules.is_done() and bundle.is_done()):
        _node()
    modules.take()
    bundle.take()
    if wants_tests and browser.find() is None:
        browser.step(LOG).take()
    return 0


def _environment() -> Step:
    """The virtual environment; made anew where its interpreter no longer runs."""
    stamp = ENVIRONMENT / ".interpreter"
    python = environment_python()
    works = (
        python.exists() and not subprocess.run([python, "-c", ""], capture_output=True).returncode
    )
    if works and not stamp.exists():
        # Somebody made it by hand: take it as it is.
        stamp.write_text(_interpreter(), "utf-8")
    if not works:
        stamp.unlink(missing_ok=True)

    def create() -> None:
        try:
            execute([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], LOG)
        except Failure:
            if importlib.util.find_spec("ensurepip") is None:
                raise Failure(
                    "This Python cannot make virtual environments.",
                    "Install its venv package (Debian: `apt-get install python3-venv`).",
                ) from None
            raise

    current = stamp.read_text("utf-8") if stamp.exists() else ""
    return Step("Virtual environment", stamp, current or _interpreter(), create)


def _interpreter() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}\n"


def _packages(name: str) -> Step:
    """The packages pinned in NAME.lock; the stamp of each lock is its own."""
    locks = [ROOT / "requirements.lock"]
    if name != "requirements":
        locks.append(ROOT / f"{name}.lock")

    def install() -> None:
        _pip(locks[-1])
        if len(locks) > 1:
            # The larger lock includes the smaller one.
            (ENVIRONMENT / ".requirements").write_text(fingerprint(locks[:1]), "utf-8")

    title = "Python packages" if len(locks) == 1 else "Python packages, with those of the tests"
    return Step(title, ENVIRONMENT / f".{name}", fingerprint(locks), install)


def _pip(lock: Path) -> None:
    execute(
        [environment_python(), "-m", "pip", "install", "--disable-pip-version-check", "-r", lock],
        LOG,
    )


def _node() -> node.Node:
    """Node.js; its wheel is installed only where the machine has none that will do."""
    found = node.find()
    if found is None:
        lock = ROOT / "requirements-node.lock"
        Step("Node.js", ENVIRONMENT / ".node", fingerprint([lock]), lambda: _pip(lock)).take()
        found = node.find()
    if found is None:
        raise Failure(
            "There is no Node.js for this machine as a Python wheel.",
            "Install Node.js 20.19 or later with npm.",
        )
    return found


def _npm(*arguments: str) -> None:
    found = _node()
    execute([*found.npm, *arguments], LOG, folder=FRONTEND, environment={"PATH": found.path})


def _modules() -> Step:
    inputs = [FRONTEND / "package.json", FRONTEND / "package-lock.json"]
    return Step(
        "Front end packages",
        FRONTEND / "node_modules" / ".installed",
        fingerprint(inputs),
        lambda: _npm("ci", "--no-audit", "--no-fund", "--no-progress"),
    )


def _bundle() -> Step:
    return Step(
        "Front end",
        BUNDLE / ".built",
        fingerprint(_frontend_sources()),
        lambda: _npm("run", "build"),
    )


def _frontend_sources() -> Iterator[Path]:
    """Every file the bundle may depend on."""
    for folder, names, files in os.walk(FRONTEND):
        names[:] = [name for name in names if name not in {"node_modules", "dist", "coverage"}]
        for file in files:
            if not file.endswith((".tsbuildinfo", ".log")):
                yield Path(folder, file)


if __name__ == "__main__":
    exit_with(main)
