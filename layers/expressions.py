"""Arithmetic over a block's parameters: numbers, names, ``+ - * // %`` and comparisons, no more.

A parameter's value inside a block may be ``{"expr": "2 * filters"}``. Nothing is executed: Python's
parser reads the text, and only the few kinds of nodes listed here are understood. Text and numbers
are bounded, so the time is, too.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from layers.diagnostics import Invalid, Problem

Number: TypeAlias = int | float | bool

MAX_LENGTH = 200
MAX_NUMBER = 2**53
MAX_DEPTH = 50

NOT_UNDERSTOOD = Problem(
    "expression.syntax",
    "{text!r} is no arithmetic: {reason}.",
    "Use numbers, the block's parameters, + - * // % and comparisons.",
)
UNKNOWN_NAME = Problem(
    "expression.name",
    "{text!r} uses {name}, which is no parameter of the block; these are: {known}.",
    "Use one of them, or add it to the block.",
)
NO_VALUE = Problem(
    "expression.value", "{text!r} has no value: {reason}.", "Check the values it is made of."
)

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
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
}


def is_expression(value: object) -> bool:
    """Whether a parameter's value is ``{"expr": text}``."""
    return isinstance(value, dict) and value.keys() == {"expr"}


def evaluate(text: object, names: Mapping[str, Number]) -> Number:
    """The value of an expression. Raises Invalid."""
    return _Reader(str(text), names).value(_parsed(text), MAX_DEPTH)


def _parsed(text: object) -> ast.expr:
    if not isinstance(text, str) or not 0 < len(text.strip()) <= MAX_LENGTH:
        shown = f"{text!r:.60}" if isinstance(text, str) else type(text).__name__
        raise Invalid(
            NOT_UNDERSTOOD, text=shown, reason=f"it is no text of 1 to {MAX_LENGTH} signs"
        )
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise Invalid(NOT_UNDERSTOOD, text=text, reason="it cannot be read") from None


def resolve(value: Any, names: Mapping[str, Number]) -> Any:
    """Plain data with every expression in it replaced by its value. Raises Invalid."""
    if is_expression(value):
        return evaluate(value["expr"], names)
    if isinstance(value, dict):
        return {key: resolve(item, names) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(item, names) for item in value]
    return value


def substitute(value: Any, names: Mapping[str, Any]) -> Any:
    """Plain data with the names in its expressions replaced. A name may stand for an expression
    over other names; an expression that uses none such becomes its value. Raises Invalid.
    """
    if isinstance(value, list | tuple):
        return [substitute(item, names) for item in value]
    if not is_expression(value):
        is_group = isinstance(value, dict)
        return {key: substitute(item, names) for key, item in value.items()} if is_group else value
    known = {name: item for name, item in names.items() if not is_expression(item)}
    others = {name: _parsed(item["expr"]) for name, item in names.items() if name not in known}
    tree = _parsed(value["expr"])
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    if not used & others.keys():
        return evaluate(value["expr"], known)
    for name, number in known.items():
        # Expressions have no True.
        others[name] = _parsed(repr(int(number) if isinstance(number, bool) else number))
    text = ast.unparse(_Substitution(others).visit(tree))
    _parsed(text)
    return {"expr": text}


def has_expression(value: Any) -> bool:
    """Whether plain data is an expression, or has one in it."""
    if isinstance(value, dict):
        return is_expression(value) or any(map(has_expression, value.values()))
    return isinstance(value, list | tuple) and any(map(has_expression, value))


class _Substitution(ast.NodeTransformer):
    """Puts expressions in the place of names."""

    def __init__(self, names: Mapping[str, ast.expr]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.names.get(node.id, node)


class _Reader:
    """Walks over a parsed expression."""

    def __init__(self, text: str, names: Mapping[str, Number]) -> None:
        self.text = text
        self.names = names

    def value(self, node: ast.expr, depth: int) -> Number:
        if depth == 0:
            raise Invalid(NOT_UNDERSTOOD, text=self.text, reason="it is nested too deeply")
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return self.bounded(number)
            case ast.Name(id=name):
                if name not in self.names:
                    known = ", ".join(self.names) or "none"
                    raise Invalid(UNKNOWN_NAME, text=self.text, name=name, known=known)
                return self.names[name]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.value(operand, depth - 1)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                one, other = self.value(left, depth - 1), self.value(right, depth - 1)
                try:
                    return self.bounded(_BINARY[type(op)](one, other))
                except ZeroDivisionError:
                    reason = "it divides by 0"
                    raise Invalid(NO_VALUE, text=self.text, reason=reason) from None
                except OverflowError:
                    reason = "a number in it is too large"
                    raise Invalid(NO_VALUE, text=self.text, reason=reason) from None
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
                return _COMPARISONS[type(op)](
                    self.value(left, depth - 1), self.value(right, depth - 1)
                )
        what = type(node).__name__
        raise Invalid(NOT_UNDERSTOOD, text=self.text, reason=f"{what} is not understood")

    def bounded(self, number: Number) -> Number:
        # `not <=` refuses what is not a number, too.
        if not abs(number) <= MAX_NUMBER:
            raise Invalid(NO_VALUE, text=self.text, reason="a number in it is too large")
        return number
