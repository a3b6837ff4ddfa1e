"""What a network is called: by its file, where the program that wrote it took its own default.

A name that somebody chose stays. Nobody has chosen ``sequential_3`` or ``main_graph``, and a list
of networks in which half are called so helps no one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_DEFAULT = re.compile(
    r"(?:sequential|functional|model|network|graph|main|main_graph|saved_model|onnx_model|tf2onnx"
    r"|keras2onnx|cntkgraph|mxnet_converted_model|torch[-_]jit(?:[-_]export)?)?(?:[-_ ]?\d+)?",
    re.IGNORECASE,
)
"""What Keras, PyTorch, the converters to ONNX and our own readers call a network that has no
name."""
_COPY = re.compile(r"\s*\(\d+\)$")
"""What browsers add to the name of a second download."""


def titled(name: str, filename: str, extensions: Iterable[str]) -> str:
    """A network's name; the stem of its file, where that says more.

    Args:
        name: as the file has it.
        filename: the last part of the file's own name; empty where it has none.
        extensions: the endings of the format that it was read in, with the dot.
    """
    if not _DEFAULT.fullmatch(name.strip()):
        return name
    endings = [end for end in extensions if filename.lower().endswith(end)]
    longest = max(map(len, endings), default=0)
    stem = filename[:-longest] if longest else filename.rpartition(".")[0]
    stem = _COPY.sub("", stem).strip()[:200]
    return name if _DEFAULT.fullmatch(stem) else stem
