"""Cutting, repeating, reducing and choosing."""

import keras
from keras import ops


class Shaping(keras.layers.Layer):
    """Shared ground: values stay what they are, whole numbers too."""

    def compute_output_spec(self, inputs):
        if isinstance(inputs, list | tuple):
            shapes, dtype = [item.shape for item in inputs], inputs[0].dtype
        else:
            shapes, dtype = inputs.shape, inputs.dtype
        found = self.compute_output_shape(shapes)
        if found and isinstance(found[0], tuple):
            return tuple(keras.KerasTensor(shape, dtype=dtype) for shape in found)
        return keras.KerasTensor(found, dtype=dtype)


@keras.saving.register_keras_serializable(package="visualnn")
class Slice(Shaping):
    """Cut a tensor along an axis: at given points, or into equal parts."""

    def __init__(self, axis=-1, slice_points=None, count=2, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis
        self.slice_points = slice_points
        self.count = count

    def bounds(self, size):
        if self.slice_points is None:
            return [place * (size // self.count) for place in range(self.count + 1)]
        return [0, *(int(point) for point in self.slice_points), size]

    def call(self, inputs):
        axis = self.axis % len(inputs.shape)
        bounds = self.bounds(inputs.shape[axis])
        before = (slice(None),) * axis
        parts = range(len(bounds) - 1)
        return tuple(inputs[(*before, slice(bounds[i], bounds[i + 1]))] for i in parts)

    def compute_output_shape(self, input_shape):
        axis = self.axis % len(input_shape)
        bounds = self.bounds(input_shape[axis])
        return tuple(
            (*input_shape[:axis], bounds[i + 1] - bounds[i], *input_shape[axis + 1 :])
            for i in range(len(bounds) - 1)
        )

    def get_config(self):
        config = {
            "axis": self.axis,
            "slice_points": self.slice_points,
            "count": self.count,
        }
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable(package="visualnn")
class Split(Shaping):
    """Give the same tensor several times."""

    def __init__(self, count=2, **kwargs):
        super().__init__(**kwargs)
        self.count = count

    def call(self, inputs):
        return tuple(ops.copy(inputs) for _ in range(self.count))

    def compute_output_shape(self, input_shape):
        return (input_shape,) * self.count

    def get_config(self):
        return {**super().get_config(), "count": self.count}


@keras.saving.register_keras_serializable(package="visualnn")
class Crop(Shaping):
    """Cut the first input to the spatial size of the second, from an axis on."""

    def __init__(self, axis=1, offset=(0,), **kwargs):
        super().__init__(**kwargs)
        self.axis = axis
        self.offset = offset

    def call(self, inputs):
        values, reference = inputs
        wanted = ops.shape(reference)
        for place, axis in enumerate(range(self.axis, len(values.shape) - 1)):
            start = int(self.offset[place if len(self.offset) > 1 else 0])
            before = (slice(None),) * axis
            values = values[(*before, slice(start, start + wanted[axis]))]
        return values

    def compute_output_shape(self, input_shape):
        values, reference = input_shape
        return (*values[: self.axis], *reference[self.axis : -1], values[-1])

    def get_config(self):
        return {**super().get_config(), "axis": self.axis, "offset": self.offset}


@keras.saving.register_keras_serializable(package="visualnn")
class Tile(Shaping):
    """Repeat a tensor along an axis, as a whole."""

    def __init__(self, axis=-1, tiles=2, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis
        self.tiles = tiles

    def call(self, inputs):
        axis = self.axis % len(inputs.shape)
        return ops.concatenate([inputs] * self.tiles, axis=axis)

    def compute_output_shape(self, input_shape):
        axis = self.axis % len(input_shape)
        size = input_shape[axis]
        size = None if size is None else size * self.tiles
        return (*input_shape[:axis], size, *input_shape[axis + 1 :])

    def get_config(self):
        return {**super().get_config(), "axis": self.axis, "tiles": self.tiles}


@keras.saving.register_keras_serializable(package="visualnn")
class Reduction(keras.layers.Layer):
    """Add up all axes from one on, and multiply by a number."""

    def __init__(self, operation="SUM", axis=1, coeff=1.0, **kwargs):
        super().__init__(**kwargs)
        self.operation = operation
        self.axis = axis
        self.coeff = coeff

    def call(self, inputs):
        axes = tuple(range(self.axis % len(inputs.shape), len(inputs.shape)))
        if self.operation == "ASUM":
            values = ops.sum(ops.abs(inputs), axis=axes)
        elif self.operation == "SUMSQ":
            values = ops.sum(ops.square(inputs), axis=axes)
        elif self.operation == "MEAN":
            values = ops.mean(inputs, axis=axes)
        else:
            values = ops.sum(inputs, axis=axes)
        return values * self.coeff

    def compute_output_shape(self, input_shape):
        return tuple(input_shape[: self.axis % len(input_shape)])

    def get_config(self):
        config = {"operation": self.operation, "axis": self.axis, "coeff": self.coeff}
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable(package="visualnn")
class ArgMax(keras.layers.Layer):
    """The places (or values) of the largest values, of all or along an axis."""

    def __init__(self, out_max_val=False, top_k=1, axis=None, **kwargs):
        super().__init__(**kwargs)
        self.out_max_val = out_max_val
        self.top_k = top_k
        self.axis = axis

    def call(self, inputs):
        if self.axis is None:
            count = 1
            for size in inputs.shape[1:]:
                count *= size
            values, places = ops.top_k(ops.reshape(inputs, (-1, count)), self.top_k)
            places = ops.cast(places, self.compute_dtype)
            rows = [places, values] if self.out_max_val else [places]
            return ops.stack(rows, axis=1)
        values, places = ops.top_k(ops.moveaxis(inputs, self.axis, -1), self.top_k)
        found = values if self.out_max_val else ops.cast(places, self.compute_dtype)
        return ops.moveaxis(found, -1, self.axis)

    def compute_output_shape(self, input_shape):
        if self.axis is None:
            return (input_shape[0], 2 if self.out_max_val else 1, self.top_k)
        axis = self.axis % len(input_shape)
        return (*input_shape[:axis], self.top_k, *input_shape[axis + 1 :])

    def get_config(self):
        config = {
            "out_max_val": self.out_max_val,
            "top_k": self.top_k,
            "axis": self.axis,
        }
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable(package="visualnn")
class BatchReindex(Shaping):
    """Choose and reorder samples by a list of their numbers."""

    def call(self, inputs):
        values, places = inputs
        return ops.take(values, ops.cast(places, "int32"), axis=0)

    def compute_output_shape(self, input_shape):
        values, places = input_shape
        return (places[0], *values[1:])


@keras.saving.register_keras_serializable(package="visualnn")
class Filter(Shaping):
    """Keep the samples for which the last input is not 0."""

    def call(self, inputs):
        *tensors, selector = inputs
        (kept,) = ops.nonzero(ops.reshape(selector, (-1,)))
        found = tuple(ops.take(values, kept, axis=0) for values in tensors)
        return found if len(found) > 1 else found[0]

    def compute_output_shape(self, input_shape):
        found = tuple((None, *shape[1:]) for shape in input_shape[:-1])
        return found if len(found) > 1 else found[0]
