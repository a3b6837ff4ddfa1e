"""Well-known networks: their parameter totals, and files of other people."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from exporters.format import formats, read, write
from exporters.source import Source
from layers.analysis import analyse

CORPUS = Path(os.environ.get("VISUALNN_CORPUS", Path(__file__).parents[4] / "shared" / "corpus"))
FILES = sorted((CORPUS / "caffe").glob("*.prototxt"))
INCEPTIONS: list[tuple[int, ...]] = [
    (64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64), (),
    (192, 96, 208, 16, 48, 64), (160, 112, 224, 24, 64, 64),
    (128, 128, 256, 24, 64, 64), (112, 144, 288, 32, 64, 64),
    (256, 160, 320, 32, 128, 128), (),
    (256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128),
]  # fmt: skip


class Text:
    """A prototxt while it is put together."""

    def __init__(self, side: int) -> None:
        self.text = f'input: "data" input_dim: 1 input_dim: 3 input_dim: {side} input_dim: {side}\n'
        self.count = 0

    def conv(self, bottom: str, filters: int, kernel: int, stride: int = 1, group: int = 1) -> str:
        pad = 0 if stride == 4 else kernel // 2
        settings = f"num_output: {filters} kernel_size: {kernel} stride: {stride} pad: {pad}"
        return self.layer(
            "Convolution", bottom, f"convolution_param {{ {settings} group: {group} }}"
        )

    def pool(self, bottom: str, kernel: int = 3, stride: int = 2, pad: int = 0) -> str:
        settings = f"kernel_size: {kernel} stride: {stride} pad: {pad}"
        return self.layer("Pooling", bottom, f"pooling_param {{ {settings} }}")

    def dense(self, bottom: str, units: int) -> str:
        return self.layer("InnerProduct", bottom, f"inner_product_param {{ num_output: {units} }}")

    def layer(self, kind: str, bottoms: str, rest: str = "") -> str:
        self.count += 1
        name = f"l{self.count}"
        feeds = " ".join(f'bottom: "{bottom}"' for bottom in bottoms.split())
        self.text += f'layer {{ name: "{name}" type: "{kind}" {feeds} top: "{name}" {rest} }}\n'
        return name


def googlenet() -> str:
    made = Text(224)
    top = made.pool(made.conv("data", 64, 7, 2))
    top = made.pool(made.conv(made.conv(top, 64, 1), 192, 3))
    for sizes in INCEPTIONS:
        if not sizes:
            top = made.pool(top)
            continue
        one, three_before, three, five_before, five, pooled = sizes
        parts = [
            made.conv(top, one, 1),
            made.conv(made.conv(top, three_before, 1), three, 3),
            made.conv(made.conv(top, five_before, 1), five, 5),
            made.conv(made.pool(top, 3, 1, 1), pooled, 1),
        ]
        top = made.layer("Concat", " ".join(parts))
    top = made.layer("Pooling", top, "pooling_param { pool: AVE kernel_size: 7 stride: 1 }")
    made.dense(top, 1000)
    return made.text


def vgg16() -> str:
    made, top = Text(224), "data"
    for filters, depth in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(depth):
            top = made.conv(top, filters, 3)
        top = made.pool(top, 2)
    for units in (4096, 4096, 1000):
        top = made.dense(top, units)
    return made.text


def alexnet() -> str:
    made = Text(227)
    top = made.pool(made.conv("data", 96, 11, 4))
    top = made.pool(made.conv(top, 256, 5, 1, 2))
    top = made.conv(made.conv(top, 384, 3), 384, 3, 1, 2)
    top = made.pool(made.conv(top, 256, 3, 1, 2))
    for units in (4096, 4096, 1000):
        top = made.dense(top, units)
    return made.text


def squeezenet() -> str:
    made = Text(227)
    top = made.layer(
        "Convolution", "data", "convolution_param { num_output: 64 kernel_size: 3 stride: 2 }"
    )
    for squeeze in (0, 16, 16, 0, 32, 32, 0, 48, 48, 64, 64):
        if not squeeze:
            top = made.pool(top)
            continue
        before = made.conv(top, squeeze, 1)
        one, three = made.conv(before, 4 * squeeze, 1), made.conv(before, 4 * squeeze, 3)
        top = made.layer("Concat", f"{one} {three}")
    made.conv(top, 1000, 1)
    return made.text


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (googlenet(), 6_998_552),
        (vgg16(), 138_357_544),
        (alexnet(), 60_965_224),
        (squeezenet(), 1_235_496),
    ],
    ids=["GoogLeNet", "VGG16", "AlexNet", "SqueezeNet 1.1"],
)
def test_well_known_networks_have_their_parameters(text: str, count: int) -> None:
    graph = read(text, "net.prototxt").graph
    found = analyse(graph)
    assert not found.errors
    assert found.totals.trainable == count
    assert read(write(graph, "caffe_prototxt"), "net.prototxt").graph == graph


@pytest.mark.corpus
@pytest.mark.skipif(not FILES, reason="the corpus of Caffe files is not here")
def test_files_of_others_open_and_survive() -> None:
    form = formats()["caffe_prototxt"]
    opened = 0
    for path in FILES:
        source = Source.of_file(path)
        if not form.matches(source):
            continue
        opened += 1
        graph = form.read(source).graph
        assert form.read(Source(form.write(graph), "net.prototxt")).graph == graph, path.name
    # One of them is a solver.
    assert opened == len(FILES) - 1
