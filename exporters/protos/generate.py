"""Compile every schema beside this file: ``python -m exporters.protos.generate``.

What comes out is committed, so that nobody needs the compiler to run the program; a test says when
it is stale.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from grpc_tools import protoc

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent


def generated() -> dict[str, str]:
    """What the compiler gives for every schema, by file name. Raises ValueError where it fails."""
    made: dict[str, str] = {}
    for schema in sorted(FOLDER.glob("*.proto")):
        with TemporaryDirectory() as folder:
            place = schema.relative_to(ROOT).as_posix()
            command = ["protoc", f"-I{ROOT}", f"--python_out={folder}", f"--pyi_out={folder}"]
            if protoc.main([*command, place]):
                raise ValueError(f"{schema.name} does not compile")
            for path in sorted(Path(folder).rglob("*.py*")):
                made[path.name] = path.read_text()
    return made


def main() -> int:
    for name, content in generated().items():
        (FOLDER / name).write_text(content)
        print(f"exporters/protos/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
