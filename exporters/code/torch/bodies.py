"""The statements of one scope: what its module's constructor makes, and what its `forward` runs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from exporters.code.text import Names
from exporters.code.torch.rule import Layout
from exporters.code.torch.scopes import Copies, End, Leaf, Scope, Unfit
from exporters.code.torch.uses import Uses
from exporters.plan import Plan

RESERVED = (
    *("self", "torch", "nn", "F", "x", "math", "copy", "super", "range"),
    *("T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children"),
    *("compile", "cpu", "cuda", "double", "dump_patches", "eval", "extra_repr", "float", "forward"),
    *("get_buffer", "get_extra_state", "get_parameter", "get_submodule", "half", "ipu"),
    *("load_state_dict", "modules", "mtia", "named_buffers", "named_children", "named_modules"),
    *("named_parameters", "parameters", "register_backward_hook", "register_buffer"),
    *("register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook"),
    *("register_full_backward_pre_hook", "register_load_state_dict_post_hook"),
    *("register_load_state_dict_pre_hook", "register_module", "register_parameter"),
    *("register_state_dict_post_hook", "register_state_dict_pre_hook", "requires_grad_"),
    *("set_extra_state", "set_submodule", "share_memory", "state_dict", "to", "to_empty", "train"),
    *("training", "type", "xpu", "zero_grad"),
)
"""What a module has already, and what its code uses."""


@dataclass
class Body:
    """The statements of a scope, unbroken; nested ones are indented.

    Attributes:
        takes: the arguments of `forward`.
        makes: what the constructor runs, with the path of the node that it is for.
        runs: what `forward` runs, likewise.
        gives: what it returns.
        names: the name of each module, by the identity of its leaf or the path of its copies.
        taken: every name in use.
    """

    takes: list[str]
    names: dict[str, str]
    taken: Names
    makes: list[tuple[str, str]] = field(default_factory=list)
    runs: list[tuple[str, str]] = field(default_factory=list)
    gives: list[str] = field(default_factory=list)


class Writer:
    """Writes the body of a scope.

    Args:
        constructors: how each copy of the blocks inside is made, by its identity as an object.

    Raises:
        Unfit: where the scope's block cannot be a module.
    """

    def __init__(
        self, scope: Scope, made: Plan, uses: Uses, constructors: Mapping[int, str], is_root: bool
    ) -> None:
        self.scope, self.made, self.uses = scope, made, uses
        self.constructors = constructors
        self.is_root = is_root
        self.names = Names(RESERVED)
        named = {_key(item): self.names.free(_public(item.name)) for item in scope.items}
        # Where a value is, and how often it is still needed.
        self.values: dict[End, str] = {}
        if len(scope.takes) == 1:
            self.values = dict.fromkeys(scope.takes, "x")
        else:
            self.values = {end: self.names.free(_public(name)) for end, name in scope.takes.items()}
        takes = list(self.values.values())
        if is_root:
            self.values = {end: named[end[0]] for end in made.inputs}
            takes = list(self.values.values())
        self.needed = Counter(scope.gives)
        for item in scope.items:
            self.needed.update(self._takes(item))
        self.body = Body(takes, named, self.names)

    def written(self) -> Body:
        """The body."""
        for item in self.scope.items:
            if isinstance(item, Copies):
                self._copies(item)
            else:
                self._leaf(item)
        self.body.gives = [
            self._value(end, Layout.FIRST, is_end=True) if self.is_root else self._found(end)
            for end in self.scope.gives
        ]
        return self.body

    def _takes(self, item: Leaf | Copies) -> tuple[End, ...]:
        if isinstance(item, Copies):
            return tuple(item.scopes[0].takes)
        return self.made.calls[item.identity].arguments

    def _leaf(self, leaf: Leaf) -> None:
        call, (use, _) = self.made.calls[leaf.identity], self.uses[leaf.identity]
        if not call.arguments:
            if not self.is_root:
                raise Unfit  # an input inside a block
            return
        name = self.body.names[leaf.owner]
        if leaf.owner == leaf.identity and use.make:
            module = f"self.{name}"
            setup = (each.replace("{self}", module) for each in use.setup)
            statements = [f"{module} = {use.make}", *setup]
            self.body.makes += [(leaf.path, statement) for statement in statements]
        wants = use.wants
        if wants is Layout.ANY:
            wants = self.uses[call.arguments[0][0]][1]
        given = [self._value(end, wants) for end in call.arguments]
        self._use_up(call.arguments)
        several = call.output_count > 1 or bool(use.before)
        out = self.body.names[leaf.identity] if several else self._target(leaf.identity)
        for port in range(call.output_count):
            self.values[leaf.identity, port] = f"{out}[{port}]" if call.output_count > 1 else out
        for place, line in enumerate(use.before, 1):
            later = "\n".join([*use.before[place:], use.forward])
            self._run(leaf.path, _filled(_needed(line, later), given, f"self.{name}", out))
        forward = _filled(use.forward, given, f"self.{name}", out)
        if forward != out:
            self._run(leaf.path, f"{out} = {forward}")

    def _copies(self, item: Copies) -> None:
        first, last = item.scopes[0], item.scopes[-1]
        name = self.body.names[item.path]
        if item.again is None:
            made = [self.constructors[id(scope)] for scope in item.scopes]
            self.body.makes.append((item.path, f"self.{name} = {_several(made, _is_chain(first))}"))
        else:
            name = self.body.names[item.again.path]
        given = [self._found(end) for end in first.takes]
        self._use_up(tuple(first.takes))
        if len(last.gives) == 1:
            results = [self._target(item.path)]
        else:
            called = {leaf.identity: leaf.name for leaf in last.leaves()}
            results = [self.names.free(f"{item.name}_{called[end[0]]}") for end in last.gives]
        self.values.update(zip(last.gives, results, strict=True))
        if len(item.scopes) > 1 and len(first.takes) != len(first.gives):
            raise Unfit  # one tensor goes into two ports
        for before, after in pairwise(item.scopes):
            if before.gives != list(after.takes):
                raise Unfit
        left = ", ".join(results)
        if len(item.scopes) == 1 or _is_chain(first):
            self._run(item.path, f"{left} = self.{name}({', '.join(given)})")
            return
        if given != results:
            self._run(item.path, f"{left} = {', '.join(given)}")
        self._run(item.path, f"for copy in self.{name}:")
        self._run(item.path, f"    {left} = copy({left})")

    def _run(self, path: str, statement: str) -> None:
        self.body.runs.append((path, statement))

    def _use_up(self, ends: tuple[End, ...]) -> None:
        for end in ends:
            self.needed[end] -= 1

    def _target(self, key: str) -> str:
        """The variable for an output: `x` where nothing needs any longer what is in it."""
        is_held = any(name == "x" and self.needed[end] > 0 for end, name in self.values.items())
        return self.body.names[key] if is_held else "x"

    def _found(self, end: End) -> str:
        if end not in self.values:
            raise Unfit
        return self.values[end]

    def _value(self, end: End, wants: Layout, *, is_end: bool = False) -> str:
        """A tensor in a layout."""
        identity, port = end
        name, has = self._found(end), self.uses[identity][1]
        rank = (self.made.calls[identity].known.outputs or ())[port].rank
        if is_end and rank == 3:
            wants = Layout.LAST
        if rank <= 2 or wants is has:
            return name
        return f"{name}.movedim(-1, 1)" if wants is Layout.FIRST else f"{name}.movedim(1, -1)"


def _public(name: str) -> str:
    """A name that is not taken for one of the module's own, or of Python's."""
    return f"layer{name}" if name.startswith("_") else name


def _key(item: Leaf | Copies) -> str:
    return item.identity if isinstance(item, Leaf) else item.path


def _is_chain(scope: Scope) -> bool:
    return len(scope.takes) == len(scope.gives) == 1


def _several(made: list[str], is_chain: bool) -> str:
    """One module, or several of them in a row; equal ones are made in a loop."""
    if len(made) == 1:
        return made[0]
    items: list[str] = []
    for constructor, run in groupby(made):
        count = len(list(run))
        # The first one often stands apart; the others are a loop, however few they are.
        single = count == 1 and not items
        items.append(constructor if single else f"*({constructor} for _ in range({count}))")
    inner = ", ".join(items)
    return f"nn.Sequential({inner})" if is_chain else f"nn.ModuleList([{inner}])"


def without_loops_of_one(line: str) -> str:
    """A statement in which what is made once is made without a loop."""
    return re.sub(r"\*\(((?:(?! for _ in ).)*) for _ in range\(1\)\)", r"\1", line)


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
