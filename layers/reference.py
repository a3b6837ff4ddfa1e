"""The reference pages of the layers, written from their classes: one page for each category.

``python -m layers.reference`` writes them; a test says when they are stale.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

from layers.catalog.activation import ACTIVATIONS
from layers.categories import Category
from layers.description import example, remarks
from layers.layer import LAYERS, Layer
from layers.left_out import LEFT_OUT_ACTIVATIONS, LEFT_OUT_LAYERS
from layers.schema import new_params

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "layers"
HEAD = "<!-- Written by `make generate` from the classes in layers/catalog. Do not edit. -->\n"


def pages() -> dict[str, str]:
    """Every page by its file name."""
    found = {f"{category.id}.md": _page(category) for category in Category}
    return {"README.md": _index(), **found}


def stale() -> list[str]:
    """Names of pages that are missing, changed by hand, or left over."""
    wanted = pages()
    there = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.md")}
    return sorted(
        name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name)
    )


def write() -> None:
    """Bring the folder up to date."""
    wanted = pages()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in FOLDER.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, "utf-8")


def _of(category: Category) -> list[type[Layer]]:
    return [layer for _, layer in sorted(LAYERS.items()) if layer.category is category]


def _index() -> str:
    lines = [HEAD, "# Layers\n"]
    lines += [
        "Every layer is one class in `layers/catalog`; forms, checks, files and these pages are"
        " read from it.\n"
    ]
    for category in Category:
        names = ", ".join(
            f"[{layer.__name__}]({category.id}.md#{layer.__name__.lower()})"
            for layer in _of(category)
        )
        lines.append(f"- **[{category.label}]({category.id}.md)** ({category.zh}): {names}")
    lines += ["\n## Left out\n", "What Keras has and this catalogue has not:\n"]
    for title, table in (("layer", LEFT_OUT_LAYERS), ("activation", LEFT_OUT_ACTIVATIONS)):
        lines += [f"| {title} | reason |", "|---|---|"]
        lines += [f"| `{name}` | {reason} |" for name, reason in sorted(table.items())]
        lines.append("")
    return "\n".join(lines)


def _page(category: Category) -> str:
    lines = [HEAD, f"# {category.label} ({category.zh})\n"]
    for layer in _of(category):
        lines += _layer(layer)
    return "\n".join(lines).rstrip() + "\n"


def _layer(layer: type[Layer]) -> list[str]:
    doc = inspect.getdoc(layer) or ""
    text, _, shapes = doc.partition("\n\nInput:")
    if not shapes:
        text, _, shapes = doc.partition("\n\nOutput:")
        shapes = f"Output:{shapes}" if shapes else ""
    else:
        shapes = f"Input:{shapes}"
    lines = [f"## {layer.__name__}\n", text + "\n"]
    if shapes:
        lines += ["```text", shapes, "```\n"]
    if said := remarks(layer):
        lines.append(f"{said}\n")
    if layer.params:
        lines += ["| parameter | default | |", "|---|---|---|"]
        fresh = new_params(layer)
        lines += [_row(schema, fresh) for schema in layer.schema()]
        lines.append("")
    call, shapes = example(layer)
    if call:
        lines.append(f"Example: `{call}` : {shapes}.\n")
    if layer.__name__ == "Activation":
        lines.append(f"Names: {', '.join(f'`{name}`' for name in ACTIVATIONS)}.\n")
    lines.append(f"Source: {layer.source}\n")
    return lines


def _row(schema: dict[str, Any], fresh: dict[str, Any]) -> str:
    default = schema.get("default", "")
    if isinstance(default, dict):
        default = default.get("type", "")
    shown = "" if "default" not in schema else f"`{default}`"
    limits = []
    if schema.get("choices") and schema["kind"] != "dtype":
        names = [f"`{choice}`" for choice in schema["choices"]]
        more = f"one of {len(names)} names, see [Activation](activation.md#activation)"
        # All activations stand where they are explained, not in every layer that has one.
        limits.append(more if tuple(schema["choices"]) == ACTIVATIONS else ", ".join(names))
    low, high = schema.get("minimum"), schema.get("maximum")
    if schema["kind"] in ("int", "float", "ints", "numbers"):
        if low is not None and abs(low) < 2**31 - 1:
            limits.append(f"at least {low}")
        if high is not None and abs(high) < 2**31 - 1:
            limits.append(f"at most {high}")
    if "default" not in schema:
        limits.append(f"required; `{fresh[schema['name']]}` to begin with")
    unit = f" ({schema['unit']})" if schema.get("unit") else ""
    said = f"{schema['help']}{unit}"
    if limits:
        said += f" {'; '.join(limits).capitalize() if limits[0][0] != '`' else '; '.join(limits)}."
    return f"| `{schema['name']}` | {shown} | {re.sub('[|]', chr(92) + '|', said)} |"


if __name__ == "__main__":
    write()
