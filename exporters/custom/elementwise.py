"""Functions of each value by itself. Formulas: Caffe's layer catalogue."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="visualnn")
class ThresholdedReLU(keras.layers.Layer):
    """x where x > theta, else 0."""

    def __init__(self, theta=1.0, **kwargs):
        super().__init__(**kwargs)
        self.theta = theta
        self.supports_masking = True

    def call(self, inputs):
        return ops.where(inputs > self.theta, inputs, ops.zeros_like(inputs))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "theta": self.theta}


@keras.saving.register_keras_serializable(package="visualnn")
class AbsVal(keras.layers.Layer):
    """|x|"""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs):
        return ops.abs(inputs)

    def compute_output_shape(self, input_shape):
        return input_shape


@keras.saving.register_keras_serializable(package="visualnn")
class BNLL(keras.layers.Layer):
    """log(1 + exp(x)), the binomial normal log likelihood."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs):
        return ops.softplus(inputs)

    def compute_output_shape(self, input_shape):
        return input_shape


@keras.saving.register_keras_serializable(package="visualnn")
class Threshold(keras.layers.Layer):
    """1 where x > threshold, else 0."""

    def __init__(self, threshold=0.0, **kwargs):
        super().__init__(**kwargs)
        self.threshold = threshold
        self.supports_masking = True

    def call(self, inputs):
        return ops.cast(inputs > self.threshold, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "threshold": self.threshold}


@keras.saving.register_keras_serializable(package="visualnn")
class Power(keras.layers.Layer):
    """(shift + scale · x) ^ power"""

    def __init__(self, power=1.0, scale=1.0, shift=0.0, **kwargs):
        super().__init__(**kwargs)
        self.power = power
        self.scale = scale
        self.shift = shift
        self.supports_masking = True

    def call(self, inputs):
        values = self.shift + self.scale * inputs
        return values if self.power == 1 else ops.power(values, self.power)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = {"power": self.power, "scale": self.scale, "shift": self.shift}
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable(package="visualnn")
class Exp(keras.layers.Layer):
    """base ^ (shift + scale · x); base -1 stands for e."""

    def __init__(self, base=-1.0, scale=1.0, shift=0.0, **kwargs):
        super().__init__(**kwargs)
        self.base = base
        self.scale = scale
        self.shift = shift
        self.supports_masking = True

    def call(self, inputs):
        values = self.shift + self.scale * inputs
        if self.base == -1:
            return ops.exp(values)
        return ops.power(ops.cast(self.base, values.dtype), values)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = {"base": self.base, "scale": self.scale, "shift": self.shift}
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable(package="visualnn")
class Log(keras.layers.Layer):
    """The logarithm of shift + scale · x to a base; base -1 stands for e."""

    def __init__(self, base=-1.0, scale=1.0, shift=0.0, **kwargs):
        super().__init__(**kwargs)
        self.base = base
        self.scale = scale
        self.shift = shift
        self.supports_masking = True

    def call(self, inputs):
        values = ops.log(self.shift + self.scale * inputs)
        if self.base == -1:
            return values
        return values / ops.log(ops.cast(self.base, values.dtype))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = {"base": self.base, "scale": self.scale, "shift": self.shift}
        return {**super().get_config(), **config}
