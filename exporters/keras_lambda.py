"""Programs in Lambda layers, which are never run: what they give is supposed, and then proved."""

from __future__ import annotations

from dataclasses import dataclass, replace

from layers.analysis import analyse
from layers.diagnostics import Diagnostic, Problem, diagnose
from layers.graph import Graph

SUPPOSED = Problem(
    "keras.lambda_shape",
    "{name} is taken to keep the shape of its input, {shape}: the weights of the file fit this.",
    "Check it if shapes behind it look wrong.",
    severity="hint",
)
LAMBDA = "Lambda"
MAX_LAMBDAS = 20


@dataclass(frozen=True, slots=True)
class Supposed:
    """A network whose Lambdas keep the shape of their inputs, and what says so."""

    graph: Graph
    diagnostics: tuple[Diagnostic, ...]


def kept_shapes(graph: Graph) -> Supposed | None:
    """The network with an output shape for every Lambda that has one input and states none; None
    where there is no such Lambda.
    """
    notes: list[Diagnostic] = []
    for _ in range(MAX_LAMBDAS):
        known = analyse(graph).nodes
        for node in graph:
            edges = graph.incoming(node.id)
            if node.type != LAMBDA or node.shares or known[node.id].outputs or len(edges) != 1:
                continue
            given = known[edges[0].source].outputs
            if given is None or edges[0].source_port >= len(given):
                continue
            shape = given[edges[0].source_port].shape[1:]
            params = {**node.params, "output_shape": list(shape)}
            graph = graph.with_node(replace(node, params=params))
            text = ", ".join("?" if dim is None else str(dim) for dim in shape)
            notes.append(diagnose(SUPPOSED, node=node.id, name=node.name, shape=f"({text})"))
            break
        else:
            break
    return Supposed(graph, tuple(notes)) if notes else None
