"""The Chromium that the tests drive: the machine's, else one that setting up gets."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from visualnn.launch.failure import Failure
from visualnn.launch.places import ENVIRONMENT, environment_python
from visualnn.launch.step import Step, execute

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> Path | None:
    """A Chromium that starts: on the PATH, else the one Playwright keeps; None where none is."""
    for name in _NAMES:
        path = shutil.which(name)
        # Some distributions put a script there that only says where to get it.
        if path and _starts(path):
            return Path(path)
    for folder in sorted(_playwright_cache().glob("chromium-*"), reverse=True):
        for pattern in ("chrome-*/chrome", "chrome-*/*.app/Contents/MacOS/*"):
            for executable in folder.glob(pattern):
                if _starts(str(executable)):
                    return executable
    return None


def _starts(executable: str) -> bool:
    try:
        return not subprocess.run(
            [executable, "--version"], capture_output=True, timeout=60
        ).returncode
    except (OSError, subprocess.TimeoutExpired):
        return False


def _playwright_cache() -> Path:
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    if named:
        return Path(named)
    caches = Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    return caches / "ms-playwright"


def step(log: Path) -> Step:
    """Get a Chromium: the distribution's package where we may install it, else Playwright's own."""

    def get() -> None:
        if shutil.which("apt-get") and os.geteuid() == 0:
            try:
                quiet = {"DEBIAN_FRONTEND": "noninteractive"}
                execute(["apt-get", "update", "-q"], log, environment=quiet)
                execute(
                    ["apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium"],
                    log,
                    environment=quiet,
                )
            except Failure as failure:
                with log.open("a", encoding="utf-8") as said:
                    said.write(f"{failure}\n")
        if find() is None:
            execute([environment_python(), "-m", "playwright", "install", "chromium"], log)
        if find() is None:
            raise Failure(
                "No Chromium starts on this machine.",
                "Install a package that puts `chromium` on the PATH, and run `make test` again.",
            )

    # Only asked for when none is found, so an old stamp means nothing.
    stamp = ENVIRONMENT / ".chromium"
    stamp.unlink(missing_ok=True)
    return Step("Chromium", stamp, "found\n", get)
