"""The commands that are written down exist, and the tests that exist are run."""

import re
import subprocess
import tomllib

import pytest

from tests.architecture.checkout import ROOT, tracked

TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def made(document: str) -> set[str]:
    """The targets of `make` that a document tells its reader to use."""
    content = (ROOT / document).read_text("utf-8")
    return set(re.findall(r"(?:^|`|[A-Z]+=\S+ )make ([a-z][a-z-]*)", content, re.MULTILINE))


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_a_documents_commands_exist(document: str) -> None:
    commands = made(document)
    assert {"run", "test"} <= commands
    assert commands <= TARGETS


def test_ci_runs_the_command_of_the_readme() -> None:
    assert "exec make test" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_make_understands_its_file() -> None:
    for target in sorted(TARGETS - {"lock"}):
        said = subprocess.run(
            ["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True
        )
        assert said.returncode == 0, said.stderr


def test_every_folder_of_tests_is_run() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    listed = settings["tool"]["pytest"]["ini_options"]["testpaths"]
    folders = {
        "/".join(path.parts[:2])
        for path in tracked()
        if path.parts[0] == "tests" and path.name.startswith("test_")
    }
    assert folders <= set(listed)
    assert len(listed) == len(set(listed))
