"""The checkout as the architecture tests see it: the files that git knows, and their text."""

import functools
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@functools.cache
def tracked() -> tuple[Path, ...]:
    """Paths, relative to the checkout, of every file that git tracks and that is still there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    return tuple(Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file())


def text(path: Path) -> str | None:
    """The file's text; None where it is binary."""
    content = (ROOT / path).read_bytes()
    if b"\0" in content[:8192]:
        return None
    return content.decode("utf-8")
