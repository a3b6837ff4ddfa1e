"""Where a network read from ONNX ends: a layer that feeds nothing for each output of the file."""

from __future__ import annotations

from collections import Counter
from functools import partial

from exporters.onnx.groups import Grouped
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable
from exporters.onnx.tensors import Const, Term
from layers.diagnostics import Diagnostic, Problem, diagnose
from layers.tensor import Dim

TURNED = Problem(
    "onnx.output_channels_last",
    "The output of {name} has its channels last here, {ours}; the file has {theirs}.",
    "Read it in that order.",
    severity="hint",
)
REARRANGED = Problem(
    "onnx.output_order",
    "The output of {name} has its samples along another axis than the first in the file, or"
    " together with others; here it is {ours}.",
    "Turn it in the program that uses it.",
    severity="warning",
)
FIXED = Problem(
    "onnx.output_fixed",
    "The output {name} does not depend on what goes in; it is left out.",
    "Keep the file where something needs it.",
    severity="hint",
)


class Ends:
    """The outputs of a file.

    Attributes:
        nodes: the layers that are outputs, in the file's order.
        notes: what is not as in the file.
    """

    def __init__(self, made: Reader, inputs: list[str]) -> None:
        self.made, self.inputs = made, inputs
        self.nodes: list[str] = []
        self.notes: list[Diagnostic] = []
        self._unlike: dict[str, partial[Diagnostic]] = {}

    def find(self, outputs: list[tuple[str, Const | Term]]) -> None:
        """Find the layers for tensors of these names."""
        terms: list[tuple[str, Term]] = []
        for name, value in outputs:
            if isinstance(value, Term):
                terms.append((name, self._arranged(value, name)))
            else:
                self.notes.append(diagnose(FIXED, name=f"{name:.60}"))
        feeding = {edge.source for edge in self.made.edges}
        totals = Counter(term.node for _, term in terms)
        named: dict[str, str] = {}
        at = 0
        while at < len(terms):
            name, term = terms[at]
            count = self.made.ports.get(term.node, 1)
            run = [(one.node, one.port) for _, one in terms[at : at + count]]
            is_whole = run == [(term.node, port) for port in range(count)]
            is_end = is_whole and totals[term.node] == count
            if is_end and term.node not in feeding and term.node not in self.inputs:
                self.nodes.append(term.node)
                named.update((one, term.node) for one, _ in terms[at : at + count])
                at += count
                continue
            (made_of,) = self.made.layer("Identity", [term], {}, name, axes=[term.axes])
            self.nodes.append(made_of.node)
            named[name] = made_of.node
            at += 1
        for name, told in self._unlike.items():
            self.notes.append(told(name=f"{self.made.nodes[named[name]].name:.60}"))

    def _arranged(self, term: Term, name: str) -> Term:
        """The tensor in the file's order, but for channels and samples."""
        try:
            if isinstance(term, Grouped):
                raise Unreadable("it takes samples together with others")
            if term.view or term.rows is not None:
                return self.made.plain(term, name)
            if term.axes and term.axes[0] != 0:
                raise Unreadable("its samples do not lie along the first axis")
        except Unreadable:
            own = term.tensor.shape[1:] if term.tensor else ()
            self._unlike[name] = partial(diagnose, REARRANGED, ours=sizes(own))
            return Term(term.node, term.port, term.tensor, ())
        if not term.is_plain and term.axes and term.shape:
            own = (term.own_shape or ())[1:]
            theirs = sizes(term.shape[1:])
            self._unlike[name] = partial(diagnose, TURNED, ours=sizes(own), theirs=theirs)
        return term


def sizes(dims: list[Dim] | tuple[Dim, ...]) -> str:
    """A shape as text."""
    return "(" + ", ".join("?" if dim is None else str(dim) for dim in dims) + ")"
