import subprocess
import sys
from pathlib import Path

import pytest

from visualnn.launch import lock, node, redis_server
from visualnn.launch.failure import Failure
from visualnn.launch.guard import end, is_alive
from visualnn.launch.places import ROOT
from visualnn.launch.step import Step, execute, fingerprint


def test_a_step_is_taken_again_only_when_its_inputs_change(tmp_path: Path) -> None:
    taken: list[str] = []

    def step(inputs: str) -> Step:
        return Step("Test", tmp_path / "deep" / "stamp", inputs, lambda: taken.append(inputs))

    assert [step(inputs).take() for inputs in ("a", "a", "b", "b")] == [True, False, True, False]
    assert taken == ["a", "b"]


def test_a_step_that_failed_is_taken_again(tmp_path: Path) -> None:
    stamp = tmp_path / "stamp"
    stamp.write_text("old")

    def fail() -> None:
        raise Failure("It is broken.", "Mend it.")

    step = Step("Test", stamp, "new", fail)
    for _ in range(2):
        with pytest.raises(Failure):
            step.take()
    assert not step.is_done()


def test_a_fingerprint_tells_names_contents_and_the_rest_apart() -> None:
    files = [ROOT / "pyproject.toml", ROOT / "LICENSE"]
    assert fingerprint(files) == fingerprint(reversed(files))
    assert len({fingerprint(files), fingerprint(files[:1]), fingerprint(files, "more")}) == 3


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("raise SystemExit('ERROR: No matching distribution found for x')", "no package registry"),
        ("print('getaddrinfo ENOTFOUND'); raise SystemExit(1)", "no package registry"),
        ("print('ERROR: disk full'); print('bye'); raise SystemExit(3)", "code 3: ERROR: disk"),
        ("raise SystemExit(4)", "code 4: it said nothing"),
    ],
)
def test_what_a_tool_says_becomes_one_line(program: str, expected: str, tmp_path: Path) -> None:
    with pytest.raises(Failure) as caught:
        execute([sys.executable, "-c", program], tmp_path / "log")
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)
    assert (tmp_path / "log").is_file()


def test_a_tool_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="no-such-tool did not start"):
        execute(["no-such-tool"], tmp_path / "log")


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ((18, 20), False),
        ((20, 18), False),
        ((20, 19), True),
        ((21, 7), False),
        ((22, 11), False),
        ((22, 12), True),
        ((24, 0), True),
    ],
)
def test_which_node_is_new_enough(version: tuple[int, int], expected: bool) -> None:
    assert node.is_new_enough(version) is expected


def test_npm_answers() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "visualnn.launch.node", "--version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (said.returncode, said.stderr) == (0, "")
    assert int(said.stdout.partition(".")[0]) >= 8


def test_a_lock_keeps_the_markers_of_our_own_requirements() -> None:
    requirements = ["Big_One[extra]>=2; sys_platform == 'x'", "other==3; sys_platform == 'y'"]
    assert lock.pins(requirements, {"big-one": "2.5", "small": "1"}) == [
        "big-one==2.5 ; sys_platform == 'x'",
        "other==3 ; sys_platform == 'y'",
        "small==1",
    ]
    with pytest.raises(Failure, match="cannot be resolved here"):
        lock.pins(["other>=3; sys_platform == 'y'"], {})


def test_a_process_that_ignores_sigterm_is_ended(tmp_path: Path) -> None:
    program = "import signal; signal.signal(15, signal.SIG_IGN); print('on'); signal.pause()"
    process = subprocess.Popen(
        [sys.executable, "-uc", program], stdout=subprocess.PIPE, start_new_session=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"on\n"
        end({process.pid}, grace_s=0.1)
        assert process.wait(10) == -9
    assert not is_alive(process.pid)


def test_redis_listens_on_no_port() -> None:
    command = redis_server.command(Path("folder", "redis.sock"))
    assert command[command.index("--port") + 1] == "0"
    assert command[command.index("--unixsocket") + 1] == "folder/redis.sock"
    assert Path(command[0]).is_file()
