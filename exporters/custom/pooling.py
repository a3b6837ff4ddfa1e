"""Pooling as Caffe does it: borders, sizes rounded up, stochastic, in a pyramid."""

import keras
from keras import ops


def pooled_size(size, window, step, pad, round_mode="CEIL"):
    """Number of windows along an axis; the last may hang over the end."""
    rest = size + 2 * pad - window
    count = (-(-rest // step) if round_mode == "CEIL" else rest // step) + 1
    if pad and (count - 1) * step >= size + pad:
        count -= 1
    return count


def pool(inputs, windows, steps, pads, mode, round_mode="CEIL"):
    """The largest or mean of each window; a mean counts borders, not overhangs."""
    border, counts = [[0, 0]], []
    for axis, (window, step, pad) in enumerate(
        zip(windows, steps, pads, strict=False), 1
    ):
        size = inputs.shape[axis]
        number = pooled_size(size, window, step, pad, round_mode)
        end = max((number - 1) * step + window, size + pad) - size - pad
        border.append([pad, end])
        starts = [place * step - pad for place in range(number)]
        counts.append([min(start + window, size + pad) - start for start in starts])
    border.append([0, 0])
    if mode == "MAX":
        padded = ops.pad(inputs, border, constant_values=-3.4e38)
        return ops.max_pool(padded, windows, steps, "valid", "channels_last")
    padded = ops.pad(inputs, border)
    means = ops.average_pool(padded, windows, steps, "valid", "channels_last")
    area = windows[0] * windows[1]
    factors = [[[area / (high * wide)] for wide in counts[1]] for high in counts[0]]
    return means * ops.convert_to_tensor([factors], dtype=means.dtype)


@keras.saving.register_keras_serializable(package="visualnn")
class CaffePooling2D(keras.layers.Layer):
    """The largest, mean, or a randomly drawn value of each window."""

    def __init__(
        self,
        kernel_size=2,
        strides=1,
        pad=0,
        pool="MAX",
        round_mode="CEIL",
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.kernel_size = (
            (kernel_size,) * 2 if isinstance(kernel_size, int) else kernel_size
        )
        self.strides = (strides,) * 2 if isinstance(strides, int) else strides
        self.pad = (pad,) * 2 if isinstance(pad, int) else pad
        self.pool = pool
        self.round_mode = round_mode
        self.seed = seed
        if pool == "STOCHASTIC":
            self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        sizes = tuple(self.kernel_size), tuple(self.strides), tuple(self.pad)
        if self.pool != "STOCHASTIC":
            return pool(inputs, *sizes, self.pool, self.round_mode)
        down, right = self.strides
        height, width = self.kernel_size
        rows, columns = self.compute_output_shape(inputs.shape)[1:3]
        ends = (rows - 1) * down + height, (columns - 1) * right + width
        border = [
            max(end - size, 0)
            for end, size in zip(ends, inputs.shape[1:3], strict=False)
        ]
        padded = ops.pad(inputs, [[0, 0], [0, border[0]], [0, border[1]], [0, 0]])
        seen = ops.stack(
            [
                padded[
                    :,
                    i : i + (rows - 1) * down + 1 : down,
                    j : j + (columns - 1) * right + 1 : right,
                    :,
                ]
                for i in range(height)
                for j in range(width)
            ],
            axis=-1,
        )
        total = ops.sum(seen, axis=-1)
        if not training:
            # What drawing in proportion to the values gives on average.
            safe = ops.where(total == 0, ops.ones_like(total), total)
            return ops.sum(ops.square(seen), axis=-1) / safe
        drawn = keras.random.uniform(ops.shape(total), seed=self.seed_generator) * total
        chosen = ops.argmax(
            ops.cumsum(seen, axis=-1) >= ops.expand_dims(drawn, -1), axis=-1
        )
        return ops.sum(
            seen * ops.one_hot(chosen, height * width, dtype=seen.dtype), axis=-1
        )

    def compute_output_shape(self, input_shape):
        sizes = zip(
            input_shape[1:3], self.kernel_size, self.strides, self.pad, strict=False
        )
        spatial = [pooled_size(*axis, self.round_mode) for axis in sizes]
        return (input_shape[0], *spatial, input_shape[3])

    def get_config(self):
        config = {
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "pad": self.pad,
            "pool": self.pool,
            "round_mode": self.round_mode,
            "seed": self.seed,
        }
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable(package="visualnn")
class SPP(keras.layers.Layer):
    """Pool into 1, 4, 16, ... parts, and join all as Caffe does: channel by channel.

    Source: He et al. 2014, https://arxiv.org/abs/1406.4729
    """

    def __init__(self, pyramid_height, pool="MAX", **kwargs):
        super().__init__(**kwargs)
        self.pyramid_height = pyramid_height
        self.pool = pool

    def call(self, inputs):
        parts = []
        for level in range(self.pyramid_height):
            bins = 2**level
            windows = tuple(-(-size // bins) for size in inputs.shape[1:3])
            rests = zip(inputs.shape[1:3], windows, strict=False)
            pads = tuple((window * bins - size + 1) // 2 for size, window in rests)
            values = pool(inputs, windows, windows, pads, self.pool)
            count = bins * bins * inputs.shape[3]
            parts.append(ops.reshape(ops.transpose(values, (0, 3, 1, 2)), (-1, count)))
        return ops.concatenate(parts, axis=-1)

    def compute_output_shape(self, input_shape):
        parts = sum(4**level for level in range(self.pyramid_height))
        return (input_shape[0], input_shape[3] * parts)

    def get_config(self):
        config = {"pyramid_height": self.pyramid_height, "pool": self.pool}
        return {**super().get_config(), **config}
