"""What can be wrong with nodes though each by itself is right, in a network and in a block alike.

A check is one small function over the nodes and what is known of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from layers.catalog.caffe_loss import activation
from layers.catalog.merge import ELTWISE
from layers.diagnostics import Diagnostic, Fix, Problem, diagnose
from layers.edits import Connect, Edit, RemoveNode, SetParams
from layers.graph import Edge, Graph, Node

if TYPE_CHECKING:
    from layers.known import NodeAnalysis

Check: TypeAlias = "Callable[[Graph, Mapping[str, NodeAnalysis]], Iterator[Diagnostic]]"

NODE_CHECKS: list[Check] = []
"""Every check, in the order its findings are shown."""

ONE_UNIT_SOFTMAX = Problem(
    "output.one_unit_softmax",
    "{name} is a softmax over one unit: its output is always 1.",
    "Use sigmoid for two classes, or one unit for each class.",
    severity="warning",
)
DTYPES = Problem(
    "graph.dtype",
    "{name} joins inputs of the types {types}.",
    "Embed or rescale whole numbers before they meet others.",
    severity="warning",
)
TOKENS = Problem(
    "graph.tokens",
    "{name} looks up whole numbers, but its input is of the type {dtype}.",
    "Set the dtype of the input to int32.",
    severity="hint",
)
MASK_LOST = Problem(
    "mask.lost",
    "{name} does not know masks: behind it, padding counts like data.",
    "Put it behind a layer that uses the mask, such as LSTM, or switch the mask off.",
    severity="warning",
)
TWO_SOFTMAX = Problem(
    "output.two_softmax",
    "{name} is a softmax over what {before} has already turned into probabilities.",
    "Remove one of the two.",
    severity="warning",
)
LOSS_MISFIT = Problem(
    "loss.activation",
    "{name} turns scores into probabilities itself, but {before} has already done so.",
    "Remove the activation before it, or choose a loss of probabilities.",
    severity="warning",
)
USELESS_BIAS = Problem(
    "bias.before_norm",
    "The bias of {name} has no effect: {norm} behind it subtracts the mean.",
    "Switch use_bias off to save {count:weight|weights}.",
    severity="hint",
)
HUGE = Problem(
    "size.weights",
    "{name} has {count} weights, which alone take {gigabytes} GB.",
    "Make it smaller, or pool before it.",
    severity="warning",
)
WIDE_OUTPUT = Problem(
    "size.activation",
    "{name} gives {megabytes} MB for a single sample.",
    "Use strides or pooling before it.",
    severity="warning",
)
SHARED = Problem(
    "layer.shared",
    "{name} shares a layer that {reason}.",
    "Choose a layer with the same weights.",
)

HUGE_WEIGHTS = 250_000_000
"""From here on a single layer's weights, gradients and Adam's slots take 4 GB."""
WIDE_BYTES = 512 * 2**20


def check(rule: Check) -> Check:
    """Put a rule into the table."""
    NODE_CHECKS.append(rule)
    return rule


@check
def softmax_has_rivals(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Iterator[Diagnostic]:
    """A softmax over a single value is constant, so nothing can be learnt."""
    for identity, node in nodes.items():
        if node.layer is None or not node.outputs or node.outputs[0].shape[-1:] != (1,):
            continue
        values = node.layer.values
        is_softmax = values.get("activation") == "softmax" or (
            type(node.layer).__name__ == "Softmax" and values.get("axis") == -1
        )
        if is_softmax:
            yield diagnose(ONE_UNIT_SOFTMAX, node=identity, name=graph.nodes[identity].name)


@check
def shared_layers_fit(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Iterator[Diagnostic]:
    """A layer called on several inputs has one set of weights, so each must need the same."""
    for node in graph.nodes.values():
        owner, call = nodes.get(node.shares or ""), nodes[node.id]
        if owner is None or owner.outputs is None or call.layer is None or call.inputs is None:
            continue
        if call.outputs is not None and call.layer.weights(*call.inputs) != owner.weights:
            reason = "has weights of other shapes"
            yield diagnose(SHARED, node=node.id, name=node.name, reason=reason)


@check
def types_agree(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Iterator[Diagnostic]:
    """Whole numbers that meet others are tokens or bytes that nobody prepared."""
    for identity, known in nodes.items():
        if known.layer is None or not known.inputs or known.layer.role != "layer":
            continue
        name, dtype = graph.nodes[identity].name, known.inputs[0].dtype
        if known.layer.family is ELTWISE:
            types = list(dict.fromkeys(tensor.dtype for tensor in known.inputs))
            if len(types) > 1:
                yield diagnose(DTYPES, node=identity, name=name, types=" and ".join(types))
        if type(known.layer).__name__ == "Embedding" and dtype.startswith("float"):
            source = graph.nodes[graph.incoming(identity)[0].source]
            fix = None
            if source.type == "InputLayer":
                label = f"Set the type of {source.name} to int32"
                fix = Fix(label, (SetParams(source.id, {"dtype": "int32"}),))
            yield diagnose(TOKENS, node=identity, fix=fix, name=name, dtype=dtype)


@check
def masks_reach_their_end(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Iterator[Diagnostic]:
    """Padding that is masked and then counted again is a silent mistake."""
    for identity, known in nodes.items():
        if known.layer is None or known.layer.masks != "unknown" or known.outputs is None:
            continue
        sources = [nodes[edge.source] for edge in graph.incoming(identity) if not edge.source_port]
        if any(source.masked for source in sources):
            yield diagnose(MASK_LOST, node=identity, name=graph.nodes[identity].name)


def node_before(graph: Graph, identity: str) -> Node | None:
    """The node that feeds another's first input."""
    edges = graph.incoming(identity)
    return graph.nodes.get(edges[0].source) if edges else None


def taken_out(graph: Graph, node: Node) -> Fix | None:
    """Take a node with one input out of the way."""
    edges = graph.incoming(node.id)
    if len(edges) != 1:
        return None
    edits: list[Edit] = [RemoveNode(node.id)]
    source = edges[0]
    edits += [
        Connect(Edge(source.source, edge.target, source.source_port, edge.target_port))
        for edge in graph.outgoing(node.id)
    ]
    return Fix(f"Remove {node.name}", tuple(edits))


def _ends_in(known: NodeAnalysis | None, name: str) -> bool:
    """Whether a node's last step is an activation, by itself or as part of a layer."""
    if known is None or known.layer is None:
        return False
    return known.layer.values.get("activation") == name or (
        type(known.layer).__name__.lower() == name
    )


@check
def softmax_is_taken_once(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Iterator[Diagnostic]:
    """A softmax of a softmax is nearly flat, and learns slowly."""
    for identity, known in nodes.items():
        node = graph.nodes[identity]
        if node.type not in ("Softmax", "Activation") or not _ends_in(known, "softmax"):
            continue
        before = node_before(graph, identity)
        if before is not None and _ends_in(nodes[before.id], "softmax"):
            fix = taken_out(graph, node)
            yield diagnose(TWO_SOFTMAX, node=identity, fix=fix, name=node.name, before=before.name)


@check
def losses_fit_what_they_are_given(
    graph: Graph, nodes: Mapping[str, NodeAnalysis]
) -> Iterator[Diagnostic]:
    """A loss that takes scores must not be given probabilities."""
    for identity, known in nodes.items():
        taken = activation(known.layer) if known.layer is not None else None
        before = node_before(graph, identity) if taken else None
        if taken and before is not None and _ends_in(nodes[before.id], taken):
            name = graph.nodes[identity].name
            fix = taken_out(graph, before) if before.type in ("Softmax", "Activation") else None
            yield diagnose(LOSS_MISFIT, node=identity, fix=fix, name=name, before=before.name)


@check
def biases_have_an_effect(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Iterator[Diagnostic]:
    """A bias right before a batch normalization is subtracted again."""
    for identity, known in nodes.items():
        layer, node = known.layer, graph.nodes[identity]
        bias = known.weights.get("bias")
        # A function that is not known stands as none in the layer's values.
        is_certain = not any(item.severity == "error" for item in known.diagnostics)
        if layer is None or bias is None or not is_certain:
            continue
        if layer.values.get("activation") != "linear":
            continue
        behind = [graph.nodes[edge.target] for edge in graph.outgoing(identity)]
        if len(behind) == 1 and behind[0].type == "BatchNormalization" and node.shares is None:
            fix = Fix(
                f"Switch use_bias of {node.name} off", (SetParams(identity, {"use_bias": False}),)
            )
            yield diagnose(
                USELESS_BIAS,
                node=identity,
                fix=fix,
                name=node.name,
                norm=behind[0].name,
                count=bias.count,
            )


@check
def sizes_are_reasonable(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Iterator[Diagnostic]:
    """A layer of gigabytes is usually a Flatten too early."""
    for identity, known in nodes.items():
        name, count = graph.nodes[identity].name, known.trainable + known.non_trainable
        if count > HUGE_WEIGHTS:
            gigabytes = round(count * 4 / 2**30, 1)
            yield diagnose(HUGE, node=identity, name=name, count=count, gigabytes=gigabytes)
        size = known.activation_bytes or 0
        if size > WIDE_BYTES:
            yield diagnose(WIDE_OUTPUT, node=identity, name=name, megabytes=size // 2**20)
