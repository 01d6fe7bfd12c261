"""What bootstrapping asks of an engine, part by part, as OpenFHE 1.6.1 does it.

Two moves between slots and coefficients, by matrices whose diagonals are taken in baby and
giant steps; the sum of all copies of the numbers; a Chebyshev series of degree 88, and its
angle doubled six times. Within a third of what whole bootstraps take at N = 2^12 to 2^15.

>>> from einlang_fhe.engines.bootstrap import Bootstrap
>>> from einlang_fhe.engines.engine import Parameters
>>> sparse = Parameters(1 << 16, 22, 59, 60, 4, bootstrap=Bootstrap(8))
>>> sum(count for (verb, *_), count in work(sparse).items() if verb == "relinearize")
27
"""

from __future__ import annotations

from collections import Counter

from einlang_fhe.engines.bootstrap import Bootstrap
from einlang_fhe.engines.engine import Parameters

Call = tuple[str, int, int]
DEGREE = 88
PRODUCTS = 21
"""Of ciphertexts, in a series of that degree."""
DOUBLINGS = 6


def work(parameters: Parameters) -> Counter[Call]:
    """Verbs by level and number of polynomials."""
    plan = parameters.bootstrap
    assert plan is not None
    found: Counter[Call] = Counter()
    late = plan.latest(parameters.depth)
    _move(found, plan, late)
    found["rotate", late + plan.moves, 2] += 1
    _fold(found, parameters.ring // (2 * plan.slots))
    _move(found, plan, 1)
    _sine(found, plan.moves + 1)
    return Counter({call: count * plan.iterations for call, count in found.items()})


def _move(found: Counter[Call], plan: Bootstrap, first: int) -> None:
    """Between slots and coefficients, from a level on."""
    for level, bits in enumerate(plan.layers, start=first):
        diagonals, baby = 2 << bits, plan.baby(bits)
        giant = -(-diagonals // baby)
        found["hoist", level, 2] += 1
        found["rotate_extended", level, 2] += baby
        found["multiply_plain", level, 2] += 2 * diagonals
        found["switch_down", level, 2] += giant
        found["rotate", level, 2] += giant - 1
        found["rescale", level, 2] += 1


def _fold(found: Counter[Call], copies: int) -> None:
    """The sum of all copies, four at a time."""
    rounds = copies.bit_length() // 2
    found["hoist", 0, 2] += rounds
    found["rotate_extended", 0, 2] += 3 * rounds
    found["switch_down", 0, 2] += rounds


def _sine(found: Counter[Call], first: int) -> None:
    """Of the real parts: the series, and its angle doubled."""
    found["rotate", first, 2] += 1
    depth = DEGREE.bit_length()
    found["multiply_scalar", first + depth // 2, 2] += DEGREE
    products = [number * depth // PRODUCTS for number in range(PRODUCTS)]
    for level in [*products, *range(depth, depth + DOUBLINGS)]:
        for verb in ("multiply", "relinearize", "rescale"):
            found[verb, first + level, 2] += 1
