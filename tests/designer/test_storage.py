"""Exports go to any storage that fsspec knows: a folder, memory, S3."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from django.core.exceptions import ImproperlyConfigured

from designer import storage
from designer.errors import Refusal


@pytest.fixture(params=["file", "memory", "s3"])
def place(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """The URL of a storage of each kind."""
    if request.param == "s3":
        with s3(monkeypatch) as url:
            yield url
    else:
        yield {"file": tmp_path.as_uri(), "memory": "memory://exports-test"}[request.param]


class s3:
    """An S3 server on a port of its own, with one bucket."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from moto.server import ThreadedMotoServer

        self.server: Any = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self.environment = monkeypatch

    def __enter__(self) -> str:
        self.server.start()
        host, port = self.server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            self.environment.setenv(name, "testing")
        # A real machine's configuration and its metadata service are not asked.
        self.environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
        self.environment.setitem(fsspec.config.conf, "s3", {"endpoint_url": endpoint})
        fsspec.filesystem("s3", endpoint_url=endpoint).mkdir("networks")
        return "s3://networks/visualnn"

    def __exit__(self, *_: object) -> None:
        self.server.stop()


def test_an_export_is_kept_beside_those_of_its_name(place: str, settings: Any) -> None:
    settings.STORAGE_URL = place
    urls = [storage.export("7", "net.keras.json", bytes([index])) for index in range(3)]
    assert [url.rpartition("/exports/7/")[2] for url in urls] == [
        "net.keras.json",
        "net-2.keras.json",
        "net-3.keras.json",
    ]
    for index, url in enumerate(urls):
        assert url.startswith(place.partition("://")[0] + "://")
        with fsspec.open(url, "rb") as stream:
            assert stream.read() == bytes([index])


def test_a_storage_that_takes_nothing_says_so(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    settings.STORAGE_URL = (tmp_path / "file").as_uri()
    with pytest.raises(Refusal) as caught:
        storage.export("7", "net.json", b"x")
    assert (caught.value.status, caught.value.code) == (502, "storage.failed")
    settings.STORAGE_URL = "nonsense://there"
    with pytest.raises(Refusal):
        storage.export("7", "net.json", b"x")


def test_what_is_worked_with_lies_in_a_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.STORAGE_URL = "s3://somewhere/else"
    assert storage.folder() == tmp_path / "storage"
    settings.STORAGE_URL = (tmp_path / "with space").as_uri()
    assert storage.folder() == tmp_path / "with space"
    for wrong in ("file:", "folder"):
        settings.STORAGE_URL = wrong
        with pytest.raises(ImproperlyConfigured):
            storage.folder()
