"""The names of files that are sent to users."""

from __future__ import annotations

import re

# What file systems and headers refuse, and marks that turn the direction of text: with them
# "gpj.exe" can be shown as "exe.jpg".
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f<>:\"/\\|?*\u200e\u200f\u2028-\u202e\u2066-\u2069]+")


def file_stem(name: str) -> str:
    """A network's name as that of a file, in any script; "network" where nothing is left of it."""
    return _UNFIT.sub("_", name).strip(" ._")[:100] or "network"
