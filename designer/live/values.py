"""What a shared document can keep: the numbers JavaScript counts exactly, and text that is Unicode.

JSON has more: integers of any length, and halves of characters as escapes. The library of the
documents ends in a panic on either, so they are refused before.
"""

from __future__ import annotations

from collections.abc import Iterable

from designer.live.protocol import MAX_INTEGER
from layers.diagnostics import Diagnostic, GraphError, Problem, diagnose
from layers.graph import Graph

UNFIT_VALUE = Problem(
    "document.value",
    "{place} holds {value}, which a network cannot keep.",
    "Use numbers up to 2^53 and valid Unicode text.",
)


def check_values(graph: Graph, known: Graph) -> None:
    """Check all that a graph has and `known` has not.

    Raises:
        GraphError: naming the places with values that no shared document can keep.
    """
    found: list[Diagnostic] = []
    found += _unfit("The name of the network", [graph.name])
    for identity, node in graph.nodes.items():
        if known.nodes.get(identity) is not node:
            place = node.name if _is_fit(node.name) else f"Node {identity}"
            found += _unfit(place, [node.to_json()], identity)
    if graph.blocks is not known.blocks:
        found += _unfit("A block", [dict(graph.blocks)])
    if found:
        raise GraphError(found[:100])


def _unfit(place: str, values: Iterable[object], node: str | None = None) -> list[Diagnostic]:
    found = []
    stack = list(values)
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            stack.extend(value)
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)
        elif not _is_fit(value):
            shown = f"{value!a:.60}"
            found.append(diagnose(UNFIT_VALUE, node=node, place=place, value=shown))
    return found


def _is_fit(value: object) -> bool:
    if isinstance(value, str):
        # Databases refuse the character zero.
        return (value.isascii() and "\0" not in value) or _is_unicode(value)
    return not isinstance(value, int) or abs(value) <= MAX_INTEGER


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text
