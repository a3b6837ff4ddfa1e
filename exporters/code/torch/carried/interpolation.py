"""Resizing that PyTorch has not."""

import torch


def resample(x, size, scale, is_nearest):
    """Resize images: by their origins, or to the nearest place by their corners."""
    for axis in (0, 1):
        old = x.shape[axis + 2]
        new = size[axis] if size else int(old * scale[axis])
        at = torch.arange(new, device=x.device, dtype=torch.float32)
        if is_nearest:
            at = at * (old - 1) / max(new - 1, 1)
            x = x.index_select(axis + 2, (at + 0.5).long())
            continue
        at = at * old / new if size else at / scale[axis]
        at = at.clamp(0, old - 1)
        below = at.long()
        first = x.index_select(axis + 2, below)
        second = x.index_select(axis + 2, (below + 1).clamp(max=old - 1))
        share = (at - below).reshape((-1, 1) if axis == 0 else (-1,))
        x = first + (second - first) * share
    return x
