"""The verbs on NumPy vectors: what a program computes, how noisy, and whether it is right.

Every rule that CKKS has is checked: levels, degrees, polynomials, keys, room in the modulus.
A program that breaks one raises `ValueError` (it was compiled wrongly); numbers that outgrow
the modulus raise E0804, as decryption does. Gaussian noise of the measured size is added
where ciphertexts get it (see `noise`), from a fixed seed.

>>> clear = ClearEngine(noise=False)
>>> client, evaluator = clear.keys(Parameters(16, 1, 40, 50, 1, secure=False), [1], True)
>>> x = client.encrypt(np.arange(8.0))
>>> y = evaluator.rescale(evaluator.relinearize(evaluator.multiply(x, evaluator.rotate(x, 1))))
>>> client.decrypt(y)
array([ 0.,  2.,  6., 12., 20., 30., 42.,  0.])
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np

from einlang_fhe.engines import binding, noise
from einlang_fhe.engines.engine import Bound, KeySizes, Operand, Parameters, checked
from einlang_fhe.parameters import digits_of, special_primes_of
from einlang_fhe.slots import Instruction

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class ClearCipher:
    """The numbers of a ciphertext, with its level, degree and number of polynomials."""

    values: Array
    level: int
    degree: int = 1
    parts: int = 2

    def __str__(self) -> str:
        return f"level {self.level}, degree {self.degree}, {self.parts} polynomials"


@dataclass(frozen=True, eq=False)
class ClearHoisted:
    """A ciphertext that is ready for rotations, and for nothing else."""

    cipher: ClearCipher


@dataclass(frozen=True, eq=False)
class ClearExtended:
    """A term of a sum of rotations: can be added to others, and brought back."""

    cipher: ClearCipher


@dataclass(frozen=True, eq=False)
class ClearPlain:
    """The numbers of a plaintext, with its level and degree."""

    values: Array
    level: int
    degree: int

    def __str__(self) -> str:
        return f"level {self.level}, degree {self.degree}"


class Noise:
    """Draws the errors of one key pair, from a seed; none with `on=False`."""

    def __init__(self, parameters: Parameters, on: bool, seed: int) -> None:
        self.parameters = parameters
        self.on = on
        self.switching = _switching(parameters)
        self.draw = np.random.default_rng(seed)

    def __call__(self, values: Array, deviation: float | Array, degree: int = 1) -> Array:
        """Values with an error of that deviation, in units of the least digit."""
        if not self.on:
            return values
        unit = 2.0 ** (-self.parameters.scale * degree)
        error = self.draw.standard_normal(values.shape)
        if np.iscomplexobj(values):
            error = error + 1j * self.draw.standard_normal(values.shape)
        return values + error * (deviation * unit)


def _switching(parameters: Parameters) -> float | Array:
    """The deviation of a key switching."""
    if parameters.digits:
        deviation = noise.switching(parameters.ring, special_primes_of(parameters))
        return deviation[: parameters.slots]
    return noise.digit_switching(parameters.ring, *digits_of(parameters))


class ClearEngine:
    """Makes clients and evaluators without any key.

    `noise`: add the errors that ciphertexts would have; `seed` fixes them.
    """

    name = "clear"

    def __init__(self, noise: bool = True, seed: int = 0) -> None:
        self.noise = noise
        self.seed = seed

    def keys(
        self, parameters: Parameters, rotations: Sequence[int], relinearize: int
    ) -> tuple[ClearClient, ClearEvaluator]:
        """As if there were keys for these rotations, and for products if asked."""
        steps = frozenset(distance % parameters.slots for distance in rotations) - {0}
        error = Noise(parameters, self.noise, self.seed)
        return ClearClient(error), ClearEvaluator(error, steps, relinearize)

    def key_sizes(self, evaluator: Any) -> KeySizes | None:
        """There are none."""
        return None


class ClearClient:
    """Encrypts and decrypts in name only."""

    def __init__(self, error: Noise) -> None:
        self.parameters = error.parameters
        self.concurrent = not error.on
        self._error = error

    def encrypt(self, values: Array, level: int = 0) -> ClearCipher:
        """`slots` numbers at a level."""
        numbers = _vector(values, self.parameters, level)
        numbers = self._error(numbers, noise.encryption(self.parameters.ring))
        return _fitting(ClearCipher(numbers, level), self.parameters)

    def decrypt(self, cipher: ClearCipher, imaginary: bool = False, unit: float = 1.0) -> Array:
        """`slots` numbers, complex ones if asked; E0804 when they outgrew the modulus."""
        values = _fitting(self._shortened(cipher), self.parameters).values
        return values.astype(np.complex128) if imaginary else np.real(values).copy()

    def _shortened(self, cipher: ClearCipher) -> ClearCipher:
        """Rescaled, and with the fewest primes that hold results, where primes are scales."""
        parameters = self.parameters
        last = parameters.depth - parameters.spare
        if parameters.prime:
            return cipher
        while cipher.level < last and cipher.degree > 1:
            deviation = noise.rescaling(parameters.ring, cipher.parts)
            values = self._error(cipher.values, deviation, cipher.degree - 1)
            level, degree = cipher.level + 1, cipher.degree - 1
            cipher = replace(cipher, values=values, level=level, degree=degree)
        return replace(cipher, level=max(cipher.level, last)) if cipher.degree == 1 else cipher


class ClearEvaluator:
    """Computes on what stands for ciphertexts, under the rules of ciphertexts."""

    def __init__(self, error: Noise, steps: frozenset[int], relinearize: int) -> None:
        self.parameters = error.parameters
        self.steps = steps
        self.peak = 0.0  # The largest number that was bootstrapped.
        self.concurrent = not error.on  # Errors are drawn one after the other.
        self._error = error
        self._relinearize = relinearize

    def bind(self, step: Instruction, operands: Sequence[Operand], fresh: bool) -> Bound:
        """The verb with all of its checks: this is the engine that checks."""
        return checked(self, step)

    def running(self, switching: bool = True) -> AbstractContextManager[None]:
        """Nothing needs to be put into plain words."""
        return nullcontext()

    def encode(self, values: Array, level: int, degree: int) -> ClearPlain:
        """`slots` numbers for ciphertexts of that level and degree."""
        numbers = _vector(values, self.parameters, level, degree)
        numbers = self._error(numbers, noise.encoding(self.parameters.ring), degree)
        return ClearPlain(numbers, level, degree)

    def add(self, left: Any, right: Any) -> Any:
        """Equal levels and degrees; of ciphertexts, or of terms of a sum of rotations."""
        if isinstance(left, ClearExtended):
            return ClearExtended(self.add(left.cipher, right.cipher))
        return self._sum(left, right, left.values + right.values)

    def subtract(self, left: ClearCipher, right: ClearCipher) -> ClearCipher:
        """Equal levels and degrees."""
        return self._sum(left, right, left.values - right.values)

    def _sum(self, left: ClearCipher, right: ClearCipher, values: Array) -> ClearCipher:
        _alike(left, right)
        parts = max(left.parts, right.parts)
        return self._made(replace(left, values=values, parts=parts))

    def negate(self, cipher: ClearCipher) -> ClearCipher:
        """Of any degree."""
        return replace(cipher, values=-cipher.values)

    def multiply(self, left: ClearCipher, right: ClearCipher) -> ClearCipher:
        """Degrees add up, and polynomials but for one."""
        _same_level(left, right)
        degree, parts = left.degree + right.degree, left.parts + right.parts - 1
        return self._made(ClearCipher(left.values * right.values, left.level, degree, parts))

    def add_plain(self, cipher: ClearCipher, plain: ClearPlain) -> ClearCipher:
        """A plaintext of the ciphertext's level and degree."""
        _alike(cipher, plain)
        return self._made(replace(cipher, values=cipher.values + plain.values))

    def multiply_plain(self, cipher: ClearCipher, plain: ClearPlain) -> ClearCipher:
        """The plaintext of degree 1; gives one degree more."""
        _same_level(cipher, plain)
        values = cipher.values * plain.values
        return self._made(replace(cipher, values=values, degree=cipher.degree + 1))

    def add_scalar(self, cipher: ClearCipher, scalar: float) -> ClearCipher:
        """Of any degree."""
        return self._made(replace(cipher, values=cipher.values + scalar))

    def multiply_scalar(self, cipher: ClearCipher, scalar: float) -> ClearCipher:
        """Gives one degree more."""
        unit = 2.0**self.parameters.scale
        values = cipher.values * (round(scalar * unit) / unit if self._error.on else scalar)
        return self._made(replace(cipher, values=values, degree=cipher.degree + 1))

    def hoist(self, cipher: ClearCipher) -> ClearHoisted:
        """The numbers, for rotations only."""
        return ClearHoisted(self._turnable(cipher, 0))

    def rotate(self, cipher: ClearCipher | ClearHoisted, distance: int) -> ClearCipher:
        """To the left, cyclically; of two polynomials and any degree."""
        distance %= self.parameters.slots
        cipher = self._turnable(cipher, distance)
        if distance == 0:
            return cipher
        return replace(cipher, values=self._switched(np.roll(cipher.values, -distance), cipher))

    def rotate_many(
        self, cipher: ClearCipher | ClearHoisted, distances: Sequence[int]
    ) -> list[ClearCipher]:
        """Several rotations of one ciphertext."""
        return [self.rotate(cipher, distance) for distance in distances]

    def rotate_sum(
        self, ciphers: Sequence[ClearCipher | ClearHoisted], distances: Sequence[int]
    ) -> ClearCipher:
        """As noisy as one rotation: keys make much less noise than coming back from them."""
        pairs = zip(ciphers, distances, strict=True)
        return self.switch_down(reduce(self.add, [self._term(c, d) for c, d in pairs]))

    def rotate_extended(self, cipher: ClearHoisted, distance: int) -> ClearExtended:
        """A rotation that is not brought back."""
        return self._term(cipher.cipher, distance)

    def extend(self, cipher: ClearCipher | ClearHoisted) -> ClearExtended:
        """What is not rotated, to be added to rotations."""
        return self._term(cipher, 0)

    def _term(self, cipher: ClearCipher | ClearHoisted, distance: int) -> ClearExtended:
        step = distance % self.parameters.slots
        bare = self._turnable(cipher, step)
        return ClearExtended(replace(bare, values=np.roll(bare.values, -step)))

    def switch_down(self, total: ClearExtended) -> ClearCipher:
        """A sum of rotations, brought back."""
        cipher = total.cipher
        return replace(cipher, values=self._switched(cipher.values, cipher))

    def _turnable(self, cipher: ClearCipher | ClearHoisted, distance: int) -> ClearCipher:
        """The ciphertext itself, if it can be rotated by that."""
        cipher = cipher.cipher if isinstance(cipher, ClearHoisted) else cipher
        if distance and distance not in self.steps:
            raise ValueError(f"rotate: the keys were made without one for {distance}")
        if cipher.parts != 2:
            raise ValueError(f"rotate: not relinearized: {cipher}")
        return cipher

    def relinearize(self, cipher: ClearCipher) -> ClearCipher:
        """Three polynomials and more to two; two are left as they are."""
        if cipher.parts == 2:
            return cipher
        if cipher.parts - 2 > self._relinearize:
            raise ValueError(f"relinearize: no key for {cipher}")
        return replace(cipher, values=self._switched(cipher.values, cipher), parts=2)

    def _switched(self, values: Array, cipher: ClearCipher) -> Array:
        if not self._error.on:
            return values
        return self._error(values, self._error.switching, cipher.degree)

    def rescale(self, cipher: ClearCipher) -> ClearCipher:
        """Divides by the prime of its level; gives one degree less."""
        if cipher.degree < 2 or cipher.level >= self.parameters.depth:
            raise ValueError(f"rescale: {cipher} of depth {self.parameters.depth}")
        degree = cipher.degree - 1
        deviation = noise.rescaling(self.parameters.ring, cipher.parts)
        values = self._error(cipher.values, deviation, degree)
        made = replace(cipher, values=values, level=cipher.level + 1, degree=degree)
        return self._made(made)

    def drop(self, cipher: ClearCipher, levels: int) -> ClearCipher:
        """The same numbers with `levels` primes fewer, rounded once."""
        if levels < 0 or cipher.level + levels > self.parameters.depth:
            raise ValueError(f"drop {levels}: {cipher} of depth {self.parameters.depth}")
        if levels == 0:
            return cipher
        deviation = noise.rescaling(self.parameters.ring, cipher.parts)
        values = self._error(cipher.values, deviation, cipher.degree)
        return self._made(replace(cipher, values=values, level=cipher.level + levels))

    def bootstrap(self, cipher: ClearCipher) -> ClearCipher:
        """Bent by the sine, and noisy; only where the errors are wanted."""
        plan = self.parameters.bootstrap
        usual, deepest = (cipher.degree, cipher.parts) == (1, 2), self.parameters.depth
        if plan is None or not usual or not plan.refreshed < cipher.level <= plan.latest(deepest):
            raise ValueError(f"bootstrap: {cipher} of {self.parameters}")
        values = cipher.values
        self.peak = max(self.peak, float(np.abs(values).max()))
        if self._error.on:
            ring, unit = self.parameters.ring, 2.0**self.parameters.scale
            deviation = noise.bootstrapping(ring, plan.correction, plan.iterations)
            values = self._error(plan.bent(values), deviation * unit)
        return self._made(replace(cipher, values=values, level=plan.refreshed))

    def _made(self, cipher: ClearCipher) -> ClearCipher:
        """A ciphertext on a level of the chain.

        Its numbers may outgrow the modulus: they wrap around, and sums bring them back.
        """
        if not 0 <= cipher.level <= self.parameters.depth:
            raise ValueError(f"{cipher} of depth {self.parameters.depth}")
        return cipher


def _vector(values: Array, parameters: Parameters, level: int, degree: int = 1) -> Array:
    if not 0 <= level <= parameters.depth or degree < 1:
        raise ValueError(f"encode: level {level}, degree {degree}")
    numbers = np.asarray(values, dtype=np.result_type(values, np.float64))
    if numbers.shape != (parameters.slots,):
        raise ValueError(f"{parameters.slots} numbers expected, shape {numbers.shape} given")
    peak = float(np.abs(numbers).max())
    if not peak < _room(parameters, level, degree):
        raise binding.unfit_number(peak)
    return numbers


def _same_level(left: ClearCipher, right: ClearCipher | ClearPlain) -> None:
    if left.level != right.level:
        raise ValueError(f"operands differ: {left} and {right}")


def _alike(left: ClearCipher, right: ClearCipher | ClearPlain) -> None:
    if (left.level, left.degree) != (right.level, right.degree):
        raise ValueError(f"operands differ: {left} and {right}")


def _fitting(cipher: ClearCipher, parameters: Parameters) -> ClearCipher:
    """The ciphertext, if the coefficients of its message fit half of its modulus."""
    bound = _room(parameters, cipher.level, cipher.degree)
    peak = float(np.abs(cipher.values).max())
    if not peak < bound and not coefficients(cipher.values) < bound:
        raise binding.overflown()
    return cipher


def _room(parameters: Parameters, level: int, degree: int) -> float:
    """The largest number that half the modulus of a level holds at that degree."""
    return 2.0 ** min(parameters.bits(level) - 1 - parameters.scale * degree, 1000)


def coefficients(values: Array) -> float:
    """The largest coefficient of the polynomial that has these values in its slots."""
    ring = 2 * values.size
    spectrum = np.zeros(2 * ring, dtype=np.complex128)
    power = 1
    for value in values:
        spectrum[power], spectrum[2 * ring - power] = value, value.conjugate()
        power = power * 5 % (2 * ring)
    return float(np.abs(np.fft.fft(spectrum)[:ring].real).max() / ring)
