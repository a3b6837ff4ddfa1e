"""What the command lines share: how they fail, how they read a network, how they keep Keras quiet.

A mistake is one line on stderr with what to do about it, and exit code 2. Nothing here is slow to
import.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import itertools
import logging
import os
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import NoReturn
from zipfile import ZipFile

from exporters.format import Reading, attach, formats, read_source
from exporters.source import Source
from exporters.weights import Fitted
from layers.diagnostics import Diagnostic, GraphError
from layers.graph import Graph

MISTAKE = 2
INTERRUPTED = 130


class Refused(Exception):
    """A mistake of the user: what is, and what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        sentence = message[:1].upper() + message[1:].rstrip(".")
        raise Refused(f"{sentence}.", f"See {self.prog} --help.")


def run(command: Callable[[list[str]], int]) -> NoReturn:
    """Run a command line and leave with its exit code."""
    name = Path(sys.argv[0]).name
    # The packages log what a server's administrator wants to know; here the one line says it all.
    logging.getLogger("training").addHandler(logging.NullHandler())
    try:
        code = command(sys.argv[1:])
        sys.stdout.flush()
    except Refused as mistake:
        code = fail(name, str(mistake))
    except GraphError as error:
        first, *others = error.diagnostics
        more = f" (and {len(others)} more; see summary.py)" if others else ""
        code = fail(name, f"{first}{more}")
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        code = fail(name, f"{place}{error.strerror or error}. Check the path and its permissions.")
    sys.exit(code)


def fail(name: str, sentence: str) -> int:
    """Say one line on stderr; the exit code of a mistake."""
    print(f"{name}: {' '.join(sentence.split())}", file=sys.stderr)
    return MISTAKE


def read_file(path: Path) -> Reading:
    """The network in a file of any readable format. Raises GraphError or Refused."""
    if not path.exists():
        near = difflib.get_close_matches(path.name, _names_beside(path), 1)
        hint = f"Did you mean {path.with_name(near[0])}?" if near else "Check the path."
        raise Refused(f"There is no file {path}.", hint)
    if path.is_dir():
        return read_source(Source(_packed(path), f"{path.name}.zip"))
    return read_source(Source.of_file(path))


def is_saved_model(folder: Path) -> bool:
    """Whether a folder is TensorFlow's SavedModel, one network in several files."""
    return (folder / "saved_model.pb").is_file()


def _packed(folder: Path) -> bytes:
    """A SavedModel's folder as the zip that is read. Raises Refused where it is another folder."""
    if not is_saved_model(folder):
        raise Refused(f"{folder} is a folder.", "Name a file in it.")
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for member in sorted(folder.rglob("*")):
            if member.is_file():
                archive.write(member, member.relative_to(folder))
    return packed.getvalue()


def read_weights(path: Path, graph: Graph) -> Fitted:
    """The weights in a file, in any format that carries some, for a network. Raises GraphError or
    Refused.
    """
    if not path.is_file():
        raise Refused(f"There is no file {path}.", "Check the path.")
    return attach(Source.of_file(path), graph)


def carriers() -> list[str]:
    """The endings of files that may hold weights."""
    found = (form.extensions for form in formats().values() if form.carries_weights and form.reads)
    return list(dict.fromkeys(itertools.chain.from_iterable(found)))


def warn(diagnostics: tuple[Diagnostic, ...]) -> None:
    """Say on stderr what could not be kept."""
    for diagnostic in diagnostics:
        print(f"{diagnostic.severity}: {diagnostic}", file=sys.stderr)


@contextlib.contextmanager
def quiet_start() -> Iterator[None]:
    """Around the first import of Keras: TensorFlow writes notes on itself to stderr that nobody
    asked for.

    Written by C++ before any setting is read, so the file descriptor itself has to point elsewhere.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _names_beside(path: Path) -> list[str]:
    folder = path.parent
    return sorted(os.listdir(folder))[:1000] if folder.is_dir() else []
