"""Bringing the database up to date, without starting Django where nothing has changed."""

import os
import subprocess
from pathlib import Path

from visualnn.launch.failure import Failure
from visualnn.launch.places import ROOT, environment_python
from visualnn.launch.step import fingerprint


def migrate(data: Path, log: Path, environment: dict[str, str]) -> None:
    """Run `manage.py migrate`; skipped for our own SQLite file when no migration is new.

    Raises Failure with the last line of what Django said.
    """
    stamp = data / "run" / "migrated"
    database = data / "db.sqlite3"
    inputs = [*ROOT.glob("*/migrations/*.py"), ROOT / "requirements.lock"]
    # The file's inode tells a database that was deleted and made anew from the one we migrated.
    current = fingerprint(inputs, str(database.stat().st_ino) if database.exists() else "")
    own = not environment.get("DATABASE_URL")
    if own and database.exists() and stamp.exists() and stamp.read_text("utf-8") == current:
        return
    with log.open("wb") as output:
        status = subprocess.run(
            [environment_python(), "manage.py", "migrate", "--noinput"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ).returncode
    if status:
        said = log.read_text("utf-8", "replace").split(os.linesep)
        last = next((line for line in reversed(said) if line.strip()), "it said nothing")
        raise Failure(f"The database could not be made ready: {last.strip()}", f"Read {log}.", 1)
    if own and database.exists():
        stamp.write_text(fingerprint(inputs, str(database.stat().st_ino)), "utf-8")
