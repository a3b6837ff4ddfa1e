"""What may be in a tracked file: few lines, no addresses of registries, no machine, no secrets."""

import json
import re
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT, text, tracked

LINES = 400
# Written by tools, or data: nobody reads them from top to bottom.
UNLIMITED = re.compile(
    r"requirements[\w-]*\.lock|frontend/package-lock\.json|LICENSE|models/.*\.json|docs/layers/.*\.md|tests/.*/data/.*|exporters/protos/.*_pb2\.pyi?"
)
# Letters in brackets keep this file from finding itself.
FORBIDDEN = {
    "a registry's address": re.compile(r"py[p]i\.org|np[m]js\.(?:org|com)|python[h]osted\.org"),
    "a place on one machine": re.compile(r"(?<![\w.*\]/-])/(?:work|home|root|Users)/[\w.]"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "an access token": re.compile(
        r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_\w{30,}|xox[abp]-[\w-]{10,}|np[m]_\w{30,})\b"
    ),
    "a password in an address": re.compile(
        r"://[\w.-]+:(?!password@)[^\s@/{}$<>…\"']+@(?![\w-]+\.example\b)[\w.-]"
    ),
}


def too_long(path: Path, content: str) -> bool:
    return not UNLIMITED.fullmatch(path.as_posix()) and content.count("\n") > LINES


def forbidden(content: str) -> set[str]:
    return {what for what, pattern in FORBIDDEN.items() if pattern.search(content)}


TEXTS = [(path, content) for path in tracked() if (content := text(path)) is not None]


def test_there_is_something_to_check() -> None:
    assert len(TEXTS) > 50


def test_no_file_is_too_long_to_read() -> None:
    assert not {
        str(path): content.count("\n") for path, content in TEXTS if too_long(path, content)
    }


def test_no_file_tells_of_a_machine_or_a_secret() -> None:
    assert not {str(path): wrong for path, content in TEXTS if (wrong := forbidden(content))}


@pytest.mark.parametrize(
    "content",
    [
        "https://" + "registry.np" + "mjs.org/vite/-/vite-8.tgz",
        "--index-url=https://py" + "pi.org/simple",
        "open('/" + "home/someone/data.npz')",
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "redis://user:" + "hunter2@cache.internal",
        "AKIA" + "A" * 16,
    ],
)
def test_what_is_forbidden_is_found(content: str) -> None:
    assert forbidden(content)


def test_a_long_file_is_found() -> None:
    assert too_long(Path("layers/everything.py"), "\n" * (LINES + 1))
    assert not too_long(Path("frontend/package-lock.json"), "\n" * (LINES + 1))


def test_the_front_ends_lock_names_no_address() -> None:
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text("utf-8"))
    assert len(lock["packages"]) > 50
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]


def test_nothing_that_is_built_is_tracked() -> None:
    built = re.compile(r"(^|/)(node_modules|__pycache__|\.venv)/|^(var|static/dist)/|\.pyc$")
    assert not [str(path) for path in tracked() if built.search(path.as_posix())]
