"""Checks a levelled slot program before anything runs: what holds for engines holds here.

Values come before their uses; operands agree in level, those of sums in degree, too; what
is rescaled has degree 2; nothing of more than two polynomials is rotated; what is hoisted is
only rotated, and terms of sums of rotations are only added and brought back; every value has
the level and the scale that its instruction makes, and no level exceeds the depth; what is
bootstrapped has few primes, but enough; every rotation has a key. Engines may rely on it:
they execute what was verified without checks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from einlang_fhe.engines.bootstrap import Bootstrap
from einlang_fhe.passes.levels import Levelled
from einlang_fhe.passes.order import made_of
from einlang_fhe.slots import Instruction, SlotProgram


class InvalidProgramError(Exception):
    """A slot program that no engine could run: a mistake of ours, not of the user."""


def verify(
    levelled: Levelled,
    depth: int,
    rotations: Collection[int],
    bootstrap: Bootstrap | None = None,
) -> None:
    """Raises `InvalidProgramError` with the first instruction that breaks a rule.

    `bootstrap` says how ciphertexts are bootstrapped, where they are.

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
    wide: set[int] = set()
    program = levelled.program
    parts: list[int] = []
    for number, step in enumerate(program.instructions):
        reason = (
            _misplaced(levelled, number, depth, bootstrap)
            or _unready(step, parts)
            or _turned_wrongly(program, step, rotations, wide)
        )
        if reason:
            raise InvalidProgramError(f"%{number} = {step}: {reason}")
        parts.append(made_of(step, parts))
        if step.verb in TERMS or (step.verb == "add" and wide & {*step.arguments}):
            wide.add(number)
    for value in program.outputs:
        if program.instructions[value].verb == "hoist" or value in wide:
            raise InvalidProgramError(f"output %{value} is hoisted")


TERMS = ("rotate_extended", "extend")
"""What makes terms of a sum of rotations, which are added up and brought back."""


def _misplaced(
    levelled: Levelled, number: int, depth: int, bootstrap: Bootstrap | None
) -> str | None:
    """What is wrong with the levels and the scales around an instruction."""
    step, levels, degrees = levelled.program.instructions[number], levelled.levels, levelled.degrees
    values = step.arguments
    if any(value >= number for value in values):
        return "reads a value before it is there"
    if not 0 <= levels[number] <= depth:
        return f"level {levels[number]} of {depth}"
    if len({levels[value] for value in values}) > 1:
        return "operands at different levels"
    if step.verb != "multiply" and len({degrees[value] for value in values}) > 1:
        return "operands at different scales"
    if step.verb == "rescale" and degrees[values[0]] != 2:
        return "rescaled at a degree other than 2"
    if step.verb == "bootstrap":
        before = levels[values[0]], degrees[values[0]]
        return _not_refreshed(*before, levels[number], depth, bootstrap)
    if (levels[number], degrees[number]) != _made(step, levels[number], values, levelled):
        return f"cannot be at level {levels[number]} with degree {degrees[number]}"
    return None


def _not_refreshed(
    level: int, degree: int, result: int, depth: int, bootstrap: Bootstrap | None
) -> str | None:
    """What is wrong with bootstrapping from one level to another."""
    if bootstrap is None:
        return "the parameters are not for bootstrapping"
    if degree != 1:
        return "not rescaled"
    if not bootstrap.refreshed < level <= bootstrap.latest(depth):
        return f"cannot be bootstrapped from level {level} of {depth}"
    return None if result == bootstrap.refreshed else f"cannot be at level {result}"


def _made(
    step: Instruction, level: int, values: tuple[int, ...], levelled: Levelled
) -> tuple[int, int]:
    """The level and the degree of what an instruction makes of these values."""
    if not values:
        return level, 1
    level, degrees = levelled.levels[values[0]], [levelled.degrees[value] for value in values]
    if step.verb == "multiply":
        return level, sum(degrees)
    if step.verb.startswith("multiply"):
        return level, degrees[0] + 1
    if step.verb == "rescale":
        return level + 1, degrees[0] - 1
    dropped = max(step.number, 1) if step.verb == "drop" else 0
    return level + dropped, degrees[0]


def _unready(step: Instruction, parts: Sequence[int]) -> str | None:
    """What is wrong with the polynomials of the operands."""
    turning = ("rotate", "rotate_sum", "hoist", "rotate_extended", "extend", "switch_down")
    if step.verb in turning and any(parts[value] > 2 for value in step.arguments):
        return "operand not relinearised"
    return None


def _turned_wrongly(
    program: SlotProgram, step: Instruction, rotations: Collection[int], wide: set[int]
) -> str | None:
    """What is wrong with the rotations that an instruction makes, or takes part in."""
    hoisted = [program.instructions[value].verb == "hoist" for value in step.arguments]
    turns = step.verb in ("rotate", "rotate_sum", "rotate_extended")
    if turns and len(step.distances) != len(step.arguments):
        return "not a distance for each value"
    if not set(step.distances) - {0} <= set(rotations):
        return "no key for this rotation"
    if any(hoisted) and step.verb not in ("rotate", "rotate_sum", *TERMS):
        return "takes what can only be rotated"
    if step.verb == "rotate_extended" and not all(hoisted):
        return "takes what is not hoisted"
    terms = [value in wide for value in step.arguments]
    if any(terms) and not (all(terms) and step.verb in ("add", "switch_down")):
        return "takes a term of a sum of rotations"
    if step.verb == "switch_down" and not all(terms):
        return "brings back what is no sum of rotations"
    return None
