"""Learned numbers that PyTorch has no module for."""

import torch
from torch import nn


class EinsumDense(nn.Module):
    """Multiply by a kernel as an equation says, and add a bias."""

    def __init__(self, equation, kernel, bias=None):
        super().__init__()
        self.equation = equation
        self.weight = nn.Parameter(torch.zeros(kernel))
        self.bias = nn.Parameter(torch.zeros(bias)) if bias is not None else None

    def forward(self, x):
        x = torch.einsum(self.equation, x, self.weight)
        return x if self.bias is None else x + self.bias


class Affine(nn.Module):
    """Multiply by learned factors, and add learned summands."""

    def __init__(self, shape, weight=True, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape)) if weight else None
        self.bias = nn.Parameter(torch.zeros(shape)) if bias else None

    def forward(self, x):
        x = x if self.weight is None else x * self.weight
        return x if self.bias is None else x + self.bias


class LocallyConnected(nn.Module):
    """A convolution with other weights in each place; channels come last."""

    def __init__(self, places, window, strides, channels, filters, bias=True):
        super().__init__()
        self.places, self.window, self.strides = places, window, strides
        count, width = 1, channels
        for number in places:
            count *= number
        for length in window:
            width *= length
        self.weight = nn.Parameter(torch.zeros(count, width, filters))
        self.bias = nn.Parameter(torch.zeros(*places, filters)) if bias else None

    def forward(self, x):
        for axis, (length, step) in enumerate(
            zip(self.window, self.strides, strict=True), 1
        ):
            x = x.unfold(axis, length, step)
        rank = len(self.window)
        # The channels stand behind each window's places, as in the weights.
        x = x.movedim(1 + rank, -1).flatten(1 + rank).flatten(1, rank)
        x = torch.einsum("bpw,pwf->bpf", x, self.weight).unflatten(1, self.places)
        return x if self.bias is None else x + self.bias
