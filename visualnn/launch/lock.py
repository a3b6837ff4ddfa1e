"""`make lock`: pin every package of pyproject.toml, and every package those need, by version.

pip itself resolves, on this machine; the locks name packages and versions and nothing else, so they
hold for whichever registry a machine is set to. A requirement whose marker leaves out this machine
cannot be resolved here and must be pinned in pyproject.toml.
"""

import json
import re
import subprocess
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

from visualnn.launch.failure import Failure, exit_with
from visualnn.launch.places import ROOT, environment_python

_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(\[[^]]*\])?(?P<range>[^;]*)(;\s*(?P<marker>.*))?")
_HEADER = "# Written by `make lock` from pyproject.toml; change that, not this.\n"


def canonical(name: str) -> str:
    """A package's name as registries compare it: `Django_Ninja` is `django-ninja`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> int:
    """Write all three locks; the packages that two of them share have one version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    runtime: list[str] = project["dependencies"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    everything = _resolve([*runtime, *extras["test"]])
    needed = _resolve(runtime, everything)
    _write("requirements.lock", "", pins(runtime, needed))
    more = {name: version for name, version in everything.items() if name not in needed}
    _write("requirements-test.lock", "-r requirements.lock\n", pins(extras["test"], more))
    _write("requirements-node.lock", "", pins(extras["node"], _resolve(extras["node"])))
    return 0


def _resolve(requirements: Sequence[str], known: dict[str, str] | None = None) -> dict[str, str]:
    """name → version of everything `requirements` need here, kept to the versions in `known`."""
    with tempfile.TemporaryDirectory() as folder:
        wanted, limits, report = (Path(folder, name) for name in ("wanted", "limits", "report"))
        wanted.write_text("\n".join(requirements), "utf-8")
        limits.write_text("".join(f"{n}=={v}\n" for n, v in (known or {}).items()), "utf-8")
        pip: list[str | Path] = [environment_python(), "-m", "pip", "install", "-qq", "--dry-run"]
        options: list[str | Path] = [
            "--ignore-installed",
            "--report",
            report,
            "-c",
            limits,
            "-r",
            wanted,
        ]
        if subprocess.run([*pip, *options], stdin=subprocess.DEVNULL).returncode:
            raise Failure("pip could not resolve pyproject.toml.", "Read what it says above.")
        found = json.loads(report.read_text("utf-8"))["install"]
    packages = [entry["metadata"] for entry in found]
    # What stands behind a plus names one build of a version (2.13.0+cpu), which not all have.
    return {
        canonical(package["name"]): package["version"].partition("+")[0] for package in packages
    }


def pins(requirements: Sequence[str], resolved: dict[str, str]) -> list[str]:
    """One line a package, in the order of names, with the markers of our own requirements."""
    lines = {name: f"{name}=={version}" for name, version in resolved.items()}
    for requirement in requirements:
        match = _REQUIREMENT.fullmatch(requirement)
        if match is None or not match["marker"]:
            continue
        name = canonical(match["name"])
        if name not in lines and not match["range"].strip().startswith("=="):
            raise Failure(
                f"{requirement!r} is not for this machine, so it cannot be resolved here.",
                "Pin its version in pyproject.toml.",
            )
        pin = lines.get(name, name + match["range"].strip())
        lines[name] = f"{pin} ; {match['marker']}"
    return [lines[name] for name in sorted(lines)]


def _write(name: str, include: str, lines: Sequence[str]) -> None:
    (ROOT / name).write_text(_HEADER + include + "".join(f"{line}\n" for line in lines), "utf-8")
    print(f"{name}: {len(lines)} packages")


if __name__ == "__main__":
    exit_with(main)
