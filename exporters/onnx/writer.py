"""A network as an ONNX model: opset 21, channels last at its inputs and outputs as in the network.

Weights that are not given become inputs of the graph, marked by their doc_string, with the shapes
that they need: the file stays small, and whoever runs it supplies them.
"""

from __future__ import annotations

from typing import Any

from onnx import ModelProto, NodeProto, ValueInfoProto, helper

from exporters.masking import is_masked
from exporters.onnx.data import number_of
from exporters.onnx.opaque import write_opaque
from exporters.onnx.register import Unwritable, writer
from exporters.onnx.tape import Tape, Use, Value
from exporters.plan import Call, Plan, is_input, plan
from exporters.weights import Weights
from layers.diagnostics import Diagnostic, GraphError, Problem, diagnose
from layers.graph import Graph
from layers.tensor import Tensor

OPSET = 21
IR_VERSION = 10
PRODUCER = "VisualNN"

CANNOT_EXPRESS = Problem(
    "onnx.layer",
    "{name}: ONNX cannot say {kind} as it is here: {reason}.",
    "Replace it, or export to Keras.",
)
MASKED = Problem(
    "onnx.mask",
    "{name} skips padded steps by a mask, which ONNX cannot carry.",
    "Switch off mask_zero of the Embedding before it, or export to Keras.",
)

HELPERS = frozenset({"Transpose", "Cast", "Pad", "Reshape", "Shape", "Unsqueeze", "Squeeze"})


def model(graph: Graph, weights: Weights) -> ModelProto:
    """A network as a model. Raises GraphError with every layer that is in the way."""
    made = plan(graph, with_unknown=True)
    written = ModelProto(ir_version=IR_VERSION, producer_name=PRODUCER)
    written.opset_import.append(helper.make_opsetid("", OPSET))
    content = written.graph
    errors, (tape, values) = _walk(made, Tape(weights, graph=content))
    if errors:
        raise GraphError(errors)
    inputs = [_input(made.calls[identity]) for identity, _ in made.inputs]
    outputs, renamed = [], {}
    taken = {item.name for item in inputs}
    for identity, port in made.outputs:
        value = values[identity, port]
        name = made.calls[identity].node.name + (f":{port}" if port else "")
        produced = tape.last(value)
        if produced in taken or name in taken or produced in renamed:
            free = tape.fresh(name) if name not in taken else tape.fresh(f"{name}:output")
            tape.nodes.append(helper.make_node("Identity", [produced], [free], f"{free}/Identity"))
            name = free
        else:
            renamed[produced] = name
        taken.add(name)
        outputs.append(_info(name, value.tensor))
    _rename(tape.nodes, renamed)
    content.name = graph.name or "network"
    content.node.extend(tape.nodes)
    content.input.extend([*inputs, *tape.undefined.values()])
    content.output.extend(outputs)
    return written


def obstacles(graph: Graph) -> tuple[Diagnostic, ...]:
    """The layers that ONNX cannot say; empty where the network has errors of its own."""
    try:
        errors, _ = _walk(plan(graph, with_unknown=True), Tape({}))
    except GraphError:
        return ()
    return tuple(errors)


def _walk(
    made: Plan, tape: Tape
) -> tuple[list[Diagnostic], tuple[Tape, dict[tuple[str, int], Value]]]:
    """Write every call. Where one cannot be written, its outputs are taken as given."""
    errors: list[Diagnostic] = []
    values: dict[tuple[str, int], Value] = {}
    # Names of inputs and outputs are those of the nodes: nothing else may have them.
    for call in made.calls.values():
        tape.fresh(call.node.name)
    for identity, call in made.calls.items():
        # Nothing says how many outputs an unknown operation has.
        given = [values.get(end) or Value(Tensor((None,)), "?") for end in call.arguments]
        start = len(tape.nodes)
        tape.scope = call.node.name
        try:
            results = _written(tape, made, call, given)
        except Unwritable as error:
            kind = call.owner.type
            errors.append(
                diagnose(
                    CANNOT_EXPRESS, node=identity, name=call.node.name, kind=kind, reason=str(error)
                )
            )
            results = tuple(
                Value(tensor, f"{call.node.name}:{port}")
                for port, tensor in enumerate(call.known.outputs or (Tensor((None,)),))
            )
        if is_masked(made, call):
            errors.append(diagnose(MASKED, node=identity, name=call.node.name))
        _name(tape.nodes[start:], call.node.name)
        for port, value in enumerate(results):
            values[identity, port] = value
    return errors, (tape, values)


def _written(tape: Tape, made: Plan, call: Call, given: list[Value]) -> tuple[Value, ...]:
    known = call.known
    if is_input(call.node):
        return (Value((known.outputs or ())[0], call.node.name),)
    if call.layer is None:
        results = write_opaque(tape, call.owner, given)
        tensors = known.outputs or [one.tensor for one in results]
        return tuple(Value(tensor, one.last) for tensor, one in zip(tensors, results, strict=False))
    if known.inputs is None or known.outputs is None:
        raise Unwritable("what comes into it is unknown")
    function = writer(call.layer)
    owner = made.calls[call.owner.id].known
    use = Use(
        call.layer,
        call.node.name,
        call.owner.id,
        call.owner.name,
        known.inputs,
        known.outputs,
        dict(owner.weights),
    )
    result = function(tape, use, given)
    return result if isinstance(result, tuple) else (result,)


def _name(nodes: list[NodeProto], name: str) -> None:
    """Give the operation that is the layer the layer's own name."""
    own = [node for node in nodes if node.op_type not in HELPERS]
    # What joins the states of two directions comes before the operation that takes them.
    own.sort(key=lambda node: node.op_type == "Concat")
    for node in [*own, *reversed(nodes)][:1]:
        node.name = name


def _rename(nodes: list[NodeProto], names: dict[str, str]) -> None:
    for node in nodes:
        for ends in (node.input, node.output):
            for place, end in enumerate(ends):
                if end in names:
                    ends[place] = names[end]


def _input(call: Call) -> ValueInfoProto:
    return _info(call.node.name, (call.known.outputs or ())[0])


def _info(name: str, tensor: Tensor) -> ValueInfoProto:
    shape: list[Any] = [
        dim if dim is not None else "batch" if not axis else f"{name}_{axis}"
        for axis, dim in enumerate(tensor.shape)
    ]
    return helper.make_tensor_value_info(name, number_of(tensor.dtype), shape)
