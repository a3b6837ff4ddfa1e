"""Finds the layer that the weights in a file belong to: by name, then by Keras' own place for it,
then by order and shape where there is one way only. Whatever is matched otherwise than by name, or
not at all, is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import TypeAlias, TypeVar

import numpy as np

from exporters.keras_rounding import Roundings
from exporters.keras_weights.arrangement import arranged
from exporters.keras_weights.rounded import ZERO_LOST, is_tuned, is_zero_lost, mode_of, unrounded
from exporters.keras_weights.stored import Stored
from exporters.keras_weights.targets import Target
from exporters.weights import LEFT_OVER, MISSING, NOT_FITTING, Array, Fitted
from layers.diagnostics import Diagnostic, Problem, diagnose
from layers.tensor import shape_text

BY_ORDER = Problem(
    "weights.by_order",
    "{count:layer took its weights|layers took their weights} by order and shape, since the names"
    " differ: {pairs}.",
    "Check these pairs; rename the layers to be sure.",
    severity="warning",
)
UNCERTAIN = Problem(
    "weights.uncertain",
    "The weights of {names} fit several layers, so none took them.",
    "Give the layers the names they have in the file.",
    severity="warning",
)
T = TypeVar("T")
Key: TypeAlias = Callable[[T], tuple[str, ...]]

MAX_TABLE = 1_000_000
"""Of layers by layers, when they are compared by shape."""


def match(targets: Sequence[Target], stored: Sequence[Stored]) -> Fitted:
    """The weights of a file for the layers of a network. Raises GraphError where a part of the file
    cannot be read.
    """
    run = _Match(targets, _ordered(split(targets, stored)))
    run.by(lambda target: target.names, lambda item: item.names)
    run.by(lambda target: (target.name,), lambda item: item.names)
    run.by(lambda target: target.names[-1:], lambda item: item.names[-1:])
    run.by_place()
    run.by_order()
    return Fitted(run.weights, tuple(run.told()))


def _ordered(stored: list[Stored]) -> list[Stored]:
    """The same, with what the kernels of Keras 1 that can only be one thing say of the others."""
    votes = 0
    for item in stored:
        for dataset in item.weights.values():
            if item.generation < 2 and len(dataset.shape) == 4:
                first, second, third, fourth = dataset.shape
                votes += (third == fourth != first) - (first == second != fourth)
    return [
        replace(item, is_channels_first=votes > 0) if item.generation < 2 else item
        for item in stored
    ]


def split(targets: Sequence[Target], stored: Sequence[Stored]) -> list[Stored]:
    """The weights of layers inside models, which older files keep in one group, each by itself.

    Their names begin with the layer's, as in ``conv2d/kernel:0``. Where they do not, the order
    counts: what is trained of all layers, then the rest.
    """
    known = {target.names[-1] for target in targets}
    names = {target.names for target in targets}
    inside: dict[tuple[str, ...], list[Target]] = {}
    for target in targets:
        for end in range(1, len(target.names)):
            inside.setdefault(target.names[:end], []).append(target)
    made: list[Stored] = []
    for item in stored:
        if item.place or item.names in names or item.names[-1:] in names:
            made.append(item)
            continue
        owners = [
            _within(item.names, weight, names) or (*item.names, _owner(weight, known))
            for weight in item.weights
        ]
        if not all(owner[-1] for owner in owners) or len(set(owners)) < 2:
            owners = _in_turn(inside.get(item.names, []))
        if len(owners) != len(item.weights):
            made.append(item)
            continue
        for owner in dict.fromkeys(owners):
            part = {
                weight: array
                for (weight, array), whose in zip(item.weights.items(), owners, strict=True)
                if whose == owner
            }
            made.append(replace(item, names=owner, weights=part))
    return made


def _within(
    model: tuple[str, ...], weight: str, names: set[tuple[str, ...]]
) -> tuple[str, ...] | None:
    """The layer to which the name of a weight leads from a model, through those inside it; the name
    may begin with the model's own.
    """
    parts = weight.split("/")[:-1]
    counts = range(len(parts), 0, -1)
    ways = [(*around, *parts[:count]) for around in (model, model[:-1]) for count in counts]
    return next((way for way in ways if way in names and way[: len(model)] == model), None)


def _owner(weight: str, known: set[str]) -> str:
    """The layer in the name of a weight."""
    return next((part for part in weight.split("/")[:-1] if part in known), "")


def _in_turn(targets: Sequence[Target]) -> list[tuple[str, ...]]:
    """Whose weights stand where, where a model keeps those of its layers in turn."""
    return [
        target.names
        for is_trainable in (True, False)
        for target in targets
        for weight in target.weights.values()
        if weight.trainable is is_trainable
    ]


class _Match:
    """One file and one network while they are brought together."""

    def __init__(self, targets: Sequence[Target], stored: Sequence[Stored]) -> None:
        self.targets = dict(enumerate(targets))
        self.stored = dict(enumerate(stored))
        self.weights: dict[str, dict[str, Array]] = {}
        self.refused: dict[int, tuple[Target, int]] = {}
        self.notes: list[Diagnostic] = []
        self.unsure: list[Stored] = []
        self.roundings = Roundings()
        self.lost: dict[int, int] = {}

    def by(self, of_target: Key[Target], of_stored: Key[Stored]) -> None:
        """Bring together what has the same key, where only one of each has it."""
        mine, theirs = _unique(self.targets, of_target), _unique(self.stored, of_stored)
        for key in mine:
            if key in theirs and not self._take(mine[key], theirs[key]):
                self.refused[mine[key]] = (self.targets[mine[key]], theirs[key])

    def by_place(self) -> None:
        """Bring together what has the same place in Keras, where the rest of the network has the
        places of the rest of the file.
        """
        mine = {target.place for target in self.targets.values()}
        if mine and mine == {item.place for item in self.stored.values()}:
            self.by(lambda target: target.place, lambda item: item.place)

    def by_order(self) -> None:
        """Bring together the rest in order, as far as shapes leave one way only."""
        rows, columns = list(self.targets), list(self.stored)
        if not rows or not columns or len(rows) * len(columns) > MAX_TABLE:
            return
        table = _fitting(list(self.targets.values()), list(self.stored.values()))
        first, last = _longest(table), _longest(table[::-1, ::-1])
        end = (len(rows) - 1, len(columns) - 1)
        agreed = first & {(end[0] - row, end[1] - column) for row, column in last}
        doubted = {column for _, column in first} - {column for _, column in agreed}
        self.unsure = [self.stored[columns[column]] for column in sorted(doubted)]
        shown: list[str] = []
        for row, column in sorted(agreed):
            target, item = self.targets[rows[row]], self.stored[columns[column]]
            if self._take(rows[row], columns[column]):
                shown.append(f"{target.name} ← {item.title}")
        if shown:
            pairs = ", ".join(shown)[:600]
            self.notes.append(diagnose(BY_ORDER, count=len(shown), pairs=pairs))

    def _take(self, row: int, column: int) -> bool:
        """Give a layer its weights, where they fit."""
        target, item = self.targets[row], self.stored[column]
        stored = {name: dataset.array() for name, dataset in item.weights.items()}
        arrays = unrounded(target.layer, target.weights, item, stored)
        found = None if arrays is None else arranged(target, item, arrays)
        if found is None:
            if is_zero_lost(stored):
                self.lost[row] = column
            return False
        if arrays is not stored:
            self._note(target, item, stored)
        self.weights[target.node] = found
        del self.targets[row], self.stored[column]
        return True

    def _note(self, target: Target, item: Stored, arrays: Mapping[str, Array]) -> None:
        """Remember that a layer was rounded, or tuned by what stood beside its kernel."""
        mode = item.rounding.mode or mode_of(target.weights, arrays)
        if mode:
            self.roundings.rounded[target.name] = mode
        if is_tuned(arrays):
            self.roundings.tuned.append(target.name)

    def told(self) -> Iterable[Diagnostic]:
        """What there is to say in the end."""
        yield from self.notes
        yield from self.roundings.told()
        lost = [self.targets[row].name for row in self.lost if row in self.targets]
        if lost:
            yield diagnose(ZERO_LOST, count=len(lost), name=lost[0])
        for row, column in self.lost.items():
            self.targets.pop(row, None)
            self.stored.pop(column, None)
        for row, (target, column) in self.refused.items():
            if row not in self.targets or column not in self.stored:
                continue
            shapes = [weight.shape for weight in target.weights.values()]
            item = self.stored.pop(column)
            del self.targets[row]
            yield diagnose(
                NOT_FITTING,
                node=target.node,
                name=target.name,
                weight=", ".join(target.weights)[:200],
                found=_shown([dataset.shape for dataset in item.weights.values()]),
                expected=_shown(shapes),
            )
        if self.unsure:
            names = ", ".join(item.title for item in self.unsure)
            yield diagnose(UNCERTAIN, names=names[:300])
        for target in self.targets.values():
            names = ", ".join(target.weights)[:200]
            yield diagnose(MISSING, node=target.node, name=target.name, weights=names)
        for item in self.stored.values():
            if item not in self.unsure:
                yield diagnose(LEFT_OVER, name=item.title[:60])


def _shown(shapes: Iterable[tuple[int, ...]]) -> str:
    return ", ".join(shape_text(shape) for shape in shapes)[:200]


def _unique(items: Mapping[int, T], key: Key[T]) -> dict[tuple[str, ...], int]:
    """Where each key stands that only one has."""
    places: dict[tuple[str, ...], list[int]] = {}
    for place, item in items.items():
        places.setdefault(key(item), []).append(place)
    return {name: found[0] for name, found in places.items() if name and len(found) == 1}


def _fitting(targets: Sequence[Target], stored: Sequence[Stored]) -> Array:
    """Which weights fit which layer, by their shapes: (targets, stored)."""
    mine: dict[object, int] = {}
    theirs: dict[object, int] = {}
    rows, columns = [], []
    for target in targets:
        turned = tuple(target.reorderings.items())
        shapes = tuple(weight.shape for weight in target.weights.values())
        rows.append(mine.setdefault((type(target.layer), shapes, turned), len(mine)))
    for item in stored:
        found = tuple(dataset.shape for dataset in item.weights.values())
        columns.append(theirs.setdefault((item.generation, found), len(theirs)))
    # Each kind is compared with each once.
    one_of_mine = dict(zip(rows, targets, strict=True))
    one_of_theirs = dict(zip(columns, stored, strict=True))
    kinds = np.zeros((len(mine), len(theirs)), bool)
    for row, target in one_of_mine.items():
        total = sum(weight.count for weight in target.weights.values())
        for column, item in one_of_theirs.items():
            count = sum(prod(dataset.shape) for dataset in item.weights.values())
            # The numbers come first, so that no shape in a file can ask for memory.
            kinds[row, column] = total == count and _fits(target, item)
    return kinds[np.ix_(rows, columns)]


def _fits(target: Target, item: Stored) -> bool:
    zero = np.float32(0)
    empty = {name: np.broadcast_to(zero, dataset.shape) for name, dataset in item.weights.items()}
    return arranged(target, item, empty) is not None


def _longest(table: Array) -> set[tuple[int, int]]:
    """The longest way through a table in which both numbers grow, the earliest such way."""
    rows, columns = table.shape
    lengths = np.zeros((rows + 1, columns + 1), np.int32)
    for row in range(rows - 1, -1, -1):
        below = lengths[row + 1]
        step = np.where(table[row], below[1:] + 1, 0)
        best = np.maximum(step, below[:-1])
        # The best of this place and all to its right.
        lengths[row, :-1] = np.maximum.accumulate(best[::-1])[::-1]
    way: set[tuple[int, int]] = set()
    row = column = 0
    while row < rows and column < columns:
        here = lengths[row, column]
        if table[row, column] and lengths[row + 1, column + 1] + 1 == here:
            way.add((row, column))
            row, column = row + 1, column + 1
        elif lengths[row, column + 1] == here:
            column += 1
        else:
            row += 1
    return way
