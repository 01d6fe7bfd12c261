"""What a compiled program costs, and what of it counts: `minimise` in `target fhe`.

>>> bill = Bill(evaluate=0.2, encrypt=0.1, decrypt=0.0, traffic=25e6, memory=1e9)
>>> Objective("latency").of(bill), Objective("traffic").of(bill)
(0.5, 0.255)
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from einlang_fhe.compiling import Compiled
from einlang_fhe.costs import Costs
from einlang_fhe.engines.engine import Parameters
from einlang_fhe.options import RATES
from einlang_fhe.parameters import BOUNDS, ciphertext_bytes, deepest, predicted_key_sizes


@dataclass(frozen=True)
class Bill:
    """Predicted seconds of evaluation on one thread, of encryption and decryption; bytes of
    request and reply, and of keys, request and plaintexts in the evaluator's memory."""

    evaluate: float
    encrypt: float
    decrypt: float
    traffic: float
    memory: float


def bill(compiled: Compiled, costs: Costs) -> Bill:
    """What a compiled program is predicted to cost."""
    parameters, program = compiled.parameters, compiled.program
    levels = compiled.levelled.levels
    request = sum(ciphertext_bytes(parameters, level) for level in compiled.levels)
    reply = sum(ciphertext_bytes(parameters, levels[value]) for value in program.outputs)
    keys = predicted_key_sizes(parameters)
    plaintexts = program.count("multiply_plain", "add_plain") * ciphertext_bytes(parameters) / 2
    return Bill(
        evaluate=costs.program(compiled.levelled, parameters),
        encrypt=sum(costs.seconds("encrypt", parameters, level) for level in compiled.levels),
        decrypt=sum(costs.seconds("decrypt", parameters, levels[v]) for v in program.outputs),
        traffic=request + reply,
        memory=request + plaintexts + keys.rotation * len(program.rotations) + keys.public,
    )


@dataclass(frozen=True)
class Objective:
    """What is made small: `latency`, `throughput`, `traffic` or `memory`."""

    minimise: str = "latency"

    def of(self, bill: Bill) -> float:
        """The cost in one number."""
        rates, amounts = RATES[self.minimise], asdict(bill)
        return sum(rate * amounts[kind] for kind, rate in rates.items())

    def weights(self, ring: int, costs: Costs, flat: int = 0) -> dict[str, float]:
        """What single instructions weigh before the depth is known, in a ring of that size.

        `flat`: the factors of a program without rescaling, or 0. There, products are
        relinearised only where they are turned.
        """
        rates = RATES[self.minimise]
        parameters = typical_flat(ring, flat) if flat else typical(ring)
        level = 0 if flat else parameters.depth // 2

        def seconds(kind: str, verb: str) -> float:
            return rates[kind] * costs.seconds(verb, parameters, level)

        computed = ("rotate", "relinearize", "multiply", "multiply_plain")
        shared = ("hoist", "rotate_hoisted")
        weights = {verb: seconds("evaluate", verb) for verb in (*computed, *shared)}
        if flat:
            weights["turned product"], weights["relinearize"] = weights["relinearize"], 0.0
        weights["rotate"] += rates.get("memory", 0.0) * predicted_key_sizes(parameters).rotation
        moved = rates.get("traffic", 0.0) + rates.get("memory", 0.0)
        moved *= ciphertext_bytes(parameters, level)
        return {
            **weights,
            "other": seconds("evaluate", "add"),
            "input": seconds("encrypt", "encrypt") + moved,
            "output": seconds("decrypt", "decrypt") + moved,
        }


def typical(ring: int) -> Parameters:
    """Parameters that a program in a ring of that size may well have."""
    depth = deepest(40, 50, ring) // 2
    return Parameters(ring, depth, scale=40, first=50, digits=2 if depth > 1 else 1)


def typical_flat(ring: int, factors: int) -> Parameters:
    """Parameters that a program without rescaling may well have."""
    primes = max(1, min(BOUNDS[ring] // 54, -(-(26 * factors + 7) // 59)))
    digit = 20 if primes == 1 else 0
    return Parameters(ring, primes - 1, 30, 53, digits=0, prime=54, digit=digit)
