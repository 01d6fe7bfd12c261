"""Levels for programs that are never rescaled: every value at level 0, its degree its scale.

A product of ciphertexts adds their degrees, and the modulus has to hold the scale to the
power of the largest. For few factors that takes fewer and larger primes than a chain does,
rescaling nothing and switching keys where the scale is largest and noise counts least.
Products stay as they are, in three polynomials or four, until something must be rotated:
what only the client reads is not relinearised at all.

>>> from einlang_fhe.slots import Builder
>>> build = Builder(slots=4)
>>> x, y = build.input(0), build.input(1)
>>> levelled = assign_flat(build.program(outputs=(build.multiply(build.multiply(x, x), y),)))
>>> print(levelled.program)
%0 = input 0
%1 = input 1
%2 = multiply %0, %0
%3 = multiply %1, %2
output %3
>>> levelled.degrees
(1, 1, 2, 3)
"""

from __future__ import annotations

from dataclasses import dataclass, field

from einlang_fhe.passes.levels import Levelled
from einlang_fhe.slots import Builder, Instruction, SlotProgram, TooHeavy

MOST_FACTORS = 64
"""No ring holds so many scales."""
MOST_PARTS = 4
"""A product of more polynomials is relinearised first."""
TURNING = ("rotate", "rotate_sum", "hoist", "rotate_extended", "extend")


def assign_flat(program: SlotProgram) -> Levelled:
    """The program without levels; relinearisations only where something is rotated.

    Raises `TooHeavy` for more factors than any modulus holds.
    """
    flat = _Flat(program)
    flat.run()
    return flat.result()


@dataclass
class _Flat:
    program: SlotProgram
    degrees: list[int] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    names: list[int] = field(default_factory=list)
    linear: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.build = Builder(self.program.slots)

    def run(self) -> None:
        """Rewrites every instruction that an output needs."""
        needed, turned = _needed(self.program), _turned(self.program)
        for number, step in enumerate(self.program.instructions):
            self.build.origin = step.origin
            name = self._rewritten(step) if number in needed else -1
            self.names.append(self._linear(name) if number in turned & needed else name)

    def result(self) -> Levelled:
        """What was written."""
        outputs = tuple(self.names[value] for value in self.program.outputs)
        program = self.build.program(outputs)
        return Levelled(program, (0,) * len(self.degrees), tuple(self.degrees))

    def _rewritten(self, step: Instruction) -> int:
        names = (self.names[value] for value in step.arguments)
        values = [self.linear.get(name, name) for name in names]
        if step.verb == "relinearize":
            return values[0]
        if step.verb == "multiply":
            return self._product(step, values)
        if step.verb in TURNING:
            values = [self._linear(value) for value in values]
        return self._emit(step, self._alike(values))

    def _product(self, step: Instruction, values: list[int]) -> int:
        """Of few polynomials: those of the operand with more of them are made fewer."""
        while sum(self.parts[value] for value in values) - 1 > MOST_PARTS:
            most = max(values, key=lambda value: self.parts[value])
            values = [self._linear(value) if value == most else value for value in values]
        return self._emit(step, values)

    def _alike(self, values: list[int]) -> list[int]:
        """The values at the largest of their scales."""
        degree = max((self.degrees[value] for value in values), default=1)
        return [self._raised(value, degree) for value in values]

    def _raised(self, value: int, degree: int) -> int:
        while self.degrees[value] < degree:
            value = self._emit(Instruction("multiply_scalar", attribute=1.0), [value])
        return value

    def _linear(self, value: int) -> int:
        if self.parts[value] == 2:
            return value
        self.linear[value] = self._emit(Instruction("relinearize"), [value])
        return self.linear[value]

    def _emit(self, step: Instruction, values: list[int]) -> int:
        number = self.build.emit(step.verb, *values, attribute=step.attribute)
        if number == len(self.degrees):
            self.degrees.append(self._degree(step, values))
            if self.degrees[-1] > MOST_FACTORS:
                raise TooHeavy
            self.parts.append(self._polynomials(step, values))
        return number

    def _degree(self, step: Instruction, values: list[int]) -> int:
        if step.verb == "multiply":
            return sum(self.degrees[value] for value in values)
        raised = step.verb in ("multiply_plain", "multiply_scalar")
        return max((self.degrees[value] for value in values), default=1) + raised

    def _polynomials(self, step: Instruction, values: list[int]) -> int:
        if step.verb == "multiply":
            return sum(self.parts[value] for value in values) - 1
        if step.verb == "relinearize":
            return 2
        return max((self.parts[value] for value in values), default=2)


def _needed(program: SlotProgram) -> set[int]:
    alive = set(program.outputs)
    for number in reversed(range(len(program.instructions))):
        if number in alive:
            alive.update(program.instructions[number].arguments)
    return alive


def _turned(program: SlotProgram) -> set[int]:
    """What is rotated: relinearised at once, so that all its readers have fewer polynomials."""
    steps = (step for step in program.instructions if step.verb in TURNING)
    return {value for step in steps for value in step.arguments}


def switched(levelled: Levelled) -> int | None:
    """The least degree at which keys are switched; None where they never are."""
    return min(
        (
            levelled.degrees[number]
            for number, step in enumerate(levelled.program.instructions)
            if step.verb in ("relinearize", "rotate", "rotate_sum", "rotate_extended")
        ),
        default=None,
    )
