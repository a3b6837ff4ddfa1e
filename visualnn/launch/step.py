"""One step of setting up: skipped when nothing it depends on has changed, else run and logged.

A step leaves a stamp, the fingerprint of its inputs, beside what it made; so a second `make setup`
only reads and compares.
"""

import hashlib
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from visualnn.launch.failure import Failure
from visualnn.launch.places import ROOT

# What pip, npm, apt and Playwright say when nobody answers.
_NO_NETWORK = re.compile(
    r"No matching distribution found|Temporary failure in name resolution|Name or service not known"
    r"|Failed to establish a new connection|Temporary failure resolving|Network is unreachable"
    r"|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ENETUNREACH"
)
# The first line that tells what is wrong; npm begins with a code that does not.
_ERROR = re.compile(r"(?i)(npm )?err(or)?\b:? (?!code )\S")


@dataclass(frozen=True)
class Step:
    """What is made (`title`), how (`action`), and what says that it is up to date."""

    title: str
    stamp: Path
    fingerprint: str
    action: Callable[[], None]

    def is_done(self) -> bool:
        """Whether the stamp says that these very inputs were used."""
        return self.stamp.is_file() and self.stamp.read_text("utf-8") == self.fingerprint

    def take(self) -> bool:
        """Do it unless it is done; returns whether there was anything to do."""
        if self.is_done():
            return False
        print(f"{self.title} … ", end="", flush=True)
        start = time.monotonic()
        try:
            self.stamp.unlink(missing_ok=True)
            self.action()
            self.stamp.parent.mkdir(parents=True, exist_ok=True)
            self.stamp.write_text(self.fingerprint, "utf-8")
        except BaseException:
            print("failed", flush=True)
            raise
        print(f"{time.monotonic() - start:.0f} s", flush=True)
        return True


def fingerprint(files: Iterable[Path], *others: str) -> str:
    """A digest of the files' names and contents and of whatever else matters."""
    digest = hashlib.sha256()
    for other in others:
        digest.update(other.encode() + b"\0")
    for file in sorted(files):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(ROOT)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def execute(
    command: Sequence[str | Path],
    log: Path,
    *,
    folder: Path = ROOT,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run a tool with its output in `log`; a Failure tells its last line where it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        output.write(f"\n$ {' '.join(map(str, command))}\n".encode())
        output.flush()
        begin = output.tell()
        try:
            status = subprocess.run(
                [str(part) for part in command],
                cwd=folder,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            ).returncode
        except OSError as error:
            raise Failure(f"{command[0]} did not start: {error.strerror}.", f"See {log}.") from None
    if status == 0:
        return
    with log.open("rb") as output:
        output.seek(begin)
        said = output.read().decode("utf-8", "replace")
    name = Path(command[0]).name
    if _NO_NETWORK.search(said):
        raise Failure(
            f"{name} reached no package registry.",
            f"Check the network and try again; {log} has the details.",
        )
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if _ERROR.match(line)]
    last = errors[0] if errors else lines[-1] if lines else "it said nothing"
    raise Failure(f"{name} ended with code {status}: {last[:300]}.", f"Read {log}.", 1)
