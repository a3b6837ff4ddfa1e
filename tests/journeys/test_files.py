"""Files as a user handles them: with weights, pasted, by address, and every way out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from exporters.format import read, write
from exporters.weights import count
from exporters.zoo import zoo
from layers.graph import Edge, Graph, Node
from tests.exporters.judging import random_weights
from tests.journeys.user import Editor, Examiner, Trainer, box_of

pytestmark = pytest.mark.browser


def test_a_network_and_its_weights_are_opened_together_and_leave_together(
    page: Page, tmp_path: Path
) -> None:
    graph = zoo()["dnn"].graph
    weights = random_weights(graph)
    (tmp_path / "net.json").write_bytes(write(graph, "keras_json"))
    (tmp_path / "net.weights.h5").write_bytes(write(graph, "keras_weights", weights))
    page.goto("/")
    page.get_by_test_id("home-import").click()
    page.get_by_test_id("import-file").set_input_files(
        [tmp_path / "net.weights.h5", tmp_path / "net.json"]
    )
    editor = Editor(page)
    editor.expect_open()
    editor.expect_parameters("669,706")

    page.get_by_test_id("button-train").click()
    expect(page.get_by_test_id("start-weights")).to_have_value("Imported: net.weights.h5")

    page.keyboard.press("Control+e")
    page.get_by_test_id("export-search").fill("onnx")
    page.get_by_test_id("format-onnx").click()
    expect(page.get_by_test_id("export-weights")).to_have_value(re.compile("net.weights.h5"))
    with page.expect_download() as started:
        page.get_by_test_id("export-download").click()
    path = tmp_path / started.value.suggested_filename
    started.value.save_as(path)
    back = read(path.read_bytes(), path.name)
    assert back.weights is not None
    assert count(back.weights) == 669_706
    first = next(iter(weights.values()))
    assert any(
        np.array_equal(array, first["kernel"])
        for arrays in back.weights.values()
        for array in arrays.values()
    )

    # The menu's one click takes the same weights.
    by_dialog = path.read_bytes()
    page.keyboard.press("Escape")
    assert editor.export("onnx", tmp_path).read_bytes() == by_dialog

    # A change costs a layer its weights: said before the export, and after it.
    page.get_by_test_id("tab-layer").click()
    editor.select("dense_3")
    editor.set("units", 11)
    editor.press_on_canvas("Control+e")
    page.get_by_test_id("export-search").fill("onnx")
    expect(page.get_by_test_id("export-losses")).to_contain_text("dense_3: the values for kernel")
    with page.expect_download():
        page.get_by_test_id("export-download").click()
    expect(page.get_by_text("these have no trained values")).to_be_visible()


def test_submenus_lie_beside_what_opens_them(page: Page) -> None:
    Editor(page).start_from_nothing()
    for width, menu in ((1440, "file-menu"), (700, "more-menu"), (390, "more-menu")):
        page.set_viewport_size({"width": width, "height": 900})
        page.get_by_test_id(menu).click()
        page.get_by_test_id("menu-exportAs").hover()
        item = page.get_by_test_id("export-visualnn")
        expect(item).to_be_in_viewport(ratio=1)
        opener, inside = box_of(page.get_by_test_id("menu-exportAs")), box_of(item)
        below = inside["y"] - opener["y"] - opener["height"]
        right = inside["x"] - opener["x"] - opener["width"]
        left = opener["x"] - inside["x"] - inside["width"]
        assert max(below, left, right) >= -8, f"it covers what opens it at {width} px"
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        expect(item).to_have_count(0)


def test_what_a_format_cannot_say_is_grey_and_names_the_layer(page: Page) -> None:
    graph = Graph(
        [
            Node("a", "InputLayer", "picture", {"shape": [8, 8, 3]}, (0.0, 0.0)),
            Node("b", "caffe.Mystery", "riddle", {"text": "secret: 1"}, (0.0, 100.0)),
        ],
        [],
        name="odd",
    )
    page.goto("/")
    made = page.request.post("/api/networks", data={"graph": graph.to_json()}).json()
    editor = Editor(page)
    editor.open(f"/networks/{made['id']}")
    page.keyboard.press("Control+e")
    choice = page.get_by_test_id("format-onnx")
    expect(choice).to_have_attribute("data-unavailable", "true")
    choice.click()
    expect(page.get_by_test_id("export-obstacles")).to_contain_text("riddle")
    expect(page.get_by_test_id("export-download")).to_be_disabled()
    page.get_by_test_id("export-show").first.click()
    expect(editor.node("riddle")).to_have_attribute("data-selected", "true")


RIDDLE = {
    "class_name": "Riddle",
    "module": "own.layers",
    "registered_name": "own>Riddle",
    "config": {"name": "riddle", "secret": [7, "x"]},
}


def test_a_layer_nobody_knows_is_shown_and_leaves_as_it_came(page: Page, tmp_path: Path) -> None:
    given = {"class_name": "InputLayer", "config": {"batch_shape": [None, 8], "name": "given"}}
    network = {"class_name": "Sequential", "config": {"name": "odd", "layers": [given, RIDDLE]}}
    (tmp_path / "odd.json").write_text(json.dumps(network))
    page.goto("/")
    page.get_by_test_id("home-import").click()
    page.get_by_test_id("import-file").set_input_files(tmp_path / "odd.json")
    editor = Editor(page)
    editor.expect_open()
    expect(editor.node("riddle")).to_have_attribute("data-opaque", "true")
    expect(editor.node("riddle")).to_have_attribute("data-severity", "error")
    editor.select("riddle")
    expect(editor.inspector.get_by_test_id("configuration")).to_contain_text('"secret"')
    expect(editor.inspector).to_contain_text("own.layers.Riddle is not a layer this program knows")
    written = json.loads(editor.export("keras_json", tmp_path).read_text())
    (left,) = (layer for layer in written["config"]["layers"] if layer["name"] == "riddle")
    assert {key: left[key] for key in RIDDLE} == RIDDLE


def test_text_is_pasted_and_a_figure_goes_to_the_storage(page: Page) -> None:
    page.goto("/")
    page.get_by_test_id("home-import").click()
    page.get_by_test_id("import-url-tab").click()
    # That refused addresses are told is tested where no browser notes a refusal as an error.
    expect(page.get_by_test_id("import-fetch")).to_be_disabled()
    page.get_by_test_id("import-text-tab").click()
    page.get_by_test_id("import-text").fill(json.dumps(zoo()["cnn"].graph.to_json()))
    page.get_by_test_id("import-submit").click()
    editor = Editor(page)
    editor.expect_open()
    editor.expect_parameters("1,199,882")

    page.keyboard.press("Control+e")
    page.get_by_test_id("format-diagram_svg").click()
    picture = page.get_by_test_id("export-picture")
    expect(picture).to_be_visible()
    # Asked once, for a function that is asked again and again falls under the page's own policy.
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    with page.expect_response("**/exports/diagram_svg") as stored:
        page.get_by_test_id("export-storage").click()
    address = stored.value.json()["url"]
    assert Path(address.removeprefix("file://")).read_bytes().startswith(b"<svg")

    page.get_by_test_id("format-onnx").click()
    with page.expect_download():
        page.get_by_test_id("export-download").click()
    expect(page.get_by_text("cnn.onnx downloaded, without trained weights")).to_be_visible()


def test_a_network_that_came_with_weights_is_tested_without_training(
    page: Page, tmp_path: Path
) -> None:
    nodes = [
        Node("i", "InputLayer", "input", {"shape": [64]}),
        Node("d", "Dense", "dense", {"units": 10, "activation": "softmax"}),
    ]
    graph = Graph(nodes, [Edge("i", "d")], name="brought")
    path = tmp_path / "brought.keras"
    path.write_bytes(write(graph, "keras", random_weights(graph)))
    page.goto("/")
    page.get_by_test_id("home-import").click()
    page.get_by_test_id("import-file").set_input_files([path])
    editor = Editor(page)
    editor.expect_open()
    page.get_by_test_id("button-test").click()
    expect(page.get_by_test_id("nothing-trained")).to_contain_text("brought.keras")
    page.get_by_role("button", name="Measure these weights").click()
    trainer = Trainer(page)
    trainer.choose("digits")
    expect(page.get_by_test_id("start-training")).to_have_text("Measure the weights")
    trainer.start()
    trainer.expect_state("finished")
    examiner = Examiner(page)
    examiner.open()
    assert 0 <= examiner.evaluate() <= 1
    examiner.panel.get_by_test_id("sample-0").click()
    expect(examiner.panel.get_by_test_id("prediction")).to_be_visible()
