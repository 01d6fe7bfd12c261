"""Parameters of programs that are never rescaled, with scales for each kind of operand.

One scale for all factors is the largest that any of them needs. But a plaintext is rounded and
carries no noise, and bits of what is squared count twice. Here the whole modulus is shared out
so that the error is least, by what a rehearsal on data drawn at random says of how errors grow.

>>> first, second = Source((1, 0), 0), Source((0, 1), 1)
>>> seen = Rehearsal([first, second], np.ones((2, 1)), [((2, 1), 1.0)], [(2, 1)], False, False)
>>> fitted = fit_graded(4096, seen, 1e-3)
>>> fitted.parameters.scale, [round(bits) for bits in fitted.bits]
(35, [37, 34])
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np

from einlang_fhe.engines import noise
from einlang_fhe.engines.engine import Parameters
from einlang_fhe.parameters import BOUNDS, digits_of
from einlang_fhe.passes.grades import Kinds, of_client
from einlang_fhe.scales.errors import Array, Source
from einlang_fhe.scales.rehearsal import Rehearsal
from einlang_fhe.scales.unscaled import LARGEST, LONE, digit_sizes

SLACK = 1.1
"""Bits above the largest number: its sign, and what primes lack of a power of two."""
LEAST = 8
"""Bits of a factor."""
MOST = 6
"""Primes: with more, rescaling pays."""
PIECES = 8
"""Into which a prime is taken apart for key switching, at most."""
HOPELESS = 2.0**40
"""No sharing makes an error so much smaller."""
STEPS = (4.0, 1.0, 0.25)
"""Bits that kinds of factors exchange."""


@dataclass(frozen=True)
class Fitted:
    """Parameters, and the bits of scale of each kind of factor."""

    parameters: Parameters
    bits: tuple[float, ...]


def fit_graded(ring: int, seen: Rehearsal, precision: float) -> Fitted | None:
    """The lightest parameters in a ring; None where nothing is precise enough in it.

    `precision`: the largest error, as the rehearsal has it.
    """
    precision = precision / seen.far
    for parameters in _candidates(ring, seen):
        if _finest(seen, parameters) > precision:
            return None
        share = Share.of(seen, parameters)
        if share is None or share.error > HOPELESS * precision:
            continue
        share = share.settled()
        if share.error <= precision:
            prime = parameters.prime if parameters.depth else 0
            chosen = replace(parameters, scale=share.scale, prime=prime)
            return Fitted(chosen, tuple(share.bits.tolist()))
    return None


def _finest(seen: Rehearsal, parameters: Parameters) -> float:
    """The least error that can be promised: numbers are encoded from 53 bits."""
    pairs = zip(seen.sources, _errors(seen, parameters).max(axis=1), strict=True)
    sent = [error for source, error in pairs if source.kind is not None]
    return max(sent, default=0.0) / 2.0**LARGEST


def lightest(ring: int) -> Parameters:
    """Hardly any parameters in a ring are less work: one prime, or two of half the bits.

    >>> [(found.depth, found.first) for found in map(lightest, (1 << 11, 1 << 12))]
    [(0, 53), (1, 54)]
    """
    bits = BOUNDS[ring] - 1
    depth = int(bits > LONE)
    size = bits // (depth + 1)
    return Parameters(ring, depth, 20, size, digits=0, prime=size)


def _candidates(ring: int, seen: Rehearsal) -> Iterator[Parameters]:
    """Moduli with ways to switch keys, those first that are the least work."""
    found: list[tuple[int, int, Parameters]] = []
    bits = 0
    for count in range(1 if seen.lone else 2, MOST + 1):
        size = min(LARGEST if count > 1 else LONE, (BOUNDS[ring] - 1) // count)
        if size * count <= bits:
            break
        bits = size * count
        for digit in digit_sizes(size, PIECES if seen.switches else 1):
            parameters = Parameters(ring, count - 1, 0, size, digits=0, prime=size, digit=digit)
            found.append((digits_of(parameters)[0] * count, count, parameters))
    for _, _, parameters in sorted(found, key=lambda one: one[:2]):
        yield parameters


@dataclass(frozen=True, eq=False)
class Share:
    """The bits of a modulus, shared out among the kinds of factors."""

    seen: Rehearsal
    parameters: Parameters
    bits: Array

    @staticmethod
    def of(seen: Rehearsal, parameters: Parameters) -> Share | None:
        """Squared errors are to each other as the factors; None where bits are too few."""
        most, worst = seen.most, _errors(seen, parameters).max(axis=1)
        errors = np.zeros(len(most))
        for source, error in zip(seen.sources, worst, strict=True):
            if source.kind is not None:
                errors[source.kind] = max(error, 1e-9)
        used = errors > 0
        bits = np.zeros(len(most))
        bits[used] = np.log2(errors[used] / np.sqrt(np.maximum(most[used], 1)))
        bits += used * min(_left(parameters, *held, bits) for held in seen.held)
        share = Share(seen, parameters, bits)
        return share if bits[used].min() >= LEAST and share.scale > 0 else None

    @property
    def scale(self) -> int:
        """Of all factors of the output in the mean, rounded down."""
        return int(self.bits @ self.seen.most // self.seen.most.sum())

    @property
    def error(self) -> float:
        """The root mean square of the error of the outputs, with what decryption adds."""
        return _error(self, _errors(self.seen, self.parameters))

    def settled(self) -> Share:
        """After exchanges that make the error smaller: keys are switched at a larger scale."""
        errors, most = _errors(self.seen, self.parameters), self.seen.most
        best, error = self, _error(self, errors)
        kinds = [k for k in np.flatnonzero(self.bits).tolist() if most[k]]
        for step in STEPS:
            better = True
            while better:
                better = False
                for more, less in permutations(kinds, 2):
                    other = best._exchanged(step, more, less)
                    if other.bits[less] < LEAST or not other.fits:
                        continue
                    if (found := _error(other, errors)) < 0.99 * error:
                        best, error, better = other, found, True
        return best

    def _exchanged(self, step: float, more: int, less: int) -> Share:
        bits, most = self.bits.copy(), self.seen.most
        bits[more] += step / most[more]
        bits[less] -= step / most[less]
        return replace(self, bits=bits)

    @property
    def fits(self) -> bool:
        """Whether the modulus holds all numbers."""
        return all(_left(self.parameters, *held, self.bits) > -1e-9 for held in self.seen.held)


def _left(parameters: Parameters, factors: Kinds, peak: float, bits: Array) -> float:
    """Bits for each factor that a number leaves free."""
    room = parameters.first * (parameters.depth + 1) - SLACK - np.log2(peak)
    return float(room - bits @ np.array(factors)) / sum(factors)


def _errors(seen: Rehearsal, parameters: Parameters) -> Array:
    """Of the outputs, from every source, where all factors had no bits."""
    units = [_deviation(source, parameters) for source in seen.sources]
    return np.array(units)[:, None] * seen.growth


def _error(share: Share, errors: Array) -> float:
    scaled = errors * np.exp2(-(share.seen.factors @ share.bits))[:, None]
    error = float((scaled * scaled).sum(axis=0).max()) ** 0.5
    if not share.seen.wide:
        return noise.DECRYPTION * error
    held = [
        (sum(factors) - 1) * share.scale - share.bits @ factors for factors in share.seen.outputs
    ]
    return float(np.hypot(error, noise.encryption(share.parameters.ring) * 2.0 ** max(held)))


def _deviation(source: Source, parameters: Parameters) -> float:
    """Of the error at a source, in units of 1."""
    if source.kind is None:
        return noise.digit_switching(parameters.ring, *digits_of(parameters))
    sent = of_client(source.kind, source.factors)
    return (noise.encryption if sent else noise.encoding)(parameters.ring)
