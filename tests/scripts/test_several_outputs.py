"""eval.py and train.py with networks that have several outputs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from exporters.format import write
from layers.graph import Graph
from scripts import eval as asking
from scripts import train as training
from scripts.console import Refused
from tests.training.several import IN_TRAINING, drawn, googlenet, two_heads

MAINS: list[tuple[str, Graph, str | None, str]] = [
    ("the heaviest loss", googlenet(), None, "loss3_loss3"),
    ("the deepest output", two_heads(), None, "second"),
    ("the one that is wanted", googlenet(IN_TRAINING), "loss1_loss", "loss1_loss"),
]


@pytest.mark.parametrize(
    ("graph", "wanted", "asked"), [row[1:] for row in MAINS], ids=[r[0] for r in MAINS]
)
def test_one_output_is_asked_and_named(
    graph: Graph, wanted: str | None, asked: str, capsys: pytest.CaptureFixture[str]
) -> None:
    question = asking.question_of(graph, wanted)
    assert question.graph.nodes[question.place[0]].name == asked
    hint = f"hint: {asked} is asked; --output chooses among "
    assert capsys.readouterr().err.startswith(hint) == (wanted is None)


def test_an_output_that_there_is_not_is_refused() -> None:
    with pytest.raises(Refused, match=r"There is no output third\. Choose one of first, second\."):
        asking.question_of(two_heads(), "third")


@pytest.mark.keras
def test_each_output_can_be_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a .keras file, which has no loss nodes any more."""
    from exporters.keras_model import build, load

    graph = googlenet()
    weights = drawn(graph)
    file, image = tmp_path / "net.keras", tmp_path / "image.png"
    file.write_bytes(write(graph, "keras", weights))
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    Image.fromarray(pixels).save(image)
    model = build(graph)
    load(model, graph, weights)
    outputs = model(pixels[None].astype(np.float32) / 255)
    for name, output in zip(("loss1_loss", "loss2_loss", None), outputs, strict=True):
        choice = ["--output", name] if name else []
        assert asking.main([str(file), str(image), "--json", "--top", "10", *choice]) == 0
        top = json.loads(capsys.readouterr().out)["top"]
        shares = [item["probability"] for item in sorted(top, key=lambda item: item["index"])]
        assert shares == pytest.approx(np.asarray(output)[0].tolist(), rel=1e-4)


@pytest.mark.keras
def test_a_file_of_caffe_with_several_losses_is_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "train_val.prototxt").write_bytes(write(googlenet(), "caffe_prototxt"))
    call = [str(tmp_path / "train_val.prototxt"), "digits", str(tmp_path / "out.keras")]
    assert training.main([*call, "--epochs", "1", "--batch-size", "256", "--seed", "1"]) == 0
    told = capsys.readouterr()
    assert "0.3 × loss1_loss + 0.3 × loss2_loss + 1 × loss3_loss3" in told.err
    for name in ("accuracy", "loss", "loss1_loss", "loss2_loss", "loss3_loss"):
        assert f"Test {name}: " in told.out
    assert "eval.py --output loss3_loss3" in told.err
    assert (tmp_path / "out.keras").exists()
