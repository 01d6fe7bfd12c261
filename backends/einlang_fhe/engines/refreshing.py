"""Bootstrapping on OpenFHE, where rescaling is by hand.

What was measured of OpenFHE 1.6.1: with slots moved to coefficients first, the result of
one iteration has degree 1, of two iterations degree 2. The factor by which numbers are made
small before the modulus is raised belongs to the context, which programs of the same
parameters share: it is set anew each time. A ciphertext that has no fewer primes than it
would get is given back as it is. Scales are taken for 2^59, which is 2^-33 off: less than
anything that bootstrapping leaves.
"""

from __future__ import annotations

from typing import Any

from einlang_fhe.engines import binding
from einlang_fhe.engines.bootstrap import DIGITS, Bootstrap
from einlang_fhe.engines.engine import Cipher


def prepare(context: Any, plan: Bootstrap) -> None:
    """Matrices of the moves between slots and coefficients; nothing of it is secret."""
    fhe = binding.load()
    for feature in (fhe.ADVANCEDSHE, fhe.FHE):
        context.Enable(feature)
    budget, steps = [plan.moves] * 2, [0, 0]
    context.EvalBootstrapSetup(budget, steps, plan.slots, plan.correction, True, True)


def refresh(context: Any, plan: Bootstrap, cipher: Cipher) -> Cipher:
    """A ciphertext of `plan.slots` numbers at the level `plan.refreshed`."""
    context.SetCKKSBootCorrectionFactor(plan.correction)
    if plan.iterations == 1:
        return context.EvalBootstrap(cipher)
    return context.Rescale(context.EvalBootstrap(cipher, plan.iterations, DIGITS))
