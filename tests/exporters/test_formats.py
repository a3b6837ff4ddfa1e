"""Every format over every network: nothing is lost on the way there and back."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from exporters.format import Format, formats, read, write
from exporters.zoo import zoo
from layers.diagnostics import GraphError
from layers.graph import Graph
from layers.layer import LAYERS
from tests.exporters.networks import CONNECTED, EXAMPLES, NETWORKS, facts

BOTH_WAYS = [
    name
    for name, form in formats().items()
    if form.reads and form.writes and form.keeps_layers and not form.runtime
]
"""Those that need TensorFlow take seconds for a network; their own tests look at them."""
INEXACT = {name for name, form in formats().items() if form.takes_mistakes}
WRITABLE = [name for name, form in formats().items() if form.writes]


@pytest.mark.parametrize("name", BOTH_WAYS)
@pytest.mark.parametrize("graph", [*NETWORKS, *EXAMPLES])
def test_a_network_survives_writing_and_reading(name: str, graph: Graph) -> None:
    form = formats()[name]
    obstacles = form.obstacles(graph)
    if obstacles:
        with pytest.raises(GraphError) as caught:
            write(graph, name)
        assert caught.value.diagnostics == obstacles
        return
    reading = read(write(graph, name), f"network{form.extensions[0]}")
    assert reading.format == name
    assert reading.diagnostics == ()
    assert facts(reading.graph) == facts(graph)


# Programs have blocks as functions, which are followed when a program is read.
@pytest.mark.parametrize("name", [name for name in BOTH_WAYS if name != "python"])
def test_blocks_survive_or_are_named_before_they_are_lost(name: str) -> None:
    graph = zoo()["vgg"].graph
    form = formats()[name]
    again = read(write(graph, name), f"network{form.extensions[0]}").graph
    codes = {item.code for item in form.losses(graph)}
    if again.blocks == graph.blocks:
        assert codes == set()
    else:
        assert codes == {"keras.block_copies" if again.blocks else "format.blocks"}


def test_the_native_format_keeps_everything() -> None:
    graph = CONNECTED["siamese"]
    first = next(iter(graph.nodes.values()))
    graph = graph.with_node(
        replace(first, position=(3.5, -7.0), note='两个输入之一 "quoted"', phase="train")
    )
    assert read(write(graph, "visualnn"), "x.json").graph == graph


@pytest.mark.parametrize("name", [name for name in WRITABLE if name not in INEXACT])
def test_writing_says_what_is_wrong_with_a_network(name: str) -> None:
    graph = CONNECTED["branches"]
    broken = graph.with_node(replace(graph.nodes["dense"], params={"units": -3}))
    with pytest.raises(GraphError) as caught:
        write(broken, name)
    assert [(item.node, item.param) for item in caught.value.diagnostics] == [("dense", "units")]


@pytest.mark.parametrize("name", [name for name in WRITABLE if name not in INEXACT])
def test_an_empty_network_is_refused(name: str) -> None:
    with pytest.raises(GraphError, match="empty"):
        write(Graph(), name)


HAVE_PHASES = {"caffe_prototxt", "caffe_model"}
"""Formats that can say themselves in which phase a layer exists."""


@pytest.mark.parametrize(
    "name", [name for name in WRITABLE if name not in INEXACT and name not in HAVE_PHASES]
)
def test_a_layer_of_one_phase_is_named_before_it_is_lost(name: str) -> None:
    graph = CONNECTED["branches"]
    marked = graph.with_node(replace(graph.nodes["dense"], phase="train"))
    assert [item.code for item in formats()[name].losses(marked)] == ["format.phase"]
    assert formats()[name].losses(graph) == ()


@pytest.mark.parametrize("name", sorted(INEXACT))
def test_what_takes_mistakes_writes_any_network(name: str) -> None:
    graph = CONNECTED["branches"]
    broken = graph.with_node(replace(graph.nodes["dense"], params={"units": -3}, phase="train"))
    for any_graph in (broken, Graph()):
        content = write(any_graph, name)
        assert content
        if name == "visualnn":
            assert read(content).graph == any_graph
    assert formats()[name].losses(broken) == ()


def test_an_unknown_format_is_refused_with_those_that_exist() -> None:
    with pytest.raises(GraphError, match="keras_json"):
        write(Graph(), "hologram")


def test_a_format_is_one_module_and_its_name_is_taken_once(tmp_path: Path) -> None:
    """Dropping a file into the package is enough; a second format of a name is refused."""
    package = tmp_path / "exporters" / "formats"
    program = f"""
import sys
sys.path[:0] = [{str(Path.cwd())!r}]
import exporters.formats
exporters.formats.__path__.append({str(package)!r})
from exporters.format import formats, write
from exporters.zoo import zoo
print(write(zoo()["dnn"].graph, "names").decode())
"""
    module = """
from typing import ClassVar
from exporters.format import Format
class Names(Format):
    name: ClassVar = "{name}"
    label: ClassVar = "Names"
    extensions: ClassVar = (".txt",)
    description: ClassVar = "Layer names, one a line."
    def write(self, graph, weights=None):
        return "\\n".join(node.name for node in graph).encode()
"""
    package.mkdir(parents=True)
    (package / "names.py").write_text(module.format(name="names"))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split()[:2] == ["input", "dense_1"], done.stderr
    (package / "copies.py").write_text(module.format(name="keras_json"))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "'keras_json' is declared twice" in done.stderr


@pytest.mark.parametrize("form", formats().values(), ids=formats())
def test_a_format_describes_itself_for_menus(form: Format) -> None:
    shown = form.to_json()
    assert shown["reads"] or shown["writes"]
    assert all(extension.startswith(".") for extension in shown["extensions"])
    assert shown["label"]
    assert shown["description"].endswith(".")
    assert json.loads(json.dumps(shown)) == shown


def test_no_format_imports_keras() -> None:
    program = (
        "import sys; from exporters.zoo import zoo; from exporters.format import formats, write\n"
        "for name, form in formats().items():\n"
        "    if form.writes and not form.runtime: write(zoo()['cnn'].graph, name)\n"
        "heavy = {'keras', 'tensorflow', 'torch', 'django'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_every_layer_has_an_example_that_these_tables_use() -> None:
    assert {name for name, layer in LAYERS.items() if not layer.examples} == set()
