"""Blocks as modules: one class for all copies of a block that differ in nothing but numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from exporters.code.torch.bodies import Body, Writer, without_loops_of_one
from exporters.code.torch.numbers import generalized, skeleton
from exporters.code.torch.rule import always
from exporters.code.torch.scopes import Copies, Leaf, Scope, Unfit
from exporters.code.torch.uses import Uses, uses
from exporters.plan import Plan


@dataclass
class Module:
    """A class.

    Attributes:
        name: of the class.
        block: name of the block.
        params: arguments of the constructor.
        body: its statements, in which the arguments stand.
        paths: those of the nodes in the body.
    """

    name: str
    block: str
    params: list[str]
    body: Body
    paths: list[str]


@dataclass
class Modules:
    """The modules of a network.

    Attributes:
        classes: those of the blocks, each after those that it uses.
        root: the body of the network itself.
        states: where the weights of each node are in the network's state.
        within: the class in which each node of a block is, and its path there.
    """

    classes: list[Module]
    root: Body
    states: dict[str, str]
    within: dict[str, tuple[str, str]]


def modules(root: Scope, made: Plan, found: Uses, taken: Iterable[str]) -> Modules:
    """The modules of a tree of scopes; `taken` are names of classes in use. Raises Unfit."""
    maker = _Maker(made, found, taken)
    _check(root, made)
    by_block: dict[str, list[Scope]] = {}
    for scope in root.inner():
        by_block.setdefault(scope.block, []).append(scope)
    for block in sorted(by_block, key=lambda name: _height(by_block[name][0])):
        maker.block(block, by_block[block])
    _check_again(root, maker.constructors)
    body = Writer(root, made, found, maker.constructors, is_root=True).written()
    body.makes = [(path, without_loops_of_one(line)) for path, line in body.makes]
    states: dict[str, str] = {}
    within: dict[str, tuple[str, str]] = {}
    maker.place(root, body, "", states, within)
    return Modules(maker.classes, body, states, within)


def _differing(bodies: list[Body]) -> frozenset[str]:
    """Names of arguments that some bodies write and others leave at their defaults."""
    named = [
        set(re.findall(r"(\w+)=(?!=)", "\n".join(line for _, line in body.makes)))
        for body in bodies
    ]
    return frozenset(set.union(*named) - set.intersection(*named))


def _height(scope: Scope) -> int:
    """How deep blocks are nested in a scope."""
    inside = [
        _height(each) for item in scope.items if isinstance(item, Copies) for each in item.scopes
    ]
    return 1 + max(inside, default=0)


def _check(scope: Scope, made: Plan, again: Scope | None = None) -> None:
    """Every layer is called where it is made, or where its block is called again. Raises Unfit."""
    others = again.items if again else scope.items
    for item, other in zip(scope.items, others, strict=True):
        if isinstance(item, Copies) and isinstance(other, Copies):
            first = item.again or (other if again else None)
            for place, each in enumerate(item.scopes):
                _check(each, made, first.scopes[place] if first else None)
        elif isinstance(item, Leaf) and isinstance(other, Leaf):
            owner = made.calls[other.identity].owner.id if again else item.owner
            if made.calls[item.identity].owner.id != owner:
                raise Unfit


def _check_again(scope: Scope, constructors: dict[int, str]) -> None:
    """A block that is called again is the same module. Raises Unfit."""
    for item in scope.items:
        if isinstance(item, Copies):
            for place, each in enumerate(item.scopes):
                first = item.again.scopes[place] if item.again else each
                if constructors[id(first)] != constructors[id(each)]:
                    raise Unfit
                _check_again(each, constructors)


class _Maker:
    """Makes the classes of blocks, the inner ones first."""

    def __init__(self, made: Plan, found: Uses, taken: Iterable[str]) -> None:
        self.made, self.uses = made, found
        self.taken = set(taken)
        self.written: dict[frozenset[str], Uses] = {}
        self.classes: list[Module] = []
        self.constructors: dict[int, str] = {}
        self.bodies: dict[int, Body] = {}
        self.module_of: dict[int, Module] = {}

    def block(self, block: str, scopes: list[Scope]) -> None:
        """Make the classes of one block, of which these are all copies."""
        bodies = self._bodies(scopes, self.uses)
        apart = _differing(bodies)
        if len({skeleton(body) for body in bodies}) > 1 and apart:
            token = always.set(apart)
            try:
                if apart not in self.written:
                    self.written[apart] = uses(self.made)[0]
                further = self._bodies(scopes, self.written[apart])
            finally:
                always.reset(token)
            bodies = min(bodies, further, key=lambda each: len({skeleton(body) for body in each}))
        alike: dict[tuple[str, ...], list[Scope]] = {}
        for scope, body in zip(scopes, bodies, strict=True):
            self.bodies[id(scope)] = body
            alike.setdefault(skeleton(body), []).append(scope)
        for group in alike.values():
            self._module(block, group)

    def _bodies(self, scopes: list[Scope], found: Uses) -> list[Body]:
        return [
            Writer(scope, self.made, found, self.constructors, is_root=False).written()
            for scope in scopes
        ]

    def _module(self, block: str, scopes: list[Scope]) -> None:
        """Make one class for copies that differ in nothing but numbers."""
        bodies = [self.bodies[id(scope)] for scope in scopes]
        name, number = class_name(block, "Block"), 1
        while name in self.taken:
            number += 1
            name = f"{class_name(block, 'Block')}{number}"
        self.taken.add(name)
        values = {param: [scope.values[param] for scope in scopes] for param in scopes[0].values}
        params, body = generalized(bodies, values, {*self.taken, name})
        paths = [item.path for item in scopes[0].items]
        module = Module(name, block, list(params), body, paths)
        self.classes.append(module)
        for place, scope in enumerate(scopes):
            given = [f"{param}={each[place]}" for param, each in params.items()]
            self.constructors[id(scope)] = f"{name}({', '.join(given)})"
            self.module_of[id(scope)] = module

    def place(
        self,
        scope: Scope,
        body: Body,
        prefix: str,
        states: dict[str, str],
        within: dict[str, tuple[str, str]],
    ) -> None:
        """Note where the modules of a scope lie in the state, and its nodes in the classes."""
        for item in scope.items:
            if isinstance(item, Leaf):
                call = self.made.calls[item.identity]
                if self.uses[item.identity][0].make and call.owner is call.node:
                    states[item.identity] = f"{prefix}{body.names[item.identity]}"
                continue
            name = body.names[(item.again or item).path]
            for place, each in enumerate(item.scopes):
                inner = f"{prefix}{name}." + (f"{place}." if len(item.scopes) > 1 else "")
                module = self.module_of[id(each)]
                for mine, shown in zip(each.items, module.paths, strict=True):
                    within.setdefault(mine.path, (module.name, shown))
                self.place(each, self.bodies[id(each)], inner, states, within)


def class_name(name: str, usual: str) -> str:
    """A class's name near another name."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    found = "".join(word[0].upper() + word[1:] for word in words)
    return found if found and not found[0].isdigit() else f"{usual}{found}"
