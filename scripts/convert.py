"""Write a network in another format, with its weights where both formats carry them.

    convert.py model.h5 model.onnx
    convert.py deploy.prototxt model.keras --weights trained.caffemodel
    convert.py saved_model/ model.onnx

IN may be the folder of a SavedModel. Where OUT is a folder, an archive is unpacked into it
(`--to tensorflow_saved_model`).

The format of OUT follows from its ending. Where several formats have it (.json), the one that is
not IN's is meant.
"""

from __future__ import annotations

import sys
from argparse import RawDescriptionHelpFormatter
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from exporters.archive import SIGNATURE
from exporters.format import Format, formats, writer
from exporters.weights import lacking, shapes_of
from layers.analysis import analyse
from scripts.console import Parser, Refused, read_file, read_weights, run, warn


def main(arguments: list[str]) -> int:
    writable = {name: form for name, form in formats().items() if form.writes}
    parser = Parser(
        prog="convert.py", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("source", metavar="IN", type=Path, help="a network in any readable format")
    parser.add_argument("target", metavar="OUT", type=Path, help="the file to write")
    parser.add_argument("--to", metavar="FORMAT", choices=writable, help=f"{', '.join(writable)}")
    parser.add_argument(
        "--weights", metavar="FILE", type=Path, help="a file with the network's weights"
    )
    options = parser.parse_args(arguments)
    reading = read_file(options.source)
    notes = reading.diagnostics
    if options.weights:
        fitted = read_weights(options.weights, reading.graph)
        notes += fitted.diagnostics
        reading = replace(reading, weights=fitted.weights)
    form = writer(options.to) if options.to else by_ending(options.target, reading.format)
    data = form.write(reading.graph, reading.weights)
    if reading.weights and form.carries_weights:
        # What is not given is drawn anew.
        notes += lacking(reading.graph, shapes_of(reading.weights))
    notes += form.losses(reading.graph)
    warn(tuple({str(note): note for note in notes}.values()))
    if options.target.is_dir() and data[:4] == SIGNATURE:
        with ZipFile(BytesIO(data)) as archive:
            archive.extractall(options.target)
    else:
        options.target.write_bytes(data)
    totals = analyse(reading.graph).totals
    print(f"{options.target}: {form.label}, {totals.layers} layers, {totals.weights:,} parameters.")
    return 0


def by_ending(target: Path, read_as: str) -> Format:
    """The format that a file name's ending stands for, the longest one first. Raises Refused."""
    name = target.name.lower()
    found = [
        (len(ending), form.name != read_as, form)
        for form in formats().values()
        if form.writes
        for ending in form.extensions
        if name.endswith(ending)
    ]
    if not found:
        known = sorted(
            {end for form in formats().values() if form.writes for end in form.extensions}
        )
        raise Refused(
            f"No format ends like {target.name}.", f"Use one of {', '.join(known)}, or --to."
        )
    return max(found, key=lambda item: item[:2])[2]


if __name__ == "__main__":
    run(main)
