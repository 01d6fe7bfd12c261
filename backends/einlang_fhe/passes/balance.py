"""Long sums rewritten as balanced trees: halves that do not wait for each other.

A sum that is written one term after the other is one long chain. As a tree it can be added
on several threads, and on ciphertexts the result is the same to the last bit, since they are
added modulo an integer. The leaves of the tree are chains: a total that is added to again and
again stays in the cache of a processor.

>>> from einlang_fhe.passes.levels import assign
>>> from einlang_fhe.slots import Builder
>>> build = Builder(slots=4)
>>> total = build.add_all([build.input(n) for n in range(4)])
>>> print(Balance(chain=1).apply(assign(build.program((total,)))).program)
%0 = input 0
%1 = input 1
%2 = input 2
%3 = input 3
%4 = add %3, %2
%5 = add %0, %1
%6 = add %4, %5
output %6
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from einlang_fhe.passes.levels import Levelled
from einlang_fhe.passes.rewriting import Copy
from einlang_fhe.slots import Instruction, SlotProgram


@dataclass(frozen=True)
class Balance:
    """Sums of `least` terms and more, whose partial sums nothing else reads, as trees of
    chains of so many terms."""

    least: int = 4
    chain: int = 8
    name = "balance"

    def apply(self, levelled: Levelled) -> Levelled:
        """The program with its long sums as trees."""
        program = levelled.program
        inner = _inner(program)
        copy = Copy(levelled)
        for number, step in enumerate(program.instructions):
            if number in inner:
                continue
            terms = _terms(program, number, inner) if step.verb == "add" else []
            if len(terms) >= self.least:
                named = [copy.names[term] for term in terms]
                copy.names[number] = self._tree(copy, number, named)
                continue
            for value in _chain(program, number, inner):
                copy.write(value)
        return copy.result()

    def _tree(self, copy: Copy, number: int, terms: list[int]) -> int:
        """The sum of one or more values of the copy, as a tree of the least depth."""
        if len(terms) == 1:
            return terms[0]
        half = 1 << ((len(terms) - 1).bit_length() - 1)
        if len(terms) <= self.chain:
            half = len(terms) - 1
        pair = self._tree(copy, number, terms[:half]), self._tree(copy, number, terms[half:])
        origin = copy.source.program.instructions[number].origin
        return copy.emit(Instruction("add", pair, origin=origin), like=number)


def _inner(program: SlotProgram) -> set[int]:
    """Sums that are read once, by a sum."""
    uses: Counter[int] = Counter(program.outputs)
    for step in program.instructions:
        uses.update(step.arguments)
    return {
        value
        for step in program.instructions
        if step.verb == "add"
        for value in step.arguments
        if uses[value] == 1 and program.instructions[value].verb == "add"
    }


def _terms(program: SlotProgram, root: int, inner: set[int]) -> list[int]:
    """What a sum adds up, from left to right."""
    found, left = [], [root]
    while left:
        value = left.pop()
        if value == root or value in inner:
            left.extend(reversed(program.instructions[value].arguments))
        else:
            found.append(value)
    return found


def _chain(program: SlotProgram, root: int, inner: set[int]) -> list[int]:
    """A sum with its partial sums, in order."""
    found, left = [root], [root]
    while left:
        for value in program.instructions[left.pop()].arguments:
            if value in inner:
                found.append(value)
                left.append(value)
    return sorted(found)
