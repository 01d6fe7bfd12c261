"""What all expert kernels share: a ring, keys, encryption, and sums over slots.

What makes the kernels fast, beside their packing (all of it measured with OpenFHE 1.6.1):

- Key switching of the BV kind has no special primes, so that N = 4096 leaves 108 bits for
  ciphertexts: a product, its relinearization and rotations take a seventh of what hybrid key
  switching takes at N = 8192. Its noise is that of a digit, far below a product that was not
  rescaled yet.
- The client decrypts what was not rescaled and not relinearized: without key switching, one
  prime of 60 bits holds a product.
- Where nothing is rescaled, the scale need not be the size of the primes.
- Slots are complex. A summed index can put one bit into real and imaginary part, when the
  client conjugates one operand; so can an index that only one operand has.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

Array = np.ndarray[Any, Any]
Cipher = Any
Plain = Any


@dataclass(frozen=True)
class Ring:
    """Parameters by hand: bits of the last prime and of the others, BV digits or hybrid ones.

    `digit` is the bits of a digit of BV key switching, 0 for whole primes; `hybrid` the number
    of digits of hybrid key switching, 0 for BV. OpenFHE refuses what has not 128 bits.
    """

    dimension: int
    first: int
    prime: int = 0
    depth: int = 0
    digit: int = 0
    hybrid: int = 0

    @property
    def slots(self) -> int:
        """How many complex numbers a ciphertext holds."""
        return self.dimension // 2


@dataclass(frozen=True)
class Expert:
    """One program: the client packs, the evaluator runs the kernel, the client unpacks.

    `pack` turns the operands into vectors of slots, which are encrypted at `scale` bits;
    `plain` makes vectors that are encoded beforehand at `weight` bits. The kernel is given a
    context, the ciphertexts and the plaintexts. Its reply has `bits` of scale, and `unpack`
    reads the result from an array of all its slots. `relinearize` counts the powers of the
    secret for which there are keys.
    """

    says: str
    ring: Ring
    scale: float
    bits: float
    pack: Callable[..., Sequence[Array]]
    kernel: Callable[[Any, list[Cipher], list[Plain]], list[Cipher]]
    unpack: Callable[[Array], Array]
    rotations: tuple[int, ...] = ()
    relinearize: int = 0
    plain: Callable[..., Sequence[Array]] | None = None
    weight: float = 0


class Kit:
    """A context with its keys, for one expert."""

    def __init__(self, expert: Expert) -> None:
        self.expert = expert
        self.context = _context(expert)
        keys = self.context.KeyGen()
        self.secret = keys.secretKey
        if expert.relinearize == 1:
            self.context.EvalMultKeyGen(self.secret)
        if expert.relinearize > 1:
            self.context.EvalMultKeysGen(self.secret)
        if expert.rotations:
            self.context.EvalRotateKeyGen(self.secret, list(expert.rotations))

    def encrypt(self, arrays: Sequence[Array]) -> list[Cipher]:
        """What the client sends."""
        expert = self.expert
        plain = (self._encode(row, expert.scale) for row in expert.pack(*arrays))
        return [self.context.Encrypt(self.secret, row) for row in plain]

    def encode(self, arrays: Sequence[Array]) -> list[Plain]:
        """What the evaluator holds ready."""
        expert = self.expert
        rows = expert.plain(*arrays) if expert.plain else ()
        return [self._encode(row, expert.weight) for row in rows]

    def decrypt(self, reply: Sequence[Cipher]) -> Array:
        """The result."""
        return self.expert.unpack(np.stack([self._slots(cipher) for cipher in reply]))

    def _encode(self, row: Array, bits: float) -> Plain:
        scaled = np.ascontiguousarray(row) * 2.0 ** (bits - _nominal(self.expert))
        slots = self.expert.ring.slots
        try:
            return self.context.MakeCKKSPackedPlaintext(scaled, 1, 0, None, slots)
        except RuntimeError:  # All coefficients round to zero.
            return self.context.MakeCKKSPackedPlaintext(0 * scaled, 1, 0, None, slots)

    def _slots(self, cipher: Cipher) -> Array:
        """OpenFHE divides by the nominal scale once where one prime is left, else once for
        each factor."""
        plain = self.context.Decrypt(self.secret, cipher)
        plain.SetLength(self.expert.ring.slots)
        left = self.expert.ring.depth + 1 - cipher.GetLevel()
        divided = _nominal(self.expert) * (cipher.GetNoiseScaleDeg() if left > 1 else 1)
        return np.asarray(plain.GetCKKSPackedValueArray()) * 2.0 ** (divided - self.expert.bits)


def _nominal(expert: Expert) -> int:
    """The scale as OpenFHE sees it: with several primes, the size of a prime."""
    return expert.ring.prime if expert.ring.depth else int(expert.scale)


def _context(expert: Expert) -> Any:
    import openfhe as fhe

    ring = expert.ring
    wish = fhe.CCParamsCKKSRNS()
    wish.SetSecurityLevel(fhe.HEStd_128_classic)
    wish.SetSecretKeyDist(fhe.UNIFORM_TERNARY)
    wish.SetCKKSDataType(fhe.COMPLEX)
    wish.SetScalingTechnique(fhe.FIXEDMANUAL)
    wish.SetRingDim(ring.dimension)
    wish.SetBatchSize(ring.slots)
    wish.SetMultiplicativeDepth(ring.depth)
    wish.SetScalingModSize(_nominal(expert))
    wish.SetFirstModSize(ring.first)
    wish.SetMaxRelinSkDeg(max(2, expert.relinearize + 1))
    wish.SetKeySwitchTechnique(fhe.HYBRID if ring.hybrid else fhe.BV)
    if ring.hybrid:
        wish.SetNumLargeDigits(ring.hybrid)
    else:
        wish.SetDigitSize(ring.digit)
    context = fhe.GenCryptoContext(wish)
    for feature in (fhe.PKE, fhe.KEYSWITCH, fhe.LEVELEDSHE):
        context.Enable(feature)
    return context


# -- what kernels are made of ------------------------------------------------------------------


def add_up(context: Any, ciphers: Iterator[Cipher]) -> Cipher:
    """The sum of fresh ciphertexts, in the place of the first."""
    total = next(ciphers)
    for cipher in ciphers:
        context.EvalAddInPlace(total, cipher)
    return total


def add_all(context: Any, ciphers: Sequence[Cipher]) -> Cipher:
    """The sum of ciphertexts that are left as they are."""
    first, second, *others = ciphers
    return add_up(context, iter([context.EvalAdd(first, second), *others]))


def inner(context: Any, left: Sequence[Cipher], right: Sequence[Cipher]) -> Cipher:
    """The sum of products, of three polynomials."""
    multiply = context.EvalMultNoRelin
    return add_up(context, (multiply(x, y) for x, y in zip(left, right, strict=True)))


def fold(context: Any, cipher: Cipher, step: int, count: int) -> Cipher:
    """The sum of `count` (a power of two) rotations by multiples of `step`.

    By fours: three rotations of one ciphertext share the first half of the work.
    """
    order = context.GetCyclotomicOrder()
    while count > 1:
        if count % 4:
            turned = context.EvalRotate(cipher, step)
            context.EvalAddInPlace(turned, cipher)
            return turned
        digits = context.EvalFastRotationPrecompute(cipher)
        turned = (context.EvalFastRotation(cipher, n * step, order, digits) for n in (1, 2, 3))
        total = add_up(context, turned)
        context.EvalAddInPlace(total, cipher)
        cipher, step, count = total, 4 * step, count // 4
    return cipher


def fold_keys(step: int, count: int) -> tuple[int, ...]:
    """The rotations that `fold` needs."""
    keys: list[int] = []
    while count > 1:
        radix = 2 if count % 4 else 4
        keys += [n * step for n in range(1, radix)]
        step, count = radix * step, count // radix
    return tuple(keys)


def spread(rows: Array, shape: tuple[int, ...]) -> Array:
    """Broadcast to a shape whose axes behind the first fill the slots: one row a ciphertext."""
    return np.broadcast_to(rows, shape).reshape(shape[0], -1)
