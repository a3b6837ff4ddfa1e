"""The packages import in one direction only, and heavy libraries stay where they belong."""

import ast
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT, text, tracked

OURS = {"layers", "exporters", "training", "designer", "visualnn", "scripts"}
DJANGO = {"django", "ninja", "channels", "celery", "kombu", "asgiref", "whitenoise", "pydantic"}
KERAS = {"keras", "tensorflow", "torch", "jax"}


@dataclass(frozen=True)
class Wall:
    """What a part may import beside the standard library and itself.

    `only_in` names, per library, the places (files, or folders with a slash) that may import it.
    """

    ours: frozenset[str] = frozenset()
    libraries: frozenset[str] = frozenset()
    only_in: dict[str, tuple[str, ...]] = field(default_factory=dict)


DJANGO_MODULES = ("models.py", "tasks.py", "consumers.py", "api.py", "apps.py", "admin.py")
TRAINING_DJANGO = (
    "training/server/",
    "training/migrations/",
    *(f"training/{name}" for name in DJANGO_MODULES),
)

WALLS = {
    "layers": Wall(),
    "exporters": Wall(
        frozenset({"layers"}),
        frozenset({"numpy", "h5py", "google", "safetensors"}),
        {
            "grpc_tools": ("exporters/protos/generate.py",),
            "keras": ("exporters/keras_model.py", "exporters/custom/", "exporters/tensorflow/"),
            "tensorflow": ("exporters/tensorflow/",),
            # Text that exported programs carry along; nothing imports it.
            "torch": ("exporters/code/torch/carried/",),
            "onnx": ("exporters/onnx/",),
            "yaml": ("exporters/yaml_text.py",),
            "PIL": ("exporters/figures/",),
            "reportlab": ("exporters/figures/",),
        },
    ),
    "designer": Wall(
        frozenset({"exporters", "layers"}),
        frozenset(DJANGO | {"pycrdt", "redis"}),
        {"fsspec": ("designer/storage.py",)},
    ),
    "training": Wall(
        frozenset({"exporters", "layers"}),
        frozenset({"keras", "numpy", "sklearn", "PIL", "h5py"}),
        {
            # A run belongs to a network; nothing in `designer` knows of runs.
            **dict.fromkeys([*DJANGO, "designer", "redis"], TRAINING_DJANGO),
            # Keras speaks for every backend; these two cannot leave it at that.
            "tensorflow": ("training/device.py", "training/pipeline.py"),
        },
    ),
    "scripts": Wall(
        frozenset({"training", "exporters", "layers"}), frozenset({"keras", "numpy", "PIL"})
    ),
    "visualnn": Wall(frozenset(OURS), frozenset(DJANGO)),
    "visualnn/launch": Wall(only_in={"uvicorn": ("visualnn/launch/web.py",)}),
}


def part_of(path: Path) -> str:
    """The part whose wall holds for a file: the deepest one that contains it."""
    return max((part for part in WALLS if path.is_relative_to(part)), key=len)


def imported(source: str) -> set[str]:
    """Full names of all modules that the source imports anywhere, functions included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names.add(node.module or "")
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def lies_in(path: Path, places: tuple[str, ...]) -> bool:
    return any(
        path.as_posix().startswith(place) if place.endswith("/") else path.as_posix() == place
        for place in places
    )


def violations(path: Path, source: str) -> set[str]:
    """The modules that the file at `path` may not import."""
    part = part_of(path)
    wall = WALLS[part]
    wrong = set()
    for name in imported(source):
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or f"{name}.".startswith(f"{part.replace('/', '.')}."):
            continue
        allowed = top in wall.ours or top in wall.libraries
        if top in wall.only_in:
            allowed = lies_in(path, wall.only_in[top])
        if not allowed:
            wrong.add(name)
    # Django's modules of `training` run in the web process, too.
    if lies_in(path, TRAINING_DJANGO):
        wrong |= {name for name in imported(source) if name.partition(".")[0] in KERAS}
    if part == "scripts":
        wrong |= {name for name in imported(source) if lies_in(_file(name), TRAINING_DJANGO)}
    return wrong


def _file(module: str) -> Path:
    return Path(*module.split(".")).with_suffix(".py")


SOURCES = [path for path in tracked() if path.suffix == ".py" and path.parts[0] in OURS]


def test_every_package_has_sources() -> None:
    assert {path.parts[0] for path in SOURCES} == OURS


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_a_module_imports_only_what_its_part_may(path: Path) -> None:
    source = text(path)
    assert source is not None
    assert not violations(path, source)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("layers/tensor.py", "import numpy"),
        ("layers/catalog/vision.py", "def f():\n    from exporters.format import read"),
        ("exporters/formats/keras_json.py", "import keras"),
        ("exporters/keras_model.py", "from training import runner"),
        ("designer/api.py", "from training.models import Run"),
        ("designer/api.py", "import keras"),
        ("training/runner.py", "from django.db import models"),
        ("training/tasks.py", "def f():\n    import keras"),
        ("training/api.py", "from visualnn.celery import app"),
        ("scripts/train.py", "from training.models import Run"),
        ("scripts/train.py", "import django"),
        ("visualnn/launch/supervisor.py", "import uvicorn"),
        ("visualnn/launch/supervisor.py", "from visualnn import settings"),
    ],
)
def test_the_walls_stop(path: str, source: str) -> None:
    assert violations(Path(path), source)


def test_only_the_canvas_knows_react_flow() -> None:
    users = [
        path
        for path in tracked()
        if path.is_relative_to("frontend/src") and "@xyflow/" in (text(path) or "")
    ]
    assert users
    assert not [path for path in users if not path.is_relative_to("frontend/src/canvas")]


def test_the_launcher_runs_before_anything_is_installed() -> None:
    """`visualnn/__init__.py` is imported on the way to `visualnn.launch.setup`."""
    assert not imported((ROOT / "visualnn" / "__init__.py").read_text("utf-8"))
