"""Attention whose heads have widths of their own, and attention without projections."""

import torch
import torch.nn.functional as F
from torch import nn


def hidden(scores, causal=False, window=None, mask=None):
    """Scores with the least number where a step must not see another."""
    rows, columns = scores.shape[-2:]
    places = torch.arange(rows, device=scores.device)
    away = places[:, None] - torch.arange(columns, device=scores.device)
    seen = away >= 0 if causal else torch.ones_like(away, dtype=torch.bool)
    if window is not None:
        seen = seen & (away.abs() < window)
    if mask is not None:
        seen = seen & mask.unsqueeze(-3)
    return scores.masked_fill(~seen, torch.finfo(scores.dtype).min)


class MultiHeadAttention(nn.Module):
    """Attention with heads of any width, which nn.MultiheadAttention has not."""

    def __init__(
        self, widths, heads, key_dim, value_dim, output_dim, bias=True, dropout=0.0
    ):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.query = nn.Linear(widths[0], heads * key_dim, bias)
        self.key = nn.Linear(widths[1], heads * key_dim, bias)
        self.value = nn.Linear(widths[2], heads * value_dim, bias)
        self.output = nn.Linear(heads * value_dim, output_dim, bias)

    def forward(self, query, key, value, causal=False):
        query, key, value = (
            tensor.unflatten(-1, (self.heads, -1)).transpose(-3, -2)
            for tensor in (self.query(query), self.key(key), self.value(value))
        )
        dropout = self.dropout if self.training else 0.0
        found = F.scaled_dot_product_attention(
            query, key, value, dropout_p=dropout, is_causal=causal
        )
        return self.output(found.transpose(-3, -2).flatten(-2))


class GroupedAttention(nn.Module):
    """Attention whose heads share keys and values in groups.

    They may pass through a gate, and may see only what is near, or what a mask allows.
    """

    def __init__(
        self,
        widths,
        heads,
        groups,
        key_dim,
        value_dim,
        output_dim,
        bias=True,
        dropout=0.0,
        gate=False,
        window=None,
    ):
        super().__init__()
        self.heads, self.groups, self.window = heads, groups, window
        self.dropout = nn.Dropout(dropout)
        self.query = nn.Linear(widths[0], heads * key_dim, bias)
        self.key = nn.Linear(widths[1], groups * key_dim, bias)
        self.value = nn.Linear(widths[2], groups * value_dim, bias)
        self.gate = nn.Linear(widths[0], heads * value_dim, bias) if gate else None
        self.output = nn.Linear(heads * value_dim, output_dim, bias)

    def split(self, x, heads):
        """(..., steps, heads * width) as (..., all heads, steps, width)."""
        x = x.unflatten(-1, (heads, -1)).transpose(-3, -2)
        return x.repeat_interleave(self.heads // heads, dim=-3)

    def forward(self, query, key, value, causal=False, mask=None):
        asked = self.split(self.query(query), self.heads)
        keys = self.split(self.key(key), self.groups)
        values = self.split(self.value(value), self.groups)
        scores = asked @ keys.transpose(-2, -1) / asked.shape[-1] ** 0.5
        scores = hidden(scores, causal, self.window, mask)
        found = self.dropout(scores.softmax(-1)) @ values
        found = found.transpose(-3, -2).flatten(-2)
        if self.gate is not None:
            found = found * torch.sigmoid(self.gate(query))
        return self.output(found)


class DotAttention(nn.Module):
    """Attention by the products of query and keys."""

    def __init__(self, scale=False, dropout=0.0):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(())) if scale else None
        self.dropout = nn.Dropout(dropout)

    def forward(self, query, key, value, causal=False):
        scores = query @ key.transpose(-2, -1)
        if self.scale is not None:
            scores = scores * self.scale
        scores = hidden(scores, causal)
        return self.dropout(scores.softmax(-1)) @ value


class SumAttention(nn.Module):
    """Attention by the sums of query and keys, through tanh."""

    def __init__(self, before=None, after=None, dropout=0.0):
        super().__init__()
        self.before = nn.Parameter(torch.ones(before)) if before is not None else None
        self.after = nn.Parameter(torch.ones(after)) if after is not None else None
        self.dropout = nn.Dropout(dropout)

    def forward(self, query, key, value, causal=False):
        total = query.unsqueeze(-2) + key.unsqueeze(-3)
        if self.before is not None:
            total = total * self.before
        total = torch.tanh(total)
        if self.after is not None:
            total = total * self.after
        scores = hidden(total.sum(-1), causal)
        return self.dropout(scores.softmax(-1)) @ value
