"""Layers as Keras 2 and tf.keras spelt them, in the spelling of Keras 3.

Source: ``get_config`` of Keras 2.0 to 2.15, and ``keras/src/legacy/saving`` of Keras 3.
"""

from __future__ import annotations

from typing import Any

from exporters.generations.cells import without_cell

Config = dict[str, Any]

CLASSES = {
    "CuDNNLSTM": "LSTM",
    "CuDNNGRU": "GRU",
    "UnifiedLSTM": "LSTM",
    "UnifiedGRU": "GRU",
    "LSTMV1": "LSTM",
    "LSTMV2": "LSTM",
    "GRUV1": "GRU",
    "GRUV2": "GRU",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
    "DepthwiseConv2DV2": "DepthwiseConv2D",
}
OF_CUDNN = {"activation": "tanh", "recurrent_activation": "sigmoid"}

OURS = frozenset({"ThresholdedReLU", "LocallyConnected1D", "LocallyConnected2D"})
"""Layers that Keras 3 has no more, and that the catalogue has as its own."""

FUNCTIONS = {"swish": "silu"}

OF_WHOLE_NUMBERS = frozenset({"Discretization", "Hashing", "HashedCrossing"})
"""Layers whose dtype was that of their output, as it is without being said."""

DROPPED: dict[str, dict[str, tuple[object, ...]]] = {
    "DepthwiseConv1D": {"groups": (1,)},
    "DepthwiseConv2D": {"groups": (1,), "filters": (None,)},
    "SeparableConv1D": {"groups": (1,)},
    "SeparableConv2D": {"groups": (1,)},
    "Conv1DTranspose": {"groups": (1,)},
    "Conv2DTranspose": {"groups": (1,)},
    "Conv3DTranspose": {"groups": (1,)},
    "ConvLSTM1D": {"groups": (1,)},
    "ConvLSTM2D": {"groups": (1,)},
    "ConvLSTM3D": {"groups": (1,)},
    "LocallyConnected1D": {"padding": ("valid",), "implementation": (1,)},
    "LocallyConnected2D": {"padding": ("valid",), "implementation": (1,)},
    "BatchNormalization": {"virtual_batch_size": (None,), "fused": (True, False, None)},
}
"""Members of which some values mean what the layer always does."""


def upgraded(class_name: str, config: Config) -> tuple[str, Config]:
    """One layer's class and configuration as Keras 3 calls them; what has its new name stays."""
    class_name, config = without_cell(class_name, config)
    made = dict(config)
    name = CLASSES.get(class_name, class_name)
    if class_name.startswith("CuDNN"):
        made = {**OF_CUDNN, **made}
    if class_name == "CuDNNGRU":
        made["reset_after"] = True
    elif name == "GRU":
        made.setdefault("reset_after", False)
    if class_name == "SyncBatchNormalization":
        made.setdefault("synchronized", True)
    if name == "LeakyReLU" and "alpha" in made:
        made.setdefault("negative_slope", made.pop("alpha"))
    for key in ("activation", "recurrent_activation"):
        if isinstance(made.get(key), str):
            made[key] = FUNCTIONS.get(made[key], made[key])
    if name.startswith("SeparableConv") and "depthwise_initializer" in made:
        # A convolution's own, which this one never used.
        for key in ("kernel_initializer", "kernel_regularizer", "kernel_constraint"):
            made.pop(key, None)
    if name in OF_WHOLE_NUMBERS and made.get("dtype") == "int64":
        del made["dtype"]
    for key, values in DROPPED.get(name, {}).items():
        if key in made and made[key] in values:
            del made[key]
    if name == "MultiHeadAttention":
        # What it was built on, which the network says.
        built = ("_query_shape", "_key_shape", "_value_shape")
        for key in (*built, *(key[1:] for key in built)):
            made.pop(key, None)
        if type(made.get("output_shape")) is int:
            made["output_shape"] = [made["output_shape"]]
    return name, made
