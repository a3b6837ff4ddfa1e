"""Settings from environment variables: read, checked, and refused loudly.

Every reader names the variable and what it accepts when a value is bad, so that a typo in a
deployment stops the process at once instead of changing its behaviour quietly.
"""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


def text(name: str, default: str) -> str:
    """The variable's value without surrounding blanks; `default` where it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def boolean(name: str, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in _TRUE | _FALSE:
        return value in _TRUE
    raise ImproperlyConfigured(f"{name} is {value!r}. Use one of true, false, 1, 0, yes, no.")


def number(name: str, default: float, minimum: float) -> float:
    value = text(name, str(default))
    try:
        found = float(value)
    except ValueError:
        found = minimum - 1
    if not minimum <= found < 1e9:
        raise ImproperlyConfigured(f"{name} is {value!r}. Use a number from {minimum:g} up.")
    return found


def names(name: str, default: list[str]) -> list[str]:
    """A comma-separated list."""
    found = [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]
    return found or default


def log_level(name: str, default: str) -> str:
    value = text(name, default).upper()
    if value not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
        raise ImproperlyConfigured(
            f"{name} is {value!r}. Use one of DEBUG, INFO, WARNING, ERROR, CRITICAL."
        )
    return value


def directory(name: str, default: Path) -> Path:
    """A folder that exists afterwards, readable by its owner alone when we have to make it."""
    path = Path(text(name, str(default))).expanduser().resolve()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}: {path} cannot be created ({error.strerror})."
        ) from None
    return path


def secret(name: str, file: Path) -> str:
    """The variable, else a key made once and kept in `file` (mode 600)."""
    given = os.environ.get(name, "")
    if given:
        if len(given) < 32:
            raise ImproperlyConfigured(f"{name} has {len(given)} characters. Use 32 or more.")
        return given
    if not file.exists():
        # Web process and worker may start together: whoever links first has made the key.
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text()


def database(name: str, default: str) -> dict[str, Any]:
    """Django's description of the database at a URL: `sqlite:///path` or `postgresql://…`."""
    url = text(name, default)
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(name, unquote(parts.path))
    if parts.scheme in {"postgres", "postgresql"}:
        try:
            port = parts.port
        except ValueError:
            raise ImproperlyConfigured(f"{name} has a port that is no number.") from None
        database_name = unquote(parts.path.lstrip("/"))
        if not database_name:
            raise ImproperlyConfigured(f"{name} names no database. Write postgresql://host/name.")
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": database_name,
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": port or "",
            "OPTIONS": dict(parse_qsl(parts.query)),
        }
    raise ImproperlyConfigured(
        f"{name} starts with {parts.scheme or url!r}. Use sqlite:///path or postgresql://…"
    )


def _sqlite(name: str, path: str) -> dict[str, Any]:
    # As SQLAlchemy writes it: three slashes are relative, four are absolute.
    file = path.removeprefix("/")
    if not file:
        raise ImproperlyConfigured(f"{name} names no file. Write sqlite:////absolute/path.")
    absolute = Path(file).resolve()
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": absolute,
        "OPTIONS": {
            # Wait for a writer instead of failing; take the write lock at the start of a
            # transaction, because SQLite never waits when a reader turns into a writer.
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
        # A file, since several threads and processes share it; one for each test run.
        "TEST": {"NAME": absolute.with_name(f"test-{os.getpid()}.sqlite3")},
    }


def redis(name: str, default: str) -> str:
    """A Redis URL as redis-py writes it: `unix:///path?db=0`, `redis://…` or `rediss://…`."""
    url = text(name, default)
    if urlsplit(url).scheme not in {"unix", "redis", "rediss"}:
        raise ImproperlyConfigured(f"{name} is {url!r}. Use unix:///path, redis:// or rediss://.")
    return url


def celery_broker(redis_url: str) -> str:
    """The same Redis in Celery's spelling, which names a unix socket differently."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database_number = dict(parse_qsl(parts.query)).get("db", "0")
    return f"redis+socket://{parts.path}?virtual_host={database_number}"
