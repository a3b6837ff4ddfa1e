"""Checks of a network as a whole: a flat table of small rules.

A check gets the graph and what is known of its nodes and yields diagnostics; it is in the table by
being decorated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from layers.answers import PLACES, answers_are_for_the_whole
from layers.blocks import BLOCK
from layers.catalog.caffe_loss import activation
from layers.catalog.merge import ELTWISE
from layers.diagnostics import Diagnostic, Fix, Problem, diagnose
from layers.edits import Connect, Edit, RemoveNode, Rename, SetParams
from layers.graph import Edge, Graph, Node
from layers.layer import LAYERS
from layers.lowering import replaced_data

if TYPE_CHECKING:
    from layers.known import NodeAnalysis

Check: TypeAlias = "Callable[[Graph, Mapping[str, NodeAnalysis]], Iterator[Diagnostic]]"

CHECKS: list[Check] = []
"""Every check, in the order its findings are shown."""

NO_INPUT = Problem("graph.no_input", "The network has no Input layer.", "Add an Input layer.")
ILLEGAL_NAME = Problem(
    "name.illegal",
    "{name!r} is not a legal layer name: it may have letters from a to z, digits and _ . - > only.",
    "Rename the layer.",
)
DUPLICATE_NAME = Problem("name.duplicate", "Two layers are called {name}.", "Rename one of them.")
SEPARATE = Problem(
    "graph.separate",
    "The network falls into {count} parts that are not connected.",
    "Connect them, or delete what is not needed.",
    severity="warning",
)
ONE_UNIT_SOFTMAX = Problem(
    "output.one_unit_softmax",
    "{name} is a softmax over one unit: its output is always 1.",
    "Use sigmoid for two classes, or one unit for each class.",
    severity="warning",
)
UNUSED_INPUT = Problem(
    "graph.unused_input",
    "Nothing uses the input {name}.",
    "Connect it, or delete it.",
    severity="warning",
)
UNUSED_PORT = Problem(
    "graph.unused_output",
    "Nothing uses output {port} of {name}, so it becomes an output of the network.",
    "Connect it, or switch off what makes it.",
    severity="hint",
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
LATE_DROPOUT = Problem(
    "output.dropout",
    "{name} drops values of the network's output.",
    "Put it before the last layer with weights.",
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
    "Switch use_bias off to save {count} weights.",
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

HUGE_WEIGHTS = 250_000_000
"""From here on a single layer's weights, gradients and Adam's slots take 4 GB."""
WIDE_BYTES = 512 * 2**20

SHARED = Problem(
    "layer.shared",
    "{name} shares a layer that {reason}.",
    "Choose a layer with the same weights.",
)

__all__ = ["CHECKS", "PLACES", "SHARED", "check"]

_LEGAL = re.compile(r"[A-Za-z0-9_.>-]{1,200}")
_ILLEGAL = re.compile(r"[^A-Za-z0-9_.>-]+")


def check(rule: Check) -> Check:
    """Put a rule into the table."""
    CHECKS.append(rule)
    return rule


@check
def has_input(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Iterator[Diagnostic]:
    """A network needs somewhere for data to enter; an unknown layer may bring them, too."""
    for node in graph.nodes.values():
        kind = LAYERS.get(node.type)
        is_strange = kind is None and node.type != BLOCK
        if (kind and kind.min_inputs == 0) or (is_strange and not graph.incoming(node.id)):
            return
    if graph.nodes:
        yield diagnose(NO_INPUT)


@check
def names_are_legal(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Iterator[Diagnostic]:
    """TensorFlow takes names for scopes, which allow few characters, and fails in training only."""
    for node in graph.nodes.values():
        if not _LEGAL.fullmatch(node.name):
            legal = _ILLEGAL.sub("_", node.name).strip("_")[:150] or node.type.lower()
            name = graph.free_name(legal)
            fix = Fix(f"Rename to {name}", (Rename(node.id, name),))
            yield diagnose(ILLEGAL_NAME, node=node.id, fix=fix, name=node.name)


@check
def names_are_unique(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Iterator[Diagnostic]:
    """Weights are stored by layer name."""
    seen: set[str] = set()
    for node in graph.nodes.values():
        if node.name in seen:
            name = graph.free_name(node.name)
            fix = Fix(f"Rename to {name}", (Rename(node.id, name),))
            yield diagnose(DUPLICATE_NAME, node=node.id, fix=fix, name=node.name)
        seen.add(node.name)


@check
def is_one_network(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Iterator[Diagnostic]:
    """Parts that nothing connects are usually forgotten layers."""
    others = replaced_data(graph)
    root = {identity: identity for identity in graph.nodes if identity not in others}

    def find(identity: str) -> str:
        while root[identity] != identity:
            root[identity] = root[root[identity]]
            identity = root[identity]
        return identity

    for edge in graph.edges:
        root[find(edge.source)] = find(edge.target)
    parts = len({find(identity) for identity in root})
    if parts > 1:
        yield diagnose(SEPARATE, count=parts)


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
def inputs_are_used(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Iterator[Diagnostic]:
    """An input that feeds nothing is forgotten, unless it is all there is."""
    others = replaced_data(graph)
    for node in graph.nodes.values():
        kind = LAYERS.get(node.type)
        if kind is None or kind.max_inputs != 0 or len(graph) == 1 or graph.outgoing(node.id):
            continue
        if node.id in others:
            continue
        fix = Fix(f"Delete {node.name}", (RemoveNode(node.id),))
        yield diagnose(UNUSED_INPUT, node=node.id, fix=fix, name=node.name)


@check
def outputs_are_used(graph: Graph, nodes: Mapping[str, NodeAnalysis]) -> Iterator[Diagnostic]:
    """Where one output of several is used, the others are usually left over."""
    for identity, known in nodes.items():
        if known.outputs is None or len(known.outputs) < 2:
            continue
        used = {edge.source_port for edge in graph.outgoing(identity)}
        node = graph.nodes[identity]
        if not used or (known.layer is not None and known.layer.role != "layer"):
            continue
        for port in range(len(known.outputs)):
            if port not in used:
                yield diagnose(UNUSED_PORT, node=identity, name=node.name, port=port)


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


def _before(graph: Graph, identity: str) -> Node | None:
    """The node that feeds another's first input."""
    edges = graph.incoming(identity)
    return graph.nodes.get(edges[0].source) if edges else None


def _without(graph: Graph, node: Node) -> Fix | None:
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


@check
def nothing_is_dropped_from_the_output(
    graph: Graph, nodes: Mapping[str, NodeAnalysis]
) -> Iterator[Diagnostic]:
    """A dropped output makes the loss jump and is never what was meant."""
    if any(known.outputs is None for known in nodes.values()):
        # Where something is broken or missing, the end may not be the output.
        return
    for node in graph.outputs:
        known = nodes[node.id]
        while known.layer is not None and known.layer.masks == "pass" and known.inputs:
            if known.layer.training_only:
                yield diagnose(
                    LATE_DROPOUT, node=node.id, fix=_without(graph, node), name=node.name
                )
                break
            before = _before(graph, node.id)
            if known.weights or before is None or len(known.inputs) > 1:
                break
            node, known = before, nodes[before.id]


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
        before = _before(graph, identity)
        if before is not None and _ends_in(nodes[before.id], "softmax"):
            fix = _without(graph, node)
            yield diagnose(TWO_SOFTMAX, node=identity, fix=fix, name=node.name, before=before.name)


@check
def losses_fit_what_they_are_given(
    graph: Graph, nodes: Mapping[str, NodeAnalysis]
) -> Iterator[Diagnostic]:
    """A loss that takes scores must not be given probabilities."""
    for identity, known in nodes.items():
        taken = activation(known.layer) if known.layer is not None else None
        before = _before(graph, identity) if taken else None
        if taken and before is not None and _ends_in(nodes[before.id], taken):
            name = graph.nodes[identity].name
            fix = _without(graph, before) if before.type in ("Softmax", "Activation") else None
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


check(answers_are_for_the_whole)
