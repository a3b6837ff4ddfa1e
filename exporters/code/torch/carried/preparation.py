"""Numbers by which inputs are prepared."""

import torch
from torch import nn


class Rescaling(nn.Module):
    """Multiply by given numbers, and add given numbers."""

    def __init__(self, scale, offset):
        super().__init__()
        self.register_buffer("scale", torch.tensor(scale), persistent=False)
        self.register_buffer("offset", torch.tensor(offset), persistent=False)

    def forward(self, x):
        return x * self.scale + self.offset


class Normalization(nn.Module):
    """Bring values to mean 0 and variance 1 by known statistics, or undo it."""

    variance: torch.Tensor

    def __init__(self, shape, invert=False):
        super().__init__()
        self.invert = invert
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("variance", torch.ones(shape))

    def forward(self, x):
        deviation = self.variance.sqrt().clamp(min=1e-7)
        return x * deviation + self.mean if self.invert else (x - self.mean) / deviation
