"""Text of programs: names that are legal and free, and calls that fit their lines."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable

WIDTH = 88
"""Columns of a line, as formatters have them by default."""


_LOOP = re.compile(r"\*\((.*) (for \w+ in .*)\)(,?)")


class Names:
    """Names that are taken, and those that are free."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)

    def free(self, name: str) -> str:
        """A legal identifier for a name that nothing has; it is taken from now on."""
        plain = identifier(name)
        found, number = plain, 1
        while found in self.taken:
            number += 1
            found = f"{plain}_{number}"
        self.taken.add(found)
        return found


def identifier(name: str) -> str:
    """A legal identifier near a name; neither a keyword nor what Python calls so itself."""
    plain = "".join(
        sign if sign.isascii() and (sign.isalnum() or sign == "_") else "_" for sign in name
    )
    plain = plain.lower() if plain.isupper() else plain
    if not plain.strip("_") or plain[0].isdigit() or keyword.iskeyword(plain):
        plain = f"layer_{plain}".rstrip("_")
    return f"{plain}_layer" if hasattr(builtins, plain) else plain


def broken(line: str, indent: int = 0) -> list[str]:
    """A statement on one line where it fits; else the last call in it with a line for each
    argument, and the trailing comma that makes formatters keep it so (but not behind the one thing
    in brackets that call nothing: it would become a tuple).

    A loop that makes arguments is broken before its `for`.
    """
    room = " " * indent
    start = _opening(line)
    if len(room) + len(line) <= WIDTH or start is None:
        return [room + line]
    if line.startswith("[") and (end := line.rindex("]")) > len(line) - 3:
        lines = [f"{room}["]
        for item in split(line[1:end]):
            lines.extend(broken(f"{item},", indent + 4))
        return [*lines, f"{room}{line[end:]}"]
    if loop := _LOOP.fullmatch(line):
        return [
            f"{room}*(",
            *broken(loop[1], indent + 4),
            f"{room}    {loop[2]}",
            f"{room}){loop[3]}",
        ]
    end = line.rindex(")")
    lines, inside = [f"{room}{line[: start + 1]}"], line[start + 1 : end]
    items = split(inside)
    is_call = start > 0 and (line[start - 1].isalnum() or line[start - 1] in "_)]")
    comma = "," if is_call or len(items) > 1 or inside.rstrip().endswith(",") else ""
    for item in items:
        lines.extend(broken(f"{item}{comma}", indent + 4))
    return [*lines, f"{room}{line[end:]}"]


def split(text: str) -> list[str]:
    """Arguments between commas that lie in no bracket and in no text."""
    items, depth, start, quote = [], 0, 0, ""
    for place, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote and text[place - 1] != "\\" else quote
        elif sign in "\"'":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        elif sign == "," and depth == 0:
            items.append(text[start:place].strip())
            start = place + 1
    rest = text[start:].strip()
    return [*items, rest] if rest else items


def _opening(line: str) -> int | None:
    """Where the bracket opens that the last closing one closes; None where it holds nothing."""
    if ")" not in line:
        return None
    end, depth = line.rindex(")"), 0
    for place in range(end, -1, -1):
        depth += (line[place] == ")") - (line[place] == "(")
        if depth == 0:
            return place if place + 1 < end else None
    return None
