"""Runs a levelled slot program on an evaluator, and forgets every value after its last use.

Rotations of one value are done together, since engines share the first half of the work.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from einlang_fhe.engines.engine import Cipher, Evaluator, Plain
from einlang_fhe.passes.levels import Levelled
from einlang_fhe.slots import Instruction

TOGETHER = 16
"""At most so many rotations of one value are held at once."""


@dataclass
class Run:
    """One execution. `encode(plaintext, level, degree)` makes a plaintext operand."""

    evaluator: Evaluator
    levelled: Levelled
    request: Sequence[Cipher]
    encode: Callable[[int, int, int], Plain]
    progress: Callable[[int, int], None]
    values: dict[int, Cipher] = field(default_factory=dict)
    turned: dict[tuple[int, int], Cipher] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.last = _last_uses(self.levelled)
        self.turns = _turns(self.levelled.program.instructions)

    def outputs(self) -> list[Cipher]:
        """The ciphertexts of the reply."""
        steps = self.levelled.program.instructions
        for number, step in enumerate(steps):
            self.values[number] = self._execute(step)
            for value in set(step.arguments):
                if self.last[value] == number:
                    del self.values[value]
            self.progress(number + 1, len(steps))
        return [self.values[value] for value in self.levelled.program.outputs]

    def _execute(self, step: Instruction) -> Cipher:
        engine, attribute = self.evaluator, step.attribute
        values = [self.values[value] for value in step.arguments]
        if step.verb == "input":
            return self.request[step.number]
        if step.verb == "rotate":
            return self._rotate(step.arguments[0], step.number)
        if step.verb == "rotate_sum":
            return engine.rotate_sum(values, step.distances)
        if step.verb in ("add_plain", "multiply_plain"):
            return getattr(engine, step.verb)(values[0], self._plain(step))
        if attribute is not None:
            return getattr(engine, step.verb)(values[0], attribute)
        return getattr(engine, step.verb)(*values)

    def _plain(self, step: Instruction) -> Plain:
        (value,) = step.arguments
        levels, degrees = self.levelled.levels, self.levelled.degrees
        return self.encode(step.number, levels[value], degrees[value])

    def _rotate(self, value: int, distance: int) -> Cipher:
        if (value, distance) not in self.turned:
            left = self.turns[value]
            some = left[: max(1, TOGETHER)]
            del left[: len(some)]
            turned = self.evaluator.rotate_many(self.values[value], some)
            self.turned.update({(value, d): cipher for d, cipher in zip(some, turned, strict=True)})
        return self.turned.pop((value, distance))


def _last_uses(levelled: Levelled) -> dict[int, int]:
    """The instruction that reads a value last; those never read last for ever."""
    last = {
        value: number
        for number, step in enumerate(levelled.program.instructions)
        for value in step.arguments
    }
    return last | dict.fromkeys(levelled.program.outputs, -1)


def _turns(instructions: Sequence[Instruction]) -> dict[int, list[int]]:
    """The rotations of every value, in the order in which they are asked for."""
    turns: dict[int, list[int]] = {}
    for step in instructions:
        if step.verb == "rotate":
            turns.setdefault(step.arguments[0], []).append(step.number)
    return turns


def count_by_verb(instructions: Sequence[Instruction]) -> dict[str, Any]:
    """How often each verb occurs."""
    counts: dict[str, int] = {}
    for step in instructions:
        counts[step.verb] = counts.get(step.verb, 0) + 1
    return dict(sorted(counts.items()))
