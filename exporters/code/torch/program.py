"""A network as a PyTorch module, and its weights as that module's state."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from exporters.code.text import Names, broken
from exporters.code.torch.carried import texts
from exporters.code.torch.families.preparation import TRAINING_ONLY
from exporters.code.torch.rule import Arrays, Layout, Unwritable, Use, Written, rule
from exporters.masking import is_masked
from exporters.plan import Call, Plan, plan
from exporters.weights import Weights
from layers.blocks import expand
from layers.diagnostics import Diagnostic, GraphError, Invalid, Problem, diagnose
from layers.graph import Graph
from layers.tensor import Tensor

NOT_SAID = Problem(
    "pytorch.layer",
    "{name} cannot be written as PyTorch code: {reason}.",
    "Replace the layer, or export to Keras.",
)

LEFT_OUT = Problem(
    "pytorch.dropout",
    "{name}: PyTorch has no {param} within a recurrent layer; the program trains without it.",
    "Insert a Dropout before the layer.",
    severity="warning",
)

MASKED = Problem(
    "pytorch.mask",
    "{name} skips padded steps by a mask, which the PyTorch code does not carry.",
    "Switch off mask_zero of the Embedding before it, or export to Keras.",
)

TRAINING = Problem(
    "pytorch.training",
    "{name}: what {layer} does in training is left out of the PyTorch code.",
    "Change the data before training, or train in Keras.",
    severity="warning",
)

RESERVED = ("self", "torch", "nn", "F", "x", "math", "forward", "training", "state_dict")


RECURRENT = frozenset(
    {"LSTM", "GRU", "SimpleRNN", "Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"}
)


@dataclass
class Program:
    """A written module.

    Attributes:
        text: the program.
        lines: first and last line of each node, from 1.
        states: name of the module of each node that owns weights.
        uses: what each node became.
    """

    text: str = ""
    lines: dict[str, tuple[int, int]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    uses: dict[str, Written] = field(default_factory=dict)


def program(graph: Graph) -> Program:
    """The program of a network. Raises GraphError with all that PyTorch cannot say."""
    return _Writer(plan(graph)).written()


def obstacles(graph: Graph) -> tuple[Diagnostic, ...]:
    """What keeps a network from being written."""
    try:
        made = plan(graph)
    except GraphError as error:
        return error.diagnostics
    except Invalid as error:
        return (error.diagnostic(),)
    return tuple(_uses(made)[1])


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


def _uses(made: Plan) -> tuple[dict[str, tuple[Written, Layout]], list[Diagnostic]]:
    """What each call becomes and the layout of what it gives, and what cannot be written."""
    found: dict[str, tuple[Written, Layout]] = {}
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


class _Writer:
    """Writes the program of a plan."""

    def __init__(self, made: Plan) -> None:
        self.plan = made
        self.uses, wrong = _uses(made)
        if wrong:
            raise GraphError(wrong)
        names = Names(RESERVED)
        self.names = {identity: names.free(call.node.name) for identity, call in made.calls.items()}
        # Where a value is, and how often it is still needed.
        self.values = {identity: self.names[identity] for identity, _ in made.inputs}
        self.needed = Counter(
            source for call in made.calls.values() for source, _ in call.arguments
        ) + Counter(identity for identity, _ in made.outputs)
        self.result = Program(uses={identity: use for identity, (use, _) in self.uses.items()})

    def written(self) -> Program:
        made, result = self.plan, self.result
        lines = self._head()
        lines += ["", "    def __init__(self):", "        super().__init__()"]
        for identity, call in made.calls.items():
            use = self.uses[identity][0]
            if use.make and call.owner is call.node:
                module = f"self.{self.names[identity]}"
                result.states[identity] = self.names[identity]
                first = len(lines) + 1
                lines += broken(f"{module} = {use.make}", 8)
                lines += [f"        {each.replace('{self}', module)}" for each in use.setup]
                result.lines[identity] = (first, len(lines))
        given = ", ".join(["self", *(self.values[identity] for identity, _ in made.inputs)])
        lines += ["", *broken(f"def forward({given}):", 4)]
        for identity, call in made.calls.items():
            if call.arguments:
                first = len(lines) + 1
                for line in self._statements(call):
                    lines += broken(line, 8)
                result.lines.setdefault(identity, (first, len(lines)))
            else:
                place = next(n for n, line in enumerate(lines, 1) if "def forward(" in line)
                result.lines[identity] = (place, place)
        ends = [self._value(end, Layout.FIRST, is_end=True) for end in made.outputs]
        lines += broken(f"return {', '.join(ends)}", 8)
        result.text = "\n".join([*lines, ""])
        return result

    def _head(self) -> list[str]:
        """Everything before the constructor."""
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
        lines += ["", "", f"class {self._class_name()}(nn.Module):"]
        takes = [
            f"        {self.values[identity]}: {self._shape(identity, port)}"
            for identity, port in made.inputs
        ]
        gives = [f"        {self._shape(identity, port)}" for identity, port in made.outputs]
        title = re.sub(r'["\\\x00-\x1f]', "'", made.graph.name) or "A network"
        lines += [f'    """{title}.', "", "    Takes:", *takes, "    Gives:", *gives]
        if any(rank >= 4 for rank in self._ranks()):
            lines += ["", "    Tensors with four and more axes have their channels first."]
        return [*lines, '    """']

    def _ranks(self) -> list[int]:
        ends = (*self.plan.inputs, *self.plan.outputs)
        return [(self.plan.calls[one].known.outputs or ())[port].rank for one, port in ends]

    def _shape(self, identity: str, port: int) -> str:
        shape = (self.plan.calls[identity].known.outputs or ())[port].shape
        sizes = ["any" if size is None else str(size) for size in shape[1:]]
        if len(sizes) >= 3:
            sizes = [sizes[-1], *sizes[:-1]]
        return f"({', '.join(['batch', *sizes])})"

    def _class_name(self) -> str:
        words = re.findall(r"[A-Za-z0-9]+", self.plan.graph.name)
        name = "".join(word[0].upper() + word[1:] for word in words)
        name = name if name and not name[0].isdigit() else f"Network{name}"
        return (
            f"{name}Network"
            if name in {"F", "Network", "None", "True", "False", *texts()}
            else name
        )

    def _statements(self, call: Call) -> list[str]:
        """The statements of one call."""
        identity, (use, _) = call.node.id, self.uses[call.node.id]
        wants = use.wants
        if wants is Layout.ANY:
            wants = self.uses[call.arguments[0][0]][1]
        given = [self._value(end, wants) for end in call.arguments]
        module = f"self.{self.names[call.owner.id]}"
        for source, _ in call.arguments:
            self.needed[source] -= 1
        several = call.output_count > 1 or bool(use.before)
        name = self.names[identity] if several else self._target(call)
        self.values[identity] = name
        before = []
        for place, line in enumerate(use.before, 1):
            later = "\n".join([*use.before[place:], use.forward])
            before.append(_filled(_needed(line, later), given, module, name))
        forward = _filled(use.forward, given, module, name)
        return [*before, f"{name} = {forward}"] if forward != name else before

    def _target(self, call: Call) -> str:
        """The variable for an output: `x` where nothing needs any longer what is in it."""
        is_held = any(
            name == "x" and self.needed[identity] > 0 for identity, name in self.values.items()
        )
        return self.names[call.node.id] if is_held else "x"

    def _value(self, end: tuple[str, int], wants: Layout, *, is_end: bool = False) -> str:
        """A tensor in a layout."""
        identity, port = end
        call, has = self.plan.calls[identity], self.uses[identity][1]
        tensors = call.known.outputs or ()
        name = self.values[identity]
        name = f"{name}[{port}]" if len(tensors) > 1 else name
        rank = tensors[port].rank
        if is_end and rank == 3:
            wants = Layout.LAST
        if rank <= 2 or wants is has:
            return name
        return f"{name}.movedim(-1, 1)" if wants is Layout.FIRST else f"{name}.movedim(1, -1)"


def _needed(statement: str, later: str) -> str:
    """A statement with `_` for the names it sets that nothing uses later."""
    names, sign, value = statement.partition(" = ")
    kept = re.sub(r"\{out\}_\w+", lambda match: match[0] if match[0] in later else "_", names)
    return f"{kept}{sign}{value}"


def _filled(text: str, given: list[str], module: str, name: str) -> str:
    """A template with what it stands for; braces occur in templates for nothing else."""
    places = {str(number): value for number, value in enumerate(given)}
    places |= {"self": module, "out": name}
    return re.sub(r"\{(\w+)\}", lambda match: places[match[1]], text)
