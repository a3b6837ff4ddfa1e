"""Layers of Caffe that cut, repeat, reduce and choose; Keras classes of our own."""

from __future__ import annotations

import itertools
from typing import ClassVar

from layers.categories import Category
from layers.diagnostics import Invalid, Problem
from layers.layer import Entry, Example, Layer
from layers.params import Axis, Bool, Choice, Float, Int, Nullable, Numbers
from layers.tensor import Dim, Tensor, product, shape_text

SOURCE = "https://caffe.berkeleyvision.org/tutorial/layers/"
CUTS = Problem(
    "caffe.slice",
    "{cuts} cannot be cut out of an axis of {size}.",
    "Choose rising points within the axis, or a number of parts that divides it.",
)
OFFSETS = Problem(
    "caffe.offset",
    "Crop needs one offset, or {count}; got {given}.",
    "Give one for each axis from axis on, channels left out.",
)
CROP_SIZE = Problem(
    "caffe.crop",
    "{wanted} from {start} on do not fit into axis {axis} of {shape}.",
    "Choose a smaller offset.",
)
TOP_K = Problem("caffe.top_k", "top_k={k} of only {count} values.", "Choose a smaller number.")
VECTOR = Problem(
    "caffe.vector", "{layer} needs its last input as (batch); got {shape}.", "Reshape it first."
)


class _Shaping(Layer):
    """Shared ground of these layers."""

    category = Category.UTILITY
    package = "visualnn"
    masks = "unknown"


class Slice(_Shaping):
    """Cut a tensor along an axis, at given points or into equal parts.

    Input:  (batch, ...)
    Output: (batch, ...) for each part
    """

    entries = (Entry("Slice", "切片", keywords=("cut", "Caffe")),)
    source = SOURCE + "slice.html"
    examples = (
        Example((None, 4, 6), ((None, 4, 3), (None, 4, 3))),
        Example((None, 5, 6), ((None, 1, 6), (None, 4, 6)), {"axis": 1, "slice_points": [1]}),
    )

    axis = Axis(-1, help="The axis to cut.", advanced=False)
    slice_points = Nullable(
        Numbers(
            whole=True, minimum=1, help="Where parts after the first begin; empty for equal ones."
        )
    )
    count = Int(2, minimum=2, maximum=1000, help="Number of equal parts.")

    def output(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (tensor,) = inputs
        self.check_axis(tensor, self.axis, "axis")
        place = self.axis % tensor.rank
        size = self.known(tensor, place)
        points = self.slice_points
        if points is None:
            if size % self.count:
                raise Invalid(CUTS, param="count", cuts=f"{self.count} equal parts", size=size)
            bounds = [size // self.count * part for part in range(self.count + 1)]
        else:
            inner = points if isinstance(points, tuple) else (points,)
            bounds = [0, *(int(point) for point in inner), size]
            if any(start >= end for start, end in itertools.pairwise(bounds)):
                cuts = f"parts from {', '.join(str(point) for point in inner)}"
                raise Invalid(CUTS, param="slice_points", cuts=cuts, size=size)
        shape = tensor.shape
        return tuple(
            tensor.with_shape((*shape[:place], end - start, *shape[place + 1 :]))
            for start, end in itertools.pairwise(bounds)
        )


class Split(_Shaping):
    """Give the same tensor several times.

    Input:  (batch, ...)
    Output: the same, several times
    """

    entries = (Entry("Split", "划分", keywords=("copy", "Caffe")),)
    source = SOURCE + "split.html"
    examples = (Example((None, 6), ((None, 6), (None, 6), (None, 6)), {"count": 3}),)

    count = Int(2, minimum=2, maximum=1000, help="How often.")

    def output(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        return (inputs[0],) * self.count


class Crop(_Shaping):
    """Cut the first input to the spatial size of the second.

    Input:  (batch, ..., channels) twice
    Output: (batch, ..., channels) with the second's sizes from axis on and the first's channels
    """

    entries = (Entry("Crop", "裁剪到", keywords=("cut", "Caffe", "FCN")),)
    min_inputs = 2
    max_inputs = 2
    source = SOURCE + "crop.html"
    examples = (
        Example(((None, 8, 9, 3), (None, 5, 4, 7)), (None, 5, 4, 3)),
        Example(((None, 8, 9, 3), (None, 8, 4, 1)), (None, 8, 4, 3), {"axis": 2, "offset": [3]}),
    )

    axis = Int(1, minimum=1, maximum=7, help="First axis that is cut; channels never are.")
    offset = Numbers([0], whole=True, minimum=0, help="Where to begin, once or for each axis.")

    def output(self, *inputs: Tensor) -> Tensor:
        tensor, reference = inputs
        axes = range(self.axis, tensor.rank - 1)
        self.check_axis(tensor, self.axis, "axis")
        offsets = self.offset if isinstance(self.offset, tuple) else (self.offset,)
        if tensor.rank != reference.rank or len(offsets) not in (1, len(axes)):
            raise Invalid(OFFSETS, param="offset", count=len(axes), given=len(offsets))
        for place, axis in enumerate(axes):
            size, wanted = tensor.shape[axis], reference.shape[axis]
            start = int(offsets[place if len(offsets) > 1 else 0])
            if size is not None and wanted is not None and start + wanted > size:
                shape = shape_text(tensor.shape)
                raise Invalid(
                    CROP_SIZE, param="offset", wanted=wanted, start=start, axis=axis, shape=shape
                )
        cut = reference.shape[self.axis : -1]
        return tensor.with_shape((*tensor.shape[: self.axis], *cut, tensor.shape[-1]))


class Tile(_Shaping):
    """Repeat a tensor along an axis, as a whole.

    Input:  (batch, ...)
    Output: (batch, ...) with that axis several times as long
    """

    entries = (Entry("Tile", "平铺", keywords=("repeat", "Caffe")),)
    source = SOURCE + "tile.html"
    examples = (Example((None, 4, 3), (None, 4, 9), {"tiles": 3}),)

    axis = Axis(-1, help="The axis that grows.", advanced=False)
    tiles = Int(2, minimum=1, maximum=10_000, help="How often.")

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_axis(tensor, self.axis, "axis")
        place = self.axis % tensor.rank
        shape = list(tensor.shape)
        shape[place] = product((self.tiles, shape[place]))
        return tensor.with_shape(shape)


class Reduction(_Shaping):
    """Add up (or average) all axes from one on.

    Input:  (batch, ...)
    Output: (batch, ...) without these axes
    """

    entries = (Entry("Reduction", "降维", keywords=("sum", "mean", "Caffe")),)
    source = SOURCE + "reduction.html"
    examples = tuple(
        Example((None, 4, 6), (None, 4), {"operation": name, "axis": 2, "coeff": 0.5})
        for name in ("SUM", "ASUM", "SUMSQ", "MEAN")
    )

    operation = Choice(
        ("SUM", "ASUM", "SUMSQ", "MEAN"), "SUM", help="Of values, amounts or squares; or the mean."
    )
    axis = Axis(1, help="First axis that disappears.", advanced=False)
    coeff = Float(1.0, help="Factor of the result.")

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_axis(tensor, self.axis, "axis")
        return tensor.with_shape(tensor.shape[: self.axis % tensor.rank])


class ArgMax(_Shaping):
    """Give the places of the largest values, or the values too.

    Input:  (batch, ...)
    Output: (batch, 1, top_k), or (batch, 2, top_k) with the values; (batch, ...) with top_k along
            an axis
    """

    entries = (Entry("ArgMax", "ArgMax", keywords=("largest", "top-k", "Caffe")),)
    source = SOURCE + "argmax.html"
    examples = (
        Example((None, 4, 3), (None, 1, 2), {"top_k": 2}),
        Example((None, 10), (None, 2, 1), {"out_max_val": True}),
        Example((None, 4, 6), (None, 3, 6), {"top_k": 3, "axis": 1, "out_max_val": True}),
    )

    out_max_val = Bool(False, help="Whether the values are given, too (instead, along an axis).")
    top_k = Int(1, minimum=1, help="How many.")
    axis = Nullable(Axis(help="The axis to search; empty for whole samples."))

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_least(tensor, 2)
        count: Dim
        if self.axis is None:
            for axis in range(1, tensor.rank):
                self.known(tensor, axis)
            count = product(tensor.shape[1:])
            output = Tensor((tensor.shape[0], 2 if self.out_max_val else 1, self.top_k))
        else:
            self.check_axis(tensor, self.axis, "axis")
            place = self.axis % tensor.rank
            count = self.known(tensor, place)
            shape = tensor.shape
            output = Tensor((*shape[:place], self.top_k, *shape[place + 1 :]))
        if count is not None and self.top_k > count:
            raise Invalid(TOP_K, param="top_k", k=self.top_k, count=count)
        return output


class BatchReindex(_Shaping):
    """Choose and reorder samples by a list of their numbers.

    Input:  (batch, ...) and (chosen) of whole numbers
    Output: (chosen, ...)
    """

    entries = (Entry("Batch Reindex", "批量重索引", keywords=("permute", "Caffe")),)
    min_inputs = 2
    max_inputs = 2
    source = SOURCE + "batchreindex.html"
    examples = (Example(((None, 4), (None,)), (None, 4), dtype="int32"),)

    def output(self, *inputs: Tensor) -> Tensor:
        tensor, places = inputs
        if places.rank != 1:
            raise Invalid(VECTOR, layer="BatchReindex", shape=shape_text(places.shape))
        return tensor.with_shape((places.shape[0], *tensor.shape[1:]))


class Filter(_Shaping):
    """Keep the samples for which the last input is not 0.

    Input:  (batch, ...) once or more, and (batch) or (batch, 1)
    Output: (kept, ...) for each but the last
    """

    entries = (Entry("Filter", "过滤", keywords=("select", "Caffe")),)
    min_inputs = 2
    max_inputs: ClassVar[int | None] = None
    source = SOURCE + "filter.html"
    examples = (
        Example(((None, 4), (None, 1)), (None, 4)),
        Example(((None, 4), (None, 2, 3), (None,)), ((None, 4), (None, 2, 3))),
    )

    def output(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        *tensors, selector = inputs
        if selector.shape[1:] not in ((), (1,)):
            raise Invalid(VECTOR, layer="Filter", shape=shape_text(selector.shape))
        kept = tuple(tensor.with_shape((None, *tensor.shape[1:])) for tensor in tensors)
        return kept if len(kept) > 1 else kept[0]
