"""Errors followed through a slot program, to the first order, one set for each place where they
come from: encrypting, encoding, switching keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from einlang_fhe.engines import noise
from einlang_fhe.passes.grades import Kinds, plaintext
from einlang_fhe.passes.levels import Levelled
from einlang_fhe.scales.simulation import turned
from einlang_fhe.slots import Instruction

Array = np.ndarray[Any, Any]

SWITCHES = ("relinearize", "rotate", "rotate_sum")
"""Verbs that switch keys."""


@dataclass(frozen=True)
class Source:
    """Where errors come from: encrypting or encoding a factor of a `kind`, or switching keys of
    values with these `factors`."""

    factors: Kinds
    kind: int | None = None


def sources(levelled: Levelled, factors: Sequence[Kinds]) -> list[Source]:
    """All of a program."""
    steps = list(zip(levelled.program.instructions, factors, strict=True))
    used = np.array(factors).max(axis=0, initial=0)
    unit = np.eye(len(used), dtype=int).tolist()
    found = [Source(tuple(unit[kind]), kind) for kind in np.flatnonzero(used).tolist()]
    switched = dict.fromkeys(held for step, held in steps if step.verb in SWITCHES)
    return found + [Source(held) for held in switched]


Error = dict[int, Array]
"""By the number of its source, how far a value is off, in units of what that is at the source."""


@dataclass
class Errors:
    """Values of shape (samples, 1, slots), each with its errors, which have the `shape`
    (samples, draws, slots)."""

    levelled: Levelled
    factors: Sequence[Kinds]
    found: Sequence[Source]
    request: Sequence[Array]
    plaintexts: Sequence[Array]
    wide: bool
    shape: tuple[int, int, int]
    draw: np.random.Generator

    def __post_init__(self) -> None:
        self.kinds = {source.kind: n for n, source in enumerate(self.found)}
        self.switched = {s.factors: n for n, s in enumerate(self.found) if s.kind is None}
        self.rounded: dict[tuple[int, int], Array] = {}
        self.ring = 2 * self.levelled.program.slots

    def execute(
        self, number: int, step: Instruction, pairs: list[tuple[Array, Error]]
    ) -> tuple[Array, Error]:
        """An instruction, on pairs of values and their errors."""
        values, errors = [value for value, _ in pairs], [error for _, error in pairs]
        if step.verb == "input":
            value = self.request[step.number]
            kind = self.kinds[self.factors[number].index(1)]
            return value, {kind: self._error()}
        if step.verb == "multiply":
            others = zip(errors, reversed(values), strict=True)
            return values[0] * values[1], _sum([_times(e, value) for e, value in others])
        if step.verb in ("multiply_plain", "multiply_scalar"):
            return self._weighed(step, values[0], errors[0])
        if step.verb in ("add_plain", "add_scalar"):
            other = self.plaintexts[step.number] if step.verb == "add_plain" else step.attribute
            return values[0] + other, errors[0]
        error = _turned(step, errors)
        if step.verb in SWITCHES:
            switched = self.switched[self.factors[number]]
            error = _sum([error, {switched: self._error()}])
        return turned(step, values), error

    def _weighed(self, step: Instruction, value: Array, error: Error) -> tuple[Array, Error]:
        """Times a plaintext, which is rounded; or times a number, rounded in all slots alike."""
        degree = self.levelled.degrees[step.arguments[0]]
        kind = self.kinds[plaintext(degree, len(self.factors[0]) // 2)]
        if step.verb == "multiply_scalar":
            other, off = np.array(step.attribute), np.array(0.5 / noise.encoding(self.ring))
            return value * other, _sum([_times(error, other), {kind: value * off}])
        other, key = self.plaintexts[step.number], (step.number, degree)
        if key not in self.rounded:
            self.rounded[key] = self._error()
        return value * other, _sum([_times(error, other), {kind: value * self.rounded[key]}])

    def _error(self) -> Array:
        """Imaginary parts matter only where something is complex."""
        if not self.wide:
            return self.draw.standard_normal(self.shape)
        return self.draw.standard_normal((*self.shape, 2)).view(np.complex128)[..., 0]


def _times(error: Error, value: Array) -> Error:
    return {source: found * value for source, found in error.items()}


def _sum(errors: Sequence[Error]) -> Error:
    total = dict(errors[0])
    for error in errors[1:]:
        for source, found in error.items():
            total[source] = total[source] + found if source in total else found
    return total


def _turned(step: Instruction, errors: Sequence[Error]) -> Error:
    """A linear verb on errors; zero where there is none."""
    names = dict.fromkeys(source for error in errors for source in error)
    zero = np.zeros(1)
    return {name: turned(step, [error.get(name, zero) for error in errors]) for name in names}
