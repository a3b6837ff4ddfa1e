"""Refusing what cannot go on, in one line."""

from __future__ import annotations

from layers.diagnostics import Fix, GraphError, Problem, diagnose


def refusal(
    problem: Problem, *, node: str | None = None, fix: Fix | None = None, **values: object
) -> GraphError:
    """The error to raise for a single problem, with the values of its placeholders."""
    return GraphError([diagnose(problem, node=node, fix=fix, **values)])
