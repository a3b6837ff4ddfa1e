"""Modules and functions that PyTorch has not, as text that exported programs carry.

Each module imports nothing but torch. The program that writes imports none of them.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path


@cache
def texts() -> dict[str, str]:
    """The source of each class and function by its name. Imports nothing."""
    found: dict[str, str] = {}
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        text = path.read_text("utf-8")
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                found[node.name] = ast.get_source_segment(text, node) or ""
    return found
