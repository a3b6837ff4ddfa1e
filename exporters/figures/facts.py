"""What figures tell of a node: its name, its kind, its shape, its weights, in the words of the
editor.
"""

from __future__ import annotations

from dataclasses import dataclass

from layers.analysis import analyse
from layers.blocks import BLOCK
from layers.graph import Graph, Node
from layers.known import NodeAnalysis
from layers.layer import LAYERS
from layers.tensor import Shape


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a node.

    Attributes:
        shape: of the first output without the batch; None where unknown.
        weights: how many numbers.
        details: what distinguishes it from others of its kind: "32, 3 x 3".
        known: whether its type is one of the catalogue.
    """

    node: Node
    category: str
    shape: Shape | None
    weights: int
    details: str
    known: bool

    @property
    def kind(self) -> str:
        """The type with its details."""
        return f"{self.node.type} {self.details}".strip()


def facts_of(graph: Graph) -> dict[str, Facts]:
    """The facts of every node by id."""
    analysis = analyse(graph)
    return {node.id: _facts(node, analysis.nodes[node.id]) for node in graph.nodes.values()}


def _facts(node: Node, known: NodeAnalysis) -> Facts:
    kind = LAYERS.get(node.type)
    category = kind.category.id if kind else "common" if node.type == BLOCK else ""
    shape = known.outputs[0].shape[1:] if known.outputs else None
    weights = known.trainable + known.non_trainable
    return Facts(node, category, shape, weights, _details(node), bool(kind) or node.type == BLOCK)


def _details(node: Node) -> str:
    """The parameters that a reader of a figure looks for."""
    params = node.params
    if node.type == BLOCK:
        repeat = params.get("repeat", 1)
        return f"{params.get('block', '')}{f' × {repeat}' if repeat != 1 else ''}"
    found = [params[name] for name in ("filters", "units", "rate", "activation") if name in params]
    size = params.get("kernel_size", params.get("pool_size"))
    words = [str(item) for item in found if item not in (None, "linear")]
    if isinstance(size, list | tuple):
        words.append("×".join(map(str, size)))
    elif size is not None:
        words.append(str(size))
    return ", ".join(words)


def shape_text(shape: Shape | None) -> str:
    """A shape without its batch: "28 × 28 × 1"."""
    return "?" if shape is None else " × ".join("?" if dim is None else str(dim) for dim in shape)


def count_text(count: int) -> str:
    """A number of weights as people say it."""
    for limit, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= limit:
            return f"{count / limit:.3g} {unit}"
    return str(count)
