"""Translations of what the program says keep up with it.

Nothing needs a translation: the page then shows the English. But a translation must belong to a
problem, layer or parameter that exists, and may use only values that the problem gives.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from exporters.format import formats
from layers.layer import LAYERS
from tests.architecture.checkout import ROOT
from training.recipe import recipe_schema


def _translations(feature: str) -> list[Path]:
    return sorted((ROOT / "frontend/src" / feature / "translations").glob("*.json"))


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


def _parameters(forms: Iterable[list[dict[str, Any]]]) -> Iterator[str]:
    """Names of the parameters of forms, those inside other parameters too."""
    for form in forms:
        for param in form:
            yield param["name"]
            yield from _parameters(variant["params"] for variant in param.get("variants", ()))


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)", text))


@pytest.mark.parametrize("feature", ["problems", "palette", "inspector", "dialogs"])
def test_there_are_translations(feature: str) -> None:
    assert _translations(feature)


@pytest.mark.parametrize("file", _translations("palette"), ids=lambda file: file.stem)
def test_translated_summaries_belong_to_layers(file: Path) -> None:
    translated = json.loads(file.read_text(encoding="utf-8"))

    assert translated.keys() - LAYERS.keys() == set()


@pytest.mark.parametrize("file", _translations("dialogs"), ids=lambda file: file.stem)
def test_translated_descriptions_belong_to_formats(file: Path) -> None:
    translated = json.loads(file.read_text(encoding="utf-8"))

    assert translated.keys() - formats().keys() == set()
    assert {key for words in translated.values() for key in words} == {"label", "description"}


@pytest.mark.parametrize("file", _translations("inspector"), ids=lambda file: file.stem)
def test_translated_names_belong_to_parameters(file: Path) -> None:
    translated = json.loads(file.read_text(encoding="utf-8"))

    known = set(_parameters(layer.schema() for layer in LAYERS.values()))
    known |= set(_parameters([recipe_schema()["params"]]))
    assert translated.keys() - known == set()


@pytest.mark.parametrize("file", _translations("problems"), ids=lambda file: file.stem)
def test_translations_belong_to_problems_and_use_their_values(file: Path) -> None:
    declared = dict(_declared())
    messages = json.loads(file.read_text(encoding="utf-8"))["messages"]

    assert messages.keys() - declared.keys() == set()
    unknown = {
        code: _placeholders(said["message"] + said["hint"]) - _placeholders(declared[code])
        for code, said in messages.items()
    }
    assert {code: names for code, names in unknown.items() if names} == {}
