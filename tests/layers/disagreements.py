"""Where we and Keras disagree on purpose, with the reasons: what the property test lets pass."""

from __future__ import annotations

OURS = "our own Keras layer leaves the check to us"
_STRICTER: list[tuple[str, str, str]] = [
    (
        "attention.axes",
        "Keras counts some negative axes otherwise, depending on the rank",
        "MultiHeadAttention",
    ),
    (
        "attention.shapes",
        "Keras refuses it when it makes a model, not when it calls the layer",
        "AdditiveAttention Attention GroupQueryAttention",
    ),
    (
        "caffe.axes",
        OURS,
        "Bias Scale",
    ),
    (
        "caffe.base",
        OURS,
        "Exp Log",
    ),
    (
        "caffe.crop",
        OURS,
        "Crop",
    ),
    (
        "caffe.offset",
        OURS,
        "Crop",
    ),
    (
        "caffe.slice",
        OURS,
        "Slice",
    ),
    (
        "caffe.vector",
        OURS,
        "BatchReindex Filter",
    ),
    (
        "conv.cut_away",
        OURS,
        "CaffeConv2DTranspose",
    ),
    (
        "conv.strided_and_dilated",
        "TensorFlow runs it along one axis only, and gives no gradient",
        "DepthwiseConv1D DepthwiseConv2D SeparableConv1D SeparableConv2D",
    ),
    (
        "conv.unequal_strides",
        "TensorFlow runs unequal strides for some sizes only",
        "DepthwiseConv2D SeparableConv2D",
    ),
    (
        "conv.too_short",
        "Keras gives no values at all for a single one",
        "Conv1DTranspose Conv2DTranspose Conv3DTranspose",
    ),
    (
        "dropout.noise_shape",
        "Keras looks at it in training only, may enlarge the output, and is given a batch of 2",
        "AlphaDropout Dropout",
    ),
    (
        "einsum.equation",
        "TensorFlow fills in axes that an equation does not name",
        "EinsumDense",
    ),
    (
        "image.channels",
        "which operation is drawn decides whether Keras takes other images",
        "AugMix RandAugment RandomColorJitter RandomGrayscale",
    ),
    (
        "image.line",
        "Keras looks for the corners in training only",
        "RandomPerspective",
    ),
    (
        "image.range",
        "some operations divide by the extent of the range",
        "AugMix AutoContrast ContrastLimitedAdaptiveHistogramEqualization RandAugment "
        "RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast "
        "RandomHue RandomInvert RandomPosterization RandomSaturation RandomSharpness "
        "Solarization",
    ),
    (
        "normalization.last_axis",
        "Keras scales along the last axis all the same, where sizes happen to agree",
        "RMSNormalization",
    ),
    (
        "normalization.local_size",
        OURS,
        "LRN",
    ),
    (
        "pool.pad",
        OURS,
        "CaffePooling2D",
    ),
    (
        "pool.pyramid",
        OURS,
        "SPP",
    ),
    (
        "pool.stochastic",
        OURS,
        "CaffePooling2D",
    ),
    (
        "pool.window",
        OURS,
        "CaffePooling2D",
    ),
    (
        "preprocessing.bins",
        "its constructor refuses both; only what reads a configuration drops one",
        "Discretization",
    ),
    (
        "preprocessing.broadcast",
        "Keras would change the shape, or mix the batch with the channels",
        "Rescaling",
    ),
    (
        "preprocessing.rank",
        "the shape that Keras infers is not the one that it computes",
        "CategoryEncoding Discretization Hashing",
    ),
    (
        "recurrent.mask",
        "Keras also takes a mask with a last axis of 1, or one step too many",
        "Bidirectional ConvLSTM1D ConvLSTM2D ConvLSTM3D GRU LSTM SimpleRNN",
    ),
    (
        "recurrent.state",
        "Keras repeats a state of 1 where it only adds or multiplies",
        "Bidirectional ConvLSTM1D ConvLSTM2D ConvLSTM3D GRU LSTM SimpleRNN",
    ),
    (
        "shape.axis",
        "the batch is no axis to normalize, join or cut along",
        "ArgMax BatchNormalization Bias Concatenate Crop GroupNormalization "
        "LayerNormalization Normalization RMSNormalization Reduction Scale Slice Softmax "
        "Tile UnitNormalization",
    ),
    (
        "shape.interpolation",
        OURS,
        "Interpolation2D",
    ),
    (
        "shape.rank",
        "image layers of Keras take one image without its batch, which no node has",
        "AdaptiveAveragePooling2D AdaptiveMaxPooling2D AugMix AutoContrast CenterCrop "
        "ContrastLimitedAdaptiveHistogramEqualization RandAugment RandomBrightness "
        "RandomColorJitter RandomContrast RandomCrop RandomElasticTransform RandomErasing "
        "RandomFlip RandomGaussianBlur RandomInvert RandomPerspective RandomPosterization "
        "RandomRotation RandomSharpness RandomShear RandomTranslation RandomZoom Resizing "
        "Solarization",
    ),
    (
        "shape.rank",
        OURS,
        "LocallyConnected1D LocallyConnected2D",
    ),
    (
        "shape.rank_least",
        "Keras takes vectors for sequences, with the batch as the steps",
        "AdditiveAttention Attention",
    ),
    (
        "shape.rank_least",
        OURS,
        "ArgMax LRN MVN",
    ),
    (
        "shape.unknown",
        "the batch is no axis of features",
        "SpectralNormalization",
    ),
    (
        "shape.window",
        "Keras gives no values at all",
        "AveragePooling1D AveragePooling2D AveragePooling3D",
    ),
    (
        "spectrogram.too_short",
        "Keras gives a spectrogram of no frames",
        "STFTSpectrogram",
    ),
    (
        "image.channels",
        "other images pass where nothing is drawn that needs colours",
        "RandomColorDegeneration RandomHue RandomSaturation",
    ),
    (
        "shape.rank",
        "image layers of Keras take one image without its batch, which no node has",
        "RandomColorDegeneration RandomGrayscale RandomHue RandomSaturation",
    ),
]

STRICTER: dict[tuple[str, str], str] = {
    (layer, code): reason for code, reason, layers in _STRICTER for layer in layers.split()
}
"""What we refuse though Keras takes it: the reason by layer and problem code."""

DEADLY: dict[tuple[str, str], str] = {
    (f"{kind}Pooling{rank}D", code): "an empty window ends the process: division by zero"
    for kind, code in [
        ("Max", "shape.window"),
        ("AdaptiveMax", "pool.adaptive"),
        ("AdaptiveMax", "shape.rank"),
        ("Caffe", "pool.window"),
        ("Caffe", "pool.pad"),
    ]
    for rank in (1, 2, 3)
}
"""What we refuse and TensorFlow on a processor does not survive, by layer and problem code."""

FLASH = ("Flash attention is not supported", "other backends than TensorFlow have it")
LOOSER: dict[str, tuple[str, str]] = {
    "MelSpectrogram": ("paddings must be less", "it needs a frame, and may not know the length"),
    "Discretization": ("call `adapt(dataset)`", "num_bins waits for adapt(), as a new layer does"),
    "MultiHeadAttention": FLASH,
    "GroupQueryAttention": FLASH,
}
"""What we take though Keras refuses it: by layer, words of the refusal and the reason."""

OTHER_SHAPES = {
    "Filter": "how many samples are kept depends on their values",
    "RandomCrop": "Keras gives the whole image where it is told that it does not train",
    "MelSpectrogram": "the shape that Keras infers for a model can have a frame more than it gives",
}
"""Layers whose shape for real values may differ from what a model's is, with the reason."""
