"""Several operations that are one layer, written as one: a module for each idea, registered by
being here.

A rule looks at the last operation of what it knows, follows the tensors back, and where all fits
turns that operation into a composite whose kind starts with ``visualnn.``; what it no longer needs
drops out of the program.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import TypeAlias

from exporters.tensorflow.program import MISFITS, Op, Program

Rule: TypeAlias = Callable[[Program, Op], bool]
RULES: dict[str, list[Rule]] = {}


def ends(*kinds: str) -> Callable[[Rule], Rule]:
    """Register a rule for what ends with an operation of these kinds."""

    def register(rule: Rule) -> Rule:
        for kind in kinds:
            RULES.setdefault(kind, []).append(rule)
        return rule

    return register


@cache
def rules() -> dict[str, list[Rule]]:
    """Every rule, by the kind of operation that it ends with."""
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    return RULES


def simplified(program: Program) -> Program:
    """The program with all patterns put together. Raises GraphError."""
    known = rules()
    for op in list(program.ops.values()):
        for rule in known.get(op.kind, ()):
            try:
                if rule(program, op):
                    break
            except MISFITS:
                # Not what the rule knows, whatever it calls itself.
                continue
    return program.restricted()


def become(op: Op, kind: str, inputs: list[tuple[str, int]], **values: object) -> bool:
    """Turn an operation into a composite."""
    op.kind, op.inputs = kind, inputs
    op.attrs = {}
    op.values = dict(values)
    return True
