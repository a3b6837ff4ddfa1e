"""A learned factor and a learned shift for each channel."""

import keras
from keras import ops


class Learned(keras.layers.Layer):
    """Shared ground: weights of the shape of some axes of the input, from `axis` on."""

    def __init__(self, axis=-1, num_axes=1, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis
        self.num_axes = num_axes
        self.supports_masking = True

    def shapes(self, input_shape):
        """Shape of a weight, and the same with ones so that it lines up with inputs."""
        rank = len(input_shape)
        first = self.axis % rank
        last = rank if self.num_axes == -1 else first + self.num_axes
        shape = tuple(input_shape[first:last])
        return shape, shape + (1,) * (rank - last)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "axis": self.axis, "num_axes": self.num_axes}


@keras.saving.register_keras_serializable(package="visualnn")
class Scale(Learned):
    """gamma · x, or gamma · x + beta."""

    def __init__(
        self,
        axis=-1,
        num_axes=1,
        bias_term=False,
        gamma_initializer="ones",
        beta_initializer="zeros",
        gamma_regularizer=None,
        beta_regularizer=None,
        gamma_constraint=None,
        beta_constraint=None,
        **kwargs,
    ):
        super().__init__(axis, num_axes, **kwargs)
        self.bias_term = bias_term
        self.gamma_initializer = keras.initializers.get(gamma_initializer)
        self.beta_initializer = keras.initializers.get(beta_initializer)
        self.gamma_regularizer = keras.regularizers.get(gamma_regularizer)
        self.beta_regularizer = keras.regularizers.get(beta_regularizer)
        self.gamma_constraint = keras.constraints.get(gamma_constraint)
        self.beta_constraint = keras.constraints.get(beta_constraint)

    def build(self, input_shape):
        shape, self.lined_up = self.shapes(input_shape)
        self.gamma = self.add_weight(
            name="gamma",
            shape=shape,
            initializer=self.gamma_initializer,
            regularizer=self.gamma_regularizer,
            constraint=self.gamma_constraint,
        )
        if self.bias_term:
            self.beta = self.add_weight(
                name="beta",
                shape=shape,
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
            )

    def call(self, inputs):
        values = inputs * ops.reshape(self.gamma, self.lined_up)
        return (
            values + ops.reshape(self.beta, self.lined_up) if self.bias_term else values
        )

    def get_config(self):
        config = {
            "bias_term": self.bias_term,
            "gamma_initializer": keras.initializers.serialize(self.gamma_initializer),
            "beta_initializer": keras.initializers.serialize(self.beta_initializer),
            "gamma_regularizer": keras.regularizers.serialize(self.gamma_regularizer),
            "beta_regularizer": keras.regularizers.serialize(self.beta_regularizer),
            "gamma_constraint": keras.constraints.serialize(self.gamma_constraint),
            "beta_constraint": keras.constraints.serialize(self.beta_constraint),
        }
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable(package="visualnn")
class Bias(Learned):
    """x + bias."""

    def __init__(
        self,
        axis=-1,
        num_axes=1,
        bias_initializer="zeros",
        bias_regularizer=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(axis, num_axes, **kwargs)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.bias_constraint = keras.constraints.get(bias_constraint)

    def build(self, input_shape):
        shape, self.lined_up = self.shapes(input_shape)
        self.bias = self.add_weight(
            name="bias",
            shape=shape,
            initializer=self.bias_initializer,
            regularizer=self.bias_regularizer,
            constraint=self.bias_constraint,
        )

    def call(self, inputs):
        return inputs + ops.reshape(self.bias, self.lined_up)

    def get_config(self):
        config = {
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "bias_regularizer": keras.regularizers.serialize(self.bias_regularizer),
            "bias_constraint": keras.constraints.serialize(self.bias_constraint),
        }
        return {**super().get_config(), **config}
