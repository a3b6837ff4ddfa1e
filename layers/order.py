"""The order in which a graph is walked, and the loops in its way; linear in nodes and edges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def sort(
    nodes: Iterable[str], outgoing: Mapping[str, Sequence[str]]
) -> tuple[tuple[str, ...], frozenset[str]]:
    """Topological order, and the nodes that have none (on a loop or behind one) at its end.

    Kahn's algorithm; ties are broken depth first in the given order: branches stay together.
    """
    waiting = dict.fromkeys(nodes, 0)
    for targets in outgoing.values():
        for target in targets:
            waiting[target] += 1
    ready = [node for node, count in reversed(waiting.items()) if not count]
    order: list[str] = []
    while ready:
        node = ready.pop()
        order.append(node)
        for target in reversed(outgoing.get(node, ())):
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    done = set(order)
    left = [node for node in waiting if node not in done]
    return (*order, *left), frozenset(left)


def loops(nodes: Iterable[str], outgoing: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """The nodes that can be reached from themselves.

    Source: Tarjan 1972, "Depth-first search and linear graph algorithms", without recursion.
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    held: set[str] = set()
    found: set[str] = set()
    for root in nodes:
        if root in index:
            continue
        walk = [(root, iter(outgoing.get(root, ())))]
        index[root] = low[root] = len(index)
        stack.append(root)
        held.add(root)
        while walk:
            node, targets = walk[-1]
            for target in targets:
                if target == node:
                    found.add(node)
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    held.add(target)
                    walk.append((target, iter(outgoing.get(target, ()))))
                    break
                if target in held:
                    low[node] = min(low[node], index[target])
            else:
                walk.pop()
                if walk:
                    parent = walk[-1][0]
                    low[parent] = min(low[parent], low[node])
                if low[node] == index[node]:
                    group: list[str] = []
                    while not group or group[-1] != node:
                        group.append(stack.pop())
                    held.difference_update(group)
                    if len(group) > 1:
                        found.update(group)
    return frozenset(found)
