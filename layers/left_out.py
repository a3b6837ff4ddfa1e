"""What Keras has and this catalogue has not, each with the reason. Tests hold it against Keras."""

from __future__ import annotations

PROGRAM = "is given a Python object that no file can hold and no form can show"
VOCABULARY = "needs a vocabulary, which is data and not part of a network's drawing"
LABELS = "changes labels together with images, so it belongs to the data and not to the network"
CELL = "is one step of a recurrent layer, not a layer: use SimpleRNN, GRU or LSTM"
FOREIGN = "wraps a model of another library, which would run code that came with a file"

LEFT_OUT_LAYERS: dict[str, str] = {
    "CutMix": LABELS,
    "Equalization": "hands on its input unchanged when a model is made, which Keras then refuses",
    "FlaxLayer": FOREIGN,
    "GRUCell": CELL,
    "InputSpec": "is no layer but a condition on inputs",
    "IntegerLookup": VOCABULARY,
    "JaxLayer": FOREIGN,
    "LSTMCell": CELL,
    "Lambda": PROGRAM,
    "Layer": "is the base class",
    "MaxNumBoundingBoxes": "takes bounding boxes, not a tensor",
    "MixUp": LABELS,
    "Pipeline": "is a list of layers: draw them one after another",
    "RNN": PROGRAM + " (its cell)",
    "SimpleRNNCell": CELL,
    "StackedRNNCells": CELL,
    "StringLookup": VOCABULARY,
    "TFSMLayer": FOREIGN,
    "TextVectorization": VOCABULARY,
    "TorchModuleWrapper": FOREIGN,
    "Wrapper": "is a base class",
}
"""Names in keras.layers, with the reason."""

LEFT_OUT_ACTIVATIONS: dict[str, str] = {
    "glu": "halves an axis, and Keras' Activation does not know that it does",
    "threshold": "needs two numbers: use ReLU or Thresholded ReLU",
}
"""Names in keras.activations, with the reason."""
