"""Resizing with corners, origins or centres on each other."""

import keras
from keras import ops


def places(old, new, factor, align):
    """Where new values lie along an axis, in places of old ones.

    A factor of None is that of the sizes, new / old.
    """
    at = ops.cast(ops.arange(new), "float32")
    old, new = ops.cast(old, "float32"), ops.cast(new, "float32")
    if align == "corners":
        # A single new value lies on the first corner.
        return at * (old - 1.0) / ops.maximum(new - 1.0, 1.0)
    shift = 0.5 if align == "centers" else 0.0
    at = at + shift
    return (at * old / new if factor is None else at / factor) - shift


def resized(values, axis, new, factor, align, interpolation):
    """Values on another number of places along an axis."""
    old = ops.shape(values)[axis]
    where = places(old, new, factor, align)
    if interpolation == "nearest":
        where = where if align == "origin" else where + 0.5
        below = ops.cast(ops.floor(where), "int32")
        return ops.take(values, ops.clip(below, 0, old - 1), axis=axis)
    where = ops.clip(where, 0.0, ops.cast(old - 1, "float32"))
    below = ops.floor(where)
    first = ops.cast(below, "int32")
    second = ops.minimum(first + 1, old - 1)
    shape = [1] * len(values.shape)
    shape[axis] = -1
    share = ops.cast(ops.reshape(where - below, shape), values.dtype)
    one, two = ops.take(values, first, axis=axis), ops.take(values, second, axis=axis)
    return one + (two - one) * share


@keras.saving.register_keras_serializable(package="visualnn")
class Interpolation2D(keras.layers.Layer):
    """Resize an image: to a size, or by a scale whose result is rounded down."""

    def __init__(
        self,
        target_size=None,
        scale=(2.0, 2.0),
        interpolation="bilinear",
        align="corners",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.target_size = target_size
        self.scale = scale
        self.interpolation = interpolation
        self.align = align
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def call(self, inputs):
        values = inputs
        for axis in (1, 2):
            new, factor = self.wanted(ops.shape(inputs)[axis], axis - 1)
            values = resized(values, axis, new, factor, self.align, self.interpolation)
        return values

    def wanted(self, old, place):
        """New size of height (0) or width (1), and the factor of scaling."""
        if self.target_size is not None:
            return self.target_size[place], None
        scale = self.scale[place]
        if isinstance(old, int):
            return int(old * scale), scale
        return ops.cast(ops.floor(ops.cast(old, "float32") * scale), "int32"), scale

    def compute_output_shape(self, input_shape):
        sizes = self.target_size or [
            None if dim is None else int(dim * scale)
            for dim, scale in zip(input_shape[1:3], self.scale, strict=True)
        ]
        return (input_shape[0], *sizes, input_shape[3])

    def get_config(self):
        config = {
            "target_size": self.target_size,
            "scale": self.scale,
            "interpolation": self.interpolation,
            "align": self.align,
        }
        return {**super().get_config(), **config}
