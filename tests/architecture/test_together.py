"""All packages in one process, as workers have them: what registers itself must not collide."""

from __future__ import annotations

import os
import subprocess
import sys

from visualnn.launch.places import ROOT

IMPORT_ALL = """
import importlib, pkgutil
import django
django.setup()
for package in ("layers", "exporters", "training", "designer"):
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
        importlib.import_module(module.name)
"""


def test_every_module_can_be_imported_beside_every_other() -> None:
    environment = {"DJANGO_SETTINGS_MODULE": "visualnn.settings", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
