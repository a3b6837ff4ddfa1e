"""What a file is that cannot be read: a table of signatures, so that the message can name it and
say what to do instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from exporters.source import Source

NO_NETWORK = "Choose a file that describes a network."


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file: what it is called, what to do instead, and how it is recognised."""

    what: str
    hint: str
    matches: Callable[[Source], bool]


def starts(*prefixes: bytes) -> Callable[[Source], bool]:
    return lambda source: source.data[:16].startswith(prefixes)


def zip_with(member: bytes) -> Callable[[Source], bool]:
    """A zip archive in which the name of a member ends so; member names stand in plain bytes."""
    return lambda source: source.data[:4] == b"PK\x03\x04" and source.data.find(member) >= 0


def text(pattern: bytes) -> Callable[[Source], bool]:
    """Text whose beginning holds a pattern at the start of a line."""
    found = re.compile(rb"(?m)^\s*(?:" + pattern + rb")")
    return lambda source: b"\0" not in source.head and bool(found.search(source.head))


def json_with(*names: str) -> Callable[[Source], bool]:
    """A JSON object that has all these names."""

    def matches(source: Source) -> bool:
        data: Any = source.json if source.looks_like_json else None
        return isinstance(data, dict) and all(name in data for name in names)

    return matches


KINDS = (
    Kind("a PyTorch checkpoint", "Export the network as a Keras model.", zip_with(b"/data.pkl")),
    Kind("a NumPy archive of arrays (.npz)", "Use it as a data set instead.", zip_with(b".npy")),
    Kind(
        "a zip archive", "Unpack it, and choose the file with the network.", starts(b"PK\x03\x04")
    ),
    Kind(
        "a pickle, which can run any program when it is opened,",
        NO_NETWORK,
        starts(*(b"\x80" + bytes([version]) for version in range(2, 6))),
    ),
    Kind("a NumPy array (.npy)", "Use it as a data set instead.", starts(b"\x93NUMPY")),
    Kind("a PNG image", NO_NETWORK, starts(b"\x89PNG")),
    Kind("a JPEG image", NO_NETWORK, starts(b"\xff\xd8\xff")),
    Kind("a GIF image", NO_NETWORK, starts(b"GIF87a", b"GIF89a")),
    Kind("a PDF document", NO_NETWORK, starts(b"%PDF")),
    Kind("a gzip archive", "Unpack it first.", starts(b"\x1f\x8b")),
    Kind("UTF-16 text", "Save it as UTF-8.", starts(b"\xff\xfe", b"\xfe\xff")),
    Kind(
        "a solver of Caffe, which says how to train and describes no network,",
        "Open the network that it names; train.py takes the solver as --recipe.",
        text(rb"(?:base_lr|lr_policy|solver_mode|max_iter|test_interval)\s*:"),
    ),
    Kind(
        "a Caffe network (.prototxt)",
        "Import the Keras JSON of the same network.",
        text(rb"layers?\s*\{|input_dim\s*:|input_param\s*\{"),
    ),
    Kind(
        "a web page",
        'Download the file itself ("raw"), not the page that shows it.',
        text(rb"(?i:<!doctype html|<html)"),
    ),
    Kind(
        "a Python program",
        "Run it, and import what `model.to_json()` gives.",
        text(rb"(?:import|from)\s+[\w.]+|def\s+\w+\("),
    ),
    Kind(
        "a Jupyter notebook",
        "Run it, and import what `model.to_json()` gives.",
        json_with("cells", "nbformat"),
    ),
    Kind(
        "a TensorFlow.js model",
        "Import the Keras JSON that it was made from.",
        json_with("modelTopology"),
    ),
    Kind(
        "a list of the files in which a Keras model has its weights",
        "Put it into a zip together with these files, and with the network if you like.",
        lambda source: b'.weights.h5"' in source.head and json_with("weight_map")(source),
    ),
    Kind("a list of training results", NO_NETWORK, json_with("history")),
)


def name(source: Source) -> Kind | None:
    """What a file is, where it is recognisably something; the first that fits."""
    return next((kind for kind in KINDS if kind.matches(source)), None)
