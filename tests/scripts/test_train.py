"""train.py and eval.py: the manual's way from a drawn network to a named image, on real digits."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from exporters.format import attach, read, write
from exporters.source import Source
from exporters.zoo import FOLDER
from layers.graph import Graph
from scripts import eval as asking
from scripts import train as training
from scripts.console import Refused
from tests.scripts.conftest import ROOT, Script, chain, environment
from training.datasets import load

MNIST = ROOT.parent / "shared" / "data" / "mnist.npz"


def printed_accuracy(output: str) -> float:
    """The test accuracy that train.py printed."""
    found = re.search(r"^Test accuracy: ([\d.]+)$", output, re.MULTILINE)
    assert found, output
    return float(found[1])


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, digits_model: Path) -> tuple[Path, str]:
    """Weights learnt from digits by the command line, and what it printed."""
    weights = tmp_path_factory.mktemp("trained") / "digits.weights.h5"
    done = subprocess.run(
        [
            *(sys.executable, ROOT / "scripts" / "train.py", digits_model, "digits", weights),
            *("--epochs", "30", "--batch-size", "32", "--seed", "1", "--validation-split", "0.1"),
        ],
        capture_output=True,
        text=True,
        env=environment(),
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return weights, done.stdout


@pytest.fixture(scope="session")
def digit_images(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """A picture of each digit from the test set, four times as large and in a file of its own."""
    data = load("digits")
    folder = tmp_path_factory.mktemp("digits")
    paths = {}
    for digit in range(10):
        pixels = data.x_test[list(data.y_test).index(digit)][:, :, 0]
        paths[digit] = folder / f"{digit}.png"
        image = Image.fromarray((pixels * 15.9).astype("uint8"))
        image.resize((32, 32), Image.Resampling.NEAREST).save(paths[digit])
    return paths


@pytest.mark.keras
def test_training_prints_a_line_an_epoch_and_the_test_at_the_end(
    trained: tuple[Path, str],
) -> None:
    weights, output = trained
    assert len(re.findall(r"^Epoch .*accuracy: .* - val_loss: [\d.]+$", output, re.MULTILINE)) == 30
    assert printed_accuracy(output) >= 0.95
    assert output.splitlines()[-1] == f"Saved {weights}."
    assert "\r" not in output


@pytest.mark.keras
def test_eval_names_real_digits(
    script: Script, trained: tuple[Path, str], digits_model: Path, digit_images: dict[int, Path]
) -> None:
    images = digit_images.values()
    arguments = [digits_model, trained[0], *images, "--dataset", "digits", "--top", 3, "--json"]
    lines = script("eval.py", *arguments).stdout.splitlines()
    shown = [json.loads(line) for line in lines]
    assert [item["file"] for item in shown] == [str(path) for path in images]
    hits = [item["top"][0]["label"] == str(digit) for digit, item in enumerate(shown)]
    assert sum(hits) >= 9
    for item in shown:
        shares = [each["probability"] for each in item["top"]]
        assert len(shares) == 3
        assert shares == sorted(shares, reverse=True)


@pytest.mark.keras
@pytest.mark.parametrize("ending", [".keras", ".h5", ".weights.h5"])
@pytest.mark.parametrize("kind", ["preprocessed", "raw"])
def test_every_kind_of_output_is_read_back_as_it_was(
    tmp_path: Path,
    digits_model: Path,
    digit_images: dict[int, Path],
    capsys: pytest.CaptureFixture[str],
    ending: str,
    kind: str,
) -> None:
    """The same seed gives the same weights, so every ending must give the same answer."""
    data = load("digits")
    arrays = {"y_train": data.y_train, "y_test": data.y_test}
    for half, x in (("x_train", data.x_train), ("x_test", data.x_test)):
        bytes_ = (x[..., 0] * 15.9).astype("uint8")
        arrays[half] = (
            bytes_ if kind == "raw" else bytes_.reshape(len(x), -1).astype("float32") / 255
        )
    np.savez(tmp_path / "data.npz", allow_pickle=False, **arrays)
    output = tmp_path / f"out{ending}"
    call = [str(digits_model), str(tmp_path / "data.npz"), str(output)]
    assert training.main([*call, "--epochs", "4", "--batch-size", "32", "--seed", "5"]) == 0
    assert printed_accuracy(capsys.readouterr().out) > 0.6
    assert asking.main([str(digits_model), str(output), str(digit_images[4]), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    answer = [item["probability"] for item in sorted(shown["top"], key=lambda item: item["index"])]
    known = ANSWERS.setdefault("first", answer)
    assert answer == pytest.approx(known, abs=1e-4)


ANSWERS: dict[str, list[float]] = {}


@pytest.mark.keras
def test_the_call_of_the_manual_works_as_it_stands(script: Script, tmp_path: Path) -> None:
    """``cd scripts; python train.py ../models/dnn.json data.npz temp.h5``"""
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, 300)
    values = random.normal(0, 0.1, (300, 784)) + np.eye(784)[labels * 70] * 3
    np.savez(
        tmp_path / "data.npz",
        x_train=values[:250],
        y_train=labels[:250],
        x_test=values[250:],
        y_test=labels[250:],
    )
    output = tmp_path / "temp.h5"
    arguments = ("../models/dnn.json", tmp_path / "data.npz", output, "--epochs", 8)
    done = script("train.py", *arguments, cwd=ROOT / "scripts")
    assert printed_accuracy(done.stdout) > 0.5
    assert output.read_bytes()[:8] == b"\x89HDF\r\n\x1a\n"


@pytest.mark.keras
def test_ctrl_c_saves_what_is_there(tmp_path: Path, digits_model: Path) -> None:
    output = tmp_path / "stopped.weights.h5"
    process = subprocess.Popen(
        [
            *(sys.executable, ROOT / "scripts" / "train.py", digits_model, "digits", output),
            *("--epochs", "100000"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment(), "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout
        while not process.stdout.readline().startswith("Epoch "):
            assert process.poll() is None
        os.kill(process.pid, signal.SIGINT)
        printed, said = process.communicate(timeout=120)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130, said
    assert "Ctrl+C once more" in said
    assert "Traceback" not in said
    assert re.search(r"^Stopped in epoch \d+", printed, re.MULTILINE)
    assert printed.splitlines()[-1] == f"Saved {output}."
    assert output.stat().st_size > 10_000


@pytest.mark.keras
def test_weights_of_another_network_are_refused(
    tmp_path: Path,
    digits_model: Path,
    trained: tuple[Path, str],
    digit_images: dict[int, Path],
) -> None:
    wider = chain("w", ("InputLayer", {"shape": [64]}), ("Dense", {"units": 7}))
    (tmp_path / "wider.json").write_bytes(write(wider, "visualnn"))
    (tmp_path / "junk.h5").write_bytes(b"nothing")
    calls = [(tmp_path / "wider.json", trained[0]), (digits_model, tmp_path / "junk.h5")]
    for model, weights in calls:
        with pytest.raises(Refused, match=r"does not fit the network: .*saved with it"):
            asking.main([str(model), str(weights), str(digit_images[1])])


@pytest.mark.keras
def test_a_photo_on_a_light_ground_is_read_as_the_page_reads_it(
    tmp_path: Path,
    digits_model: Path,
    trained: tuple[Path, str],
    digit_images: dict[int, Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    light = tmp_path / "light.png"
    ImageOps.invert(Image.open(digit_images[1])).save(light)
    call = [str(digits_model), str(trained[0]), "--dataset", "digits", "--json"]
    answers = []
    for path in (digit_images[1], light):
        assert asking.main([*call, str(path)]) == 0
        answers.append(json.loads(capsys.readouterr().out)["top"])
    assert answers[0] == answers[1]
    assert answers[0][0]["label"] == "1"


@pytest.mark.keras
def test_an_archive_is_asked_by_itself_and_a_digit_in_a_corner_is_found(
    tmp_path: Path,
    digits_model: Path,
    trained: tuple[Path, str],
    digit_images: dict[int, Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    graph = read(digits_model.read_bytes(), "digits.json").graph
    weights = attach(Source.of_file(trained[0]), graph).weights
    (tmp_path / "whole.keras").write_bytes(write(graph, "keras", weights))
    pages = []
    for digit, path in digit_images.items():
        page = Image.new("L", (120, 90), 255)
        page.paste(ImageOps.invert(Image.open(path)), (80, 5))
        page.save(tmp_path / f"{digit}.png")
        pages.append(str(tmp_path / f"{digit}.png"))
    call = [str(tmp_path / "whole.keras"), *pages, "--json"]
    assert asking.main([*call, "--dataset", "digits"]) == 0
    printed = capsys.readouterr()
    answers = [json.loads(line)["top"][0]["label"] for line in printed.out.splitlines()]
    assert sum(answer == str(digit) for digit, answer in enumerate(answers)) >= 9
    assert printed.err == ""
    # Without the data set's name nobody knows whether it is to be turned round.
    assert asking.main(call[:2]) == 0
    assert "add --dataset mnist, or --invert" in capsys.readouterr().err


@pytest.mark.keras
def test_numbers_and_yes_or_no_are_told_as_such(
    tmp_path: Path, digit_images: dict[int, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    from exporters.keras_model import build

    (tmp_path / "names.txt").write_text("no\nyes\n")
    for activation, key in (("linear", "values"), ("sigmoid", "top")):
        graph = chain(
            "one",
            ("InputLayer", {"shape": [None, None, 1]}),
            ("GlobalAveragePooling2D", {}),
            ("Dense", {"units": 1, "activation": activation}),
        )
        (tmp_path / "one.json").write_bytes(write(graph, "visualnn"))
        build(graph).save_weights(tmp_path / "one.weights.h5")
        model, weights = str(tmp_path / "one.json"), str(tmp_path / "one.weights.h5")
        call = [model, weights, str(digit_images[1]), "--classes", str(tmp_path / "names.txt")]
        assert asking.main([*call, "--json"]) == 0
        shown = json.loads(capsys.readouterr().out)
        assert key in shown
        assert asking.main([*call, "--invert"]) == 0
        assert str(digit_images[1]) in capsys.readouterr().out
        if key == "top":
            assert {item["label"] for item in shown["top"]} == {"no", "yes"}
            (tmp_path / "names.txt").write_text("no\nyes\nperhaps\n")
            with pytest.raises(Refused, match=r"3 class names, .* 2 classes"):
                asking.main(call)


REFUSED = {
    "no recipe": (["digits", "--recipe", "{no}"], "no.txt is no recipe."),
    "bad recipe": (["digits", "--recipe", "{bad}"], "bad.json is no JSON"),
    "absent recipe": (["digits", "--recipe", "none.json"], "none.json cannot be read"),
    "data": (["digit"], "There is no data set digit. Did you mean digits?"),
    "absent data": (["none.npz"], "There is no file none.npz."),
    "shape": (["mnist"], "inputlayer_0 takes (64) for each sample"),
    "option for a shape": (["mnist"], "Add --shape 784, or choose other data."),
    "ending": (["digits", "out.txt"], "OUTPUT ends in .txt. Use .weights.h5, .h5, .keras"),
    "folder": (["digits", "no/out.h5"], "There is no folder no."),
    "epochs": (["digits", "--epochs", "-1"], "--epochs: epochs must be at least 0"),
    "rate": (["digits", "--learning-rate", "-1"], "--learning-rate: learning_rate must be"),
    "optimizer": (["digits", "--optimizer", "magic"], "There is no optimizer magic."),
    "loss": (["digits", "--loss", "magic"], "--loss: loss must be one of"),
    "loss that does not fit": (["digits", "--loss", "hinge"], "hinge cannot compare"),
    "no shape": (["digits", "--shape", "8by8"], "'8by8' is no shape such as 784 or 28,28,1"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_mistake_is_refused_in_one_line_before_keras_is_loaded(
    script: Script, digits_model: Path, tmp_path: Path, case: str
) -> None:
    arguments, expected = REFUSED[case]
    files = {"no": tmp_path / "no.txt", "bad": tmp_path / "bad.json"}
    for path, text in zip(files.values(), ("name: 'x'", "{"), strict=True):
        path.write_text(text)
    arguments = [str(argument).format(**files) for argument in arguments]
    (line,) = script("train.py", digits_model, *arguments, code=2).stderr.splitlines()
    assert line.startswith("train.py: ")
    assert expected in line


UNASKABLE = {
    "no weights": (["{model}", "none.h5", "{image}"], "There is no file none.h5."),
    "weights alone": (["{model}", "{weights}"], "No image is named."),
    "strange weights": (["{model}", "{image}", "{image}"], "does not look like weights."),
    "no image": (["{model}", "{weights}", "none.png"], "There is no file none.png."),
    "strange image": (["{model}", "{weights}", "{model}"], "This is no image that can be read"),
    "no names": (
        ["{model}", "{weights}", "{image}", "--classes", "none.txt"],
        "none.txt: No such file",
    ),
    "none of them": (["{model}", "{weights}", "{image}", "--top", "0"], "--top must be at least 1"),
}


@pytest.mark.parametrize("case", UNASKABLE)
def test_a_question_that_cannot_be_asked_is_one_line(
    script: Script, tmp_path: Path, digits_model: Path, case: str
) -> None:
    (tmp_path / "some.h5").write_bytes(b"\0")
    Image.new("L", (8, 8)).save(tmp_path / "some.png")
    places = {"model": digits_model, "weights": "some.h5", "image": "some.png"}
    arguments, expected = UNASKABLE[case]
    given = [argument.format_map(places) for argument in arguments]
    (line,) = script("eval.py", *given, code=2).stderr.splitlines()
    assert line.startswith("eval.py: ")
    assert expected in line


def test_a_network_with_errors_is_not_asked(script: Script, tmp_path: Path) -> None:
    conv = {"filters": 1, "kernel_size": 3}
    graph = chain("bad", ("InputLayer", {"shape": [8]}), ("Conv2D", conv))
    (tmp_path / "bad.json").write_bytes(write(graph, "visualnn"))
    for name, more in (("eval.py", ["w.h5", "i.png"]), ("train.py", ["digits"])):
        (line,) = script(name, "bad.json", *more, code=2).stderr.splitlines()
        assert "Conv2D needs 4 axes" in line


def test_a_shape_is_given_to_a_network_that_lacks_one() -> None:
    graph = chain("open", ("Dense", {"units": 3}), ("Dense", {"units": 2}))
    shaped = training.with_shape(graph, [8, 8])
    assert [node.type for node in shaped] == ["InputLayer", "Dense", "Dense"]
    again = training.with_shape(shaped, [5])
    assert next(iter(again)).params["shape"] == [5]
    assert len(again) == 3
    other = chain("other", ("InputLayer", {"shape": [1]})).nodes["n0"]
    with pytest.raises(Refused, match="one input; this one has 2"):
        training.with_shape(Graph({**shaped.nodes, "other": replace(other, id="other")}), [4])


@pytest.mark.long
@pytest.mark.keras
@pytest.mark.skipif(not MNIST.is_file(), reason="mnist.npz lies outside the repository; absent")
@pytest.mark.timeout(1800)
def test_the_network_of_the_manual_reaches_its_accuracy_on_mnist(
    script: Script, tmp_path: Path
) -> None:
    """The manual: 0.9834 after 20 epochs in batches of 128."""
    arguments = (FOLDER / "dnn.json", MNIST, tmp_path / "mnist.h5", "--epochs", 20)
    done = script("train.py", *arguments, "--batch-size", 128, "--seed", 0)
    print(done.stdout)
    assert printed_accuracy(done.stdout) >= 0.980
