"""Products of tensors, in Einstein's notation."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="visualnn")
class Einsum(keras.layers.Layer):
    """Multiply two tensors and add up along the axes that the output leaves out."""

    def __init__(self, equation, **kwargs):
        super().__init__(**kwargs)
        self.equation = equation

    def call(self, inputs):
        first, second = inputs
        return ops.einsum(self.equation, first, second)

    def compute_output_shape(self, input_shape):
        given, made = self.equation.split("->")
        sizes: dict[str, int | None] = {}
        for letters, shape in zip(given.split(","), input_shape, strict=True):
            if len(letters) != len(shape):
                raise ValueError(f"{letters} does not fit {shape}")
            for letter, size in zip(letters, shape, strict=True):
                known = sizes.get(letter)
                if known is not None and size is not None and known != size:
                    raise ValueError(f"{letter} is {known} and {size}")
                sizes[letter] = size if known is None else known
        return tuple(sizes[letter] for letter in made)

    def get_config(self):
        return {**super().get_config(), "equation": self.equation}
