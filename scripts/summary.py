"""Print every layer of networks in any readable format, with shapes, parameters and cost; without
Keras.

Exit code 1 where a file has errors; the other files are shown all the same.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from exporters.format import Reading
from layers.analysis import Analysis, Totals, analyse
from layers.blocks import expand, has_blocks
from layers.diagnostics import Diagnostic, GraphError
from layers.graph import Graph, Node
from layers.tensor import Shape, shape_text
from scripts.console import Parser, Refused, read_file, run


def main(arguments: list[str]) -> int:
    parser = Parser(prog="summary.py", description=__doc__)
    parser.add_argument("models", metavar="MODEL", nargs="+", type=Path, help="a network's file")
    parser.add_argument(
        "--json",
        action="store_true",
        help="one JSON object a line and file: name, format, layers in topological order, totals,"
        " diagnostics; a layer with several outputs has a list of shapes as its output_shape",
    )
    options = parser.parse_args(arguments)
    has_errors = False
    for number, path in enumerate(options.models):
        try:
            reading = read_file(path)
        except Refused as mistake:
            found: Sequence[Diagnostic] = [Diagnostic("file.missing", str(mistake))]
            shown = described(path, None, None, found)
        except OSError as error:
            found = [Diagnostic("file.missing", f"{path}: {error.strerror}.", "Check the path.")]
            shown = described(path, None, None, found)
        except GraphError as error:
            found = error.diagnostics
            shown = described(path, None, None, found)
        else:
            analysis = analyse(reading.graph)
            found = [*reading.diagnostics, *analysis.diagnostics]
            shown = described(path, reading, analysis, found)
        has_errors |= any(diagnostic.severity == "error" for diagnostic in found)
        if options.json:
            print(json.dumps(shown, ensure_ascii=False))
        else:
            print("\n" * (number > 0) + table(shown), flush=True)
    return int(has_errors)


def described(
    path: Path,
    reading: Reading | None,
    analysis: Analysis | None,
    diagnostics: Sequence[Diagnostic],
) -> dict[str, Any]:
    """A file as one JSON object; without layers where it could not be read."""
    graph = reading.graph if reading else Graph()
    if analysis and not analysis.errors and has_blocks(graph):
        graph = expand(graph)
        analysis = analyse(graph)
    return {
        "file": str(path),
        "name": graph.name if reading else None,
        "format": reading.format if reading else None,
        "layers": [_layer(graph, node, analysis) for node in graph] if analysis else [],
        "totals": (analysis.totals if analysis else Totals()).to_json(),
        "diagnostics": [
            diagnostic.to_json() | {"layer": graph.nodes[diagnostic.node].name}
            if diagnostic.node in graph.nodes
            else diagnostic.to_json()
            for diagnostic in diagnostics
        ],
    }


def _layer(graph: Graph, node: Node, analysis: Analysis) -> dict[str, Any]:
    known = analysis.nodes[node.id]
    outputs = [list(tensor.shape) for tensor in known.outputs or ()]
    return {
        "name": node.name,
        "type": node.type,
        "input_shapes": None
        if known.inputs is None
        else [list(item.shape) for item in known.inputs],
        "output_shape": (outputs[0] if len(outputs) == 1 else outputs) if outputs else None,
        "weights": known.trainable + known.non_trainable,
        "trainable": known.trainable,
        "non_trainable": known.non_trainable,
        "macs": known.macs,
        "inputs": [graph.nodes[edge.source].name for edge in graph.incoming(node.id)],
    }


def table(shown: dict[str, Any]) -> str:
    """A file as a table, its totals and its problems."""
    lines = [
        f"{shown['file']}: {shown['name']} ({shown['format']})" if shown["name"] else shown["file"]
    ]
    if shown["layers"]:
        head = ("Layer", "Type", "Output shape", "Parameters", "MACs", "Connected to")
        rows = [head, *(_row(layer) for layer in shown["layers"])]
        widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
        texts = ["  ".join(_cells(row, widths)).rstrip() for row in rows]
        rule = "─" * max(map(len, texts))
        lines += [rule, texts[0], rule, *texts[1:], rule]
        totals = shown["totals"]
        macs = totals["macs"]
        costs = (
            "How many multiply-accumulates a sample takes is not known."
            if macs is None
            else f"{macs:,} multiply-accumulates a sample."
        )
        lines.append(
            f"{totals['weights']:,} parameters: {totals['trainable']:,} trainable,"
            f" {totals['non_trainable']:,} not. {costs}"
        )
    for item in shown["diagnostics"]:
        lines.append(f"{item['severity']}: {item['message']} {item['hint']}".rstrip())
    return "\n".join(lines)


def _row(layer: dict[str, Any]) -> tuple[str, ...]:
    macs = layer["macs"]
    return (
        layer["name"],
        layer["type"],
        _shapes(layer["output_shape"]),
        f"{layer['weights']:,}",
        "?" if macs is None else f"{macs:,}",
        ", ".join(layer["inputs"]),
    )


def _shapes(shape: Any) -> str:
    if shape is None:
        return "?"
    shapes: list[Shape] = shape if shape and isinstance(shape[0], list) else [shape]
    return ", ".join(shape_text(item) for item in shapes)


def _cells(row: tuple[str, ...], widths: list[int]) -> list[str]:
    """Numbers to the right, words to the left."""
    return [
        cell.rjust(width) if column in (3, 4) else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]


if __name__ == "__main__":
    run(main)
