"""Convolutions whose windows each have weights of their own."""

import keras
from keras import ops


class LocallyConnected(keras.layers.Layer):
    """Shared ground: no padding; the kernel has one matrix for each place."""

    rank = 0

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.filters = filters
        self.kernel_size = self.each(kernel_size)
        self.strides = self.each(strides)
        self.activation = keras.activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.bias_constraint = keras.constraints.get(bias_constraint)

    def each(self, sizes):
        """One size for each spatial axis."""
        return (sizes,) * self.rank if isinstance(sizes, int) else tuple(sizes)

    def places(self, input_shape):
        """How many places the window has along each spatial axis."""
        sizes = zip(input_shape[1:-1], self.kernel_size, self.strides, strict=False)
        return tuple((size - window) // step + 1 for size, window, step in sizes)

    def build(self, input_shape):
        places = self.places(input_shape)
        count, window = 1, input_shape[-1]
        for number in places:
            count *= number
        for length in self.kernel_size:
            window *= length
        self.kernel = self.add_weight(
            name="kernel",
            shape=(count, window, self.filters),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(*places, self.filters),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def windows(self, inputs, places):
        """What each window sees: (batch, places, window · channels)."""
        raise NotImplementedError

    def call(self, inputs):
        places = self.places(inputs.shape)
        values = ops.einsum("bpw,pwf->bpf", self.windows(inputs, places), self.kernel)
        values = ops.reshape(values, (-1, *places, self.filters))
        if self.use_bias:
            values = values + self.bias
        return self.activation(values)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *self.places(input_shape), self.filters)

    def get_config(self):
        config = {
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": keras.regularizers.serialize(self.bias_regularizer),
            "activity_regularizer": keras.regularizers.serialize(
                self.activity_regularizer
            ),
            "kernel_constraint": keras.constraints.serialize(self.kernel_constraint),
            "bias_constraint": keras.constraints.serialize(self.bias_constraint),
        }
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable(package="visualnn")
class LocallyConnected1D(LocallyConnected):
    """A convolution along a sequence without shared weights."""

    rank = 1

    def windows(self, inputs, places):
        (length,), (step,) = self.kernel_size, self.strides
        parts = [inputs[:, i * step : i * step + length, :] for i in range(places[0])]
        return ops.reshape(
            ops.stack(parts, axis=1), (-1, places[0], length * inputs.shape[-1])
        )


@keras.saving.register_keras_serializable(package="visualnn")
class LocallyConnected2D(LocallyConnected):
    """A convolution over an image without shared weights."""

    rank = 2

    def windows(self, inputs, places):
        (height, width), (down, right) = self.kernel_size, self.strides
        parts = [
            inputs[:, i * down : i * down + height, j * right : j * right + width, :]
            for i in range(places[0])
            for j in range(places[1])
        ]
        window = height * width * inputs.shape[-1]
        return ops.reshape(
            ops.stack(parts, axis=1), (-1, places[0] * places[1], window)
        )
