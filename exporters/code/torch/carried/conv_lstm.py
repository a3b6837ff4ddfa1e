"""A recurrent layer whose state is an image."""

import torch
import torch.nn.functional as F
from torch import nn


class ConvLSTM(nn.Module):
    """Long short-term memory with convolutions; channels come last, as in Keras.

    Takes (batch, time, ..., channels) and gives all steps and the last states.
    """

    def __init__(
        self,
        channels,
        filters,
        window,
        stride=1,
        padding=(),
        dilation=1,
        bias=True,
        activation=torch.tanh,
        gate=torch.sigmoid,
    ):
        super().__init__()
        kind = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}[len(window)]
        self.filters, self.padding = filters, padding
        self.activation, self.gate = activation, gate
        self.input = kind(
            channels, 4 * filters, window, stride, dilation=dilation, bias=bias
        )
        self.state = kind(filters, 4 * filters, window, padding="same", bias=False)

    def forward(self, x, states=None):
        steps = [F.pad(step, self.padding) for step in x.movedim(-1, 2).unbind(1)]
        given = [self.input(step) for step in steps]
        if states is None:
            hidden = cell = torch.zeros_like(given[0][:, : self.filters])
        else:
            hidden, cell = (state.movedim(-1, 1) for state in states)
        found = []
        for step in given:
            parts = step + self.state(hidden)
            enter, forget, new, out = parts.chunk(4, dim=1)
            cell = self.gate(forget) * cell + self.gate(enter) * self.activation(new)
            hidden = self.gate(out) * self.activation(cell)
            found.append(hidden)
        every = torch.stack(found, dim=1).movedim(2, -1)
        return every, hidden.movedim(1, -1), cell.movedim(1, -1)
