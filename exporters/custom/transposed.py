"""Transposed convolution as Caffe does it: in groups, and cut by a border."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="visualnn")
class CaffeConv2DTranspose(keras.layers.Layer):
    """Spread each pixel over a learned window of its group, and cut a border off."""

    def __init__(
        self,
        filters,
        kernel_size=3,
        strides=2,
        pad=0,
        dilation_rate=1,
        groups=1,
        activation=None,
        use_bias=True,
        bilinear=False,
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
        self.input_spec = keras.layers.InputSpec(ndim=4)
        self.filters = filters
        self.kernel_size = self.pair(kernel_size)
        self.strides = self.pair(strides)
        self.pad = self.pair(pad)
        self.dilation_rate = self.pair(dilation_rate)
        self.groups = groups
        self.activation = keras.activations.get(activation)
        self.use_bias = use_bias
        self.bilinear = bilinear
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.bias_constraint = keras.constraints.get(bias_constraint)

    def pair(self, sizes):
        """One size for each spatial axis."""
        return (sizes,) * 2 if isinstance(sizes, int) else tuple(sizes)

    def build(self, input_shape):
        channels = input_shape[-1]
        if channels % self.groups or self.filters % self.groups:
            raise ValueError(
                f"groups={self.groups} must divide {channels} channels"
                f" and {self.filters} filters."
            )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, self.filters // self.groups, channels),
            initializer=self.interpolation
            if self.bilinear
            else self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(self.filters,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def interpolation(self, shape, dtype=None):
        """A kernel that interpolates between pixels, the same for all channels."""
        sides = []
        for length in shape[:2]:
            half = (length + 1) // 2
            middle = (2 * half - 1 - half % 2) / (2 * half)
            sides.append([1 - abs(place / half - middle) for place in range(length)])
        rows, columns = (ops.convert_to_tensor(side, dtype=dtype) for side in sides)
        values = ops.expand_dims(ops.expand_dims(ops.outer(rows, columns), -1), -1)
        return values * ops.ones(shape, dtype=dtype)

    def spread(self, inputs):
        """The pixels with zeros between and around, so that each window is whole."""
        channels = inputs.shape[-1]
        down, right = self.strides
        height, width = ops.shape(inputs)[1:3]
        values = ops.reshape(inputs, (-1, height, 1, width, 1, channels))
        gaps = [[0, 0], [0, 0], [0, down - 1], [0, 0], [0, right - 1], [0, 0]]
        values = ops.reshape(
            ops.pad(values, gaps), (-1, height * down, width * right, channels)
        )
        border, cut = [[0, 0]], [slice(None)]
        axes = zip(
            self.kernel_size, self.strides, self.pad, self.dilation_rate, strict=True
        )
        for length, step, pad, rate in axes:
            start = rate * (length - 1) - pad
            end = start - (step - 1)
            border.append([max(start, 0), max(end, 0)])
            cut.append(slice(max(-start, 0), end if end < 0 else None))
        return ops.pad(values[tuple(cut)], [*border, [0, 0]])

    def call(self, inputs):
        channels, groups = inputs.shape[-1], self.groups
        # A convolution runs over the window from its other end.
        kernel = ops.flip(self.kernel, (0, 1))
        settings = {
            "strides": 1,
            "padding": "valid",
            "data_format": "channels_last",
            "dilation_rate": self.dilation_rate,
        }
        if groups == channels:
            kernel = ops.transpose(kernel, (0, 1, 3, 2))
            values = ops.depthwise_conv(self.spread(inputs), kernel, **settings)
        else:
            share = self.filters // groups
            apart = (*self.kernel_size, share, groups, channels // groups)
            kernel = ops.transpose(ops.reshape(kernel, apart), (0, 1, 4, 3, 2))
            whole = (*self.kernel_size, channels // groups, self.filters)
            values = ops.conv(
                self.spread(inputs), ops.reshape(kernel, whole), **settings
            )
        if self.use_bias:
            values = values + self.bias
        return self.activation(values)

    def compute_output_shape(self, input_shape):
        axes = zip(
            input_shape[1:3],
            self.kernel_size,
            self.strides,
            self.pad,
            self.dilation_rate,
            strict=True,
        )
        sizes = tuple(
            None
            if size is None
            else step * (size - 1) + rate * (length - 1) + 1 - 2 * pad
            for size, length, step, pad, rate in axes
        )
        return (input_shape[0], *sizes, self.filters)

    def get_config(self):
        config = {
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "pad": self.pad,
            "dilation_rate": self.dilation_rate,
            "groups": self.groups,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "bilinear": self.bilinear,
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
