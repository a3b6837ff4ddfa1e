"""survey.py: a line a file, and how many there were of each kind."""

from __future__ import annotations

import json
import os
from pathlib import Path

from exporters.format import write
from tests.scripts.conftest import Script, chain

FORK = """
input: "data"
input_shape { dim: 1 dim: 3 dim: 8 dim: 8 }
layer { name: "swirl" type: "Swirl" bottom: "data" top: "swirl" }
layer { name: "curl" type: "Swirl" bottom: "swirl" top: "curl" }
"""
INNER = """
input: "data"
input_shape { dim: 1 dim: 3 dim: 8 dim: 8 }
layer {
  name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 2 }
}
"""


def models(folder: Path) -> Path:
    """A folder with files of every kind, one of them deeper, one hidden."""
    (folder / "deeper").mkdir(parents=True)
    graph = chain("net", ("InputLayer", {"shape": [4]}), ("Dense", {"units": 3}))
    (folder / "deeper" / "net.json").write_bytes(write(graph, "keras_json"))
    (folder / "fork.prototxt").write_text(FORK)
    (folder / "inner.prototxt").write_text(INNER)
    (folder / "notes.md").write_text("# Notes\n")
    (folder / ".hidden.json").write_text("{}")
    return folder


def test_each_file_has_its_line_and_the_last_counts(script: Script, tmp_path: Path) -> None:
    folder = models(tmp_path / "models")
    lines = script("survey.py", folder, code=1).stdout.splitlines()
    net, fork, inner, notes, total = lines
    assert net == f"whole    {folder}/deeper/net.json: 2 layers, 15 parameters (keras_json)"
    assert fork.startswith(f"kept     {folder}/fork.prototxt: 3 layers, 0 parameters")
    assert "kept: caffe.Swirl × 2; " in fork
    assert inner.startswith("whole ")
    assert notes.startswith(f"refused  {folder}/notes.md: notes.md is in no format")
    assert total == (
        "3 of 4 open: 2 with every layer understood, 1 with layers that are kept as they are."
    )


def test_programs_get_a_json_object_a_line(script: Script, tmp_path: Path) -> None:
    folder = models(tmp_path / "models")
    printed = script("survey.py", "--json", folder / "deeper", folder / "fork.prototxt").stdout
    net, fork = map(json.loads, printed.splitlines())
    assert (net["outcome"], net["parameters"], net["unknown"]) == ("whole", 15, {})
    assert (fork["outcome"], fork["unknown"], fork["reason"]) == ("kept", {"caffe.Swirl": 2}, "")


def test_the_folder_of_a_saved_model_is_one_file(script: Script, tmp_path: Path) -> None:
    folder = tmp_path / "exported"
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(b"no model")
    (line, total) = script("survey.py", folder, code=1).stdout.splitlines()
    assert line.startswith(f"refused  {folder}: ")
    assert total.startswith("0 of 1 open")


def test_a_path_that_is_none_is_one_line(script: Script, tmp_path: Path) -> None:
    done = script("survey.py", tmp_path / "nothing.json", code=2)
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)


def test_links_pipes_and_closed_folders_stop_nothing(script: Script, tmp_path: Path) -> None:
    folder = models(tmp_path / "models") / "deeper"
    (folder / "again").symlink_to(folder)
    (folder / "up").symlink_to(folder.parent / "deeper")
    (folder / "broken.onnx").symlink_to("gone.onnx")
    os.mkfifo(folder / "pipe.json")
    lines = script("survey.py", folder, code=1).stdout.splitlines()
    assert len(lines) == 3
    assert lines[0] == (f"refused  {folder}/broken.onnx: it is a link to gone.onnx: no such file.")
    assert lines[1].startswith(f"whole    {folder}/net.json")
    assert lines[2].startswith("1 of 2 open")
