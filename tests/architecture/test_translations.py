"""Translations of the problems' sentences keep up with the sentences.

A problem needs no translation: the page then shows the English. But a translation must belong to a
problem that exists, and may use only values that the problem gives.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT

TRANSLATIONS = sorted((ROOT / "frontend/src/problems/messages").glob("*.json"))


def _declared() -> Iterator[tuple[str, str]]:
    """Code and sentences of every `Problem(...)` in the source."""
    for package in ("layers", "exporters", "training", "designer"):
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id == "Problem"
                ):
                    given = [*node.args, *(keyword.value for keyword in node.keywords)]
                    texts = [
                        str(value.value)
                        for value in given
                        if isinstance(value, ast.Constant) and isinstance(value.value, str)
                    ]
                    yield texts[0], " ".join(texts[1:])


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)", text))


def test_there_are_translations() -> None:
    assert TRANSLATIONS


@pytest.mark.parametrize("file", TRANSLATIONS, ids=lambda file: file.stem)
def test_translations_belong_to_problems_and_use_their_values(file: Path) -> None:
    declared = dict(_declared())
    messages = json.loads(file.read_text(encoding="utf-8"))["messages"]

    assert messages.keys() - declared.keys() == set()
    unknown = {
        code: _placeholders(said["message"] + said["hint"]) - _placeholders(declared[code])
        for code, said in messages.items()
    }
    assert {code: names for code, names in unknown.items() if names} == {}
