"""Learned slopes that PyTorch's PReLU has not."""

import torch
from torch import nn


class Slopes(nn.Module):
    """Pass positive values on; multiply others by a slope for each place."""

    def __init__(self, shape):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(shape))

    def forward(self, x):
        return torch.where(x > 0, x, self.weight * x)
