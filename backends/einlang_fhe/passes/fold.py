"""Sums over slots by doubling rewritten as folds, whose rotations share a part of their work.

A doubling adds a value to a rotation of it; the next one doubles the sum. Several of them are
the sum of all rotations by sums of their distances: more rotations and more keys, but all of
them of one value. What is predicted to be cheaper is taken, doublings or folds.

>>> from einlang_fhe.passes.levels import assign
>>> from einlang_fhe.slots import Builder
>>> build, seconds = Builder(slots=8), {"rotate": 9.0, "switch_down": 9.0}
>>> value = build.input(0)
>>> for distance in (2, 1):
...     value = build.add(value, build.rotate(value, distance))
>>> fold = FoldSlots(lambda verb, level: seconds.get(verb, 1.0))
>>> print(fold.apply(assign(build.program((value,)))).program)
%0 = input 0
%1 = rotate %0, 2
%2 = add %0, %1
%3 = rotate %0, 1
%4 = add %2, %3
%5 = rotate %0, 3
%6 = add %4, %5
output %6
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from einlang_fhe.passes.levels import Levelled
from einlang_fhe.passes.rewriting import Copy
from einlang_fhe.slots import Instruction, SlotProgram

Price = Callable[[str, int], float]
"""What a verb costs at a level; `instruction` is what the executor does for any."""


@dataclass(frozen=True)
class FoldSlots:
    """`key`: what another rotation key costs. At most `most` doublings become one fold."""

    price: Price
    key: float = 0.0
    most: int = 3
    name = "fold-slots"

    def apply(self, levelled: Levelled) -> Levelled:
        """The program with folds where they are cheaper, in all, than doublings."""
        program = levelled.program
        chains = [chain for chain in _chains(program) if len(chain) > 1]
        plans = _Plans(self, program.slots, _others(program, chains))
        folds: dict[int, _Folded] = {}
        for kind, alike in _kinds(levelled, chains).items():
            groups = plans.choose(kind, len(alike))
            for chain in alike:
                folds.update(_folded(chain, groups))
        return _written(levelled, folds) if folds else levelled


@dataclass(frozen=True)
class _Doubling:
    """`total` is `value` and its rotation by a distance, which is `turned`."""

    value: int
    turned: int
    total: int
    distance: int


@dataclass(frozen=True)
class _Kind:
    """Chains that are planned alike; `ready` where others, too, rotate what they begin with."""

    level: int
    ready: bool
    distances: tuple[int, ...]


@dataclass(frozen=True)
class _Group:
    """So many doublings of a chain, with all their rotations; in the extended modulus or not."""

    size: int
    turns: tuple[int, ...]
    extended: bool


@dataclass(frozen=True)
class _Folded:
    """A fold that is written in the place of doublings."""

    doublings: Sequence[_Doubling]
    group: _Group


def _chains(program: SlotProgram) -> list[list[_Doubling]]:
    """Doublings that nothing else reads but the next one."""
    uses: Counter[int] = Counter(program.outputs)
    for step in program.instructions:
        uses.update(step.arguments)
    chains: dict[int, list[_Doubling]] = {}  # By the sum that each ends with, so far.
    for number, step in enumerate(program.instructions):
        found = _doubling(program, number) if step.verb == "add" else None
        if found is None or uses[found.turned] > 1:
            continue
        goes_on = uses[found.value] == 2 and found.value in chains
        chains[number] = [*(chains.pop(found.value) if goes_on else ()), found]
    return list(chains.values())


def _doubling(program: SlotProgram, number: int) -> _Doubling | None:
    arguments = program.instructions[number].arguments
    for value, turned in (arguments, arguments[::-1]):
        step = program.instructions[turned]
        if step.verb == "rotate" and step.arguments == (value,):
            return _Doubling(value, turned, number, step.number)
    return None


def _others(program: SlotProgram, chains: Sequence[Sequence[_Doubling]]) -> set[int]:
    """The distances that there are keys for, whatever becomes of the chains."""
    own = {doubling.turned for chain in chains for doubling in chain}
    steps = enumerate(program.instructions)
    return {turn for number, step in steps if number not in own for turn in step.distances}


def _kinds(
    levelled: Levelled, chains: Sequence[list[_Doubling]]
) -> dict[_Kind, list[list[_Doubling]]]:
    """The chains by their kinds."""
    turns: Counter[int] = Counter()
    for step in levelled.program.instructions:
        if step.distances:
            turns.update(step.arguments)
    kinds: dict[_Kind, list[list[_Doubling]]] = {}
    for chain in chains:
        value, distances = chain[0].value, tuple(doubling.distance for doubling in chain)
        kind = _Kind(levelled.levels[value], turns[value] > 1, distances)
        kinds.setdefault(kind, []).append(chain)
    return kinds


@dataclass
class _Plans:
    """Chooses for one kind of chain after the other; `keys` are there already."""

    fold: FoldSlots
    slots: int
    keys: set[int] = field(default_factory=set)

    def choose(self, kind: _Kind, count: int) -> list[_Group]:
        """The cheapest groups for so many chains, by dynamic programming over where they end."""
        best: list[tuple[float, list[_Group]]] = [(0.0, [])]
        for end in range(1, len(kind.distances) + 1):
            ways = []
            for size in range(1, min(self.fold.most, end) + 1):
                cost, groups = best[end - size]
                more, group = self._group(kind, end - size, size, count)
                ways.append((cost + more, [*groups, group]))
            best.append(min(ways, key=lambda way: way[0]))
        groups = best[-1][1]
        self.keys |= {turn for group in groups for turn in group.turns}
        return groups

    def _group(self, kind: _Kind, start: int, size: int, count: int) -> tuple[float, _Group]:
        """What doublings from a place on cost in one fold, and how it is best done."""
        turns = _sums(kind.distances[start : start + size], self.slots)
        if len({0, *turns}) != 1 << size:
            return float("inf"), _Group(size, turns, extended=False)
        ready = kind.ready and start == 0
        costs = [self._apart(kind.level, turns, ready), self._extended(kind.level, turns, ready)]
        extended = size > 1 and costs[1] < costs[0]
        keys = self.fold.key * len(set(turns) - self.keys)
        return count * costs[extended] + keys, _Group(size, turns, extended)

    def _apart(self, level: int, turns: Sequence[int], ready: bool) -> float:
        """Rotations, and their sum."""
        shared = ready or len(turns) > 1
        hoist = ["hoist"] * (len(turns) > 1 and not ready)
        turn = "rotate_hoisted" if shared else "rotate"
        return self._price(level, [*hoist, *([turn, "add"] * len(turns))])

    def _extended(self, level: int, turns: Sequence[int], ready: bool) -> float:
        """A sum of rotations that is brought back once."""
        ends = ["hoist"] * (not ready) + ["extend", "switch_down"]
        return self._price(level, [*ends, *(["rotate_extended", "add_extended"] * len(turns))])

    def _price(self, level: int, verbs: Sequence[str]) -> float:
        price = self.fold.price
        return sum(price(verb, level) + price("instruction", level) for verb in verbs)


def _sums(distances: Sequence[int], slots: int) -> tuple[int, ...]:
    """The sums of some of the distances, of one or more of them."""
    sizes = range(1, len(distances) + 1)
    return tuple(sum(some) % slots for size in sizes for some in combinations(distances, size))


def _folded(chain: Sequence[_Doubling], groups: Sequence[_Group]) -> dict[int, _Folded]:
    """The folds of a chain by the sum that each ends with."""
    found, start = {}, 0
    for group in groups:
        doublings = chain[start : start + group.size]
        if group.size > 1:
            found[doublings[-1].total] = _Folded(doublings, group)
        start += group.size
    return found


def _written(levelled: Levelled, folds: dict[int, _Folded]) -> Levelled:
    """The program with folds for doublings."""
    doublings = [doubling for fold in folds.values() for doubling in fold.doublings]
    dropped = {number for one in doublings for number in (one.turned, one.total)}
    copy = Copy(levelled)
    for number in range(len(levelled.program.instructions)):
        if number in folds:
            copy.names[number] = _sum(copy, number, folds[number])
        elif number not in dropped:
            copy.write(number)
    return copy.result()


def _sum(copy: Copy, number: int, fold: _Folded) -> int:
    """The fold that ends with a sum of the source."""
    origin, turns = copy.source.program.instructions[number].origin, fold.group.turns
    first = total = copy.names[fold.doublings[0].value]
    if fold.group.extended:
        values = (first,) * (len(turns) + 1)
        return copy.emit(Instruction("rotate_sum", values, (0, *turns), origin), like=number)
    for turn in turns:
        turned = copy.emit(Instruction("rotate", (first,), turn, origin), like=number)
        total = copy.emit(Instruction("add", (total, turned), origin=origin), like=number)
    return total
