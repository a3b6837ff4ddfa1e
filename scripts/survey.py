"""Say which of many model files open, one line each, and how many of them are understood whole.

    survey.py ~/models net.caffemodel

A folder stands for the files in it, at any depth; that of a SavedModel for its network. A file is
"whole" where each of its layers is known, "kept" where some are only kept as they are (named with
how often), "refused" where it does not open (the reason follows). A network whose layers do not
fit together opens, too; its errors are counted. Exit code 1 where a file is refused.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from exporters.format import Reading
from layers.analysis import analyse
from layers.blocks import BLOCK, expand
from layers.diagnostics import GraphError
from layers.layer import LAYERS
from scripts.console import Parser, Refused, is_saved_model, read_file, run

WHOLE, KEPT, REFUSED = "whole", "kept", "refused"


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of a file.

    Attributes:
        file: its path.
        outcome: "whole", "kept" or "refused".
        format: name of the format; empty where it was refused.
        layers: how many, blocks opened.
        parameters: of all layers that are known.
        unknown: types that are kept as they are, with how often they occur.
        errors: how many mistakes the network has.
        reason: why it was refused, and the remedy.
    """

    file: str
    outcome: str
    format: str = ""
    layers: int = 0
    parameters: int = 0
    unknown: Mapping[str, int] = field(default_factory=dict)
    errors: int = 0
    reason: str = ""


def main(arguments: list[str]) -> int:
    options = parser().parse_args(arguments)
    outcomes: Counter[str] = Counter()
    for path in files(options.paths):
        finding = look(path)
        outcomes[finding.outcome] += 1
        print(
            json.dumps(asdict(finding), ensure_ascii=False) if options.json else line(finding),
            flush=True,
        )
    if not options.json:
        print(total(outcomes))
    return int(bool(outcomes[REFUSED]))


def parser() -> argparse.ArgumentParser:
    made = Parser(
        prog="survey.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("paths", metavar="PATH", nargs="+", type=Path, help="a file or a folder")
    made.add_argument("--json", action="store_true", help="one JSON object a line and file")
    return made


def files(paths: Iterable[Path]) -> Iterator[Path]:
    """Every file to look at, in the order of names. In folders, what is hidden or no file is passed
    over, and a folder that has been there already.
    """
    seen: set[tuple[int, int]] = set()
    for path in paths:
        if path.is_dir() and not is_saved_model(path):
            yield from _within(path, seen)
        else:
            yield path


def _within(folder: Path, seen: set[tuple[int, int]]) -> Iterator[Path]:
    """The files in a folder, links followed."""
    try:
        place = folder.stat()
        parts = sorted(part for part in folder.iterdir() if part.name[0] != ".")
    except OSError:
        yield folder  # to be told as one that does not open
        return
    if (place.st_dev, place.st_ino) in seen:
        return
    seen.add((place.st_dev, place.st_ino))
    for part in parts:
        if part.is_dir() and not is_saved_model(part):
            yield from _within(part, seen)
        elif part.is_dir() or part.is_file() or not part.exists():
            yield part


def look(path: Path) -> Finding:
    """Open a file. Raises Refused where the path is none."""
    if path.is_symlink() and not path.exists():
        reason = f"it is a link to {path.readlink()}: no such file."
        return Finding(str(path), REFUSED, reason=reason)
    try:
        reading = read_file(path)
    except GraphError as error:
        return Finding(str(path), REFUSED, reason="; ".join(map(str, error.diagnostics)))
    except OSError as error:
        return Finding(str(path), REFUSED, reason=f"{error.strerror}.")
    except Refused as mistake:
        if not path.exists():
            raise
        return Finding(str(path), REFUSED, reason=str(mistake))
    return opened(path, reading)


def opened(path: Path, reading: Reading) -> Finding:
    """What an open file holds."""
    graph = reading.graph
    analysis = analyse(graph)
    if not analysis.errors:
        graph = expand(graph)
    kinds = Counter(node.type for node in graph.nodes.values())
    unknown = {kind: count for kind, count in kinds.items() if kind not in LAYERS and kind != BLOCK}
    return Finding(
        str(path),
        KEPT if unknown else WHOLE,
        format=reading.format,
        layers=len(graph.nodes),
        parameters=analysis.totals.weights,
        unknown=unknown,
        errors=len(analysis.errors),
    )


def line(finding: Finding) -> str:
    """A finding for people."""
    head = f"{finding.outcome:7}  {finding.file}"
    if finding.outcome == REFUSED:
        return f"{head}: {finding.reason}"
    text = f"{head}: {finding.layers:,} layers, {finding.parameters:,} parameters"
    text += f" ({finding.format})"
    if finding.unknown:
        text += f"; kept: {', '.join(_often(*kind) for kind in finding.unknown.items())}"
    if finding.errors:
        text += f"; {finding.errors} {'error' if finding.errors == 1 else 'errors'}"
    return text


def total(outcomes: Counter[str]) -> str:
    """The last line: how many there were of each."""
    opened = outcomes[WHOLE] + outcomes[KEPT]
    return (
        f"{opened} of {outcomes.total()} open: {outcomes[WHOLE]} with every layer understood,"
        f" {outcomes[KEPT]} with layers that are kept as they are."
    )


def _often(kind: str, count: int) -> str:
    return kind if count == 1 else f"{kind} × {count}"


if __name__ == "__main__":
    run(main)
