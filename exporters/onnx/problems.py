"""What is told of an ONNX file that was read."""

from __future__ import annotations

from layers.diagnostics import Problem

UNKNOWN = Problem(
    "onnx.unknown_operation",
    "{name} is the operation {kind}, which no layer here computes: {reason}; it is kept as it is.",
    "Replace it by layers of the palette, or keep it for export to ONNX.",
    severity="warning",
)
ROUNDED = Problem(
    "onnx.rounded",
    "{count:operation rounds|operations round} numbers to eight bits, the first of them {name};"
    " no layer does, so the network computes with them as they are, and its outputs differ a"
    " little.",
    "Train it further, or measure it again, where the last digits count.",
    severity="warning",
)
WHOLE = Problem(
    "onnx.output_whole",
    "The output {name} is rounded to whole numbers in the file; here it is what they stand for.",
    "Round it in the program that uses it, where whole numbers count.",
    severity="warning",
)
TURNED = Problem(
    "onnx.channels_last",
    "The input {name} has its channels last here, {ours}; the file has {theirs}.",
    "Hand it data in that order.",
    severity="hint",
)
SINGLE = Problem(
    "onnx.single_number",
    "The input {name} is a single number for all samples in the file; here each sample has one.",
    "Hand it the same number for each sample.",
    severity="warning",
)
