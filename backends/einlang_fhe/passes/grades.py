"""Scales of their own for operands of different kinds, in programs that are never rescaled.

A scale for each factor need not be the same for all. What the client encrypts is one kind of
factor; plaintexts are others, by the degree of what they multiply. Every value then has so
many factors of each kind, terms of sums alike. Engines go on counting degrees: what is not
at the common scale is packed that much larger or smaller, and what the client reads is
divided by what came of it.

>>> from einlang_fhe.slots import Builder
>>> from einlang_fhe.passes.flat import assign_flat
>>> build = Builder(slots=4)
>>> x = build.multiply_plain(build.input(0), 0)
>>> levelled = assign_flat(build.program((build.multiply_plain(build.multiply(x, x), 1),)))
>>> kinds(levelled)
((1, 0, 0, 0, 0), (1, 1, 0, 0, 0), (2, 2, 0, 0, 0), (2, 2, 0, 0, 1))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from einlang_fhe.functor.values import Sent
from einlang_fhe.passes.levels import Levelled
from einlang_fhe.plaintexts import Entry
from einlang_fhe.slots import Instruction

Kinds = tuple[int, ...]
"""How many factors of each kind: of the client, of plaintexts at degree 1, at degree 2, ..."""


def kinds(levelled: Levelled) -> tuple[Kinds, ...] | None:
    """The factors of every value; None where terms of a sum have different ones."""
    found: list[Kinds] = []
    width = max(levelled.degrees, default=1)
    for step in levelled.program.instructions:
        terms = [found[value] for value in step.arguments]
        if step.verb != "multiply" and len(set(terms)) > 1:
            return None
        found.append(_made(step, terms, width, levelled))
    return tuple(found)


def _made(step: Instruction, terms: Sequence[Kinds], width: int, levelled: Levelled) -> Kinds:
    if step.verb == "input":
        return _one(0, width)
    if step.verb == "multiply":
        return tuple(map(sum, zip(*terms, strict=True)))
    if step.verb in ("multiply_plain", "multiply_scalar"):
        own = _one(levelled.degrees[step.arguments[0]], width)
        return tuple(map(sum, zip(terms[0], own, strict=True)))
    return terms[0]


def _one(kind: int, width: int) -> Kinds:
    return tuple(int(kind == other) for other in range(width))


@dataclass(frozen=True)
class Graded:
    """A program whose operands have scales of their own; and what they are."""

    levelled: Levelled
    plaintexts: tuple[Entry, ...]
    request: tuple[Sent, ...]


@dataclass
class Grade:
    """`more`: by how many bits the factors of each kind exceed the common scale."""

    more: Sequence[float]
    kinds: Sequence[Kinds]
    plaintexts: Sequence[Entry]
    request: Sequence[Sent]
    known: dict[tuple[int, float], int] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def apply(self, levelled: Levelled) -> Graded:
        """The program, with other plaintexts and another request."""
        program = levelled.program
        steps = tuple(
            self._rewritten(step, levelled) if step.arguments else step
            for step in program.instructions
        )
        graded = replace(levelled, program=replace(program, instructions=steps))
        request = tuple(replace(sent, bits=sent.bits + self.more[0]) for sent in self.request)
        return Graded(graded, tuple(self.entries), request)

    def excess(self, value: int) -> float:
        """By how many bits a value exceeds the common scale to the power of its degree."""
        return sum(count * more for count, more in zip(self.kinds[value], self.more, strict=True))

    def _rewritten(self, step: Instruction, levelled: Levelled) -> Instruction:
        value = step.arguments[0]
        factor = step.verb.startswith("multiply")
        bits = self.more[levelled.degrees[value]] if factor else self.excess(value)
        if step.verb.endswith("_plain"):
            return replace(step, attribute=self._plaintext(step.number, bits))
        if step.verb.endswith("_scalar"):
            assert isinstance(step.attribute, float)
            return replace(step, attribute=step.attribute * 2.0**bits)
        return step

    def _plaintext(self, number: int, bits: float) -> int:
        key = number, bits
        if key not in self.known:
            self.known[key] = len(self.entries)
            self.entries.append(self.plaintexts[number].times(2.0**bits))
        return self.known[key]
