"""Pooling by chance."""

import torch
import torch.nn.functional as F
from torch import nn


class StochasticPool(nn.Module):
    """Draw a value of each window in proportion to it; outside training, the mean."""

    def __init__(self, window, strides, ends):
        super().__init__()
        self.window, self.strides, self.ends = window, strides, ends

    def forward(self, x):
        x = F.pad(x, (0, self.ends[1], 0, self.ends[0]))
        for axis, (length, step) in enumerate(
            zip(self.window, self.strides, strict=True), 2
        ):
            x = x.unfold(axis, length, step)
        x = x.flatten(-2)
        total = x.sum(-1)
        if not self.training:
            return x.square().sum(-1) / torch.where(total == 0, 1, total)
        drawn = torch.rand_like(total) * total
        chosen = (x.cumsum(-1) >= drawn.unsqueeze(-1)).int().argmax(-1, keepdim=True)
        return x.gather(-1, chosen).squeeze(-1)
