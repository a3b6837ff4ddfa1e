"""A network as a PyTorch module, alone and with its weights."""

from __future__ import annotations

import io
import zipfile
from typing import ClassVar

from safetensors.numpy import save

from exporters.code.spans import with_blocks
from exporters.code.torch.program import losses, obstacles, program, state
from exporters.format import Format
from exporters.plan import flattened, phases
from exporters.weights import Weights
from layers.diagnostics import Diagnostic
from layers.graph import Graph


class PyTorchCode(Format):
    """A module that computes what the network does."""

    name: ClassVar = "pytorch"
    label: ClassVar = "Python (PyTorch)"
    extensions: ClassVar = (".py",)
    description: ClassVar = "A program with the network as a PyTorch module."
    order: ClassVar = 31
    media_type: ClassVar = "text/x-python; charset=utf-8"

    def write(self, graph: Graph, weights: Weights | None = None) -> bytes:
        return program(graph).text.encode()

    def obstacles(self, graph: Graph) -> tuple[Diagnostic, ...]:
        return obstacles(graph)

    def losses(self, graph: Graph) -> tuple[Diagnostic, ...]:
        found = (*phases(graph, self.label), *losses(graph))
        if self.obstacles(graph) or not program(graph).is_flat:
            return found
        return (*found, *flattened(graph, self.label))

    def lines(self, graph: Graph, text: str) -> dict[str, tuple[int, int]]:
        made = program(graph)
        if made.text != text:
            return super().lines(graph, text)
        return with_blocks(graph, made.lines)


class PyTorchArchive(PyTorchCode):
    """The program, and the weights under the names of its state.

    ``load_state_dict(safetensors.torch.load_file("weights.safetensors"))`` takes them.
    """

    name: ClassVar = "pytorch_zip"
    label: ClassVar = "PyTorch with weights"
    extensions: ClassVar = (".zip",)
    description: ClassVar = "The PyTorch program and its weights (safetensors) in an archive."
    order: ClassVar = 32
    media_type: ClassVar = "application/zip"
    carries_weights: ClassVar = True

    def write(self, graph: Graph, weights: Weights | None = None) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            members = {"model.py": program(graph).text.encode()}
            if weights is not None:
                members["weights.safetensors"] = save(state(graph, weights))
            for name, data in members.items():
                # The same network gives the same bytes.
                archive.writestr(zipfile.ZipInfo(name), data)
        return file.getvalue()

    def lines(self, graph: Graph, text: str) -> dict[str, tuple[int, int]]:
        return {}
