"""CKKS by OpenFHE: hybrid key switching, uniform ternary secrets, rescaling by hand.

Every value is `slots` long: N/2, or less where ciphertexts are bootstrapped. What was
measured of OpenFHE 1.6.1 in FIXEDMANUAL mode, and what this engine makes of it:

- `add`, `subtract`, `multiply` of different levels: OpenFHE drops the higher one silently,
  scales of different levels mixed; of different degrees: it adds numbers of different
  scales, a wrong sum. Both are refused here.
- `multiply` adds degrees, and polynomials but for one. Three polynomials and more can be
  added, multiplied, rescaled and decrypted, but not rotated. Rescaling before relinearizing
  makes 150 times the noise: relinearize first.
- `rotate` and `relinearize` leave an error of about N/6 units of 1 in most slots, up to 30 N
  in the slots near 0 (a rounding bias). At degree 2 it is below everything else: rotating
  before rescaling is more precise, and costs one prime more.
- `add_scalar` at degree 2 adds at the scale 2^scale * q, not 2^(2 scale): mended, by a
  plaintext where the scale is not that of q.
- `encode` at degree 2 rounds at degree 1, and fails when all coefficients round to 0: where
  the scale is not that of the primes, it is done at degree 1; zeros are encoded as such.
- `rescale` of degree 1 gives degree 0, whose numbers are lost: refused.
- A client encrypts with its secret key, which is 30 times less noisy than the public key.

The scales are exact: see `chain`.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np

from einlang_fhe.engines import binding, refreshing, trusted
from einlang_fhe.engines.cache import CACHE
from einlang_fhe.engines.chain import Chain
from einlang_fhe.engines.decrypting import decrypt
from einlang_fhe.engines.engine import Bound, Cipher, KeySizes, Operand, Parameters, Plain
from einlang_fhe.engines.rotating import Rotating
from einlang_fhe.engines.rules import alike, describe, refreshable, same_level
from einlang_fhe.slots import Instruction

Array = np.ndarray[Any, Any]


class OpenFHEEngine:
    """Makes contexts and keys.

    >>> OpenFHEEngine().name
    'openfhe'
    """

    name = "openfhe"

    def keys(
        self, parameters: Parameters, rotations: Sequence[int], relinearize: int
    ) -> tuple[OpenFHEClient, OpenFHEEvaluator]:
        """Fresh keys: for these rotations, and for so many powers of the secret, only."""
        CACHE.sweep()
        context, chain = make_context(parameters)
        steps = sorted({distance % parameters.slots for distance in rotations} - {0})
        with binding.spoken("make keys"):
            pair = context.KeyGen()
            tag = pair.secretKey.GetKeyTag()
            if relinearize == 1:
                context.EvalMultKeyGen(pair.secretKey)
            if relinearize > 1:
                context.EvalMultKeysGen(pair.secretKey)
            if steps:
                context.EvalRotateKeyGen(pair.secretKey, steps)
            if parameters.bootstrap:
                context.EvalBootstrapKeyGen(pair.secretKey, parameters.slots)
        public = public_keys(context, parameters, chain, tag, steps, relinearize)
        client = OpenFHEClient(context, parameters, chain, pair.secretKey, pair.publicKey, public)
        return client, OpenFHEEvaluator(public)

    def key_sizes(self, evaluator: Any) -> KeySizes:
        """Bytes as OpenFHE would write them."""
        from einlang_fhe.parameters import predicted_key_sizes

        return predicted_key_sizes(evaluator.parameters)


def make_context(parameters: Parameters) -> tuple[Any, Chain]:
    """A crypto context and its chain; E0803 if OpenFHE refuses the parameters."""
    fhe = binding.load()
    with binding.spoken("make a context"):
        try:
            context = fhe.GenCryptoContext(_wish(fhe, parameters))
        except RuntimeError:
            # A refusal leaves an estimate behind that spoils the next insecure context;
            # OpenFHE forgets it when it makes a secure one.
            fhe.GenCryptoContext(_wish(fhe, _MODEST))
            raise
        for feature in (fhe.PKE, fhe.KEYSWITCH, fhe.LEVELEDSHE):
            context.Enable(feature)
        if parameters.bootstrap:
            refreshing.prepare(context, parameters.bootstrap)
        return context, Chain(parameters.scale, _primes(fhe, context), parameters.nominal)


MOST_POWERS = 3
"""Of the secret, for which there can be keys to relinearise with."""
_MODEST = Parameters(1 << 13, depth=1, scale=40, first=50, digits=1)


def _wish(fhe: Any, parameters: Parameters) -> Any:
    """The parameters as OpenFHE takes them."""
    wish = fhe.CCParamsCKKSRNS()
    secure = fhe.HEStd_128_classic if parameters.secure else fhe.HEStd_NotSet
    wish.SetSecurityLevel(secure)
    wish.SetSecretKeyDist(fhe.UNIFORM_TERNARY)
    wish.SetRingDim(parameters.ring)
    wish.SetBatchSize(parameters.slots)
    wish.SetMultiplicativeDepth(parameters.depth)
    wish.SetScalingModSize(parameters.nominal)
    wish.SetFirstModSize(parameters.first)
    wish.SetScalingTechnique(fhe.FIXEDMANUAL)
    wish.SetCKKSDataType(fhe.COMPLEX)  # Or decoding fails at degree 2 with one prime left.
    wish.SetMaxRelinSkDeg(MOST_POWERS + 1)
    if parameters.digits:
        wish.SetKeySwitchTechnique(fhe.HYBRID)
        wish.SetNumLargeDigits(parameters.digits)
    else:
        wish.SetKeySwitchTechnique(fhe.BV)
        wish.SetDigitSize(parameters.digit)
    return wish


def _primes(fhe: Any, context: Any) -> tuple[int, ...]:
    """The chain, which OpenFHE shows in a serialised context only."""
    node = json.loads(fhe.Serialize(context, fhe.JSON))["value0"]["ptr_wrapper"]["data"]["cc"]
    node = node["ptr_wrapper"]["data"]["value0"]["value0"]["value0"]["elp"]
    towers = node["ptr_wrapper"]["data"]["p"]
    found = (_find(tower, "cm")["v"] for tower in towers)
    return tuple(int(prime) for prime in found)


def _find(node: dict[str, Any], name: str) -> Any:
    """The value of the first key of that name, at any depth."""
    if name in node:
        return node[name]
    inner = next(value for value in node.values() if isinstance(value, dict))
    return _find(inner, name)


@dataclass(frozen=True, eq=False)
class PublicKeys:
    """What an evaluator needs: evaluation keys of one tag, and handles on them.

    OpenFHE keeps evaluation keys in process-wide maps; they are removed when the last
    holder of this object is gone.
    """

    context: Any
    parameters: Parameters
    chain: Chain
    tag: str
    automorphisms: dict[int, int]
    rotation: Any
    relinearization: Any
    relinearize: int


def public_keys(
    context: Any,
    parameters: Parameters,
    chain: Chain,
    tag: str,
    steps: Sequence[int],
    relinearize: int,
) -> PublicKeys:
    """Handles on the keys that were made, or read, under a tag."""
    with binding.spoken("find its keys"):
        automorphisms = {step: context.FindAutomorphismIndex(step) for step in steps}
        rotation = context.GetEvalAutomorphismKeyMap(tag) if steps else None
        relinearization = context.GetEvalMultKeyVector(tag)[0] if relinearize else None
    handles = automorphisms, rotation, relinearization
    keys = PublicKeys(context, parameters, chain, tag, *handles, relinearize)
    weakref.finalize(keys, CACHE.forget, tag)
    return keys


class OpenFHEClient:
    """Who owns the secret key."""

    concurrent = True

    def __init__(
        self,
        context: Any,
        parameters: Parameters,
        chain: Chain,
        secret: Any,
        public: Any,
        keys: PublicKeys | None,
    ) -> None:
        self.context = context
        self.parameters = parameters
        self.chain = chain
        self.public = public
        self.keys = keys
        self._secret = secret

    def __repr__(self) -> str:
        return f"OpenFHEClient({self.parameters})"

    @property
    def secret(self) -> Any:
        """The secret key, for those who write it to a file."""
        return self._secret

    def encrypt(self, values: Array, level: int = 0) -> Cipher:
        """`slots` numbers, with `level` primes already forgotten."""
        plain = encode(self.context, self.chain, values, level, 1)
        with binding.spoken("encrypt"):
            return self.context.Encrypt(self._secret, plain)

    def decrypt(self, cipher: Cipher, imaginary: bool = False, unit: float = 1.0) -> Array:
        """`slots` float64 numbers; E0804 when they outgrew the modulus or noise took them.

        Complex ones where the imaginary parts hold numbers, too.
        """
        last = self.parameters.depth - self.parameters.spare
        return decrypt(self.context, self.chain, self._secret, cipher, last, imaginary, unit)


def encode(context: Any, chain: Chain, values: Array, level: int, degree: int) -> Plain:
    """`slots` numbers at the exact scale of a level, to the power of the degree."""
    written = 1 if chain.free else degree
    scaled = np.ascontiguousarray(values, dtype=np.result_type(values, np.float64))
    scaled = scaled * (chain.true(level, degree) / chain.unit**written)
    peak = float(np.abs(values).max(initial=0.0))
    if scaled.shape != (context.GetBatchSize(),):
        raise ValueError(f"one number per slot expected, shape {scaled.shape} given")
    if not peak < chain.room(level, degree):
        raise binding.unfit_number(peak)
    try:
        plain = context.MakeCKKSPackedPlaintext(scaled, written, level)
    except RuntimeError as error:
        if "Scaling factor too small" not in str(error):
            with binding.spoken("encode"):
                raise
        plain = context.MakeCKKSPackedPlaintext(np.zeros_like(scaled), written, level)
    plain.SetNoiseScaleDeg(degree)
    return plain


_COMPUTING = binding.spoken("compute")


class _Switching(binding.Spoken):
    """A program that reads keys runs inside: `CACHE.reading()`, without a call more."""

    __slots__ = ()

    def __enter__(self) -> None:
        CACHE.readers.append(None)
        if CACHE.sweeping:
            CACHE.swept()

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        CACHE.readers.pop()
        if error is not None:
            super().__exit__(kind, error, trace)


_SWITCHING = _Switching("compute")


class OpenFHEEvaluator(Rotating):
    """Who computes: holds evaluation keys, no secret key."""

    concurrent = True

    def __init__(self, keys: PublicKeys) -> None:
        super().__init__(keys.context, keys.parameters, keys.automorphisms, keys.rotation)
        self.keys = keys
        self.chain = keys.chain

    def __repr__(self) -> str:
        return f"OpenFHEEvaluator({self.parameters})"

    def bind(self, step: Instruction, operands: Sequence[Operand], fresh: bool) -> Bound:
        """A function that checks nothing; with `fresh`, it uses up its first operand."""
        return trusted.bind(self, step, operands, fresh)

    def running(self, switching: bool = True) -> AbstractContextManager[None]:
        """Keeps the keys where rotations find them, and puts complaints into plain words."""
        return _SWITCHING if switching else _COMPUTING

    def encode(self, values: Array, level: int, degree: int) -> Plain:
        """`slots` numbers for ciphertexts of that level and degree."""
        return encode(self._context, self.chain, values, level, degree)

    def add(self, left: Cipher, right: Cipher) -> Cipher:
        """Equal levels and degrees; the number of polynomials may differ."""
        alike(left, right)
        with binding.spoken("add"):
            return self._context.EvalAdd(left, right)

    def subtract(self, left: Cipher, right: Cipher) -> Cipher:
        """Equal levels and degrees; the number of polynomials may differ."""
        alike(left, right)
        with binding.spoken("subtract"):
            return self._context.EvalSub(left, right)

    def negate(self, cipher: Cipher) -> Cipher:
        """Of any degree."""
        with binding.spoken("negate"):
            return self._context.EvalNegate(cipher)

    def multiply(self, left: Cipher, right: Cipher) -> Cipher:
        """Degrees add up, and polynomials but for one."""
        same_level(left, right)
        with binding.spoken("multiply"):
            return self._context.EvalMultNoRelin(left, right)

    def add_plain(self, cipher: Cipher, plain: Plain) -> Cipher:
        """A plaintext of the ciphertext's level and degree."""
        alike(cipher, plain)
        with binding.spoken("add a plaintext"):
            return self._context.EvalAdd(cipher, plain)

    def multiply_plain(self, cipher: Cipher, plain: Plain) -> Cipher:
        """The plaintext of degree 1; gives one degree more."""
        same_level(cipher, plain)
        with binding.spoken("multiply by a plaintext"):
            return self._context.EvalMult(cipher, plain)

    def add_scalar(self, cipher: Cipher, scalar: float) -> Cipher:
        """Of any degree."""
        level, degree = cipher.GetLevel(), cipher.GetNoiseScaleDeg()
        if self.by_plaintext(level, degree):
            constant = np.full(self.parameters.slots, float(scalar))
            return self.add_plain(cipher, self.encode(constant, level, degree))
        step = self.chain.step(level, degree)
        with binding.spoken("add a number"):
            return self._context.EvalAdd(cipher, float(scalar * step))

    def by_plaintext(self, level: int, degree: int) -> bool:
        """Whether OpenFHE would add a number at a scale that there is not."""
        return degree > 1 and (self.chain.free or level == self.chain.depth)

    def multiply_scalar(self, cipher: Cipher, scalar: float) -> Cipher:
        """Gives one degree more."""
        ratio = self.chain.ratio(cipher.GetLevel())
        with binding.spoken("multiply by a number"):
            return self._context.EvalMult(cipher, float(scalar * ratio))

    def relinearize(self, cipher: Cipher) -> Cipher:
        """Three polynomials and more to two; two are left as they are."""
        powers = cipher.NumberCiphertextElements() - 2
        if powers == 0:
            return cipher
        if powers > self.keys.relinearize:
            raise ValueError(f"relinearize: the keys were made without one for s^{powers + 1}")
        with CACHE.reading(), binding.spoken("relinearize"):
            if powers == 1:
                return self._context.KeySwitch(cipher, self.keys.relinearization)
            return self._context.Relinearize(cipher)

    def rescale(self, cipher: Cipher) -> Cipher:
        """Divides by the prime of its level; gives one degree less."""
        if cipher.GetNoiseScaleDeg() < 2 or cipher.GetLevel() >= self.parameters.depth:
            raise ValueError(f"rescale: {describe(cipher)} of depth {self.parameters.depth}")
        with binding.spoken("rescale"):
            return self._context.Rescale(cipher)

    def drop(self, cipher: Cipher, levels: int) -> Cipher:
        """The same numbers with `levels` primes fewer, at the exact scale of the new level.

        Forgets all primes but one, then multiplies by the ratio of the scales and rescales.
        """
        level, degree = cipher.GetLevel(), cipher.GetNoiseScaleDeg()
        if levels < 0 or level + levels > self.parameters.depth:
            raise ValueError(f"drop {levels}: {describe(cipher)}")
        if levels == 0:
            return cipher
        ratio = self.chain.adjustment(level, level + levels, degree)
        with binding.spoken("drop a level"):
            if levels > 1:
                cipher = self._context.LevelReduce(cipher, None, levels - 1)
            return self._context.Rescale(self._context.EvalMult(cipher, ratio))

    def bootstrap(self, cipher: Cipher) -> Cipher:
        """Of two polynomials and degree 1, from a level that leaves primes to work with."""
        plan = refreshable(cipher, self.parameters)
        with CACHE.reading(), binding.spoken("bootstrap"):
            return refreshing.refresh(self._context, plan, cipher)
