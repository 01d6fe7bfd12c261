"""Instructions gathered into tasks: what one thread does without asking.

A task is a tree of instructions: of all but its last one, the result is read by the task
alone, so tasks never wait for each other in circles. Small operands are computed in the task
that reads them, and so are those that could not have been begun earlier than the task.

>>> from einlang_fhe.passes.levels import assign
>>> from einlang_fhe.slots import Builder
>>> build = Builder(slots=4)
>>> products = [build.multiply(build.input(n), build.input(n + 1)) for n in (0, 2)]
>>> program = assign(build.program((build.add_all(products),))).program
>>> print(program)
%0 = input 0
%1 = input 1
%2 = multiply %0, %1
%3 = relinearize %2
%4 = input 2
%5 = input 3
%6 = multiply %4, %5
%7 = relinearize %6
%8 = add %3, %7
%9 = rescale %8
output %9
>>> seconds = {"input": 0, "multiply": 1, "relinearize": 4, "add": 1, "rescale": 2}
>>> gather(program, [seconds[step.verb] for step in program.instructions], 1)
[[2, 3], [6, 7], [8, 9]]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count, takewhile

from einlang_fhe.slots import SlotProgram

START = 1.5e-4
"""Seconds that a thread takes until it works."""
HAND_OVER = 2e-5
"""Seconds that a thread takes to find its next task."""
LOCKED = 3e-6
"""Seconds of each instruction in which no other thread can run Python."""
WORTHWHILE = 0.9
"""More threads are used where they are predicted to take that share of the time at most."""
TASKS = 16, 32, 64
"""About so many tasks for each thread, whichever is predicted to be fastest, of at least
`SMALLEST` seconds."""
SMALLEST = 3e-4


@dataclass(frozen=True)
class Shared:
    """Tasks for so many threads; for each task those that read its result."""

    threads: int
    tasks: Sequence[Sequence[int]]
    following: Sequence[Sequence[int]]


def alone(program: SlotProgram) -> Shared:
    """All instructions in one task."""
    steps = program.instructions
    return Shared(1, [[n for n, step in enumerate(steps) if step.verb != "input"]], [[]])


def share(program: SlotProgram, seconds: Sequence[float], most: int) -> Shared:
    """Tasks for at most so many threads: for as many as each doubling is predicted to pay."""
    best, fastest = alone(program), sum(seconds)
    for threads in (*takewhile(lambda n: n < most, (1 << n for n in count(1))), most):
        taken, shared = min(
            (_tried(program, seconds, threads, tasks) for tasks in TASKS), key=lambda one: one[0]
        )
        if not taken <= WORTHWHILE * fastest:
            break
        best, fastest = shared, taken
    return best


def _tried(
    program: SlotProgram, seconds: Sequence[float], threads: int, tasks: int
) -> tuple[float, Shared]:
    """About so many tasks for each thread, and how long they are predicted to take."""
    quantum = max(sum(seconds) / (tasks * threads), SMALLEST)
    groups = gather(program, seconds, quantum)
    work = [sum(seconds[number] for number in group) + HAND_OVER for group in groups]
    shared = Shared(threads, groups, links(program, groups))
    taken = max(span(shared.following, work, threads), LOCKED * len(seconds))
    return taken + START * threads, shared


def gather(program: SlotProgram, seconds: Sequence[float], quantum: float) -> list[list[int]]:
    """The tasks, by their last instructions. `quantum`: how long a small operand may take."""
    trees = _Trees(program, seconds, quantum)
    for number, step in enumerate(program.instructions):
        if step.verb != "input":
            trees.grow(number)
    return trees.groups()


@dataclass
class _Trees:
    """For each value the tree that ends in it: when it can begin, and how long it takes."""

    program: SlotProgram
    seconds: Sequence[float]
    quantum: float
    begin: dict[int, float] = field(default_factory=dict)
    work: dict[int, float] = field(default_factory=dict)
    parent: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.uses: Counter[int] = Counter(self.program.outputs)
        for step in self.program.instructions:
            self.uses.update(set(step.arguments))

    def grow(self, number: int) -> None:
        """Joins the trees of operands to that of a value, where it does no harm."""
        operands = [v for v in set(self.program.instructions[number].arguments) if v in self.work]
        free = sorted((v for v in operands if self.uses[v] == 1), key=lambda v: (self.work[v], v))
        joined: list[int] = []
        room = self.quantum
        for value in free:
            if self.work[value] <= room:
                room -= self.work[value]
                joined.append(value)
        if len(joined) < len(free):
            longest = free[-1]
            others = set(operands) - {*joined, longest}
            if all(self._end(value) <= self.begin[longest] for value in others):
                joined.append(longest)
        starts = [self._end(value) for value in operands if value not in joined]
        starts += [self.begin[value] for value in joined]
        self.begin[number] = max(starts, default=0.0)
        self.work[number] = self.seconds[number] + sum(self.work[value] for value in joined)
        self.parent.update(dict.fromkeys(joined, number))

    def _end(self, value: int) -> float:
        return self.begin[value] + self.work[value]

    def groups(self) -> list[list[int]]:
        """The instructions of each tree, in order."""
        roots: dict[int, int] = {}
        found: dict[int, list[int]] = {}
        for number in sorted(self.work, reverse=True):
            parent = self.parent.get(number)
            roots[number] = number if parent is None else roots[parent]
            found.setdefault(roots[number], []).append(number)
        return [found[root][::-1] for root in sorted(found)]


def links(program: SlotProgram, groups: Sequence[Sequence[int]]) -> list[list[int]]:
    """For each task those that read its result."""
    task = {number: n for n, group in enumerate(groups) for number in group}
    found: list[list[int]] = [[] for _ in groups]
    for n, group in enumerate(groups):
        read = {task[v] for i in group for v in program.instructions[i].arguments if v in task}
        for other in sorted(read - {n}):
            found[other].append(n)
    return found


def span(following: Sequence[Sequence[int]], work: Sequence[float], threads: int) -> float:
    """How long so many threads take, each with the first task that is ready."""
    waiting = Counter(reader for readers in following for reader in readers)
    ready = [task for task in range(len(work)) if not waiting[task]]
    running: list[tuple[float, int]] = []
    now = 0.0
    while ready or running:
        while ready and len(running) < threads:
            task = heappop(ready)
            heappush(running, (now + work[task], task))
        now, task = heappop(running)
        for reader in following[task]:
            waiting[reader] -= 1
            if not waiting[reader]:
                heappush(ready, reader)
    return now
