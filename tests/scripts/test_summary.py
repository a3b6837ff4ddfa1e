"""summary.py: tables for people, lines of JSON for programs, exit codes for both."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from exporters.format import write
from exporters.zoo import FOLDER, zoo
from layers.graph import Graph
from tests.scripts.conftest import ROOT, Script, chain, environment

TOTALS = {
    "dnn": 669_706,
    "cnn": 1_199_882,
    "alexnet": 1_250_666,
    "lstm": 2_691_713,
    "vgg": 45_239_370,
}


def test_one_json_object_a_line_and_file(script: Script) -> None:
    paths = [FOLDER / f"{name}.json" for name in TOTALS]
    lines = script("summary.py", *paths, "--json").stdout.splitlines()
    shown = [json.loads(line) for line in lines]
    assert [item["name"] for item in shown] == list(TOTALS)
    for item in shown:
        assert item["format"] == "visualnn"
        assert item["diagnostics"] == []
        assert item["totals"]["weights"] == TOTALS[item["name"]]
        for key in ("weights", "trainable", "non_trainable"):
            assert item["totals"][key] == sum(layer[key] for layer in item["layers"])
        macs = [layer["macs"] for layer in item["layers"]]
        assert item["totals"]["macs"] == (None if None in macs else sum(macs))
    dense = shown[0]["layers"][1]
    assert dense | {"inputs": None} == {
        "name": "dense_1",
        "type": "Dense",
        "input_shapes": [[None, 784]],
        "output_shape": [None, 512],
        "weights": 401_920,
        "trainable": 401_920,
        "non_trainable": 0,
        "macs": 401_408,
        "inputs": None,
    }


def test_the_call_of_the_readme_succeeds(script: Script) -> None:
    lines = (ROOT / "README.md").read_text().splitlines()
    (call,) = (line.split() for line in lines if line.startswith("python summary.py"))
    assert "dnn" in script(*call[1:], cwd=ROOT / "scripts").stdout


def test_every_parameter_is_counted_as_keras_counts(script: Script, tmp_path: Path) -> None:
    graph = chain("bn", ("InputLayer", {"shape": [8, 5]}), ("BatchNormalization", {}))
    (tmp_path / "bn.json").write_bytes(write(graph, "keras_json"))
    (shown,) = map(json.loads, script("summary.py", "bn.json", "--json").stdout.splitlines())
    assert shown["format"] == "keras_json"
    assert shown["totals"]["weights"] == 20
    assert shown["totals"]["non_trainable"] == 10


def test_layers_with_several_outputs_list_their_shapes(script: Script, tmp_path: Path) -> None:
    graph = chain(
        "rnn", ("InputLayer", {"shape": [7, 4]}), ("GRU", {"units": 3, "return_state": True})
    )
    (tmp_path / "rnn.json").write_bytes(write(graph, "visualnn"))
    shown = json.loads(script("summary.py", "rnn.json", "--json").stdout)
    assert shown["layers"][1]["output_shape"] == [[None, 3], [None, 3]]
    assert "(?, 3), (?, 3)" in script("summary.py", "rnn.json").stdout


def test_a_table_has_a_row_a_layer_and_the_total(script: Script) -> None:
    lines = script("summary.py", FOLDER / "cnn.json").stdout.splitlines()
    assert "1,199,882 parameters" in lines[-1]
    (row,) = [line for line in lines if line.startswith("max_pooling2d")]
    assert row.split()[1:6] == ["MaxPooling2D", "(?,", "12,", "12,", "64)"]


def test_files_with_errors_are_shown_and_the_next_ones_too(script: Script, tmp_path: Path) -> None:
    conv = {"filters": 1, "kernel_size": 3}
    broken = chain("broken", ("InputLayer", {"shape": [4]}), ("Conv2D", conv))
    (tmp_path / "broken.json").write_bytes(write(broken, "visualnn"))
    (tmp_path / "junk.json").write_text("{")
    arguments = ["absent.json", "junk.json", "broken.json", ".", FOLDER / "dnn.json"]
    done = script("summary.py", *arguments, "--json", code=1)
    shown = [json.loads(line) for line in done.stdout.splitlines()]
    assert [item["name"] for item in shown] == [None, None, "broken", None, "dnn"]
    codes = [[item["code"] for item in each["diagnostics"]] for each in shown]
    assert codes == [["file.missing"], ["file.json"], ["shape.rank"], ["file.missing"], []]
    assert shown[2]["layers"][1]["output_shape"] is None
    table = script("summary.py", *arguments, code=1).stdout
    assert "Conv2D needs 4 axes" in table
    assert "669,706 parameters" in table


def test_an_empty_network_is_no_error(script: Script, tmp_path: Path) -> None:
    (tmp_path / "empty.json").write_bytes(write(Graph(name="nothing"), "visualnn"))
    shown = json.loads(script("summary.py", "empty.json", "--json").stdout)
    assert (shown["name"], shown["layers"], shown["totals"]["weights"]) == ("nothing", [], 0)


@pytest.mark.parametrize("name", ["summary.py", "convert.py", "train.py", "eval.py"])
def test_a_wrong_call_is_one_line_with_a_hint(script: Script, name: str) -> None:
    done = script(name, code=2)
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{name}: The following arguments are required: ")
    assert line.endswith(f"See {name} --help.")


@pytest.mark.parametrize("name", ["summary.py", "convert.py", "train.py", "eval.py"])
def test_help_is_complete_and_has_its_examples_on_lines_of_their_own(
    script: Script, name: str
) -> None:
    lines = script(name, "--help").stdout.splitlines()
    assert lines[0].startswith("usage: ")
    assert name == "summary.py" or any(line.startswith(f"    {name} ") for line in lines)
    if name == "train.py":
        shown = " ".join(" ".join(lines).split())
        assert all(ending in shown for ending in (".keras", ".onnx", ".caffemodel"))


def test_no_summary_or_conversion_loads_anything_heavy(tmp_path: Path) -> None:
    heavy = {"keras", "tensorflow", "django", "PIL"}
    for name, arguments in (
        ("summary", [str(FOLDER / "cnn.json"), "--json"]),
        ("convert", [str(FOLDER / "cnn.json"), str(tmp_path / "cnn.py")]),
    ):
        program = (
            f"import sys; from scripts.{name} import main; main({arguments!r});"
            f" assert not {heavy!r} & set(sys.modules)"
        )
        subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT, env=environment())


def test_a_reader_that_stops_early_is_no_error(tmp_path: Path) -> None:
    command = f"{sys.executable} {ROOT}/scripts/summary.py " + f"{FOLDER}/cnn.json " * 200
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{command} | head -n 1"], capture_output=True, text=True
    )
    assert done.stderr == ""
    assert done.returncode == 0


def test_the_zoo_is_what_the_names_say() -> None:
    assert {name: card.totals.weights for name, card in zoo().items()} == TOTALS
