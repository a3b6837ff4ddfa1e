"""MNIST: 70,000 handwritten digits."""

from __future__ import annotations

from training.datasets.cached import Cached
from training.datasets.dataset import Facts


class Mnist(Cached):
    """Digits of 28 x 28 pixels; LeCun et al. 1998, "Gradient-based learning applied to document
    recognition"."""

    order = 10
    title = "MNIST handwritten digits"
    title_zh = "MNIST 手写数字"
    source = "http://yann.lecun.com/exdb/mnist/"
    download_bytes = 11_490_434
    files = ("mnist.npz",)
    static = Facts(
        name="mnist",
        kind="image",
        sample=(28, 28, 1),
        dtype="uint8",
        labels="classes",
        classes=tuple("0123456789"),
        train=60_000,
        test=10_000,
        scale=1 / 255,
        dark=True,
        figure=20 / 28,
    )
