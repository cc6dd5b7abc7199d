"""Rings of a directed graph: strongly connected components, and the shortest way round through an edge.

Components by the algorithm of Tarjan (1972), without recursion.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

N = TypeVar("N", bound=Hashable)


def components(graph: Mapping[N, Iterable[N]]) -> dict[N, int]:
    """The number of the strongly connected component that each node belongs to, by a map from nodes to successors."""
    order: dict[N, int] = {}
    lowest: dict[N, int] = {}
    held: list[N] = []
    found: dict[N, int] = {}
    for root in graph:
        if root in order:
            continue
        order[root] = lowest[root] = len(order)
        held.append(root)
        stack = [(root, iter(graph.get(root, ())))]
        while stack:
            node, following = stack[-1]
            successor = next(following, None)
            if successor is None:
                stack.pop()
                if stack:
                    lowest[stack[-1][0]] = min(lowest[stack[-1][0]], lowest[node])
                if lowest[node] == order[node]:
                    number = order[node]
                    while held and order[held[-1]] >= number:
                        found[held.pop()] = number
            elif successor not in order:
                order[successor] = lowest[successor] = len(order)
                held.append(successor)
                stack.append((successor, iter(graph.get(successor, ()))))
            elif successor not in found:
                lowest[node] = min(lowest[node], order[successor])
    return found


def way(graph: Mapping[N, Iterable[N]], start: N, end: N) -> tuple[N, ...]:
    """The nodes of a shortest way from `start` to `end`, both included; () when there is none."""
    if start == end:
        return (start,)
    came: dict[N, N] = {}
    waiting = deque([start])
    while waiting:
        node = waiting.popleft()
        for successor in graph.get(node, ()):
            if successor in came or successor == start:
                continue
            came[successor] = node
            if successor == end:
                back = [end]
                while back[-1] != start:
                    back.append(came[back[-1]])
                return tuple(reversed(back))
            waiting.append(successor)
    return ()
