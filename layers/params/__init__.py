"""Typed descriptors of parameters, as layers, recipes and optimizers declare them."""

from layers.params.base import LIMIT, REQUIRED, Param
from layers.params.lists import Axes, Numbers
from layers.params.nested import Inner, Nullable, Of
from layers.params.scalars import UNKNOWN_FUNCTION, Bool, Choice, Float, Function, Int, Text
from layers.params.tensors import Axis, DType, Ints, ShapeOf

__all__ = [
    "LIMIT",
    "REQUIRED",
    "UNKNOWN_FUNCTION",
    "Axes",
    "Axis",
    "Bool",
    "Choice",
    "DType",
    "Float",
    "Function",
    "Inner",
    "Int",
    "Ints",
    "Nullable",
    "Numbers",
    "Of",
    "Param",
    "ShapeOf",
    "Text",
]
