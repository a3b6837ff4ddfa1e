"""Where data enters a network."""

from __future__ import annotations

from typing import Any

from layers.categories import Category
from layers.layer import Entry, Example, Layer
from layers.params import DType, Int, Nullable, ShapeOf
from layers.tensor import Tensor


class InputLayer(Layer):
    """The place where data enters; it fixes the shape of one sample.

    Output: (batch, *shape)
    """

    category = Category.DATA
    entries = (Entry("Input", "输入", keywords=("placeholder", "data")),)
    min_inputs = 0
    max_inputs = 0
    source = "https://keras.io/api/layers/core_layers/input/"
    examples = (
        Example((), (None, 784), {"shape": [784]}),
        Example((), (None, None, None, 3), {"shape": [None, None, 3], "dtype": "uint8"}),
        Example((), (32, 10), {"shape": [10], "batch_size": 32, "dtype": "int32"}),
    )

    shape = ShapeOf(
        preset=[784], help="Shape of one sample, without the batch: 784, or 28, 28, 1 for an image."
    )
    dtype = DType(
        "float32", help="Type of the numbers: float32, or int32 for tokens.", advanced=False
    )
    batch_size = Nullable(
        Int(minimum=1, help="Fixed number of samples in a batch; empty for any.", advanced=True)
    )

    def output(self, *inputs: Tensor) -> Tensor:
        return Tensor((self.batch_size, *self.shape), self.dtype)

    @classmethod
    def to_keras(cls, config: dict[str, Any]) -> dict[str, Any]:
        shape = [config.pop("batch_size"), *config.pop("shape")]
        return {"batch_shape": shape, "sparse": False, "ragged": False, **config}

    @classmethod
    def from_keras(cls, config: dict[str, Any]) -> dict[str, Any]:
        shape = config.pop("batch_shape", None)
        if isinstance(shape, list) and shape:
            config |= {"batch_size": shape[0], "shape": shape[1:]}
        return config
