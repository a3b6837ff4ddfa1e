"""Within blocks: problems are shown and mended where they are; inputs are given and taken."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from exporters.format import write
from layers.graph import Edge, Graph, Node
from tests.exporters.judging import random_weights
from tests.journeys.user import Editor
from tests.waiting import wait_for

pytestmark = pytest.mark.browser


def block(*nodes: Node, params: dict[str, int] | None = None) -> dict[str, Any]:
    """A block whose nodes stand in a row behind its input, far apart."""
    placed = [
        Node(node.id, node.type, node.name, node.params, (0.0, 600.0 * place))
        for place, node in enumerate((Node("in", "BlockInput", "in"), *nodes))
    ]
    edges = [Edge(one.id, two.id) for one, two in pairwise(placed)]
    stored = Graph(placed, edges).to_json()
    return {"params": params or {}, "nodes": stored["nodes"], "edges": stored["edges"]}


NETWORK = Graph(
    [
        Node("i", "InputLayer", "input", {"shape": [9, 9, 2]}, (0.0, 0.0)),
        Node("a", "Block", "first", {"block": "body", "values": {"filters": 2}}, (0.0, 100.0)),
        Node(
            "b", "Block", "second", {"block": "body", "values": {"filters": 3}, "repeat": 3},
            (0.0, 200.0),
        ),
        Node("r", "ReLU", "relu", {"negative_slope": -1}, (0.0, 300.0)),
    ],
    [Edge("i", "a"), Edge("a", "b"), Edge("b", "r")],
    {
        "body": block(
            Node("before", "ReLU", "before"),
            Node("deep", "Block", "deep", {"block": "conv", "values": {"f": {"expr": "filters"}}}),
            params={"filters": 4},
        ),
        "conv": block(
            Node("act", "ReLU", "act"),
            Node("conv", "Conv1D", "conv", {"filters": {"expr": "f"}, "kernel_size": [3]}),
            params={"f": 4},
        ),
    },
    "blocks",
)  # fmt: skip


def open_network(page: Page, graph: Graph, folder: Path) -> Editor:
    """A network of a file, opened as a user does."""
    path = folder / "network.json"
    path.write_text(json.dumps(graph.to_json()))
    return open_file(page, path)


def open_file(page: Page, path: Path) -> Editor:
    page.goto("/")
    page.get_by_test_id("home-import").click()
    page.get_by_test_id("import-file").set_input_files([path])
    editor = Editor(page)
    editor.expect_open()
    return editor


def test_a_problem_within_blocks_is_shown_and_mended_where_it_is(
    page: Page, tmp_path: Path
) -> None:
    editor = open_network(page, NETWORK, tmp_path)
    page.get_by_test_id("toggle-problems").click()
    rows = page.get_by_test_id("problem")
    expect(rows).to_have_count(2)
    within = rows.filter(has_text="Conv1D needs 3 axes")
    expect(within).to_contain_text("first › deep › conv")

    # By the list, to the node at fault at any depth, which is in sight.
    within.click()
    crumbs = page.get_by_test_id("breadcrumb")
    expect(crumbs).to_contain_text("first")
    expect(crumbs).to_contain_text("deep")
    expect(editor.node("conv")).to_have_attribute("data-selected", "true")
    expect(editor.node("conv")).to_have_attribute("data-severity", "error")
    expect(editor.node("conv").get_by_test_id("badge")).to_be_in_viewport()
    expect(editor.inspector).to_contain_text("Conv1D needs 3 axes")

    # By the key, from one problem to the next, out of the block and back into it.
    page.get_by_test_id("canvas").focus()
    page.keyboard.press("F8")
    expect(editor.node("relu")).to_have_attribute("data-selected", "true")
    expect(crumbs).to_have_count(0)
    page.keyboard.press("F8")
    expect(editor.node("conv")).to_have_attribute("data-selected", "true")

    # By the badge, from the node of the block, which says what is wrong within it.
    page.get_by_test_id("crumb-0").click()
    editor.select("first")
    expect(editor.inspector).to_contain_text("deep › conv")
    editor.node("first").get_by_test_id("badge").click()
    expect(editor.node("conv")).to_have_attribute("data-selected", "true")

    # The fix is made in the block's definition, which both use, as one step.
    page.get_by_test_id("problem-list").get_by_test_id("apply-fix").first.click()
    expect(editor.node("conv")).to_have_attribute("data-type", "Conv2D")
    expect(editor.node("conv")).to_contain_text("7×7×2")
    expect(page.get_by_test_id("param-filters")).to_have_value("f")
    page.get_by_test_id("crumb-0").click()
    expect(editor.node("relu")).to_be_visible()
    expect(within).to_have_count(0)
    editor.press_on_canvas("Control+z")
    expect(within).to_have_count(1)
    editor.press_on_canvas("Control+Shift+z")
    expect(within).to_have_count(0)


def test_a_problem_in_one_copy_says_in_which_and_shows_it(page: Page, tmp_path: Path) -> None:
    small = {"shape": [3, 3, 2]}
    text = json.dumps(NETWORK.blocks["conv"])
    conv = json.loads(text.replace("Conv1D", "Conv2D").replace("[3]", "[2, 2]"))
    nodes = NETWORK.nodes | {"i": Node("i", "InputLayer", "input", small)}
    graph = Graph(nodes, NETWORK.edges, {**NETWORK.blocks, "conv": conv})
    editor = open_network(page, graph, tmp_path)
    editor.node("second").get_by_test_id("badge").click()
    expect(page.get_by_test_id("copy-1")).to_have_text("copy 2")
    expect(editor.node("conv")).to_have_attribute("data-severity", "error")
    expect(editor.node("act")).to_contain_text("1×1×3")
    page.get_by_test_id("toggle-problems").click()
    row = page.get_by_test_id("problem").filter(has_text="window")
    expect(row).to_contain_text("second › copy 2 › deep › conv")
    page.get_by_test_id("crumb-0").click()
    editor.node("first").dblclick()
    expect(page.get_by_test_id("copy-1")).to_have_count(0)
    expect(editor.node("before")).to_contain_text("3×3×2")
    expect(page.locator("[data-severity=error][data-testid^=node-]")).to_have_count(0)


PAIR = Graph(
    [
        Node("i", "InputLayer", "input", {"shape": [8]}, (0.0, 0.0)),
        Node("o", "InputLayer", "other", {"shape": [8]}, (248.0, 0.0)),
        Node("a", "Block", "first", {"block": "body", "values": {"n": 5}}, (0.0, 104.0)),
        Node("b", "Block", "second", {"block": "body"}, (0.0, 208.0)),
    ],
    [Edge("i", "a"), Edge("a", "b")],
    {"body": block(Node("d", "Dense", "dense", {"units": {"expr": "n"}}), params={"n": 8})},
)


def test_a_block_is_given_another_input_and_loses_it(page: Page, tmp_path: Path) -> None:
    editor = open_network(page, PAIR, tmp_path)
    offered = page.get_by_test_id("palette-item-block-input")
    expect(page.get_by_test_id("palette-item-block-body")).to_be_visible()
    expect(offered).to_have_count(0)
    editor.node("first").dblclick()
    expect(editor.node("in")).to_be_visible()
    expect(page.get_by_test_id("palette-item-block-body")).to_have_count(0)
    editor.append("block-input")
    expect(editor.node("input")).to_have_attribute("data-selected", "true")
    expect(page.get_by_test_id("layer-label")).to_have_text("Block input")
    page.keyboard.press("Control+a")
    expect(editor.inspector.get_by_role("button", name="Block input")).to_be_visible()

    # Wherever the block is used, another tensor is missing now.
    page.get_by_test_id("toggle-problems").click()
    rows = page.get_by_test_id("problem").filter(has_text="needs 2 input(s); it has 1.")
    expect(rows).to_have_count(2)
    page.get_by_test_id("crumb-0").click()
    for name, place in (("first", 1), ("second", 2)):
        editor.node("other").locator(".react-flow__handle.source").hover()
        page.mouse.down()
        editor.node(name).locator(".react-flow__handle.target").nth(1).hover()
        page.mouse.up()
        expect(rows).to_have_count(2 - place)
    expect(editor.edges).to_have_count(4)

    # The input goes, and what led to it.
    editor.node("first").dblclick()
    expect(page.get_by_test_id("block-inputs")).to_contain_text("2 · 8")
    page.get_by_test_id("block-inputs").get_by_text("in", exact=True).click()
    expect(editor.node("in")).to_have_attribute("data-selected", "true")
    editor.node("in").click(button="right")
    page.get_by_role("menuitem", name="Delete", exact=False).first.click()
    expect(page.get_by_text("The input is gone, and the 2 lines that led to it")).to_be_visible()
    page.get_by_test_id("crumb-0").click()
    expect(editor.edges).to_have_count(2)
    expect(editor.node("first").locator(".react-flow__handle.target")).to_have_count(1)
    expect(editor.edges).to_have_text(["8", "8"])
    editor.press_on_canvas("Control+z")
    expect(editor.edges).to_have_count(4)
    expect(editor.node("first").locator(".react-flow__handle.target")).to_have_count(2)


def test_a_layer_behind_an_output_of_a_block_takes_its_lines(page: Page, tmp_path: Path) -> None:
    inside = Graph(
        [
            Node("in", "BlockInput", "in"),
            Node("mean", "Dense", "mean", {"units": 3}, (0.0, 100.0)),
            Node("variance", "Dense", "variance", {"units": 5}, (400.0, 100.0)),
        ],
        [Edge("in", "mean"), Edge("in", "variance")],
    ).to_json()
    body = {"params": {}, "nodes": inside["nodes"], "edges": inside["edges"]}
    graph = Graph(
        [
            Node("i", "InputLayer", "input", {"shape": [8]}, (0.0, 0.0)),
            Node("a", "Block", "encoder", {"block": "body", "values": {}}, (0.0, 100.0)),
            Node("m", "ReLU", "first", {}, (0.0, 200.0)),
            Node("v", "ReLU", "second", {}, (400.0, 200.0)),
        ],
        [Edge("i", "a"), Edge("a", "m"), Edge("a", "v", 1)],
        {"body": body},
        "outputs",
    )
    editor = open_network(page, graph, tmp_path)
    expect(editor.node("first")).to_contain_text("3")
    editor.node("encoder").dblclick()
    editor.select("mean")
    editor.append("batch-norm")
    page.get_by_test_id("crumb-0").click()
    expect(editor.edges).to_have_text(["8", "3", "5"])
    expect(editor.node("first")).to_contain_text("3")

    # An output that is gone takes its line along, which is said; undo brings both back.
    editor.node("encoder").dblclick()
    editor.select("variance")
    page.keyboard.press("Delete")
    expect(page.get_by_text("An output of the block is gone, and the line")).to_be_visible()
    page.get_by_test_id("crumb-0").click()
    expect(editor.edges).to_have_text(["8", "3"])
    editor.press_on_canvas("Control+z")
    expect(editor.edges).to_have_text(["8", "3", "5"])


def test_a_parameter_of_a_block_is_added_named_and_used(page: Page, tmp_path: Path) -> None:
    editor = open_network(page, PAIR, tmp_path)
    editor.node("first").dblclick()
    expect(page.get_by_test_id("block-outputs")).to_contain_text("dense")
    name = page.get_by_test_id("block-param-name-n")
    name.fill("width")
    name.press("Enter")
    expect(page.get_by_test_id("block-param-width")).to_have_value("8")
    page.get_by_test_id("add-param").click()
    # What comes has the focus: the letters are no shortcuts.
    page.keyboard.type("width")
    expect(page.get_by_text("There is one of that name.")).to_be_visible()
    page.keyboard.press("Control+a")
    page.keyboard.type("factor")
    page.keyboard.press("Enter")
    value = page.get_by_test_id("block-param-factor")
    value.fill("3")
    value.press("Enter")
    page.get_by_test_id("block-outputs").get_by_text("dense").click()
    units = page.get_by_test_id("param-units")
    expect(units).to_have_value("width")
    units.fill("factor * width")
    units.press("Enter")
    expect(editor.node("dense")).to_contain_text("15")
    toggle = page.get_by_label(re.compile("^units: "))
    toggle.click()
    page.keyboard.type("27")
    expect(editor.node("dense")).to_contain_text("27")
    toggle.click()
    page.keyboard.type("factor * width")
    expect(editor.node("dense")).to_contain_text("15")
    page.get_by_test_id("crumb-0").click()
    expect(page.get_by_test_id("block-value-width")).to_have_value("5")
    editor.select("second")
    expect(page.get_by_test_id("block-value-factor")).to_have_value("3")
    editor.expect_parameters("519")


def test_a_block_is_made_of_layers_named_and_used_again(page: Page) -> None:
    editor = Editor(page)
    editor.start_from_nothing()
    editor.append("input")
    editor.set("shape", 8)
    for units in (16, 8):
        editor.append("inner-product")
        editor.set("units", units)
        editor.append("dropout")
    editor.expect_parameters("280")
    editor.press_on_canvas("Control+a")
    page.keyboard.press("Control+g")
    expect(page.get_by_text("No block can be made of an input")).to_be_visible()
    editor.node("input_layer").click(modifiers=["Shift"])
    expect(editor.selected).to_have_count(4)
    editor.inspector.get_by_role("button", name="Make a block of it").click()
    expect(editor.node("block")).to_have_attribute("data-selected", "true")
    expect(editor.nodes).to_have_count(2)
    expect(editor.node("block")).to_contain_text("8")
    editor.expect_parameters("280")

    editor.node("block").dblclick()
    expect(editor.nodes).to_have_count(5)
    expect(editor.edges).to_have_text(["8", "16", "16", "8"])
    page.get_by_test_id("block-own-name").fill("bottleneck")
    page.get_by_test_id("block-own-name").press("Enter")
    expect(page.get_by_test_id("breadcrumb")).to_contain_text("bottleneck")
    page.get_by_test_id("crumb-0").click()
    editor.append("block-bottleneck")
    expect(editor.node("bottleneck")).to_contain_text("8")
    editor.expect_parameters("560")
    page.keyboard.press("Control+Shift+g")
    expect(editor.nodes).to_have_count(6)
    expect(editor.selected).to_have_count(4)
    expect(page.get_by_test_id("palette-category-blocks")).to_have_count(1)
    editor.expect_parameters("560")
    editor.select("block")
    editor.inspector.get_by_role("button", name="Dissolve block").click()
    expect(editor.node("block")).to_have_count(0)
    expect(page.get_by_test_id("palette-category-blocks")).to_have_count(0)
    editor.expect_parameters("560")
    for _ in range(2):
        editor.press_on_canvas("Control+z")
    expect(editor.nodes).to_have_count(3)
    editor.press_on_canvas("Control+z")
    expect(editor.nodes).to_have_count(2)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(editor.nodes).to_have_count(5)
    expect(page.get_by_test_id("palette-category-blocks")).to_have_count(0)
    editor.expect_parameters("280")


def test_weights_go_along_into_a_block(page: Page, tmp_path: Path) -> None:
    layers = [
        Node("i", "InputLayer", "input", {"shape": [4]}),
        *(Node(name, "Dense", name, {"units": units}) for name, units in (("one", 3), ("two", 2))),
    ]
    graph = Graph(layers, [Edge(one.id, two.id) for one, two in pairwise(layers)])
    path = tmp_path / "two.keras"
    path.write_bytes(write(graph, "keras", random_weights(graph)))
    editor = open_file(page, path)
    editor.select("one")
    editor.node("two").click(modifiers=["Shift"])
    page.keyboard.press("Control+g")
    expect(editor.nodes).to_have_count(2)
    address = f"/api/networks/{urlsplit(page.url).path.split('/')[2]}"

    def blocks() -> list[str]:
        return list(page.request.get(address).json()["graph"]["blocks"])

    def is_complete() -> bool:
        (source,) = page.request.get(f"{address}/weights").json()
        return bool(source["complete"])

    wait_for(lambda: blocks() == ["block"])
    assert is_complete()
    page.keyboard.press("Control+Shift+g")
    expect(editor.nodes).to_have_count(3)
    wait_for(lambda: blocks() == [])
    assert is_complete()


def test_a_block_is_not_pasted_into_itself(page: Page, tmp_path: Path) -> None:
    editor = open_network(page, NETWORK, tmp_path)
    editor.select("first")
    page.keyboard.press("Control+c")
    editor.node("first").dblclick()
    expect(editor.node("before")).to_be_visible()
    page.keyboard.press("Control+v")
    expect(page.get_by_text("A block cannot stand inside itself")).to_be_visible()
    expect(editor.node("first")).to_have_count(0)
