"""Plaintext operands, encoded once for each level that they are used at, and kept.

What is kept is bounded: the first ones of the program that fit. Everything is read once in
each run, so forgetting what was not used for longest would forget what comes next.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from einlang_fhe.engines.engine import Evaluator, Parameters, Plain
from einlang_fhe.execution.crew import together
from einlang_fhe.execution.ready import Key
from einlang_fhe.plaintexts import Entry

Array = np.ndarray[Any, Any]


class Kept:
    """The plaintexts of a program for one evaluator. `room`: how many bytes are kept."""

    def __init__(
        self, evaluator: Evaluator, entries: Sequence[Entry], keys: Sequence[Key], room: float
    ) -> None:
        self.evaluator = evaluator
        self.entries = entries
        self.keys = _fitting(keys, evaluator.parameters, room)
        self.plains: list[Plain] = [None] * len(self.keys)
        self._tensors: Mapping[int, Array] = {}

    def refresh(
        self,
        tensors: Mapping[int, Array],
        changed: Collection[int],
        threads: int,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Encodes what is not there yet, or was made of tensors that have changed since."""
        self._tensors = tensors
        stale = [n for n, key in enumerate(self.keys) if self._stale(n, key, changed)]

        def report(done: int) -> None:
            if progress is not None:
                progress(done, len(stale))

        made = together(lambda n: self.encode(self.keys[stale[n]]), len(stale), threads, report)
        for number, plain in zip(stale, made, strict=True):
            self.plains[number] = plain

    def _stale(self, number: int, key: Key, changed: Collection[int]) -> bool:
        return self.plains[number] is None or self.entries[key[0]].reads in changed

    def encode(self, key: Key) -> Plain:
        """A plaintext for a level and a degree."""
        number, level, degree = key
        return self.evaluator.encode(self.entries[number].row(self._tensors), level, degree)


def weight(parameters: Parameters, level: int) -> int:
    """The bytes of a plaintext: a residue polynomial for each prime, the coefficients and
    the numbers themselves."""
    return 8 * parameters.ring * (parameters.depth - level + 1 + 2)


def _fitting(keys: Sequence[Key], parameters: Parameters, room: float) -> list[Key]:
    found = []
    for key in keys:
        room -= weight(parameters, key[1])
        if room >= 0:
            found.append(key)
    return found
