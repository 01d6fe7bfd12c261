"""Bootstraps placed where depth runs out, where few ciphertexts have to be bootstrapped.

The products on the way to a value number the layers of a program. A cut between two layers
bootstraps what is read across it, once; what one number, or one rotation, makes of another
value is made anew behind the cut instead. Dynamic programming finds the cuts that need the
fewest bootstraps, as late as possible; then those that the program can do without are taken
out again.

>>> from einlang_fhe.slots import Builder
>>> build = Builder(slots=4)
>>> x = build.input(0)
>>> for _ in range(3):
...     x = build.multiply(x, x)
>>> print(PlaceBootstraps(deepest=2, latest=2, refreshed=1).apply(build.program((x,))))
%0 = input 0
%1 = multiply %0, %0
%2 = relinearize %1
%3 = multiply %2, %2
%4 = relinearize %3
%5 = bootstrap %4
%6 = multiply %5, %5
%7 = relinearize %6
output %7
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, field, replace

from einlang_fhe.passes.levels import Place, after
from einlang_fhe.slots import Builder, SlotProgram

MADE_ANEW = ("negate", "add_scalar", "add_plain", "rotate", "hoist")
EFFORT = 2_000_000
"""Instructions that may be looked at to take bootstraps out again."""


@dataclass(frozen=True)
class PlaceBootstraps:
    """`deepest` is the last level that a value may have, `latest` the last one to bootstrap
    from, `refreshed` the level of what was bootstrapped, which is before it."""

    deepest: int
    latest: int
    refreshed: int
    name = "place-bootstraps"

    def apply(self, program: SlotProgram) -> SlotProgram:
        """The program with bootstraps; as it is, where depth does not run out."""
        layers = _layers(program)
        last = max((layers[value] for value in program.outputs), default=0)
        if last <= self.deepest:
            return program
        cuts = self._cuts(_crossing(program, layers), last)
        chosen = self._chosen(program, layers, cuts)
        return self._spared(program, layers, cuts, chosen)

    def _cuts(self, crossing: dict[int, list[int]], last: int) -> list[int]:
        """Where to cut, behind which layers."""
        best: dict[int, tuple[int, int | None]] = {}
        for at in range(1, last):
            ways = [
                (best[before][0] + _more(crossing[at], before), before)
                for before in range(max(at - self.latest + self.refreshed, 0), at)
                if before in best
            ]
            if at <= self.latest:
                ways.append((_more(crossing[at], self.refreshed), 0))
            if ways:
                cost, before = min(ways, key=lambda way: (way[0], -way[1]))
                best[at] = cost, before or None
        ends = [at for at in best if at + self.deepest - self.refreshed >= last]
        cuts: list[int] = []
        at: int | None = min(ends, key=lambda at: (best[at][0], -at))
        while at is not None:
            cuts.append(at)
            at = best[at][1]
        return cuts[::-1]

    def _chosen(self, program: SlotProgram, layers: list[int], cuts: list[int]) -> list[int]:
        """What is bootstrapped: those that are read behind a cut, and had to be."""
        found: dict[int, None] = {}
        for number, step in enumerate(program.instructions):
            for value in step.arguments:
                if self._old(value, number, layers, cuts):
                    found[_root(program, value)] = None
        return sorted(found)

    def _old(self, value: int, reader: int, layers: list[int], cuts: list[int]) -> bool:
        """Whether there is a cut between a value and who reads it, and it is too deep."""
        place = bisect_left(cuts, layers[value])
        if place == len(cuts) or cuts[place] >= layers[reader]:
            return False
        return place > 0 or layers[value] > self.refreshed

    def _spared(
        self, program: SlotProgram, layers: list[int], cuts: list[int], chosen: list[int]
    ) -> SlotProgram:
        """Without the bootstraps that are not needed, the first of them first."""
        needed = set(chosen)
        if len(chosen) * len(program.instructions) <= EFFORT:
            old = [
                [self._old(value, number, layers, cuts) for value in step.arguments]
                for number, step in enumerate(program.instructions)
            ]
            levels = _Levels(program, self, old)
            # Where depth does not suffice with all of them, none can be spared.
            for value in chosen if levels.fits(needed, 0) else ():
                if levels.fits(needed - {value}, value):
                    needed.discard(value)
        return self._written(program, layers, cuts, needed)

    def _written(
        self, program: SlotProgram, layers: list[int], cuts: list[int], chosen: set[int]
    ) -> SlotProgram:
        writer = _Writer(program, chosen)
        for number, step in enumerate(program.instructions):
            old = [self._old(value, number, layers, cuts) for value in step.arguments]
            writer.write(number, old)
        outputs = tuple(writer.names[value] for value in program.outputs)
        return replace(writer.build.program(outputs), slots=program.slots)


@dataclass
class _Levels:
    """Where values are before a cut (`plain`) and behind it, with the bootstraps chosen so far."""

    program: SlotProgram
    placed: PlaceBootstraps
    old: list[list[bool]]
    plain: list[Place] = field(default_factory=list)
    behind: list[Place] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.roots = [_root(self.program, value) for value in range(len(self.old))]

    def fits(self, chosen: set[int], start: int) -> bool:
        """Whether depth suffices for a choice that is new from a value on; kept if it does."""
        plain, behind = self.plain[:start], self.behind[:start]
        for number in range(start, len(self.old)):
            place = self._place(number, chosen, plain, behind)
            if place is None:
                return False
            plain.append(place)
            behind.append(self._behind(number, chosen, plain, behind))
        ends = [plain[value] for value in self.program.outputs]
        if any(level + degree - 1 > self.placed.deepest for level, degree in ends):
            return False
        self.plain, self.behind = plain, behind
        return True

    def _place(
        self, number: int, chosen: set[int], plain: list[Place], behind: list[Place]
    ) -> Place | None:
        """Of what an instruction makes; nothing where that, or what it reads, is too deep."""
        step = self.program.instructions[number]
        operands = []
        for value, old in zip(step.arguments, self.old[number], strict=True):
            root = self.roots[value]
            if old and root in chosen:
                level, degree = plain[root]
                if level + degree - 1 > self.placed.latest:
                    return None
                operands.append(behind[value])
            else:
                operands.append(plain[value])
        place = after(step.verb, operands, self.placed.refreshed)
        return None if place[0] > self.placed.deepest else place

    def _behind(
        self, number: int, chosen: set[int], plain: list[Place], behind: list[Place]
    ) -> Place:
        if self.roots[number] not in chosen:
            return plain[number]
        step, refreshed = self.program.instructions[number], self.placed.refreshed
        if step.verb in MADE_ANEW:
            return after(step.verb, [behind[step.arguments[0]]], refreshed)
        return after("bootstrap", [plain[number]], refreshed)


@dataclass
class _Writer:
    """A program written anew; `behind` are the values behind the cut that they crossed."""

    program: SlotProgram
    chosen: set[int]
    names: list[int] = field(default_factory=list)
    behind: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.build = Builder(self.program.slots)

    def write(self, number: int, old: list[bool]) -> None:
        """An instruction that reads some values from behind a cut."""
        step = self.program.instructions[number]
        arguments = [
            self._refreshed(value) if is_old else self.names[value]
            for value, is_old in zip(step.arguments, old, strict=True)
        ]
        self.names.append(self._emit(number, arguments))

    def _refreshed(self, value: int) -> int:
        """The value, or what it was made of, bootstrapped; as it is, if that is not chosen."""
        if _root(self.program, value) not in self.chosen:
            return self.names[value]
        if value not in self.behind:
            step = self.program.instructions[value]
            if step.verb in MADE_ANEW:
                made = self._emit(value, [self._refreshed(step.arguments[0])])
            else:
                self.build.origin = step.origin
                made = self.build.bootstrap(self.names[value])
            self.behind[value] = made
        return self.behind[value]

    def _emit(self, number: int, arguments: list[int]) -> int:
        step = self.program.instructions[number]
        self.build.origin = step.origin
        return self.build.emit(step.verb, *arguments, attribute=step.attribute)


def _layers(program: SlotProgram) -> list[int]:
    """The products on the way to each value."""
    layers: list[int] = []
    for step in program.instructions:
        before = max((layers[value] for value in step.arguments), default=0)
        layers.append(before + step.verb.startswith("multiply"))
    return layers


def _root(program: SlotProgram, value: int) -> int:
    """What a value is made of by steps that are rather done again than bootstrapped."""
    while program.instructions[value].verb in MADE_ANEW:
        (value,) = program.instructions[value].arguments
    return value


def _crossing(program: SlotProgram, layers: list[int]) -> dict[int, list[int]]:
    """For each layer, the layers of what is read across its end, in order."""
    last: dict[int, int] = defaultdict(int)
    for number, step in enumerate(program.instructions):
        for value in step.arguments:
            root = _root(program, value)
            last[root] = max(last[root], layers[number])
    found: dict[int, list[int]] = defaultdict(list)
    for value, until in last.items():
        for at in range(layers[value], until):
            found[at].append(layers[value])
    return defaultdict(list, {at: sorted(values) for at, values in found.items()})


def _more(layers: list[int], than: int) -> int:
    return len(layers) - bisect_right(layers, than)
