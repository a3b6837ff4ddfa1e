import signal
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.launch.server import Server, start
from tests.waiting import of_each, wait_for, wait_for_the_end


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("data")) as server:
        server.wait_until_ready()
        yield server


def test_ready_means_that_the_page_is_there(server: Server) -> None:
    with urllib.request.urlopen(server.state()["url"], timeout=10) as page:
        assert page.status == 200
        assert page.headers.get_content_type() == "text/html"


def test_the_running_web_server_has_loaded_no_tensorflow(server: Server) -> None:
    web = psutil.Process(server.state()["services"]["web"])
    files = [entry.path for entry in web.memory_maps()]
    assert any("pydantic" in file for file in files)
    assert not [file for file in files if "tensorflow" in file]


def test_nothing_but_the_page_listens_on_the_network(server: Server) -> None:
    sockets = of_each(server.family(), lambda process: process.net_connections("inet"))
    listening = {
        socket.laddr.port
        for _, of_one in sockets
        for socket in of_one
        if socket.status == psutil.CONN_LISTEN
    }
    assert listening == {int(server.state()["url"].rpartition(":")[2])}


def test_a_second_server_on_the_same_data_is_told_where_the_first_is(server: Server) -> None:
    status, output, errors = start(server.data)
    assert (status, output, errors.count("\n")) == (2, "", 1)
    assert server.state()["url"] in errors


def test_a_taken_port_is_named_with_a_way_out(server: Server, tmp_path: Path) -> None:
    port = int(server.state()["url"].rpartition(":")[2])
    status, output, errors = start(tmp_path, PORT=str(port))
    assert (status, output, errors.count("\n")) == (2, "", 1)
    assert f"Port {port} " in errors
    assert f"`PORT={port + 1} make run`" in errors


@pytest.mark.parametrize("port", ["http", "-1", "65536", "80 80", "8000.5"])
def test_a_port_that_is_none_is_refused(port: str, tmp_path: Path) -> None:
    status, output, errors = start(tmp_path, PORT=port)
    assert (status, output, errors.count("\n")) == (2, "", 1)
    assert f"PORT={port} " in errors


def test_a_killed_worker_is_started_again(server: Server) -> None:
    worker = psutil.Process(server.state()["services"]["worker"])
    started_by_it = worker.children(recursive=True)
    worker.kill()
    assert server.line().startswith("The training worker ended (SIGKILL)")
    wait_for_the_end([worker, *started_by_it])
    wait_for(lambda: server.state()["services"]["worker"] != worker.pid)
    assert psutil.pid_exists(server.state()["services"]["worker"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_no_process_is_left(number: signal.Signals, tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        server.wait_until_ready()
        family = server.family()
        # The launcher, its guard, Redis, the web server, the worker.
        assert len(family) >= 5
        server.process.send_signal(number)
        status, _, errors = server.end()
        assert (status, errors) == (-9 if number == signal.SIGKILL else 0, "")
        wait_for_the_end(family)
        assert not (tmp_path / "redis.sock").exists() or number == signal.SIGKILL


def test_a_data_folder_may_have_any_name(tmp_path: Path) -> None:
    """Characters that mean something in the addresses of databases."""
    odd = tmp_path / "my data #1?%41"
    with Server(odd) as server:
        server.wait_until_ready()
        wait_for(lambda: " ready." in (odd / "log" / "worker.log").read_text("utf-8"))
        server.process.send_signal(signal.SIGTERM)
        assert server.end()[0] == 0
        assert (odd / "db.sqlite3").stat().st_size > 0
        assert list(tmp_path.iterdir()) == [odd]


def test_a_data_folder_deeper_than_a_socket_may_lie(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-rather-long-name-of-a-folder"] * 5)
    with pytest.raises(OSError, match="too long"), socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(deep / "redis.sock"))
    with Server(deep) as server:
        server.wait_until_ready()
        server.process.send_signal(signal.SIGTERM)
        assert server.end()[0] == 0
