"""Local response and mean-variance normalization."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="visualnn")
class LRN(keras.layers.Layer):
    """x / (k + alpha / n · Σ x²)^beta over n neighbours.

    These are local_size channels, or a square of that side within the channel.
    Source: Krizhevsky et al. 2012, section 3.3; alpha is divided by n as in Caffe.
    """

    def __init__(
        self,
        local_size=5,
        alpha=1.0,
        beta=0.75,
        k=1.0,
        norm_region="ACROSS_CHANNELS",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.local_size = local_size
        self.alpha = alpha
        self.beta = beta
        self.k = k
        self.norm_region = norm_region

    def call(self, inputs):
        squares = ops.square(inputs)
        reach = self.local_size // 2
        if self.norm_region == "ACROSS_CHANNELS":
            channels = inputs.shape[-1]
            border = [[0, 0]] * (len(inputs.shape) - 1) + [[reach, reach]]
            padded = ops.pad(squares, border)
            total = padded[..., :channels]
            for place in range(1, self.local_size):
                total = total + padded[..., place : place + channels]
            mean = total / self.local_size
        else:
            padded = ops.pad(squares, [[0, 0], [reach, reach], [reach, reach], [0, 0]])
            mean = ops.average_pool(
                padded, self.local_size, 1, "valid", "channels_last"
            )
        return inputs / ops.power(self.k + self.alpha * mean, self.beta)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = {
            "local_size": self.local_size,
            "alpha": self.alpha,
            "beta": self.beta,
            "k": self.k,
            "norm_region": self.norm_region,
        }
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable(package="visualnn")
class MVN(keras.layers.Layer):
    """(x - mean) / (deviation + eps) of each channel of a sample, or of all of them."""

    def __init__(
        self, normalize_variance=True, across_channels=False, eps=1e-9, **kwargs
    ):
        super().__init__(**kwargs)
        self.normalize_variance = normalize_variance
        self.across_channels = across_channels
        self.eps = eps

    def call(self, inputs):
        last = len(inputs.shape) - (0 if self.across_channels else 1)
        axes = tuple(range(1, last))
        values = inputs - ops.mean(inputs, axis=axes, keepdims=True)
        if self.normalize_variance:
            variance = ops.mean(ops.square(values), axis=axes, keepdims=True)
            values = values / (ops.sqrt(variance) + self.eps)
        return values

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = {
            "normalize_variance": self.normalize_variance,
            "across_channels": self.across_channels,
            "eps": self.eps,
        }
        return {**super().get_config(), **config}
