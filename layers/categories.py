"""The categories of the palette: the manual's nine, in its order and under its English and Chinese
names, and those that it has not.
"""

from __future__ import annotations

from enum import Enum


class Category(Enum):
    """A palette category: the member's name in lower case is its id."""

    DATA = ("Data", "数据")
    VISION = ("Vision", "视觉")
    RECURRENT = ("Recurrent", "循环")
    UTILITY = ("Utility", "常用单元")
    ACTIVATION = ("Activation/Neuron", "激活")
    NORMALIZATION = ("Normalization", "归一化")
    COMMON = ("Common", "常规")
    NOISE = ("Noise", "噪声")
    WRAPPER = ("Wrapper", "包装器")
    ATTENTION = ("Attention", "注意力")
    PREPROCESSING = ("Preprocessing", "预处理")
    LOSS = ("Loss", "损失")

    def __init__(self, label: str, zh: str) -> None:
        self.label = label
        self.zh = zh

    @property
    def id(self) -> str:
        return self.name.lower()
