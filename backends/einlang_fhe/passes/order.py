"""Instructions put in an order in which few ciphertexts are alive at a time.

Each output is computed depth first, of two operands the one first whose computation holds
more (Sethi and Ullman, JACM 17, 1970), and a value is there until its last use. Shared
values can make that a worse order than the one at hand, which is kept then.

>>> from einlang_fhe.passes.levels import assign
>>> from einlang_fhe.slots import Builder
>>> build = Builder(slots=4)
>>> x, y = build.input(0), build.input(1)
>>> shifted = [build.rotate(value, 1) for value in (x, y)]
>>> total = build.add_all([build.negate(value) for value in shifted])
>>> print(Order().apply(assign(build.program((total,)))).program)
%0 = input 0
%1 = rotate %0, 1
%2 = negate %1
%3 = input 1
%4 = rotate %3, 1
%5 = negate %4
%6 = add %2, %5
output %6
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from einlang_fhe.passes.levels import Levelled
from einlang_fhe.passes.rewriting import Copy
from einlang_fhe.slots import Instruction, SlotProgram


@dataclass(frozen=True)
class Order:
    """The order that needs less memory: depth first, or as it is."""

    name = "order"

    def apply(self, levelled: Levelled) -> Levelled:
        """The program with its values numbered anew; dead instructions are dropped."""
        copy = Copy(levelled)
        for value in _depth_first(levelled.program, weights(levelled)):
            copy.write(value)
        ordered = copy.result()
        return ordered if peaks(ordered) <= peaks(levelled) else levelled


def polynomials(program: SlotProgram) -> list[int]:
    """How many polynomials each value has: products add theirs, all but one, until they are
    relinearised to two."""
    parts: list[int] = []
    for step in program.instructions:
        parts.append(made_of(step, parts))
    return parts


def made_of(step: Instruction, parts: Sequence[int]) -> int:
    """How many polynomials an instruction leaves, of values with these."""
    if step.verb == "multiply":
        return sum(parts[value] for value in step.arguments) - 1
    if step.verb == "relinearize" or not step.arguments:
        return 2
    return max(parts[value] for value in step.arguments)


def weights(levelled: Levelled) -> list[int]:
    """The residue polynomials of each value."""
    deepest = levelled.depth
    pairs = zip(polynomials(levelled.program), levelled.levels, strict=True)
    return [parts * (deepest - level + 1) for parts, level in pairs]


def last_uses(program: SlotProgram) -> dict[int, int]:
    """The instruction that reads a value last: one after the end, for an output."""
    last = {v: number for number, step in enumerate(program.instructions) for v in step.arguments}
    return last | dict.fromkeys(program.outputs, len(program.instructions))


def peaks(levelled: Levelled) -> tuple[int, int]:
    """The most that is alive at a time, in residue polynomials: with the inputs, and without.

    The inputs are there from the beginning. They are forgotten after their last use, if they
    belong to nobody else.
    """
    program, last, weight = levelled.program, last_uses(levelled.program), weights(levelled)
    inputs = {n for n, step in enumerate(program.instructions) if step.verb == "input"}
    given = most = sum(weight[value] for value in inputs)
    made = most_made = 0
    for number, step in enumerate(program.instructions):
        if number not in inputs:
            made += weight[number]
            most, most_made = max(most, given + made), max(most_made, made)
        for value in set(step.arguments):
            if last[value] != number:
                continue
            if value in inputs:
                given -= weight[value]
            else:
                made -= weight[value]
    return most, most_made


def _depth_first(program: SlotProgram, weight: Sequence[int]) -> list[int]:
    needs = _needs(program, weight)
    done: dict[int, None] = {}
    left = list(reversed(program.outputs))
    while left:
        value = left[-1]
        arguments = dict.fromkeys(program.instructions[value].arguments)
        missing = [other for other in arguments if other not in done]
        if missing:
            left.extend(sorted(missing, key=lambda other: (needs[other], -other)))
        else:
            done[left.pop()] = None
    return list(done)


def _needs(program: SlotProgram, weight: Sequence[int]) -> list[int]:
    """What the computation of each value holds at most, if nothing were shared."""
    needs: list[int] = []
    for number, step in enumerate(program.instructions):
        if step.verb == "input":
            needs.append(0)
            continue
        held = most = 0
        for value in sorted(set(step.arguments), key=lambda other: -needs[other]):
            most = max(most, held + needs[value])
            held += 0 if program.instructions[value].verb == "input" else weight[value]
        needs.append(max(most, held + weight[number]))
    return needs
