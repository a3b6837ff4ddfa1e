"""Fashion-MNIST: 70,000 pictures of clothes."""

from __future__ import annotations

from training.datasets.cached import Cached
from training.datasets.dataset import Facts


class FashionMnist(Cached):
    """Clothes of 28 x 28 pixels; Xiao et al. 2017, "Fashion-MNIST: a Novel Image Dataset"."""

    title = "Fashion-MNIST clothes"
    title_zh = "Fashion-MNIST 服饰"
    source = "https://github.com/zalandoresearch/fashion-mnist"
    download_bytes = 30_878_645
    files = tuple(
        f"fashion-mnist/{part}-ubyte.gz"
        for part in (
            "train-labels-idx1",
            "train-images-idx3",
            "t10k-labels-idx1",
            "t10k-images-idx3",
        )
    )
    static = Facts(
        name="fashion_mnist",
        kind="image",
        sample=(28, 28, 1),
        dtype="uint8",
        labels="classes",
        classes=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        train=60_000,
        test=10_000,
        scale=1 / 255,
        dark=True,
        figure=1.0,
    )
