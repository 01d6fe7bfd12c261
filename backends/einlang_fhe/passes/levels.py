"""Rescalings placed and levels assigned: every value at a level, with a scale.

A fresh ciphertext has level 0 and degree 1 (its values are multiplied by the scale once).
A product has degree 2, until `rescale` divides by one prime: degree 1, one level on.
Rescaling waits as long as it can, so that sums of products are rescaled once; operands
are brought to one level by `drop`. An input that is needed late is encrypted at a later
level, where it is smaller.

>>> from einlang_fhe.slots import Builder
>>> build = Builder(slots=4)
>>> x, y = build.input(0), build.input(1)
>>> levelled = assign(build.program(outputs=(build.add(build.multiply(x, x), y),)))
>>> print(levelled.program)
%0 = input 0
%1 = input 1
%2 = multiply %0, %0
%3 = relinearize %2
%4 = rescale %3
%5 = add %1, %4
output %5
>>> levelled.levels, levelled.depth
((0, 1, 0, 0, 1, 1), 1)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from einlang_fhe.slots import Builder, Instruction, SlotProgram

Place = tuple[int, int]
"""Level and degree of a value."""
AS_IT_IS = ("negate", "relinearize", "add_plain")
"""What is done at any level and degree, and leaves both."""


@dataclass(frozen=True)
class Levelled:
    """A program whose operands agree: level and degree of every value."""

    program: SlotProgram
    levels: tuple[int, ...]
    degrees: tuple[int, ...]

    @property
    def depth(self) -> int:
        """How many primes are used up."""
        return max(self.levels, default=0)


def after(verb: str, operands: Sequence[Place], refreshed: int = 0) -> Place:
    """Level and degree of what an instruction makes of operands with these levels and degrees.

    >>> after("multiply", [(1, 2), (0, 1)])
    (2, 2)
    """
    if verb == "input":
        return 0, 1
    if verb in ("add", "subtract") and operands[0][1] == operands[1][1]:
        return max(operands[0][0], operands[1][0]), operands[0][1]
    if verb in AS_IT_IS:
        return operands[0]
    level = max([level + degree - 1 for level, degree in operands])
    if verb == "bootstrap":
        return min(level, refreshed), 1
    return level, 2 if verb.startswith("multiply") else 1


def assign(program: SlotProgram, refreshed: int = 0) -> Levelled:
    """Two rounds: the first finds out how late each input is needed.

    `refreshed` is the level of what was bootstrapped; what is there already stays as it is.
    """
    first = _Assignment(program, {}, refreshed)
    first.run()
    starts = first.latest()
    if not any(starts.values()):
        return first.result()
    second = _Assignment(program, starts, refreshed)
    second.run()
    return second.result()


@dataclass
class _Assignment:
    program: SlotProgram
    starts: dict[int, int]
    refreshed: int = 0
    levels: list[int] = field(default_factory=list)
    degrees: list[int] = field(default_factory=list)
    names: dict[int, int] = field(default_factory=dict)
    outputs: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        self.build = Builder(self.program.slots)

    def run(self) -> None:
        """Rewrites every instruction in order."""
        for number, step in enumerate(self.program.instructions):
            self._rewrite(number, step)
        self.outputs = tuple(self._rescaled(self.names[v]) for v in self.program.outputs)

    def result(self) -> Levelled:
        """The rewritten program."""
        program = self.build.program(self.outputs)
        return Levelled(program, tuple(self.levels), tuple(self.degrees))

    def latest(self) -> dict[int, int]:
        """For each input, the level at which it can start."""
        drops: dict[int, list[int]] = {}
        for step in self.build.instructions:
            for value in step.arguments:
                late = step.number if step.verb == "drop" else 0
                drops.setdefault(value, []).append(late)
        for value in self.outputs:
            drops.setdefault(value, []).append(0)
        return {
            step.number: min(drops.get(number, [0]))
            for number, step in enumerate(self.build.instructions)
            if step.verb == "input"
        }

    def _rewrite(self, number: int, step: Instruction) -> None:
        values = [self.names[value] for value in step.arguments]
        places = [(self.levels[value], self.degrees[value]) for value in values]
        level, degree = after(step.verb, places, self.refreshed)
        if step.verb == "input":
            level = self.starts.get(step.number, 0)
        elif step.verb in ("add", "subtract"):
            rescaled = degree == 1
            values = self._aligned([self._rescaled(v) if rescaled else v for v in values])
        elif step.verb not in AS_IT_IS:
            values = self._aligned([self._rescaled(value) for value in values])
        if step.verb == "bootstrap" and self.levels[values[0]] == level:
            self.names[number] = values[0]
        else:
            self.names[number] = self._emit(step, tuple(values), level, degree)

    def _rescaled(self, value: int) -> int:
        if self.degrees[value] == 1:
            return value
        step = Instruction("rescale", origin=self.build.instructions[value].origin)
        return self._emit(step, (value,), self.levels[value] + 1, 1)

    def _aligned(self, values: list[int]) -> list[int]:
        level = max(self.levels[value] for value in values)
        return [self._dropped(value, level) for value in values]

    def _dropped(self, value: int, level: int) -> int:
        fewer = level - self.levels[value]
        if fewer == 0:
            return value
        step = Instruction("drop", attribute=fewer, origin=self.build.instructions[value].origin)
        return self._emit(step, (value,), level, self.degrees[value])

    def _emit(self, step: Instruction, values: tuple[int, ...], level: int, degree: int) -> int:
        self.build.origin = step.origin
        number = self.build.emit(step.verb, *values, attribute=step.attribute)
        if number == len(self.levels):
            self.levels.append(level)
            self.degrees.append(degree)
        return number
