"""Archives of Keras 3: what a ``.keras`` file holds, and zips of the files that ``save_weights``
wrote where one would have been too large (``max_shard_size``), with the network or without.

An index, ``<name>.weights.json``, says which files hold the weights of which layer:
``{"weight_map": {"/layers/dense/vars": ["<name>_00000.weights.h5"]}}``; a layer may lie in several.
https://github.com/keras-team/keras/blob/master/keras/src/saving/saving_lib.py (ShardedH5IOStore)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from exporters.archive import Archive
from exporters.hdf5.tree import Group, opened
from exporters.source import MAX_TEXT_BYTES, Source
from layers.diagnostics import Diagnostic, GraphError, Problem, diagnose

CONFIG = "config.json"
METADATA = "metadata.json"
WEIGHTS = "model.weights.h5"
INDEX = ".weights.json"
PART = ".weights.h5"
MAX_PARTS = 1_000

PARTS_MISSING = Problem(
    "keras.parts_missing",
    "{file} lacks {count:file|files} in which its weights lie, among them {member}.",
    "Put all files that save_weights() wrote into the archive.",
    severity="warning",
)


class Members:
    """What is in an archive, in the outermost folders that have any of it.

    Attributes:
        config: the network; empty where there is none.
        weights: the HDF5 files with its weights, in order.
        missing: those that an index names and the archive lacks.

    Raises:
        GraphError: where there are too many, or the index is broken.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        known = sorted(archive.members, key=lambda name: (name.count("/"), name))
        stored = [name for name in known if name.endswith((INDEX, PART))]
        self.folder = _folder(stored[0]) if stored else ""
        self.config = self._config(known, is_alone=not stored)
        here = [name for name in stored if _folder(name) == self.folder]
        whole = [name for name in here if _last(name) == WEIGHTS]
        index = [name for name in here if name.endswith(INDEX)]
        self.missing: list[str] = []
        self.weights = whole or [name for name in here if name.endswith(PART)]
        if index and not whole:
            told = [_beside(self.folder, name) for name in self._parts(index[0])]
            self.missing = [name for name in told if name not in archive.members]
            self.weights = [name for name in told if name in archive.members]
        if len(self.weights) > MAX_PARTS:
            archive.refuse(f"its weights lie in more than {MAX_PARTS:,} files")

    def _config(self, known: list[str], *, is_alone: bool) -> str:
        """The member with the network: one of Keras' name for it, or the only JSON beside the
        weights. Without weights, a folder is Keras' where it says which version wrote it.
        """
        for name in known:
            is_told = _beside(_folder(name), METADATA) in self._archive.members
            if _last(name) == CONFIG and (not is_alone or "/" not in name or is_told):
                return name
        texts = [
            name
            for name in known
            if name.endswith(".json")
            and _folder(name) == self.folder
            and not name.endswith((INDEX, METADATA))
        ]
        return texts[0] if len(texts) == 1 and not is_alone else ""

    def _parts(self, index: str) -> list[str]:
        """The files that an index names, each once."""
        told = Source(self.text(index).encode(), _last(index)).json
        places = told.get("weight_map") if isinstance(told, dict) else None
        found: dict[str, None] = {}
        for names in places.values() if isinstance(places, dict) else ():
            for name in names if isinstance(names, list) else [names]:
                if not isinstance(name, str) or "/" in name or not name.endswith(PART):
                    self._archive.refuse(f"its {_last(index):.60} names no file beside it")
                found[name] = None
        return sorted(found)

    def text(self, member: str) -> str:
        """A member as text. Raises GraphError."""
        if self._archive.members[member].file_size > MAX_TEXT_BYTES:
            self._archive.refuse(f"its {member:.60} has more than {MAX_TEXT_BYTES // 2**20} MB")
        return self._archive.read(member).tobytes().decode("utf-8", "replace")

    @property
    def version(self) -> str:
        """The Keras that wrote the archive; empty where it does not say."""
        member = _beside(_folder(self.config), METADATA)
        if member not in self._archive.members:
            return ""
        try:
            data = Source(self.text(member).encode(), METADATA).json
        except GraphError:
            return ""
        version = data.get("keras_version") if isinstance(data, dict) else None
        return version if isinstance(version, str) else ""

    @contextmanager
    def opened(self) -> Iterator[Group]:
        """The tree of the weights, of all files together. Raises GraphError."""
        first, *further = [self._archive.read(member) for member in self.weights]
        with opened(first, self._archive.name, further) as root:
            yield root

    def notes(self) -> tuple[Diagnostic, ...]:
        """What is not there."""
        if not self.missing:
            return ()
        count, member = len(self.missing), self.missing[0][:60]
        return (diagnose(PARTS_MISSING, file=self._archive.name, count=count, member=member),)


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _beside(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _last(name: str) -> str:
    return name.rpartition("/")[2]
