"""What rotations of one value share is written out, and what can be done side by side.

A value that is rotated more than once is hoisted, if no pass has done so, and a sum of
rotations becomes its terms, their sum, and one division by the special primes.

>>> from einlang_fhe.passes.levels import assign
>>> from einlang_fhe.slots import Builder
>>> build = Builder(slots=8)
>>> x = build.input(0)
>>> total = build.rotate_sum((x, x), (0, 3))
>>> print(Hoist().apply(assign(build.program((total, build.rotate(x, 1))))).program)
%0 = input 0
%1 = hoist %0
%2 = extend %0
%3 = rotate_extended %1, 3
%4 = add %2, %3
%5 = switch_down %4
%6 = rotate %1, 1
output %5
output %6
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import reduce

from einlang_fhe.passes.levels import Levelled
from einlang_fhe.passes.rewriting import Copy
from einlang_fhe.slots import Instruction, SlotProgram


@dataclass(frozen=True)
class Hoist:
    """Writes out hoisting, and sums of rotations."""

    name = "hoist"

    def apply(self, levelled: Levelled) -> Levelled:
        """A program of the same meaning, without `rotate_sum`."""
        return _expanded(levelled)


def _expanded(levelled: Levelled) -> Levelled:
    program = levelled.program
    alone, copy = hoisted(program), Copy(levelled)
    if not alone and not program.count("rotate_sum"):
        return levelled
    ready: dict[int, int] = {}
    for number, step in enumerate(program.instructions):
        if step.verb == "rotate_sum":
            copy.names[number] = _sum(copy, number, ready)
        elif step.verb == "rotate" and step.arguments[0] in alone:
            turned = replace(step, arguments=(ready[step.arguments[0]],))
            copy.names[number] = copy.emit(turned, like=number)
        else:
            copy.write(number)
        if step.verb == "hoist":
            ready[number] = copy.names[number]
        elif number in alone:
            made = Instruction("hoist", (copy.names[number],), origin=step.origin)
            ready[number] = copy.emit(made, like=number)
    return copy.result()


def hoisted(program: SlotProgram) -> set[int]:
    """The values that must be hoisted: for several rotations, or for one in a sum."""
    turns: Counter[int] = Counter()
    for step in program.instructions:
        if step.verb == "rotate":
            turns[step.arguments[0]] += 1
        elif step.verb == "rotate_sum":
            pairs = zip(step.arguments, step.distances, strict=True)
            turns.update({value: 2 for value, distance in pairs if distance})
    return {
        value
        for value, count in turns.items()
        if count > 1 and program.instructions[value].verb != "hoist"
    }


def _sum(copy: Copy, number: int, ready: dict[int, int]) -> int:
    """The terms of a sum of rotations, added up and brought back."""
    step = copy.source.program.instructions[number]
    terms = []
    for value, distance in zip(step.arguments, step.distances, strict=True):
        term = Instruction("extend", (copy.names[value],), origin=step.origin)
        if distance:
            term = Instruction("rotate_extended", (ready[value],), distance, origin=step.origin)
        terms.append(copy.emit(term, like=number))

    def added(left: int, right: int) -> int:
        return copy.emit(Instruction("add", (left, right), origin=step.origin), like=number)

    down = Instruction("switch_down", (reduce(added, terms),), origin=step.origin)
    return copy.emit(down, like=number)
