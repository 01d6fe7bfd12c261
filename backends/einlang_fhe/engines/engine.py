"""What an engine can do, split by who does it.

A `Client` owns the secret key: it encrypts and decrypts. An `Evaluator` has public
material only: it computes. Ciphertexts and plaintexts are opaque to everyone else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from einlang_fhe.engines.bootstrap import Bootstrap
from einlang_fhe.slots import Instruction

Cipher = Any
Hoisted = Any
Plain = Any
Bound = Callable[..., Any]
"""A verb with its number filled in: ciphertexts, and a plaintext, to a ciphertext; or to nothing,
where it has overwritten its first operand."""


@dataclass(frozen=True)
class Operand:
    """What is known of a ciphertext before it is there."""

    level: int
    degree: int
    parts: int = 2
    hoisted: bool = False


@dataclass(frozen=True)
class Parameters:
    """The numbers of a CKKS instance (RNS variant, fixed scale, rescaling by hand).

    `ring` is the ring dimension N (N/2 slots), `depth` the number of primes beside the last
    one to remain, `scale` and `first` the bits of the scale and of that last prime. The
    others have `prime` bits: as many as the scale (0) where anything is rescaled.

    Keys are switched in `digits` digits with special primes (hybrid), or, where that is 0,
    without special primes in digits of `digit` bits, 0 for whole primes (BV): faster and
    smaller for few primes, but fit only for what was multiplied and not rescaled yet.
    Of the `depth`, `spare` primes are there because the last one alone does not hold the
    results. `secure` is False only on the user's wish.
    `bootstrap` says how ciphertexts are bootstrapped, where they are; they hold fewer
    numbers then.
    """

    ring: int
    depth: int
    scale: float
    first: int
    digits: int
    secure: bool = True
    prime: int = 0
    digit: int = 0
    spare: int = 0
    bootstrap: Bootstrap | None = None

    @property
    def slots(self) -> int:
        """How many numbers a ciphertext holds."""
        return self.ring // 2 if self.bootstrap is None else self.bootstrap.slots

    @property
    def nominal(self) -> int:
        """The bits of the primes beside the last one."""
        return self.prime or int(self.scale)

    def bits(self, level: int = 0) -> int:
        """The bits of the modulus that is left at a level."""
        return self.first + self.nominal * (self.depth - level)


class Client(Protocol):
    """Who owns the secret key."""

    concurrent: bool
    """Whether several threads may encrypt and decrypt at a time."""

    def encrypt(self, values: np.ndarray[Any, Any], level: int = 0) -> Cipher:
        """A vector of `slots` numbers as a ciphertext with `level` primes already forgotten."""
        ...

    def decrypt(
        self, cipher: Cipher, imaginary: bool = False, unit: float = 1.0
    ) -> np.ndarray[Any, Any]:
        """The vector of `slots` numbers, of a ciphertext of any degree and any number of
        polynomials; of complex numbers where the imaginary parts hold something, too.
        Raises `BackendMistake` when noise took it all."""
        ...


class Evaluator(Protocol):
    """Who computes, without a secret key. All verbs leave their arguments as they are."""

    parameters: Parameters
    concurrent: bool
    """Whether several threads may compute at a time, and the result is the same."""

    def bind(self, step: Instruction, operands: Sequence[Operand], fresh: bool) -> Bound:
        """The verb of an instruction that was verified, to be called in `running()` only.

        What is returned need not check its arguments. `fresh`: it may overwrite the first.
        """
        ...

    def running(self, switching: bool = True) -> AbstractContextManager[None]:
        """Around calls of bound verbs: says in plain words what goes wrong inside.

        `switching`: whether any of them may read evaluation keys.
        """
        ...

    def encode(self, values: np.ndarray[Any, Any], level: int, degree: int) -> Plain:
        """A vector of `slots` numbers as a plaintext, for ciphertexts of that level, at the
        scale to the power of `degree`."""
        ...

    def add(self, left: Cipher, right: Cipher) -> Cipher:
        """Slot by slot; equal levels and degrees."""
        ...

    def subtract(self, left: Cipher, right: Cipher) -> Cipher:
        """Slot by slot; equal levels and degrees."""
        ...

    def negate(self, cipher: Cipher) -> Cipher:
        """Slot by slot."""
        ...

    def multiply(self, left: Cipher, right: Cipher) -> Cipher:
        """Slot by slot. Degrees add up, and so do polynomials but for one."""
        ...

    def add_plain(self, cipher: Cipher, plain: Plain) -> Cipher:
        """With a plaintext of the same level and degree."""
        ...

    def multiply_plain(self, cipher: Cipher, plain: Plain) -> Cipher:
        """With a plaintext of the same level and of degree 1; leaves one degree more."""
        ...

    def add_scalar(self, cipher: Cipher, scalar: float) -> Cipher:
        """The same number in every slot, at any degree."""
        ...

    def multiply_scalar(self, cipher: Cipher, scalar: float) -> Cipher:
        """The same number in every slot; leaves one degree more."""
        ...

    def hoist(self, cipher: Cipher) -> Hoisted:
        """A ciphertext of two polynomials with the part of the work that its rotations share."""
        ...

    def rotate(self, cipher: Cipher | Hoisted, distance: int) -> Cipher:
        """To the left, cyclically; of two polynomials. More precise before rescaling."""
        ...

    def rotate_many(self, cipher: Cipher | Hoisted, distances: Sequence[int]) -> list[Cipher]:
        """Several rotations of one ciphertext, the first half of the work shared (hoisting)."""
        ...

    def rotate_sum(self, ciphers: Sequence[Cipher | Hoisted], distances: Sequence[int]) -> Cipher:
        """The sum of rotations, a distance for each ciphertext; equal levels and degrees, two
        polynomials. Both halves of the work are shared, and the noise is that of one."""
        ...

    def rotate_extended(self, cipher: Hoisted, distance: int) -> Cipher:
        """A rotation that is not brought back: a term of a sum of rotations."""
        ...

    def extend(self, cipher: Cipher | Hoisted) -> Cipher:
        """What is not rotated, as a term of a sum of rotations."""
        ...

    def switch_down(self, total: Cipher) -> Cipher:
        """A sum of such terms, brought back."""
        ...

    def relinearize(self, cipher: Cipher) -> Cipher:
        """Any number of polynomials to two: before rescaling, which would cost precision."""
        ...

    def rescale(self, cipher: Cipher) -> Cipher:
        """One degree less, one level further."""
        ...

    def drop(self, cipher: Cipher, levels: int) -> Cipher:
        """The same numbers, so many levels further, at any degree."""
        ...

    def bootstrap(self, cipher: Cipher) -> Cipher:
        """Nearly the same numbers, at a level long gone; of two polynomials and degree 1."""
        ...


def checked(evaluator: Any, step: Instruction) -> Bound:
    """The verb of an instruction as an evaluator has it, with all of its checks."""
    verb = getattr(evaluator, step.verb)
    if step.attribute is None or step.verb.endswith("_plain"):
        return verb
    if step.verb == "rotate_sum":
        return lambda *ciphers: verb(ciphers, step.attribute)
    return lambda cipher: verb(cipher, step.attribute)


@dataclass(frozen=True)
class KeySizes:
    """Bytes of the key material as it would be sent or stored."""

    public: int
    relinearization: int
    rotation: int


class Engine(Protocol):
    """Makes keys, and with them a client and an evaluator."""

    name: str

    def keys(
        self, parameters: Parameters, rotations: Sequence[int], relinearize: int
    ) -> tuple[Client, Evaluator]:
        """Fresh keys for these rotations only, and for so many powers of the secret that
        relinearisations meet."""
        ...

    def key_sizes(self, evaluator: Evaluator) -> KeySizes | None:
        """What the keys weigh; None where there are none."""
        ...
