"""Scales of their own for operands of different kinds, in programs that are never rescaled.

A scale for each factor need not be the same for all. Kinds of factors are what the client
encrypts, and plaintexts, each by the degree of what they multiply. Every value then has so
many factors of each kind, terms of sums alike. Engines go on counting degrees: what is not
at the common scale is packed that much larger or smaller, and what the client reads is
divided by what came of it.

>>> from einlang_fhe.slots import Builder
>>> from einlang_fhe.passes.flat import assign_flat
>>> build = Builder(slots=4)
>>> x = build.multiply_plain(build.input(0), 0)
>>> levelled = assign_flat(build.program((build.multiply(x, x),)))
>>> kinds(levelled)
((1, 0, 0, 0, 0, 0, 0, 0), (1, 0, 0, 0, 1, 0, 0, 0), (2, 0, 0, 0, 2, 0, 0, 0))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from einlang_fhe.functor.values import Sent
from einlang_fhe.passes.levels import Levelled
from einlang_fhe.plaintexts import Entry
from einlang_fhe.slots import Instruction

Kinds = tuple[int, ...]
"""How many factors of each kind: of the client at degree 1, 2, ..., of plaintexts likewise."""


def kinds(levelled: Levelled) -> tuple[Kinds, ...] | None:
    """The factors of every value; None where terms of a sum have different ones."""
    found: list[Kinds] = []
    width, met = max(levelled.degrees, default=1), _met(levelled)
    for number, step in enumerate(levelled.program.instructions):
        terms = [found[value] for value in step.arguments]
        if step.verb == "input":
            terms = [_one(met.get(number, 1) - 1, 2 * width)]
        elif step.verb in ("multiply_plain", "multiply_scalar"):
            terms.append(_one(plaintext(levelled.degrees[step.arguments[0]], width), 2 * width))
        elif step.verb != "multiply" and len(set(terms)) > 1:
            return None
        factor = step.verb.startswith("multiply")
        found.append(tuple(map(sum, zip(*terms, strict=True))) if factor else terms[0])
    return tuple(found)


def plaintext(degree: int, width: int) -> int:
    """The kind of plaintexts that values of a degree are multiplied by; `width`: the largest."""
    return width + degree - 1


def of_client(kind: int, factors: Kinds) -> bool:
    """Whether a kind is the client's."""
    return 2 * kind < len(factors)


def _met(levelled: Levelled) -> dict[int, int]:
    """The least degree that each value is multiplied with as it is."""
    found: dict[int, int] = {}
    for step in levelled.program.instructions:
        if step.verb == "multiply":
            for value, other in (step.arguments, step.arguments[::-1]):
                degree = levelled.degrees[other]
                found[value] = min(found.get(value, degree), degree)
    return found


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
        inputs = enumerate(program.instructions)
        sent = {step.number: n for n, step in inputs if step.verb == "input"}
        request = tuple(
            replace(item, bits=item.bits + self.excess(sent[number])) if number in sent else item
            for number, item in enumerate(self.request)
        )
        return Graded(graded, tuple(self.entries), request)

    def excess(self, value: int) -> float:
        """By how many bits a value exceeds the common scale to the power of its degree."""
        return sum(count * more for count, more in zip(self.kinds[value], self.more, strict=True))

    def _rewritten(self, step: Instruction, levelled: Levelled) -> Instruction:
        value = step.arguments[0]
        factor = step.verb.startswith("multiply")
        kind = plaintext(levelled.degrees[value], len(self.more) // 2)
        bits = self.more[kind] if factor else self.excess(value)
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
