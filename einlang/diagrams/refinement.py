"""Coloured graphs with labelled edges, and an order of their vertices that isomorphism keeps.

>>> path = Graph([0, 0, 0], [(0, 1, 5), (1, 2, 5)])
>>> renamed = Graph([0, 0, 0], [(2, 0, 5), (2, 1, 5)])
>>> label(path, 100)[-1], label(renamed, 100)[-1]
(1, 2)
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

Certificate = list[tuple[int, int, int]]
"""The edges of a graph, sorted, each vertex replaced by its place in an order."""


@dataclass(frozen=True)
class Graph:
    """Vertices by number with colours; edges `(one end, other end, label)`."""

    colours: list[int]
    edges: list[tuple[int, int, int]]

    def neighbours(self) -> list[list[tuple[int, int]]]:
        """For each vertex the other ends of its edges, with labels."""
        around: list[list[tuple[int, int]]] = [[] for _ in self.colours]
        for left, right, name in self.edges:
            around[left].append((right, name))
            around[right].append((left, name))
        return around


def label(graph: Graph, budget: int) -> list[int]:
    """The vertices in an order that does not depend on their numbers.

    The components come one after another, sorted; `budget` bounds the search for each.
    """
    around = graph.neighbours()
    found: list[tuple[list[int], Certificate, list[int]]] = []
    for component in _components(around):
        partition = Partition(around, component, graph.colours)
        certificate, order = search(partition, budget)
        found.append(([graph.colours[vertex] for vertex in order], certificate, order))
    return [vertex for *_, order in sorted(found) for vertex in order]


def _components(around: list[list[tuple[int, int]]]) -> Iterable[list[int]]:
    seen = [False] * len(around)
    for start in range(len(around)):
        if seen[start]:
            continue
        seen[start] = True
        component = [start]
        for vertex in component:
            for other, _ in around[vertex]:
                if not seen[other]:
                    seen[other] = True
                    component.append(other)
        yield component


class Partition:
    """An ordered partition of vertices into cells, each known by where it starts."""

    def __init__(
        self, around: list[list[tuple[int, int]]], vertices: list[int], colours: list[int]
    ) -> None:
        self.around = around
        self.order = sorted(vertices, key=colours.__getitem__)
        self.place = {vertex: number for number, vertex in enumerate(self.order)}
        self.start: dict[int, int] = {}
        self.end: dict[int, int] = {}
        self._open = 0
        start = 0
        for number, vertex in enumerate(self.order):
            if colours[vertex] != colours[self.order[start]]:
                start = number
            self.start[vertex] = start
            self.end[start] = number + 1
        self.refine(list(self.end))

    def copy(self) -> Partition:
        """Another one with the same cells."""
        other = object.__new__(Partition)
        other.around, other._open = self.around, self._open
        other.order, other.place = self.order.copy(), self.place.copy()
        other.start, other.end = self.start.copy(), self.end.copy()
        return other

    def tied(self) -> list[int]:
        """The first cell of more than one vertex; empty if there is none."""
        while self._open < len(self.order) and self.end[self._open] == self._open + 1:
            self._open += 1
        if self._open == len(self.order):
            return []
        return self.order[self._open : self.end[self._open]]

    def choose(self, vertex: int) -> None:
        """Sets a vertex apart from its cell, and refines."""
        old = self.start[vertex]
        self.end[old] -= 1
        new = self.end[old]
        self._move(vertex, new)
        self.start[vertex], self.end[new] = new, new + 1
        self.refine([new])

    def refine(self, splitters: Iterable[int]) -> None:
        """Splits cells until two vertices of one cell see the same cells by the same labels."""
        queue = deque(splitters)
        waiting = set(queue)
        while queue:
            cell = queue.popleft()
            waiting.discard(cell)
            seen: defaultdict[int, list[int]] = defaultdict(list)
            for vertex in self.order[cell : self.end[cell]]:
                for other, name in self.around[vertex]:
                    seen[other].append(name)
            touched: defaultdict[int, list[int]] = defaultdict(list)
            for vertex in seen:
                touched[self.start[vertex]].append(vertex)
            for start in sorted(touched):
                for new in self._split(start, touched[start], seen, start in waiting):
                    if new not in waiting:
                        waiting.add(new)
                        queue.append(new)

    def _split(
        self, start: int, touched: list[int], seen: dict[int, list[int]], waits: bool
    ) -> list[int]:
        """Splits a cell by what its vertices have seen; the new cells to split others by."""
        if self.end[start] == start + 1:
            return []
        groups: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
        for vertex in touched:
            groups[tuple(sorted(seen[vertex]))].append(vertex)
        last, whole = self.end[start], len(touched) == self.end[start] - start
        if whole and len(groups) == 1:
            return []
        cells: list[int] = []
        for key in sorted(groups, reverse=True):
            first = last - len(groups[key])
            for number, vertex in enumerate(groups[key], first):
                self._move(vertex, number)
                self.start[vertex] = first
            self.end[first] = last
            cells.append(first)
            last = first
        if last > start:
            self.end[start] = last
            cells.append(start)
        cells.reverse()
        if waits:
            return cells
        largest = max(cells, key=lambda cell: (self.end[cell] - cell, -cell))
        return [cell for cell in cells if cell != largest]

    def _move(self, vertex: int, place: int) -> None:
        other, old = self.order[place], self.place[vertex]
        self.order[place], self.order[old] = vertex, other
        self.place[vertex], self.place[other] = place, old

    def leaf(self) -> tuple[Certificate, list[int]]:
        """What is found when the first of each tie is chosen."""
        while tie := self.tied():
            self.choose(tie[0])
        edges: Certificate = []
        for number, vertex in enumerate(self.order):
            for other, name in self.around[vertex]:
                if number <= self.place[other]:
                    edges.append((number, self.place[other], name))
        return sorted(edges), self.order


@dataclass
class _Tie:
    """A place in the search: a cell whose vertices are tried one after another."""

    partition: Partition
    members: list[int]
    tried: int = 1
    first: Certificate | None = None
    best: tuple[Certificate, list[int]] = field(default_factory=lambda: ([], []))

    def child(self, number: int) -> Partition:
        """The partition with one of the members chosen."""
        partition = self.partition.copy()
        partition.choose(self.members[number])
        return partition

    def take(self, best: tuple[Certificate, list[int]], first: Certificate) -> None:
        """Notes what was found below the member tried last."""
        if self.first is None:
            self.first, self.best = first, best
        elif best[0] < self.best[0]:
            self.best = best


def search(partition: Partition, budget: int) -> tuple[Certificate, list[int]]:
    """The least certificate and the order that gives it.

    A member of a tie is skipped when the first path below it ends like that of the first
    member: then some automorphism takes one to the other.
    """
    ties: list[_Tie] = []
    size = len(partition.order)
    while True:
        while budget > 0 and (members := partition.tied()):
            ties.append(_Tie(partition, members))
            partition = ties[-1].child(0)
            budget -= size
        best = partition.leaf()
        first = best[0]
        while ties:
            tie = ties[-1]
            tie.take(best, first)
            branch: Partition | None = None
            while branch is None and budget > 0 and tie.tried < len(tie.members):
                budget -= 2 * size
                probe = tie.child(tie.tried).leaf()
                if probe[0] != tie.first:
                    branch = tie.child(tie.tried)
                tie.tried += 1
            if branch is not None:
                partition = branch
                break
            ties.pop()
            best, first = tie.best, tie.first or []
        else:
            return best
