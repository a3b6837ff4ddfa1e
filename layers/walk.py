"""One step of the walk through a network: a node, given what is known of those before it.

A block is analysed by recursion, once for the same values and inputs.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace

from layers.blocks import BLOCK, MAX_DEPTH, NESTED, Part, drawn
from layers.costs import Field
from layers.diagnostics import Diagnostic, Fix, Invalid, Problem, Step, diagnose
from layers.edits import Disconnect
from layers.graph import Edge, Graph, Node
from layers.known import NodeAnalysis
from layers.layer import LAYERS, Layer
from layers.node_checks import NODE_CHECKS, SHARED
from layers.params import LIMIT
from layers.remembered import Memo
from layers.repairs import in_block, place
from layers.tensor import Dim, Tensor, shape_text

UNKNOWN_LAYER = Problem(
    "layer.unknown",
    "{type} is not a layer this program knows; it is kept as it is.",
    "Replace it by a layer of the palette.",
)
CYCLE = Problem(
    "graph.cycle",
    "{name} feeds itself, directly or through other layers.",
    "Remove one edge of the loop.",
)
INPUT_MISSING = Problem(
    "input.missing", "{name} needs {needed} input(s); it has {got}.", "Connect a layer to it."
)
INPUT_EXTRA = Problem(
    "input.extra",
    "{name} takes {limit} input(s); it has {got}.",
    "Remove an edge, or merge the inputs first.",
)
NO_PORT = Problem(
    "input.port", "{source} has no output {port}; it has {outputs}.", "Connect one of its outputs."
)


TOO_WIDE = Problem(
    "shape.too_large",
    "{name} gives {shape}; no axis of a tensor holds more than {limit} values.",
    "Lower its sizes, or those of the layers before it.",
)
KEPT_SHAPE = "kept_shape"
"""The parameter of a layer that is not known for the shape that it is supposed to give."""
MAX_RANK = 8
SHAPELESS = frozenset({"activation", "recurrent_activation"})
"""Parameters that no shape depends on: behind a mistake in them all is known all the same."""
MOST_TOLD = 20
"""Mistakes that are told of one copy of a block: blocks in blocks multiply them."""


def analyse_node(
    graph: Graph, node: Node, nodes: Mapping[str, NodeAnalysis], memo: Memo, depth: int = 0
) -> NodeAnalysis:
    """Analyse one node, given those before it, and what blocks have given for their inputs."""
    if node.id in graph.unordered:
        looped = [diagnose(CYCLE, node=node.id, name=node.name)] if node.id in graph.looped else []
        return NodeAnalysis(diagnostics=tuple(looped))
    owner = graph.nodes.get(node.shares) if node.shares else node
    if owner is None or owner.shares:
        reason = "does not exist" if owner is None else "is itself shared"
        mistake = diagnose(SHARED, node=node.id, name=node.name, reason=reason)
        return NodeAnalysis(diagnostics=(mistake,))
    if owner.type == BLOCK:
        try:
            return _block(graph, node, owner, nodes, memo, depth)
        except Invalid as endless:  # too many steps, at whatever depth
            if depth:
                raise
            return NodeAnalysis(diagnostics=(endless.diagnostic(node.id),))
    kind = LAYERS.get(owner.type)
    if kind is None:
        mistake = diagnose(UNKNOWN_LAYER, node=node.id, type=owner.type)
        ports = (_no_port(graph, node, edge, nodes) for edge in graph.arriving(node.id))
        wrong = next(filter(None, ports), None)
        return NodeAnalysis(
            outputs=stated(owner), diagnostics=(mistake, *([wrong] if wrong else []))
        )
    made = memo.layers.made(kind, owner.params)
    layer, mistakes = made.layer, made.mistakes
    found = [place(graph, node, mistake) for mistake in mistakes] if owner is node else []
    if any(
        mistake.problem.severity == "error" and mistake.param not in SHAPELESS
        for mistake in mistakes
    ):
        return NodeAnalysis(diagnostics=tuple(found))
    edges = graph.arriving(node.id)
    inputs, wrong = _inputs(graph, node, layer, edges, nodes)
    if wrong:
        found.append(wrong)
    if inputs is None:
        return NodeAnalysis(layer, diagnostics=tuple(found))
    try:
        call = made.call(inputs)
    except Invalid as mistake:
        found.append(place(graph, node, mistake))
        return NodeAnalysis(layer, inputs, diagnostics=tuple(found))
    if wide := call.too_wide:
        shape = shape_text(wide.shape)
        wrong = diagnose(TOO_WIDE, node=node.id, name=node.name, shape=shape, limit=LIMIT)
        return NodeAnalysis(layer, inputs, diagnostics=(*found, wrong))
    owned = owner is node
    sources = [(nodes[edge.source], edge.source_port) for edge in edges]
    return NodeAnalysis(
        layer,
        inputs,
        call.outputs,
        call.weights if owned else {},
        call.macs,
        tuple(found),
        call.trainable if owned else 0,
        call.non_trainable if owned else 0,
        call.frozen if owned else 0,
        layer.mask(*(source.masked and port == 0 for source, port in sources)),
        _field(layer, inputs, call.outputs, [source.field for source, _ in sources]),
        call.activation_bytes,
    )


def stated(node: Node) -> tuple[Tensor, ...] | None:
    """The output of a layer that is not known, where the file says it, as Keras' Lambda may, or
    where it is supposed.
    """
    shape = node.params.get("output_shape") or node.params.get(KEPT_SHAPE)
    if not isinstance(shape, list | tuple) or not 0 < len(shape) < MAX_RANK:
        return None
    if not all(dim is None or (type(dim) is int and 0 < dim <= LIMIT) for dim in shape):
        return None
    return (Tensor((None, *shape)),)


def _block(
    graph: Graph,
    node: Node,
    owner: Node,
    nodes: Mapping[str, NodeAnalysis],
    memo: Memo,
    depth: int,
) -> NodeAnalysis:
    """Analyse a block by analysing what is in it, once for the same values and inputs."""
    try:
        name = owner.params.get("block")
        if isinstance(name, str) and memo.is_endless(graph.blocks, name):
            raise Invalid(NESTED, param="block", block=name, limit=MAX_DEPTH)
        found = drawn(graph.blocks, owner.params, depth + 1)
    except Invalid as broken:
        return NodeAnalysis(diagnostics=(broken.diagnostic(node.id),))
    memo.spend(len(found.graph))
    edges = graph.arriving(node.id)
    mistakes: list[Diagnostic] = []
    fits = len(edges) == len(found.inputs)
    if not fits:
        problem = INPUT_MISSING if len(edges) < len(found.inputs) else INPUT_EXTRA
        wanted = len(found.inputs)
        mistakes.append(
            diagnose(
                problem, node=node.id, name=node.name, needed=wanted, limit=wanted, got=len(edges)
            )
        )
    feeds = feeds_of(found, edges, nodes)
    total = NodeAnalysis(inputs=_tensors_of(feeds), macs=0, activation_bytes=0)
    last = feeds
    for number, times, _, copy, after in copies(found, feeds, memo, depth):
        told = set(map(_spot, mistakes))
        which = number if number > 1 else None
        here = [within(inner, node, which) for inner in copy.diagnostics]
        mistakes += [mistake for mistake in here if _spot(mistake) not in told]
        if not fits or any(feed.outputs is None for feed in after):
            is_known = fits and all(feed.outputs is not None for feed in feeds)
            inputs = total.inputs if is_known else None
            return NodeAnalysis(inputs=inputs, diagnostics=tuple(mistakes))
        total, last = joined(total, copy, times), after
    if owner is not node:
        total = replace(total, trainable=0, non_trainable=0, frozen=0)
    outputs = tuple(feed.outputs[0] for feed in last if feed.outputs)
    return replace(
        total,
        outputs=outputs,
        masked=last[0].masked,
        field=last[0].field,
        diagnostics=tuple(mistakes),
    )


def feeds_of(
    found: Part, edges: Sequence[Edge], nodes: Mapping[str, NodeAnalysis]
) -> list[NodeAnalysis]:
    """What arrives at the inputs of a block; nothing is known of those that nothing feeds."""
    feeds = [fed(nodes[edge.source], edge.source_port) for edge in edges[: len(found.inputs)]]
    return feeds + [NodeAnalysis()] * (len(found.inputs) - len(feeds))


def copies(
    found: Part, feeds: list[NodeAnalysis], memo: Memo, depth: int
) -> Iterator[tuple[int, int, list[NodeAnalysis], NodeAnalysis, list[NodeAnalysis]]]:
    """The copies of a block, each fed by the one before; those that are alike come as one.

    Yields:
        The number of the first such copy, how many there are, what feeds it, its sums with the
        mistakes in it, and what it gives: nothing is known of that where something is wrong.
    """
    number = 1
    while number <= found.repeat:
        ports = _ports(feeds)
        key = (found.name, repr(found.values), ports)
        if key not in memo:
            memo[key] = _inside(found, feeds, memo, depth)
        copy, after = memo[key]
        # A copy that gives what it was given makes all that follow do the same.
        times = found.repeat + 1 - number if ports == _ports(after) else 1
        yield number, times, feeds, copy, after
        if any(feed.outputs is None for feed in after):
            return
        number, feeds = number + times, after


def _ports(feeds: list[NodeAnalysis]) -> Hashable:
    return tuple((feed.outputs, feed.masked, feed.field) for feed in feeds)


def _inside(
    found: Part, feeds: list[NodeAnalysis], memo: Memo, depth: int
) -> tuple[NodeAnalysis, list[NodeAnalysis]]:
    """One copy of a block: its sums and mistakes, and what it feeds on."""
    memo.spend(len(found.graph))
    total = NodeAnalysis(macs=0, activation_bytes=0)
    nodes = look(found, feeds, memo, depth)
    own = [known for identity, known in nodes.items() if identity not in found.inputs]
    for known in own:
        total = joined(total, known)
    mistakes = [mistake for known in own for mistake in known.diagnostics]
    # A layer with a mistake may give all it should: one in its name, or in its activation.
    is_wrong = any(
        known.outputs is None and any(item.severity == "error" for item in known.diagnostics)
        for known in own
    )
    for rule in NODE_CHECKS:
        mistakes.extend(rule(found.graph, nodes))
    mistakes.sort(key=lambda mistake: mistake.severity != "error")
    told = tuple(_deeper(found, mistake) for mistake in mistakes[:MOST_TOLD])
    after = [NodeAnalysis() if is_wrong else fed(nodes[output], 0) for output in found.outputs]
    return replace(total, diagnostics=told), after


def _deeper(found: Part, mistake: Diagnostic) -> Diagnostic:
    """A mistake of a node in a block, as one within the block."""
    identity, fix = mistake.node or "", mistake.fix
    if fix is not None and not mistake.inside:
        fix = in_block(fix, found.name, found.stored)
    step = Step(identity, found.graph.nodes[identity].name)
    return replace(mistake, inside=(step, *mistake.inside), fix=fix)


def look(found: Part, feeds: list[NodeAnalysis], memo: Memo, depth: int) -> dict[str, NodeAnalysis]:
    """The nodes of one copy of a block."""
    nodes = dict(zip(found.inputs, feeds, strict=True))
    for node in found.graph:
        if node.id in nodes:
            continue
        if node.id in found.mistakes:
            mistake = found.mistakes[node.id].diagnostic(node.id)
            nodes[node.id] = NodeAnalysis(diagnostics=(mistake,))
        else:
            nodes[node.id] = analyse_node(found.graph, node, nodes, memo, depth + 1)
    return nodes


def fed(known: NodeAnalysis, port: int) -> NodeAnalysis:
    """What arrives from a port of a node: one output, its mask and field."""
    if known.outputs is None or port >= len(known.outputs):
        return NodeAnalysis()
    return NodeAnalysis(
        outputs=(known.outputs[port],), masked=known.masked and port == 0, field=known.field
    )


def joined(one: NodeAnalysis, other: NodeAnalysis, times: int = 1) -> NodeAnalysis:
    """The sums of one and so many others; what is unknown in the others is unknown."""

    def plus(sum_: Dim, more: Dim) -> Dim:
        return None if sum_ is None or more is None else sum_ + times * more

    return replace(
        one,
        macs=plus(one.macs, other.macs),
        trainable=one.trainable + times * other.trainable,
        non_trainable=one.non_trainable + times * other.non_trainable,
        frozen=one.frozen + times * other.frozen,
        activation_bytes=plus(one.activation_bytes, other.activation_bytes),
    )


def within(mistake: Diagnostic, node: Node, copy: int | None) -> Diagnostic:
    """A mistake in a copy of a block, as one of the block's node."""
    first, *others = mistake.inside
    return replace(mistake, node=node.id, inside=(replace(first, copy=copy), *others))


def _spot(mistake: Diagnostic) -> Hashable:
    """What mistakes of different copies of a block have in common."""
    way = tuple(step.node for step in mistake.inside)
    return (mistake.code, mistake.param, way)


def _tensors_of(feeds: list[NodeAnalysis]) -> tuple[Tensor, ...]:
    return tuple(feed.outputs[0] for feed in feeds if feed.outputs)


def _field(
    layer: Layer,
    inputs: tuple[Tensor, ...],
    outputs: tuple[Tensor, ...],
    before: list[Field | None],
) -> Field | None:
    """How much of the input a value of the first output sees."""
    if not inputs:
        return Field.start(outputs[0]) if outputs else None
    field = before[0]
    for other in before[1:]:
        if field is None or other is None or len(field.size) != len(other.size):
            return None
        field = field.merged(other)
    return None if field is None else layer.field(field, *inputs)


def _inputs(
    graph: Graph,
    node: Node,
    layer: Layer,
    edges: Sequence[Edge],
    nodes: Mapping[str, NodeAnalysis],
) -> tuple[tuple[Tensor, ...] | None, Diagnostic | None]:
    """The tensors that arrive at a node by its edges (None: one is unknown), and what is wrong
    there.
    """
    limit = layer.max_inputs
    if len(edges) < layer.min_inputs:
        needed = layer.min_inputs
        mistake = diagnose(
            INPUT_MISSING, node=node.id, name=node.name, needed=needed, got=len(edges)
        )
        return None, mistake
    if limit is not None and len(edges) > limit:
        fix = Fix(f"Disconnect {graph.nodes[edges[-1].source].name}", (Disconnect(edges[-1]),))
        extra = diagnose(
            INPUT_EXTRA, node=node.id, fix=fix, name=node.name, limit=limit, got=len(edges)
        )
        return None, extra
    tensors = []
    for edge in edges:
        outputs = nodes[edge.source].outputs
        if outputs is None:
            return None, None
        if edge.source_port >= len(outputs):
            return None, _no_port(graph, node, edge, nodes)
        tensors.append(outputs[edge.source_port])
    return tuple(tensors), None


def _no_port(
    graph: Graph, node: Node, edge: Edge, nodes: Mapping[str, NodeAnalysis]
) -> Diagnostic | None:
    """What is wrong with an edge from an output that its source does not give."""
    source, outputs = graph.nodes[edge.source], nodes[edge.source].outputs
    if outputs is None or edge.source_port < len(outputs):
        return None
    if source.type not in (*LAYERS, BLOCK):
        return None  # a file states the first output of an unknown layer only
    count = len(outputs)
    return diagnose(NO_PORT, node=node.id, source=source.name, port=edge.source_port, outputs=count)
