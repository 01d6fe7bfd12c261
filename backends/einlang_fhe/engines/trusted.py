"""The verbs of OpenFHE for programs that were verified: nothing checked, numbers filled in.

A question to a ciphertext takes 1.5 us, and an addition at N = 2^13 takes 40: checking
levels and degrees again, each time that an instruction is executed, would cost as much as
some of the work. Where the first operand is not read again, the result is written over it,
which takes a fifth off additions and a twentieth off rescalings (measured).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from einlang_fhe.engines.engine import Bound, Cipher, Operand, checked
from einlang_fhe.engines.rotating import Hoisted as Digits
from einlang_fhe.slots import Instruction

if TYPE_CHECKING:
    from einlang_fhe.engines.openfhe import OpenFHEEvaluator

Maker = Callable[["OpenFHEEvaluator", Instruction, Operand, bool], Bound]


def bind(
    run: OpenFHEEvaluator, step: Instruction, operands: Sequence[Operand], fresh: bool
) -> Bound:
    """A function of what an instruction reads; with its checks where there is no other."""
    context = run.keys.context
    if run.parameters.digits == 0 and step.verb in _BACK:
        return _BACK[step.verb](run, step, operands[0], fresh)
    if step.verb in _DIRECT:
        return getattr(context, _DIRECT[step.verb])
    if step.verb in _PAIRS:
        return getattr(context, _PAIRS[step.verb][fresh])
    if step.verb in _MAKERS:
        return _MAKERS[step.verb](run, step, operands[0], fresh)
    return checked(run, step)


_DIRECT = {
    "multiply": "EvalMultNoRelin",
    "multiply_plain": "EvalMult",
    "switch_down": "KeySwitchDown",
}
_PAIRS = {
    "add": ("EvalAdd", "EvalAddInPlace"),
    "add_plain": ("EvalAdd", "EvalAddInPlace"),
    "subtract": ("EvalSub", "EvalSubInPlace"),
    "negate": ("EvalNegate", "EvalNegateInPlace"),
    "rescale": ("Rescale", "RescaleInPlace"),
}
"""What makes a new ciphertext; and what overwrites the first operand, and returns nothing."""


def _add_scalar(run: OpenFHEEvaluator, step: Instruction, operand: Operand, fresh: bool) -> Bound:
    if run.by_plaintext(operand.level, operand.degree):
        return checked(run, step)
    number = _scalar(step) * run.chain.step(operand.level, operand.degree)
    context = run.keys.context
    return _into(context.EvalAddInPlace, number) if fresh else _with(context.EvalAdd, number)


def _multiply_scalar(
    run: OpenFHEEvaluator, step: Instruction, operand: Operand, fresh: bool
) -> Bound:
    return _scaled(run, _scalar(step) * run.chain.ratio(operand.level), fresh)


def _scaled(run: OpenFHEEvaluator, number: float, fresh: bool) -> Bound:
    context = run.keys.context
    return _into(context.EvalMultInPlace, number) if fresh else _with(context.EvalMult, number)


def _relinearize(run: OpenFHEEvaluator, step: Instruction, operand: Operand, fresh: bool) -> Bound:
    if operand.parts == 2:
        return _same
    if operand.parts > 3:
        return checked(run, step)
    context, key = run.keys.context, run.keys.relinearization
    return _into(context.KeySwitchInPlace, key) if fresh else _with(context.KeySwitch, key)


def _drop(run: OpenFHEEvaluator, step: Instruction, operand: Operand, fresh: bool) -> Bound:
    context, levels = run.keys.context, step.number
    ratio = run.chain.adjustment(operand.level, operand.level + levels, operand.degree)
    rescaled = _into(context.RescaleInPlace)
    scaled = _scaled(run, ratio, fresh or levels > 1)
    if levels == 1:
        return lambda cipher: rescaled(scaled(cipher))
    reduced = _with(context.LevelReduce, None, levels - 1)
    return lambda cipher: rescaled(scaled(reduced(cipher)))


def _hoist(run: OpenFHEEvaluator, step: Instruction, operand: Operand, fresh: bool) -> Bound:
    prepare = run.keys.context.EvalFastRotationPrecompute
    return lambda cipher: Digits(cipher, prepare(cipher))


def _rotate(run: OpenFHEEvaluator, step: Instruction, operand: Operand, fresh: bool) -> Bound:
    context, distance = run.keys.context, step.number % run.parameters.slots
    if operand.hoisted:
        order, turn = 2 * run.parameters.ring, context.EvalFastRotation
        return lambda ready: turn(ready.cipher, distance, order, ready.digits)
    index = run.keys.automorphisms[distance]
    return _with(context.EvalAutomorphism, index, run.keys.rotation)


def _rotate_extended(
    run: OpenFHEEvaluator, step: Instruction, operand: Operand, fresh: bool
) -> Bound:
    distance, turn = step.number % run.parameters.slots, run.keys.context.EvalFastRotationExt
    return lambda ready: turn(ready.cipher, distance, ready.digits, True)


def _extend(run: OpenFHEEvaluator, step: Instruction, operand: Operand, fresh: bool) -> Bound:
    extend = run.keys.context.KeySwitchExt
    if operand.hoisted:
        return lambda ready: extend(ready.cipher, True)
    return _with(extend, True)


def _rotate_alone(run: OpenFHEEvaluator, step: Instruction, operand: Operand, fresh: bool) -> Bound:
    """A term of a sum where there are no special primes: a rotation like any other."""
    distance = step.number % run.parameters.slots
    order, turn = 2 * run.parameters.ring, run.keys.context.EvalFastRotation
    return lambda ready: turn(ready.cipher, distance, order, ready.digits)


def _copy(run: OpenFHEEvaluator, step: Instruction, operand: Operand, fresh: bool) -> Bound:
    if operand.hoisted:
        return lambda ready: ready.cipher.Clone()
    return _same if fresh else lambda cipher: cipher.Clone()


def _nothing(run: OpenFHEEvaluator, step: Instruction, operand: Operand, fresh: bool) -> Bound:
    return _same


_BACK: dict[str, Maker] = {
    "rotate_extended": _rotate_alone,
    "extend": _copy,
    "switch_down": _nothing,
}
"""What needs no extended modulus where keys are switched without special primes."""

_MAKERS: dict[str, Maker] = {
    "add_scalar": _add_scalar,
    "multiply_scalar": _multiply_scalar,
    "relinearize": _relinearize,
    "drop": _drop,
    "hoist": _hoist,
    "rotate": _rotate,
    "rotate_extended": _rotate_extended,
    "extend": _extend,
}


def _scalar(step: Instruction) -> float:
    assert isinstance(step.attribute, (int, float))
    return step.attribute


def _into(function: Callable[..., None], *numbers: Any) -> Bound:
    """A function that changes its first operand, as one that returns it."""

    def changed(cipher: Cipher, *operands: Any) -> Cipher:
        function(cipher, *operands, *numbers)
        return cipher

    return changed


def _with(function: Bound, *numbers: Any) -> Bound:
    """A function of one ciphertext, its other operands filled in."""
    return lambda cipher: function(cipher, *numbers)


def _same(cipher: Cipher) -> Cipher:
    return cipher
