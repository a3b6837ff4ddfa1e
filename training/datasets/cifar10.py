"""CIFAR-10: 60,000 small colour pictures."""

from __future__ import annotations

from training.datasets.cached import Cached
from training.datasets.dataset import Facts


class Cifar10(Cached):
    """Objects of 32 x 32 pixels; Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny
    Images"."""

    title = "CIFAR-10 objects"
    title_zh = "CIFAR-10 彩色图片"
    source = "https://www.cs.toronto.edu/~kriz/cifar.html"
    download_bytes = 170_498_071
    files = ("cifar-10-batches-py-target_archive",)
    static = Facts(
        name="cifar10",
        kind="image",
        sample=(32, 32, 3),
        dtype="uint8",
        labels="classes",
        classes=(
            "airplane",
            "automobile",
            "bird",
            "cat",
            "deer",
            "dog",
            "frog",
            "horse",
            "ship",
            "truck",
        ),
        train=50_000,
        test=10_000,
        scale=1 / 255,
    )
