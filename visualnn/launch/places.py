"""Where things lie: the checkout, its virtual environment, and the folder a server writes to."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = ROOT / ".venv"
FRONTEND = ROOT / "frontend"
BUNDLE = ROOT / "static" / "dist"


def environment_python() -> Path:
    """The interpreter of the virtual environment that `make setup` builds."""
    return ENVIRONMENT / "bin" / "python"


def data_folder() -> Path:
    """The folder of everything a server keeps: `VISUALNN_DATA`, else `var` in the checkout."""
    return Path(os.environ.get("VISUALNN_DATA") or ROOT / "var").resolve()
