"""Two classes of sequences told apart by tensor networks and by what sequences consist of.

The score of a sequence is the log of the ratio of a network's two outputs, of one network or
of the product of several (their outputs joined by spiders), plus a weight for each letter
times its share of the whole sequence. All tensors are positive: exponentials of parameters.
A score above zero means the second class.

>>> shape = Shape("tree", length=4, bond=2, letters=3)
>>> classifier = Classifier(shape, "AB", members=2)
>>> classifier.size == 2 * shape.parameters + 2 + 1
True
>>> parameters = classifier.start(np.random.default_rng(0))
>>> classifier.score(parameters, classifier.encode(["ABBA", "AAAAA"])).shape
(2,)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, NamedTuple

import numpy as np

from einlang_quantum.sequences.shape import Shape

Array = Any
SHARPNESS = 30.0
"""Shares of letters are small numbers: what a weight of one adds for a share of one."""


class Encoded(NamedTuple):
    """Sequences as numbers: the letters that networks read, and shares of letters."""

    letters: Array
    shares: Array

    def take(self, rows: Array) -> Encoded:
        """Some of them."""
        return Encoded(self.letters[rows], self.shares[rows])


@dataclass(frozen=True)
class Classifier:
    """Networks of one shape that read the beginnings of sequences over an alphabet.

    The shape has one letter more than the alphabet: for all others, and for what is behind
    the end of a short sequence.
    """

    shape: Shape
    alphabet: str
    members: int = 1

    @property
    def size(self) -> int:
        """The number of parameters, those of shares and the bias included."""
        return self.members * self.shape.parameters + len(self.alphabet) + 1

    def encode(self, sequences: Sequence[str]) -> Encoded:
        """The numbers of letters, `(n, length)`, and shares, `(n, len(alphabet))`."""
        number = {letter: place for place, letter in enumerate(self.alphabet)}
        other = len(self.alphabet)
        letters = np.full((len(sequences), self.shape.length), other)
        shares = np.zeros((len(sequences), other))
        for row, sequence in enumerate(sequences):
            read = [number.get(letter, other) for letter in sequence]
            letters[row, : len(read)] = read[: self.shape.length]
            shares[row] = np.bincount(read, minlength=other + 1)[:other] / max(1, len(read))
        return Encoded(letters, shares)

    @cached_property
    def _shapes(self) -> list[tuple[int, ...]]:
        letters = (self.shape.letters, self.shape.bond)
        return [letters, *((1, *shape) for shape in self.shape.tables.values())]

    def start(self, random: np.random.Generator) -> Array:
        """Parameters from which training starts: matrices that pass on most of what enters."""
        stay = 4.0 if self.shape.kind == "path" else 2.0
        parts = []
        for _ in range(self.members):
            parts.append(0.3 * random.normal(size=prod(self._shapes[0])))
            for name, shape in self.shape.tables.items():
                square = name != "READ"
                value = (0.5 if square else 0.3) * random.normal(size=shape)
                parts.append((value + stay * np.eye(shape[0]) if square else value).ravel())
        return np.concatenate([*parts, np.zeros(len(self.alphabet) + 1)])

    def score(self, parameters: Array, data: Encoded) -> Array:
        """The log of the odds of the second class, `(n,)`."""
        return self.differentiate(parameters, data)[0]

    def differentiate(
        self, parameters: Array, data: Encoded
    ) -> tuple[Array, Callable[[Array], Array]]:
        """The scores, and what pulls a derivative by them back to the parameters."""
        count = self.shape.parameters
        weights = parameters[self.members * count :]
        score = SHARPNESS * data.shares @ weights[:-1] + weights[-1]
        pulls = []
        for member in range(self.members):
            value, pull = self._member(parameters[member * count :][:count], data.letters)
            score = score + value
            pulls.append(pull)

        def back(gradient: Array) -> Array:
            by_shares = SHARPNESS * gradient @ data.shares
            return np.concatenate(
                [*(pull(gradient) for pull in pulls), by_shares, [gradient.sum()]]
            )

        return score, back

    def _member(self, parameters: Array, letters: Array) -> tuple[Array, Callable[[Array], Array]]:
        """One network's score."""
        ends = np.cumsum([prod(shape) for shape in self._shapes])[:-1]
        parts = np.split(np.exp(parameters), ends)
        tables = [part.reshape(shape) for part, shape in zip(parts, self._shapes, strict=True)]
        slots = np.array(self.shape.slots)
        rows = np.zeros((len(letters), len(slots)), int)
        rows[:, slots == 0] = letters
        value, pull = self.shape.network.differentiate(tables, rows, tuple(slots.tolist()))

        def back(gradient: Array) -> Array:
            by_value = np.stack([-gradient / value[:, 0], gradient / value[:, 1]], 1)
            grads = pull(by_value)
            return np.concatenate([(g * t).ravel() for g, t in zip(grads, tables, strict=True)])

        return np.log(value[:, 1] / value[:, 0]), back
