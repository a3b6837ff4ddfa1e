"""What every layer of the catalogue must say about itself; Keras speaks in test_contract."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from layers.diagnostics import Invalid
from layers.layer import LAYERS, Example, Layer
from layers.schema import catalog, new_params
from layers.tensor import Tensor

ROOT = Path(__file__).resolve().parents[2]


def is_built(case: str) -> bool:
    return LAYERS[case.rpartition("-")[0]].package != "caffe"


CASES = [
    pytest.param(layer, example, id=f"{name}-{index}")
    for name, layer in LAYERS.items()
    for index, example in enumerate(layer.examples)
]

BUILT = [case for case in CASES if is_built(str(case.id))]
"""Those that stand in a Keras model; losses, and where data come from, do not."""


@pytest.mark.parametrize(("layer", "example"), CASES)
def test_an_example_has_the_shapes_and_weights_it_names(
    layer: type[Layer], example: Example
) -> None:
    made = layer(**example.params)
    output = made.output(*example.inputs)
    outputs = output if isinstance(output, tuple) else (output,)
    assert tuple(tensor.shape for tensor in outputs) == example.output_shapes
    counted = sum(weight.count for weight in made.weights(*example.inputs).values())
    assert counted == example.weights


@pytest.mark.parametrize(("layer", "example"), CASES)
def test_parameters_survive_json(layer: type[Layer], example: Example) -> None:
    made = layer(**example.params)
    text = json.dumps(made.to_json(), allow_nan=False)
    assert layer(**json.loads(text)) == made


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_a_layer_is_documented(layer: type[Layer]) -> None:
    assert layer.examples, "no example"
    assert layer.source, "no source"
    doc = layer.__doc__ or ""
    assert "Output: " in doc
    assert layer.summary().endswith(".")
    assert layer.max_inputs == 0 or "Input: " in doc
    assert all(param.help.endswith(".") for param in layer.params.values())
    if layer.input_rank:
        assert len(layer.axis_names) == layer.input_rank


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_a_new_layer_has_complete_and_legal_parameters(layer: type[Layer]) -> None:
    params = new_params(layer)
    assert params.keys() == layer.params.keys()
    assert layer(**params).to_json() == params


@pytest.mark.parametrize(
    "layer",
    [layer for layer in LAYERS.values() if layer.input_rank],
    ids=[name for name, layer in LAYERS.items() if layer.input_rank],
)
def test_a_wrong_number_of_axes_is_refused_with_the_axes_named(layer: type[Layer]) -> None:
    assert layer.input_rank is not None
    made = layer(**new_params(layer))
    with pytest.raises(Invalid) as caught:
        made.output(*[Tensor((None,) + (8,) * layer.input_rank)] * layer.min_inputs)
    assert caught.value.problem.code == "shape.rank"
    assert layer.axis_names[1] in str(caught.value)


DOUBLING = '''"""A layer of its own."""
from layers.categories import Category
from layers.layer import Entry, Example, Layer
from layers.params import Int
from layers.tensor import Tensor
class Doubling(Layer):
    """Repeat the features.

    Input:  (batch, features)
    Output: (batch, times * features)
    """
    category = Category.UTILITY
    entries = (Entry("Doubling", "加倍"),)
    input_rank = 2
    axis_names = ("batch", "features")
    source = "here"
    examples = (Example((None, 4), (None, 8)),)
    times = Int(2, minimum=1, help="How often.")
    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_rank(tensor)
        return tensor.with_shape((tensor.shape[0], self.known(tensor, 1) * self.times))
'''


@pytest.fixture
def added(tmp_path: Path) -> Iterator[str]:
    """A layer declared in one new file beside the catalogue; gone again afterwards."""
    (tmp_path / "visualnn_doubling.py").write_text(DOUBLING)
    sys.path.insert(0, str(tmp_path))
    catalog.cache_clear()
    __import__("visualnn_doubling")
    yield "Doubling"
    sys.path.remove(str(tmp_path))
    del sys.modules["visualnn_doubling"], LAYERS["Doubling"]
    catalog.cache_clear()


EVERYWHERE = """
import sys
sys.path[:0] = sys.argv[1:]
from layers.analysis import analyse
from layers.graph import Edge, Graph, Node
from layers.reference import pages
from layers.schema import catalog
from exporters.format import read, write
shown = catalog()
assert any(entry["layer"] == "Doubling" for entry in shown["entries"]), "palette"
assert [param["name"] for param in shown["layers"]["Doubling"]["params"]] == ["times"], "form"
given = Node("a", "InputLayer", "given", {"shape": [5]})
graph = Graph([given, Node("b", "Doubling", "doubled", {"times": 3})], [Edge("a", "b")])
assert analyse(graph).nodes["b"].outputs[0].shape == (None, 15), "analysis"
written = write(graph, "keras_json")
assert b'"class_name": "Doubling"' in written, "Keras JSON"
back = read(written, "network.json").graph
assert [(node.type, dict(node.params)) for node in back][1] == ("Doubling", {"times": 3}), "read"
assert "Doubling(" in write(graph, "python").decode(), "Python code"
assert any("Repeat the features." in page for page in pages().values()), "reference page"
print("found everywhere")
"""


def test_adding_a_layer_takes_one_file(tmp_path: Path) -> None:
    """A module dropped into the catalogue is found by all that shows, checks, writes and reads."""
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "layers", tmp_path / "layers", ignore=without)
    (tmp_path / "layers" / "catalog" / "doubling.py").write_text(DOUBLING)
    command = [sys.executable, "-c", EVERYWHERE, str(tmp_path), str(ROOT)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "found everywhere\n", done.stderr


def test_a_layer_declared_twice_is_refused(added: str) -> None:
    with pytest.raises(ValueError, match="Doubling is declared in"):
        type("Doubling", (Layer,), {"__module__": "elsewhere"})


def test_the_palette_has_the_manuals_nine_categories_in_its_order() -> None:
    assert [category["label"]["zh"] for category in catalog()["categories"]][:9] == [
        "数据",
        "视觉",
        "循环",
        "常用单元",
        "激活",
        "归一化",
        "常规",
        "噪声",
        "包装器",
    ]


def test_every_category_has_an_entry_and_every_entry_a_category() -> None:
    content = catalog()
    ids = [category["id"] for category in content["categories"]]
    assert {entry["category"] for entry in content["entries"]} == set(ids)
    assert [ids.index(entry["category"]) for entry in content["entries"]] == sorted(
        ids.index(entry["category"]) for entry in content["entries"]
    )


def test_presets_of_entries_are_legal_parameters() -> None:
    for entry in catalog()["entries"]:
        layer = LAYERS[entry["layer"]]
        assert layer(**new_params(layer) | entry["params"]).values.keys() == layer.params.keys()


def test_a_family_offers_the_variant_that_fits_the_rank() -> None:
    families = catalog()["families"]
    assert families["convolution"]["by_rank"] == {"3": "Conv1D", "4": "Conv2D", "5": "Conv3D"}
    assert families["pool"]["by_rank"]["4"] == "MaxPooling2D"


def test_the_version_follows_the_content(added: str) -> None:
    with_it = catalog()["version"]
    layer = LAYERS.pop(added)
    catalog.cache_clear()
    assert catalog()["version"] != with_it
    LAYERS[added] = layer
