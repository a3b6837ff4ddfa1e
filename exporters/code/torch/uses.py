"""What every layer of a network becomes in PyTorch, and what cannot be said in it."""

from __future__ import annotations

from exporters.code.torch.rule import Layout, Unwritable, Use, Written, rule
from exporters.masking import is_masked
from exporters.plan import Call, Plan
from layers.diagnostics import Diagnostic, Invalid, Problem, diagnose
from layers.tensor import Tensor

Uses = dict[str, tuple[Written, Layout]]
"""What each call becomes and the layout of what it gives, by node id."""
NOT_SAID = Problem(
    "pytorch.layer",
    "{name} cannot be written as PyTorch code: {reason}.",
    "Replace the layer, or export to Keras.",
)

MASKED = Problem(
    "pytorch.mask",
    "{name} skips padded steps by a mask, which the PyTorch code does not carry.",
    "Switch off mask_zero of the Embedding before it, or export to Keras.",
)


def uses(made: Plan) -> tuple[Uses, list[Diagnostic]]:
    """What each call becomes and the layout of what it gives, and what cannot be written."""
    found: Uses = {}
    wrong: list[Diagnostic] = []
    for identity, call in made.calls.items():
        assert call.layer is not None
        if not call.arguments:
            rank = (call.known.outputs or ())[0].rank
            found[identity] = Written(""), Layout.FIRST if rank >= 4 else Layout.LAST
            continue
        kind = type(call.layer).__name__
        made_by = rule.get(kind)
        layout = found[call.arguments[0][0]][1] if call.arguments[0][0] in found else Layout.LAST
        try:
            if made_by is None:
                raise Unwritable(f"there is none of its kind ({kind})")
            written = made_by(
                Use(call.layer, _inputs(made, call), call.known.outputs or (), layout)
            )
        except (Unwritable, Invalid) as error:
            wrong.append(
                diagnose(
                    NOT_SAID, node=identity, name=call.node.name, reason=str(error).rstrip(".")
                )
            )
            written = Written("{0}")
        if is_masked(made, call):
            wrong.append(diagnose(MASKED, node=identity, name=call.node.name))
        gives = written.gives
        if gives is Layout.ANY:
            gives = layout if written.wants is Layout.ANY else written.wants
        # Every value of a tensor with two axes lies the same in both layouts.
        if all(tensor.rank <= 2 for tensor in call.known.outputs or ()):
            gives = Layout.LAST
        found[identity] = written, gives
    return found, wrong


def _inputs(made: Plan, call: Call) -> tuple[Tensor, ...]:
    return tuple((made.calls[source].known.outputs or ())[port] for source, port in call.arguments)
