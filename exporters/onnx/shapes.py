"""Shapes of tensors that no layer computes, as far as a file states them or its operations tell."""

from __future__ import annotations

import onnx
from onnx import ModelProto, TensorShapeProto

from exporters.onnx.data import DTYPES
from layers.tensor import Dim, Tensor

MAX_RANK = 7
MAX_SIZE = 2**31 - 1
MAX_NODES = 20_000
"""Operations of a graph whose shapes are worked out."""

Size = int | str
"""An axis's size, the name of one that is not known, or nothing of it."""


class Shapes:
    """The shapes of a model's tensors, looked up when the first is asked for.

    Args:
        model: the model; its weights may be without values.
    """

    def __init__(self, model: ModelProto) -> None:
        self._model = model
        self._known: dict[str, tuple[int, list[Size]]] | None = None

    def of(self, name: str) -> Tensor | None:
        """A tensor of the file whose first axis may be that of the samples: as long as the first
        input's, or both of sizes that are not known. None for any other.
        """
        if self._known is None:
            self._known = self._found()
        if name not in self._known:
            return None
        kind, sizes = self._known[name]
        batch = next((given[0] for _, given in self._inputs() if given), None)
        # Of a size that is not known, inference forgets the name.
        is_batch = isinstance(batch, str) and isinstance(sizes[0], str) if sizes else False
        if len(sizes) < 2 or not (is_batch or sizes[0] == batch):
            return None
        dims: list[Dim] = [size if isinstance(size, int) else None for size in sizes[1:]]
        return Tensor((None, *dims), DTYPES.get(kind, "float32"))

    def _inputs(self) -> list[tuple[int, list[Size]]]:
        known, graph = self._known or {}, self._model.graph
        fixed = {one.name for one in graph.initializer}
        names = [one.name for one in graph.input if one.name not in fixed]
        return [known[name] for name in names if name in known]

    def _found(self) -> dict[str, tuple[int, list[Size]]]:
        graph = self._model.graph
        # Functions may call one another so often that none could be inferred in time.
        if len(graph.node) <= MAX_NODES and not self._model.functions:
            try:
                graph = onnx.shape_inference.infer_shapes(self._model, data_prop=True).graph
            except (onnx.shape_inference.InferenceError, ValueError, RuntimeError, MemoryError):
                graph = self._model.graph
        found = {}
        for one in (*graph.value_info, *graph.input, *graph.output):
            kind = one.type.tensor_type
            if kind.HasField("shape") and len(kind.shape.dim) <= MAX_RANK:
                found[one.name] = kind.elem_type, [_size(dim) for dim in kind.shape.dim]
        return found


def _size(dim: TensorShapeProto.Dimension) -> Size:
    if dim.HasField("dim_value"):
        return dim.dim_value if 0 < dim.dim_value <= MAX_SIZE else ""
    return str(dim.dim_param)
