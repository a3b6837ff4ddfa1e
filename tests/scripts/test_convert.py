"""convert.py: every readable file into every format that can be written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from exporters.format import formats, read, write
from exporters.zoo import FOLDER, zoo
from tests.exporters.judging import random_weights
from tests.scripts.conftest import Script, chain


@pytest.mark.parametrize("form", [form for form in formats().values() if form.writes])
def test_a_network_is_written_in_the_format_asked_for(
    script: Script, tmp_path: Path, form: object
) -> None:
    from exporters.format import Format

    assert isinstance(form, Format)
    done = script("convert.py", FOLDER / "dnn.json", "out", "--to", form.name)
    assert done.stdout == f"out: {form.label}, 9 layers, 669,706 parameters.\n"
    written = (tmp_path / "out").read_bytes()
    # Weights that are not given are drawn anew each time.
    is_same = form.carries_weights or written == write(zoo()["dnn"].graph, form.name)
    assert written
    assert is_same


def test_json_becomes_the_other_json(script: Script, tmp_path: Path) -> None:
    script("convert.py", FOLDER / "cnn.json", "keras.json")
    assert json.loads((tmp_path / "keras.json").read_text())["class_name"] == "Functional"
    script("convert.py", "keras.json", "back.json")
    assert read((tmp_path / "back.json").read_bytes()).format == "visualnn"
    script("convert.py", "back.json", "model.py")
    assert "keras.Model(" in (tmp_path / "model.py").read_text()
    script("convert.py", FOLDER / "cnn.json", "same.visualnn.json")
    assert read((tmp_path / "same.visualnn.json").read_bytes()).format == "visualnn"


def test_what_is_lost_is_told_on_stderr(script: Script, tmp_path: Path) -> None:
    config = {"name": "d", "units": 3, "dtype": "mixed_float16", "batch_input_shape": [None, 4]}
    model = {"class_name": "Sequential", "config": [{"class_name": "Dense", "config": config}]}
    (tmp_path / "model.json").write_text(json.dumps(model))
    done = script("convert.py", "model.json", "out.py")
    (line,) = done.stderr.splitlines()
    assert line.startswith("warning: d: dtype='mixed_float16'")


@pytest.mark.parametrize(("target", "lines"), [("out.keras", 1), ("out.json", 0)])
def test_weights_that_the_input_has_not_are_named(
    script: Script, tmp_path: Path, target: str, lines: int
) -> None:
    graph = chain("two", ("InputLayer", {"shape": [4]}), *[("Dense", {"units": 3})] * 2)
    some = dict(list(random_weights(graph).items())[:1])
    (tmp_path / "in.caffemodel").write_bytes(write(graph, "caffe_model", some))
    told = script("convert.py", "in.caffemodel", target).stderr.splitlines()
    assert [line.partition(" is given")[0] for line in told] == ["warning: dense_2"] * lines


def test_the_folder_of_a_saved_model_is_read_and_written(script: Script, tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    script("convert.py", FOLDER / "dnn.json", "saved", "--to", "tensorflow_saved_model")
    assert (tmp_path / "saved" / "variables" / "variables.index").is_file()
    done = script("convert.py", "saved", "again.pbtxt")
    assert done.stdout.endswith("9 layers, 669,706 parameters.\n")
    assert read((tmp_path / "again.pbtxt").read_bytes(), "again.pbtxt").weights


REFUSED = {
    "absent": (["dn.json", "out.py"], "There is no file dn.json. Did you mean dnn.json?"),
    "an ending nobody has": (["dnn.json", "out.xyz"], "No format ends like out.xyz. Use one of"),
    "no such format": (["dnn.json", "out.py", "--to", "pickle"], "invalid choice: 'pickle'"),
    "no such folder": (["dnn.json", "nowhere/out.py"], "nowhere/out.py: No such file or directory"),
    "errors": (["broken.json", "out.py"], "Dense needs a value for units."),
    "not a network": (["junk.json", "out.py"], "junk.json is not JSON"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_mistake_is_one_line_and_nothing_is_written(
    script: Script, tmp_path: Path, case: str
) -> None:
    arguments, expected = REFUSED[case]
    (tmp_path / "dnn.json").write_bytes((FOLDER / "dnn.json").read_bytes())
    (tmp_path / "junk.json").write_text('{"nodes": ')
    graph = chain("broken", ("InputLayer", {"shape": [4]}), ("Dense", {"units": 2}))
    data = graph.to_json()
    del data["nodes"][1]["params"]["units"]
    (tmp_path / "broken.json").write_text(json.dumps(data))
    (line,) = script("convert.py", *arguments, code=2).stderr.splitlines()
    assert line.startswith("convert.py: ")
    assert expected in line
    assert not (tmp_path / "out.py").exists()
