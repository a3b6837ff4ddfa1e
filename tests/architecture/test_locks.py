"""The locks: each line a name and a version, together everything that pyproject.toml needs."""

import importlib.metadata
import re
import tomllib
from collections.abc import Iterable

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.checkout import ROOT

LINE = re.compile(r"[a-z0-9-]+==[\w.+!]+( ; [\w'\"!=<> .()]+)?")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
NEEDS: dict[str, list[str]] = {
    "requirements.lock": PROJECT["dependencies"],
    "requirements-test.lock": [*PROJECT["dependencies"], *EXTRAS["test"]],
    "requirements-node.lock": EXTRAS["node"],
}


def lines(name: str) -> list[str]:
    """The lock's lines without comments, those of a lock it includes first."""
    found: list[str] = []
    for line in (ROOT / name).read_text("utf-8").splitlines():
        if line.startswith("-r "):
            found += lines(line.removeprefix("-r "))
        elif not line.startswith("#"):
            found.append(line)
    return found


def pins(name: str) -> dict[str, Requirement]:
    requirements = [Requirement(line) for line in lines(name)]
    found: dict[str, Requirement] = {
        canonicalize_name(requirement.name): requirement for requirement in requirements
    }
    assert len(found) == len(requirements), "a package is pinned twice"
    return found


def version(pin: Requirement) -> str:
    (specifier,) = pin.specifier
    return specifier.version


def closure(requirements: Iterable[str]) -> dict[str, list[Requirement]]:
    """Name → what asks for it, over everything installed here that the requirements lead to."""
    asked: dict[str, list[Requirement]] = {}
    todo = [Requirement(text) for text in requirements]
    seen: set[str] = set()
    while todo:
        requirement = todo.pop()
        if str(requirement) in seen or (requirement.marker and not requirement.marker.evaluate()):
            continue
        seen.add(str(requirement))
        name = canonicalize_name(requirement.name)
        asked.setdefault(name, []).append(requirement)
        for text in importlib.metadata.requires(name) or []:
            needed = Requirement(text)
            extras = requirement.extras or {""}
            if needed.marker is None or any(needed.marker.evaluate({"extra": e}) for e in extras):
                needed.marker = None
                todo.append(needed)
    return asked


def unmet(requirements: Iterable[str], pinned: dict[str, Requirement]) -> list[str]:
    """What is not pinned, or pinned to a version that something refuses."""
    return [
        str(requirement)
        for package, askers in closure(requirements).items()
        for requirement in askers
        if package not in pinned
        or not requirement.specifier.contains(version(pinned[package]), prereleases=True)
    ]


@pytest.mark.parametrize("name", NEEDS)
def test_a_line_is_a_name_and_a_version(name: str) -> None:
    assert [line for line in lines(name) if not LINE.fullmatch(line)] == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock"])
def test_a_lock_pins_all_that_is_needed(name: str) -> None:
    assert unmet(NEEDS[name], pins(name)) == []


def test_our_own_requirements_are_pinned_for_every_machine() -> None:
    """Those for another machine, too, which the resolver did not look at here."""
    for name, requirements in NEEDS.items():
        pinned = pins(name)
        for text in requirements:
            requirement = Requirement(text)
            pin = pinned[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(version(pin)), text
            assert str(pin.marker) == str(requirement.marker), text


def test_gaps_and_contradictions_in_a_lock_are_found() -> None:
    name = "requirements.lock"
    pinned = pins(name)
    pinned.pop("asgiref")
    pinned["numpy"] = Requirement("numpy==1.0")
    found = {Requirement(text).name for text in unmet(NEEDS[name], pinned)}
    assert found == {"asgiref", "numpy"}
