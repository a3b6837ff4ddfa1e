"""Arithmetic on what is known of a program: bounded numbers, texts and lists."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

MAX_NUMBER = 2**53
MAX_ITEMS = 10_000
BUILTINS = ("range", "len", "enumerate", "zip", "list", "tuple", "int", "float", "str", "reversed")

_NUMBERS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda one, other: one in other,
    ast.NotIn: lambda one, other: one not in other,
}


class Unknown(Exception):
    """Something that is not computed here."""


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def computed(one: Any, op: ast.operator, other: Any) -> Any:
    """The value of an operation. Raises Unknown."""
    if is_number(one) and is_number(other):
        try:
            if isinstance(op, ast.Pow) and abs(other) < 64 and abs(one) <= 1024:
                result = one**other
            elif type(op) in _NUMBERS:
                result = _NUMBERS[type(op)](one, other)
            else:
                raise Unknown
            # `not <=` refuses what is not a number, too.
            if isinstance(result, complex) or not abs(result) <= MAX_NUMBER:
                raise Unknown
            return result
        except (ArithmeticError, ValueError):
            raise Unknown from None
    if isinstance(one, str | list | tuple):
        is_sum = isinstance(op, ast.Add) and type(one) is type(other)
        is_product = isinstance(op, ast.Mult) and type(other) is int
        if is_sum and len(one) + len(other) <= MAX_ITEMS:
            return one + other
        if is_product and len(one) * other <= MAX_ITEMS:
            return one * other
    raise Unknown


def compared(one: Any, op: ast.cmpop, other: Any) -> bool:
    """Whether a comparison holds, of what has no lists in lists. Raises Unknown."""
    for each in (one, other):
        if isinstance(each, dict) or (
            isinstance(each, list | tuple) and any(isinstance(x, list | tuple) for x in each)
        ):
            raise Unknown
    try:
        return bool(_COMPARISONS[type(op)](one, other))
    except TypeError:
        raise Unknown from None


def builtin(name: str, args: list[Any]) -> Any:
    """The value of a call of one of Python's own functions. Raises Unknown."""
    try:
        if name == "range" and all(type(each) is int for each in args):
            found = range(*args)
            if len(found) <= MAX_ITEMS:
                return list(found)
        elif name == "len":
            return len(args[0])
        elif name in ("int", "float", "str") and isinstance(args[0], str | int | float):
            return {"int": int, "float": float, "str": str}[name](args[0])
        elif all(isinstance(each, list | tuple) for each in args[:1] or [None]):
            if name == "zip":
                return list(zip(*args, strict=False))
            if name == "enumerate":
                return list(enumerate(*args[:2]))
            return list(args[0][::-1] if name == "reversed" else args[0])
    except (TypeError, ValueError, IndexError, OverflowError):
        pass
    raise Unknown
