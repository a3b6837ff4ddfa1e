"""Sound as pictures: spectrograms."""

from __future__ import annotations

from math import ceil, log2

from layers.categories import Category
from layers.diagnostics import Invalid, Problem, SetParams
from layers.layer import Entry, Example, Layer, Weight
from layers.params import Bool, Choice, Float, Int, Nullable
from layers.tensor import Dim, Tensor, product

FRAME_STEP = Problem(
    "spectrogram.frame_step",
    "frame_step={step} is longer than frame_length={length}.",
    "Choose a step of at most the frame's length.",
)
FFT_LENGTH = Problem(
    "spectrogram.fft_length",
    "fft_length={fft} is shorter than {param}={length}.",
    "Choose a length of at least that.",
)
TOO_SHORT = Problem(
    "spectrogram.too_short",
    "A frame of {length} is longer than the signal of {size}.",
    "Shorten the frame, or set padding to same.",
)
WINDOWS = (
    "hann",
    "hamming",
    "blackman",
    "bartlett",
    "boxcar",
    "triang",
    "parzen",
    "bohman",
    "blackmanharris",
    "nuttall",
    "barthann",
    "cosine",
    "flattop",
)


class STFTSpectrogram(Layer):
    """Cut a signal into frames and give the strength of each frequency in each frame.

    Input:  (batch, time, channels)
    Output: (batch, frames, channels * frequencies), or (batch, frames, frequencies, channels) with
            expand_dims
    """

    category = Category.PREPROCESSING
    entries = (Entry("STFT Spectrogram", "短时傅里叶谱", keywords=("audio", "fourier", "sound")),)
    masks = "unknown"
    input_rank = 3
    axis_names = ("batch", "time", "channels")
    source = "Cheuk et al. 2020, https://doi.org/10.1109/ACCESS.2020.3019084"
    examples = (
        Example((None, 100, 1), (None, 11, 9), {"frame_length": 16, "frame_step": 8}, 288),
        Example(
            (None, None, 2),
            (None, None, 33, 2),
            {"frame_length": 40, "mode": "real", "expand_dims": True, "padding": "same"},
            weights=1320,
        ),
        Example(
            (None, 64, 1),
            (None, 8, 34),
            {"frame_length": 16, "fft_length": 32, "mode": "stft", "padding": "same"},
            weights=544,
        ),
    )

    mode = Choice(
        ("log", "magnitude", "psd", "real", "imag", "angle", "stft"),
        "log",
        help="What is given for each frequency.",
    )
    frame_length = Int(256, minimum=2, maximum=65_536, help="Length of a frame.", unit="samples")
    frame_step = Nullable(
        Int(minimum=1, help="Step between frames; empty for half a frame.", unit="samples")
    )
    fft_length = Nullable(
        Int(minimum=2, maximum=65_536, help="Length of the transform; empty for the power of two.")
    )
    window = Nullable(Choice(WINDOWS, help="Shape that frames fade in and out with."), "hann")
    periodic = Bool(False, help="Whether the window is periodic.", advanced=True)
    scaling = Nullable(
        Choice(("density", "spectrum"), help="How the window is made up for."), "density"
    )
    padding = Choice(("valid", "same"), "valid", help="What happens at the ends.")
    expand_dims = Bool(False, help="Whether frequencies get an axis of their own.")
    trainable = Bool(True, help="Whether training changes the kernels.", advanced=True)

    @property
    def step(self) -> int:
        return self.frame_step or self.frame_length // 2

    @property
    def transform(self) -> int:
        """Length of the transform."""
        return self.fft_length or 2 ** ceil(log2(self.frame_length))

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_rank(tensor)
        if self.step > self.frame_length:
            raise Invalid(FRAME_STEP, param="frame_step", step=self.step, length=self.frame_length)
        if self.transform < self.frame_length:
            raise Invalid(
                FFT_LENGTH, param="frame_length", fft=self.transform, length=self.frame_length
            )
        time, channels = tensor.shape[1], self.known(tensor, -1)
        frames: Dim = None
        if time is not None and self.padding == "same":
            frames = -(-time // self.step)
        elif time is not None:
            if time < self.frame_length:
                raise Invalid(
                    TOO_SHORT,
                    param="frame_length",
                    length=self.frame_length,
                    size=time,
                    remedy=SetParams({"padding": "same"}),
                )
            frames = (time - self.frame_length) // self.step + 1
        frequencies = (self.transform // 2 + 1) * (2 if self.mode == "stft" else 1)
        if self.expand_dims:
            return Tensor((tensor.shape[0], frames, frequencies, channels))
        return Tensor((tensor.shape[0], frames, frequencies * channels))

    def weights(self, *inputs: Tensor) -> dict[str, Weight]:
        shape = (self.frame_length, 1, self.transform // 2 + 1)
        made = {} if self.mode == "imag" else {"real_kernel": Weight(shape, self.trainable)}
        return made | (
            {} if self.mode == "real" else {"imag_kernel": Weight(shape, self.trainable)}
        )

    def macs(self, *inputs: Tensor) -> Dim:
        kernels = sum(weight.count for weight in self.weights(*inputs).values())
        return product((self.output(*inputs).shape[1], inputs[0].shape[-1], kernels))


class MelSpectrogram(Layer):
    """Cut a signal into frames and give the loudness of each pitch, as the ear hears it.

    Input:  (batch, time)
    Output: (batch, num_mel_bins, frames)
    """

    category = Category.PREPROCESSING
    entries = (Entry("Mel Spectrogram", "梅尔频谱", keywords=("audio", "sound", "speech")),)
    masks = "unknown"
    input_rank = 2
    axis_names = ("batch", "time")
    source = "Stevens et al. 1937, https://doi.org/10.1121/1.1915893"
    examples = (
        Example(
            (None, 400),
            (None, 8, 26),
            {"fft_length": 64, "sequence_stride": 16, "num_mel_bins": 8, "min_freq": 200.0},
        ),
        Example(
            (None, None), (None, 4, None), {"fft_length": 8, "num_mel_bins": 4, "min_freq": 2000.0}
        ),
    )

    fft_length = Int(2048, minimum=2, maximum=65_536, help="Length of the transform.")
    sequence_stride = Int(512, minimum=1, help="Step between frames.", unit="samples")
    sequence_length = Nullable(
        Int(minimum=1, help="Length of a frame; empty for fft_length.", unit="samples")
    )
    window = Choice(("hann", "hamming"), "hann", help="Shape that frames fade in and out with.")
    sampling_rate = Int(16_000, minimum=1, help="Samples of the signal in a second.", unit="Hz")
    num_mel_bins = Int(128, minimum=1, help="Number of pitches.")
    min_freq = Float(20.0, minimum=0.0, help="Lowest frequency.", unit="Hz")
    max_freq = Nullable(
        Float(minimum=0.0, help="Highest frequency; empty for half the sampling rate.", unit="Hz")
    )
    power_to_db = Bool(True, help="Whether loudness is in decibels.")
    top_db = Float(80.0, minimum=0.0, help="Range of loudness that is kept.", unit="dB")
    mag_exp = Float(2.0, help="Exponent of the strength: 2 for power.", advanced=True)
    min_power = Float(1e-10, minimum=0.0, help="Smallest power.", advanced=True)
    ref_power = Float(1.0, help="Power of 0 dB.", advanced=True)

    def output(self, *inputs: Tensor) -> Tensor:
        (tensor,) = inputs
        self.check_rank(tensor)
        if self.sequence_length and self.sequence_length > self.fft_length:
            raise Invalid(
                FFT_LENGTH,
                param="sequence_length",
                fft=self.fft_length,
                length=self.sequence_length,
            )
        time = tensor.shape[1]
        frames = None if time is None else (time + self.sequence_stride + 1) // self.sequence_stride
        return Tensor((tensor.shape[0], self.num_mel_bins, frames))
