"""Settings from the environment: what is right is taken, what is wrong is refused loudly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.conftest import ROOT
from visualnn import environment


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", True), ("TRUE", True), (" yes ", True), ("off", False), ("0", False), ("", True)],
)
def test_booleans(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("FLAG", value)
    assert environment.boolean("FLAG", True) is expected


DATABASES: dict[str, dict[str, Any]] = {
    "sqlite:////data/my%20files/db.sqlite3": {"NAME": Path("/data/my files/db.sqlite3")},
    "postgresql://ada:p%40ss@db.example:5433/nets?sslmode=require": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "nets",
        "USER": "ada",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": 5433,
        "OPTIONS": {"sslmode": "require"},
    },
    "postgres:///nets": {"NAME": "nets", "HOST": "", "PORT": ""},
}


@pytest.mark.parametrize(("url", "expected"), DATABASES.items(), ids=DATABASES)
def test_databases(monkeypatch: pytest.MonkeyPatch, url: str, expected: dict[str, Any]) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    found = environment.database("DATABASE_URL", "")
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock?virtual_host=0"),
        ("unix:///run/redis.sock?db=3", "redis+socket:///run/redis.sock?virtual_host=3"),
        ("redis://cache:6379/1", "redis://cache:6379/1"),
    ],
)
def test_celery_has_its_own_spelling_of_redis(url: str, broker: str) -> None:
    assert environment.celery_broker(url) == broker


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "key"
    key = environment.secret("NO_SUCH_VARIABLE", file)
    assert len(key) >= 50
    assert environment.secret("NO_SUCH_VARIABLE", file) == key
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


WRONG = {
    "DEBUG": "maybe",
    "SINGLE_USER": "2",
    "LOG_LEVEL": "LOUD",
    "SECRET_KEY": "short",
    "DATABASE_URL": "mysql://localhost/x",
    "REDIS_URL": "localhost:6379",
    "VISUALNN_DATA": "/dev/null/data",
}


@pytest.mark.parametrize(("name", "value"), WRONG.items(), ids=WRONG)
def test_a_wrong_value_stops_the_process_and_is_named(
    name: str, value: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import visualnn.settings"],
        cwd=ROOT,
        env={"VISUALNN_DATA": str(tmp_path), name: value},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    said = done.stderr.strip().splitlines()[-1]
    assert ImproperlyConfigured.__name__ in said
    assert name in said
