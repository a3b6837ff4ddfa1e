"""A network as a PyTorch module, and its weights as that module's state."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import numpy as np

from exporters.code.spans import Spans
from exporters.code.text import broken
from exporters.code.torch.bodies import Body
from exporters.code.torch.carried import texts
from exporters.code.torch.families.preparation import TRAINING_ONLY
from exporters.code.torch.modules import class_name, modules
from exporters.code.torch.rule import Arrays, Written
from exporters.code.torch.scopes import Scope, Unfit, flat, tree
from exporters.code.torch.uses import Uses, uses
from exporters.plan import Plan, plan
from exporters.weights import Weights
from layers.blocks import expand, has_blocks
from layers.diagnostics import Diagnostic, GraphError, Invalid, Problem, diagnose
from layers.graph import Graph

LEFT_OUT = Problem(
    "pytorch.dropout",
    "{name}: PyTorch has no {param} within a recurrent layer; the program trains without it.",
    "Insert a Dropout before the layer.",
    severity="warning",
)

TRAINING = Problem(
    "pytorch.training",
    "{name}: what {layer} does in training is left out of the PyTorch code.",
    "Change the data before training, or train in Keras.",
    severity="warning",
)

RECURRENT = frozenset(
    {"LSTM", "GRU", "SimpleRNN", "Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"}
)


@dataclass
class Program:
    """A written module.

    Attributes:
        text: the program.
        lines: first and last line of each node, from 1; of those in blocks by their paths.
        states: name of the module of each node that owns weights.
        uses: what each node became.
        is_flat: whether blocks are written as their layers.
    """

    text: str = ""
    lines: Spans = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    uses: dict[str, Written] = field(default_factory=dict)
    is_flat: bool = False


def program(graph: Graph) -> Program:
    """The program of a network, with blocks as modules where they can be.

    Raises:
        GraphError: with all that PyTorch cannot say.
    """
    made = plan(graph)
    found, wrong = uses(made)
    if wrong:
        raise GraphError(wrong)
    try:
        scope = tree(graph, made) if has_blocks(graph) else flat(made)
        return _Assembly(made, found, scope).program()
    except Unfit:
        return replace(_Assembly(made, found, flat(made)).program(), is_flat=True)


def obstacles(graph: Graph) -> tuple[Diagnostic, ...]:
    """What keeps a network from being written."""
    try:
        made = plan(graph)
    except GraphError as error:
        return error.diagnostics
    except Invalid as error:
        return (error.diagnostic(),)
    return tuple(uses(made)[1])


def losses(graph: Graph) -> tuple[Diagnostic, ...]:
    """What the program does otherwise in training."""
    found = []
    for node in expand(graph):
        inner = node.params.get("layer")
        values = inner if isinstance(inner, dict) else node.params
        found += [
            diagnose(LEFT_OUT, node=node.id, name=node.name, param=param)
            for param in ("dropout", "recurrent_dropout")
            if node.type in RECURRENT and values.get(param)
        ]
        if node.type in TRAINING_ONLY:
            found.append(diagnose(TRAINING, node=node.id, name=node.name, layer=node.type))
    return tuple(found)


def state(graph: Graph, weights: Weights) -> Arrays:
    """The weights under the names of the module's state, in PyTorch's layout.

    Raises:
        GraphError: where the network cannot be written.
    """
    made = program(graph)
    found: Arrays = {}
    for identity, name in made.states.items():
        if identity in weights:
            for key, array in made.uses[identity].state(weights[identity]).items():
                found[f"{name}.{key}"] = np.ascontiguousarray(array)
    return found


class _Assembly:
    """Puts the text of a program together."""

    def __init__(self, made: Plan, found: Uses, scope: Scope) -> None:
        self.plan = made
        self.uses = found
        name = class_name(made.graph.name, "Network")
        taken = {"F", "Network", "None", "True", "False", *texts()}
        self.class_name = f"{name}Network" if name in taken else name
        self.modules = modules(scope, made, found, {*taken, self.class_name})
        self.lines: list[str] = []

    def program(self) -> Program:
        """The program."""
        within: dict[str, Spans] = {}
        self.lines = self._head()
        for module in self.modules.classes:
            self.lines += ["", "", f"class {module.name}(nn.Module):"]
            self.lines += [f'    """The block {title(module.block)}."""', ""]
            within[module.name] = self._body(module.body, module.params)
        self.lines += ["", "", f"class {self.class_name}(nn.Module):", *self._documentation()]
        root = self.modules.root
        spans = self._body(root, [])
        heads = [n for n, line in enumerate(self.lines, 1) if "def forward(" in line]
        spans |= {identity: (heads[-1], heads[-1]) for identity, _ in self.plan.inputs}
        for path, (name, there) in self.modules.within.items():
            if there in within[name]:
                spans[path] = within[name][there]
        return Program(
            "\n".join([*self.lines, ""]),
            spans,
            self.modules.states,
            {identity: use for identity, (use, _) in self.uses.items()},
        )

    def _body(self, body: Body, params: list[str]) -> Spans:
        """Write a constructor and `forward`; gives the lines of the nodes."""
        spans: Spans = {}
        self._statements([("", f"def __init__({', '.join(['self', *params])}):")], 4, spans)
        self._statements([("", "super().__init__()"), *body.makes], 8, spans)
        made = dict(spans)
        self.lines.append("")
        self._statements([("", f"def forward({', '.join(['self', *body.takes])}):")], 4, spans)
        self._statements(body.runs, 8, spans)
        self._statements([("", f"return {', '.join(body.gives)}")], 8, spans)
        return spans | made

    def _statements(self, statements: list[tuple[str, str]], indent: int, spans: Spans) -> None:
        """Write statements, and note the lines of the nodes that they are for."""
        for path, statement in statements:
            first = len(self.lines) + 1
            plain = statement.lstrip()
            self.lines += broken(plain, indent + len(statement) - len(plain))
            if path:
                spans[path] = (spans.get(path, (first, 0))[0], len(self.lines))

    def _head(self) -> list[str]:
        """Everything before the classes of the network."""
        made = self.plan
        used = [use for use, _ in self.uses.values()]
        carried = sorted({name for use in used for name in use.carried})
        said = (text for use in used for text in (use.make, *use.before, use.forward))
        text = "\n".join([*said, *(texts()[name] for name in carried)])
        imports = ["import torch"] if "torch." in text else []
        imports += ["import torch.nn.functional as F"] if re.search(r"\bF\.", text) else []
        lines = [
            f"# {made.analysis.totals.weights:,} parameters. Made with VisualNN.",
            *imports,
            "from torch import nn",
        ]
        for name in carried:
            lines += ["", "", *texts()[name].splitlines()]
        return lines

    def _documentation(self) -> list[str]:
        """What the network takes and gives."""
        made, root = self.plan, self.modules.root
        takes = [
            f"        {name}: {self._shape(identity, port)}"
            for name, (identity, port) in zip(root.takes, made.inputs, strict=True)
        ]
        gives = [f"        {self._shape(identity, port)}" for identity, port in made.outputs]
        name = title(made.graph.name) or "A network"
        lines = [f'    """{name}.', "", "    Takes:", *takes, "    Gives:", *gives]
        if any(rank >= 4 for rank in self._ranks()):
            lines += ["", "    Tensors with four and more axes have their channels first."]
        return [*lines, '    """', ""]

    def _ranks(self) -> list[int]:
        ends = (*self.plan.inputs, *self.plan.outputs)
        return [(self.plan.calls[one].known.outputs or ())[port].rank for one, port in ends]

    def _shape(self, identity: str, port: int) -> str:
        shape = (self.plan.calls[identity].known.outputs or ())[port].shape
        sizes = ["any" if size is None else str(size) for size in shape[1:]]
        if len(sizes) >= 3:
            sizes = [sizes[-1], *sizes[:-1]]
        return f"({', '.join(['batch', *sizes])})"


def title(name: str) -> str:
    """A name as text in a docstring."""
    return re.sub(r'["\\\x00-\x1f]', "'", name)
