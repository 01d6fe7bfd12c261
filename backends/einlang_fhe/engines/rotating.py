"""Rotations on OpenFHE: alone, of what is hoisted, and in sums.

A rotation takes the second polynomial apart into digits, turns these and multiplies them
with a key in the modulus Q P, and comes back to Q. Rotations of one ciphertext share the
digits (Halevi and Shoup, ePrint 2018/244), a sum of rotations comes back once (Bossuat,
Mouchet, Troncoso-Pastoriza and Hubaux, ePrint 2020/1203). At N = 2^13 and depth 1, the three
parts take 0.6, 0.3 and 1.2 ms (measured); coming back makes nearly all of the noise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from einlang_fhe.engines import binding
from einlang_fhe.engines.cache import CACHE
from einlang_fhe.engines.engine import Cipher, Parameters
from einlang_fhe.engines.rules import alike, two_parts


@dataclass(frozen=True, eq=False)
class Hoisted:
    """A ciphertext and its digits."""

    cipher: Cipher
    digits: Any


class Rotating:
    """An evaluator that rotates, with the automorphism of each distance that has a key."""

    def __init__(
        self,
        context: Any,
        parameters: Parameters,
        automorphisms: Mapping[int, int],
        keys: Any,
    ) -> None:
        self.parameters = parameters
        self._special = parameters.digits > 0
        self._context = context
        self._automorphisms = automorphisms
        self._rotation_keys = keys

    def hoist(self, cipher: Cipher) -> Hoisted:
        """Its digits, from which each rotation is made."""
        two_parts(cipher)
        with binding.spoken("prepare rotations"):
            return Hoisted(cipher, self._context.EvalFastRotationPrecompute(cipher))

    def rotate(self, cipher: Cipher | Hoisted, distance: int) -> Cipher:
        """To the left, cyclically; of two polynomials and any degree."""
        distance %= self.parameters.slots
        if distance == 0:
            return cipher.cipher if isinstance(cipher, Hoisted) else cipher
        index = self._index(distance)
        if isinstance(cipher, Hoisted):
            order = 2 * self.parameters.ring
            with CACHE.reading(), binding.spoken("rotate"):
                turned = self._context.EvalFastRotation
                return turned(cipher.cipher, distance, order, cipher.digits)
        with binding.spoken("rotate"):
            return self._context.EvalAutomorphism(cipher, index, self._rotation_keys)

    def rotate_many(self, cipher: Cipher | Hoisted, distances: Sequence[int]) -> list[Cipher]:
        """Several rotations of one ciphertext; its digits are decomposed once."""
        steps = [distance % self.parameters.slots for distance in distances]
        for step in steps:
            self._index(step)
        if len(set(steps) - {0}) > 1 and not isinstance(cipher, Hoisted):
            cipher = self.hoist(cipher)
        return [self.rotate(cipher, step) for step in steps]

    def rotate_sum(self, ciphers: Sequence[Cipher | Hoisted], distances: Sequence[int]) -> Cipher:
        """In the extended modulus, if there is one, from which the sum is brought back once."""
        steps = [distance % self.parameters.slots for distance in distances]
        for cipher, step in zip(ciphers, steps, strict=True):
            self._index(step)
            alike(_bare(ciphers[0]), _bare(cipher))
            two_parts(_bare(cipher))
        with CACHE.reading(), binding.spoken("sum rotations"):
            terms = self._terms(zip(ciphers, steps, strict=True))
            total = next(terms)
            for term in terms:
                self._context.EvalAddInPlace(total, term)
            return self._context.KeySwitchDown(total) if self._special else total

    def rotate_extended(self, cipher: Hoisted, distance: int) -> Cipher:
        """A rotation in the extended modulus, if there is one; such terms can be added."""
        self._index(distance % self.parameters.slots)
        with CACHE.reading(), binding.spoken("rotate"):
            return self._turned(cipher, distance % self.parameters.slots)

    def extend(self, cipher: Cipher | Hoisted) -> Cipher:
        """The ciphertext in the extended modulus, without a rotation."""
        two_parts(_bare(cipher))
        with binding.spoken("prepare a sum"):
            return self._extended(_bare(cipher))

    def switch_down(self, total: Cipher) -> Cipher:
        """A sum in the extended modulus, brought back."""
        with binding.spoken("sum rotations"):
            return self._context.KeySwitchDown(total) if self._special else total

    def _turned(self, cipher: Hoisted, step: int) -> Cipher:
        if self._special:
            return self._context.EvalFastRotationExt(cipher.cipher, step, cipher.digits, True)
        order = 2 * self.parameters.ring
        return self._context.EvalFastRotation(cipher.cipher, step, order, cipher.digits)

    def _extended(self, cipher: Cipher) -> Cipher:
        return self._context.KeySwitchExt(cipher, True) if self._special else cipher.Clone()

    def _terms(self, pairs: Iterable[tuple[Cipher | Hoisted, int]]) -> Iterator[Cipher]:
        """The rotations, times the special primes where there are any.

        The digits of a ciphertext are shared by the terms that follow each other.
        """
        for _, group in groupby(pairs, key=lambda pair: id(pair[0])):
            ready: Hoisted | None = None
            for cipher, step in group:
                if step and ready is None:
                    ready = cipher if isinstance(cipher, Hoisted) else self.hoist(cipher)
                yield self._turned(ready, step) if step and ready else self._extended(_bare(cipher))

    def _index(self, distance: int) -> int:
        if distance and distance not in self._automorphisms:
            raise ValueError(f"rotate: the keys were made without one for {distance}")
        return self._automorphisms.get(distance, 0)


def _bare(value: Cipher | Hoisted) -> Cipher:
    """The ciphertext itself."""
    return value.cipher if isinstance(value, Hoisted) else value
