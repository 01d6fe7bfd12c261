"""What the work of a verb grows with: the terms of the formulas that times are fitted to.

A residue polynomial has N words for each prime. Key switching with digits of `share` primes
raises every digit to all primes and the special ones, multiplies each by a part of the key,
and divides by the special primes (Han and Ki, ePrint 2019/688, section 3.3).

>>> from einlang_fhe.engines.engine import Parameters
>>> shape = Shape.of(Parameters(8192, 3, 40, 50, digits=2), level=1)
>>> shape.primes, shape.digits, shape.share, shape.special
(3, 2, 2, 2)
>>> [round(value, 4) for value in shape.row("rotate_hoisted")]
[1.0, 0.0781, 0.0469, 0.0234, 0.5078]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log2

from einlang_fhe.engines.engine import Parameters
from einlang_fhe.parameters import digits_of, special_primes_of

WORDS = 1 << 20
"""Terms count millions of words, so that coefficients are about milliseconds times 1e-3."""


@dataclass(frozen=True)
class Shape:
    """The sizes that a verb meets: primes left of all, digits in use, primes of a digit,
    special primes, polynomials of the ciphertext, and primes that decryption keeps."""

    ring: int
    primes: int
    chain: int
    digits: int
    all_digits: int
    share: int
    special: int
    parts: int = 2
    kept: int = 1

    @staticmethod
    def of(parameters: Parameters, level: int = 0, parts: int = 2) -> Shape:
        """At a level."""
        chain, primes = parameters.depth + 1, parameters.depth + 1 - level
        digits = parameters.digits or digits_of(parameters)[0]
        share = -(-chain // digits)
        used = -(-primes // share) if parameters.digits else -(-digits * primes // chain)
        special = special_primes_of(parameters)
        kept = min(primes, 1 + parameters.spare)
        return Shape(parameters.ring, primes, chain, used, digits, share, special, parts, kept)

    def row(self, verb: str) -> tuple[float, ...]:
        """The terms of a verb, in the order of `VERBS[verb]`."""
        return tuple(TERMS[name](self) for name in VERBS[verb])

    @property
    def unit(self) -> float:
        """Words of one residue polynomial."""
        return self.ring / WORDS

    @property
    def turns(self) -> float:
        """Words times stages of one transform."""
        return self.unit * log2(self.ring)


TERMS: dict[str, Callable[[Shape], float]] = {
    "call": lambda s: 1.0,
    "floats": lambda s: s.turns,
    "words": lambda s: s.unit * s.primes * s.parts / 2,
    "transform": lambda s: s.turns * s.primes * s.parts / 2,
    "kept": lambda s: s.unit * s.kept,
    "recombine": lambda s: s.unit * s.kept**2,
    "large": lambda s: s.unit * (s.kept > 1),
    "raise": lambda s: s.unit * s.primes * (s.primes + s.special),
    "raised transform": lambda s: s.turns * s.digits * (s.primes + s.special),
    "key product": lambda s: s.unit * s.digits * (s.primes + s.special),
    "lower": lambda s: s.unit * s.primes * s.special,
    "lowered transform": lambda s: s.turns * (s.primes + s.special),
    "extended words": lambda s: s.unit * (s.primes + s.special),
    "key words": lambda s: s.unit * s.all_digits * (s.chain + s.special),
    "key transform": lambda s: s.turns * s.all_digits * (s.chain + s.special),
    "tables": lambda s: s.unit * (s.chain + s.special),
    "key tables": lambda s: s.all_digits * (s.chain + s.special) ** 2 * 1e-3,
}
"""The terms by name."""

_POINTWISE = ("call", "words")
_UP = ("raised transform", "raise")
_DOWN = ("key product", "lower", "words", "lowered transform")
_PLAIN = ("key product", "words")

VERBS: dict[str, tuple[str, ...]] = {
    "add": _POINTWISE,
    "subtract": _POINTWISE,
    "negate": _POINTWISE,
    "multiply": _POINTWISE,
    "add_plain": _POINTWISE,
    "multiply_plain": _POINTWISE,
    "add_scalar": _POINTWISE,
    "multiply_scalar": _POINTWISE,
    "reduce": _POINTWISE,
    "rescale": ("call", "words", "transform"),
    "rotate": ("call", *_UP, *_DOWN),
    "relinearize": ("call", *_UP, *_DOWN),
    "hoist": ("call", *_UP),
    "rotate_hoisted": ("call", *_DOWN),
    "rotate_extended": ("call", "key product", "extended words", "words"),
    "extend": ("call", "extended words", "words"),
    "add_extended": ("call", "extended words"),
    "switch_down": ("call", "lower", "words", "lowered transform"),
    "encode": ("call", "floats", "words", "transform"),
    "encrypt": ("call", "floats", "words", "transform"),
    "decrypt": ("call", "floats", "words", "kept", "recombine", "large"),
    "key_switch_key": ("call", "key words", "key transform"),
    "key_pair": ("call", "words", "transform"),
    "context": ("call", "tables", "key tables"),
    "rotate/plain": ("call", "raised transform", *_PLAIN),
    "relinearize/plain": ("call", "raised transform", *_PLAIN),
    "hoist/plain": ("call", "raised transform"),
    "rotate_hoisted/plain": ("call", *_PLAIN),
    "key_switch_key/plain": ("call", "key words", "key transform"),
    "context/plain": ("call", "tables", "key words"),
    "negate_cold": _POINTWISE,
    "instruction": ("call",),
    "start": ("call",),
}
"""The terms that the time of a verb is a sum of. `.../plain` is done
without special primes (BV). `negate_cold` reads what no cache
holds, and writes where nothing was; `start` and `instruction` are the executor's own."""

PLAIN = {
    **{verb: f"{verb}/plain" for verb in ("rotate", "relinearize", "hoist", "rotate_hoisted")},
    **{verb: f"{verb}/plain" for verb in ("key_switch_key", "context")},
    "rotate_extended": "rotate_hoisted/plain",
    "extend": "negate",
    "add_extended": "add",
    "switch_down": "instruction",
}
"""What verbs come to where there are no special primes, and nothing to extend."""


def named(verb: str, parameters: Parameters) -> str:
    """The verb whose formula it is.

    >>> named("rotate", Parameters(4096, 1, 32, 54, digits=0, prime=54, digit=18))
    'rotate/plain'
    """
    return verb if parameters.digits else PLAIN.get(verb, verb)
