"""Layers that Keras has not, as Keras layers: registered, for files and every backend.

Each module imports nothing but Keras, so that exported programs can carry its text.
Importing this package imports none of them, for the web process must not import Keras;
:func:`custom_layers` does.
"""

from __future__ import annotations

import ast
import pkgutil
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

PACKAGE = "visualnn"
"""The package under which Keras registers them."""


@cache
def custom_layers() -> dict[str, Any]:
    """Every Keras class of our own by its name. Imports Keras and registers them."""
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    import keras

    registered = keras.saving.get_custom_objects()
    return {
        name.removeprefix(f"{PACKAGE}>"): thing
        for name, thing in registered.items()
        if name.startswith(f"{PACKAGE}>")
    }


@cache
def sources() -> dict[str, tuple[str, str]]:
    """Class name → its module's name and its text without imports. Imports nothing."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        text = path.read_text("utf-8")
        tree = ast.parse(text)
        body = [
            node
            for node in tree.body[1:]
            if not isinstance(node, ast.Import | ast.ImportFrom)
        ]
        first = body[0]
        decorators = first.decorator_list if isinstance(first, ast.ClassDef) else []
        start = min([first.lineno, *(item.lineno for item in decorators)])
        code = "".join(text.splitlines(keepends=True)[start - 1 :]).strip()
        for node in body:
            if isinstance(node, ast.ClassDef):
                found[node.name] = (path.stem, code)
    return found
