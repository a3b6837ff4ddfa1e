"""The web process starts small: no TensorFlow, no Keras, no data science."""

import json
import subprocess
import sys

from tests.architecture.checkout import ROOT

PROGRAM = """
import json, sys
import visualnn.asgi, visualnn.urls, visualnn.celery
visualnn.celery.app.loader.import_default_modules()
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_the_web_process_imports_no_keras() -> None:
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert said.returncode == 0, said.stderr
    modules = set(json.loads(said.stdout.splitlines()[-1]))
    assert {"django", "layers", "designer", "training"} <= modules
    assert not modules & {"tensorflow", "keras", "torch", "jax", "sklearn", "scipy", "pandas"}
