"""Attention whose heads have widths of their own."""

import torch.nn.functional as F
from torch import nn


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

    def forward(self, query, key, value):
        query, key, value = (
            tensor.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for tensor in (self.query(query), self.key(key), self.value(value))
        )
        dropout = self.dropout if self.training else 0.0
        found = F.scaled_dot_product_attention(query, key, value, dropout_p=dropout)
        return self.output(found.transpose(1, 2).flatten(2))
