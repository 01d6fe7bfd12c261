"""Checks a levelled slot program before anything runs: what holds for engines holds here.

Values come before their uses; operands agree in level and degree; products have operands
of degree 1 and two polynomials; nothing but sums and `relinearize` touches three
polynomials; what is hoisted is only rotated; no level exceeds the depth; every rotation has
a key.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from einlang_fhe.passes.levels import Levelled
from einlang_fhe.slots import Instruction


class InvalidProgramError(Exception):
    """A slot program that no engine could run: a mistake of ours, not of the user."""


def verify(levelled: Levelled, depth: int, rotations: Collection[int]) -> None:
    """Raises `InvalidProgramError` with the first instruction that breaks a rule.

    >>> from einlang_fhe.slots import Builder
    >>> from einlang_fhe.passes.levels import assign
    >>> build = Builder(slots=4)
    >>> levelled = assign(build.program(outputs=(build.rotate(build.input(0), 1),)))
    >>> verify(levelled, depth=0, rotations=[1])
    >>> verify(levelled, depth=0, rotations=[])
    Traceback (most recent call last):
        ...
    einlang_fhe.verifier.InvalidProgramError: %1 = rotate %0, 1: no key for this rotation
    """
    three: set[int] = set()
    program = levelled.program
    for number, step in enumerate(program.instructions):
        reason = _broken(levelled, number, three, depth, rotations)
        if reason:
            raise InvalidProgramError(f"%{number} = {step}: {reason}")
        raw = step.verb == "multiply" or (
            step.verb != "relinearize" and any(value in three for value in step.arguments)
        )
        if raw:
            three.add(number)
    for value in program.outputs:
        if program.instructions[value].verb == "hoist":
            raise InvalidProgramError(f"output %{value} is hoisted")
        if levelled.degrees[value] != 1 or value in three:
            raise InvalidProgramError(f"output %{value} is not rescaled and relinearised")


def _broken(
    levelled: Levelled, number: int, three: set[int], depth: int, rotations: Collection[int]
) -> str | None:
    step = levelled.program.instructions[number]
    values = step.arguments
    levels, degrees = levelled.levels, levelled.degrees
    if any(value >= number for value in values):
        return "reads a value before it is there"
    if not 0 <= levels[number] <= depth:
        return f"level {levels[number]} of {depth}"
    if len({levels[value] for value in values}) > 1:
        return "operands at different levels"
    if len({degrees[value] for value in values}) > 1:
        return "operands at different scales"
    if step.verb.startswith("multiply") and degrees[values[0]] != 1:
        return "factor not rescaled"
    linear = ("add", "subtract", "negate", "relinearize", "rescale", "drop", "add_plain")
    if step.verb not in linear and any(value in three for value in values):
        return "operand not relinearised"
    if len({value in three for value in values}) > 1:
        return "operands with two and with three polynomials"
    hoisted = [levelled.program.instructions[value].verb == "hoist" for value in values]
    return _turned_wrongly(step, hoisted, rotations)


def _turned_wrongly(
    step: Instruction, hoisted: Sequence[bool], rotations: Collection[int]
) -> str | None:
    turns = step.verb in ("rotate", "rotate_sum")
    if turns and len(step.distances) != len(step.arguments):
        return "not a distance for each value"
    if not set(step.distances) - {0} <= set(rotations):
        return "no key for this rotation"
    if any(hoisted) and not turns:
        return "takes what can only be rotated"
    return None
