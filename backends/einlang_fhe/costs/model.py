"""What instructions and programs are predicted to cost, in seconds on one thread.

>>> from einlang_fhe.costs import load
>>> from einlang_fhe.engines.engine import Parameters
>>> costs, small = load("shipped"), Parameters(1 << 13, 1, 40, 50, digits=1)
>>> costs.seconds("rotate", small) > 5 * costs.seconds("multiply", small)
True
>>> costs.seconds("add", small, level=1) < costs.seconds("add", small, level=0)
True
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import mul

from einlang_fhe.costs.bootstrapping import work
from einlang_fhe.costs.tally import Call, Tally, critical_path, tally
from einlang_fhe.costs.terms import Shape, named
from einlang_fhe.engines.engine import Parameters
from einlang_fhe.parameters import ciphertext_bytes, predicted_key_sizes
from einlang_fhe.passes.levels import Levelled

Coefficients = Mapping[str, Mapping[int, tuple[float, ...]]]
"""Verb, then ring dimension, then one coefficient for each term of the verb."""


@dataclass(frozen=True, eq=False)
class Costs:
    """A calibrated machine. `origin` says where its numbers come from.

    `crowding`: by how much each of so many threads is slower than one alone; where nothing
    is known, not at all.
    """

    coefficients: Coefficients
    origin: str = "shipped"
    machine: Mapping[str, str] = field(default_factory=dict)
    crowding: Mapping[int, float] = field(default_factory=dict)
    _known: dict[Parameters, dict[Call, float]] = field(default_factory=dict, repr=False)

    def seconds(self, verb: str, parameters: Parameters, level: int = 0, parts: int = 2) -> float:
        """One call of a verb on operands of that level.

        `parts` are the polynomials that it meets, where they are not two; for a product
        half the pairs of them, for a relinearisation those that remain and those taken away.

        The verbs are those of slot programs and those of `terms.VERBS`. The level of a
        `drop` is that of its operand, one prime is dropped. A `bootstrap` is predicted from
        its parts.
        """
        known = self._known.get(parameters)
        if known is None:
            known = self._known.setdefault(parameters, {})
        key = verb, level, parts
        if key not in known:
            known[key] = self._seconds(verb, parameters, level, parts)
        return known[key]

    def _seconds(self, verb: str, parameters: Parameters, level: int, parts: int) -> float:
        if verb == "input":  # What is sent is read for the first time.
            cold, warm = (self.seconds(v, parameters, level) for v in ("negate_cold", "negate"))
            return max(0.0, cold - warm)
        if verb == "drop":
            steps = "multiply_scalar", "rescale"
            return sum(self.seconds(step, parameters, level, parts) for step in steps)
        if verb == "bootstrap":
            return self.tally(work(parameters), parameters)
        if verb == "relinearize" and parts > 2:  # One key switching for each polynomial more.
            return (parts - 1) * self.seconds(verb, parameters, level)
        formula = named(verb, parameters)
        by_ring = self.coefficients[formula]
        ring = min(
            by_ring, key=lambda known: abs(known.bit_length() - parameters.ring.bit_length())
        )
        return sum(map(mul, by_ring[ring], Shape.of(parameters, level, parts).row(formula)))

    def program(self, levelled: Levelled, parameters: Parameters) -> float:
        """Evaluation of a program, its plaintexts encoded beforehand."""
        return self.seconds("start", parameters) + self.tally(tally(levelled), parameters)

    def tally(self, counts: Tally, parameters: Parameters) -> float:
        """So many calls of each verb, level and number of polynomials."""
        return sum(
            count * self.seconds(verb, parameters, level, parts)
            for (verb, level, parts), count in counts.items()
        )

    def threads(self, levelled: Levelled, parameters: Parameters, threads: int) -> float:
        """Evaluation on several threads: no less than a fair share, nor the longest chain.

        No more than on one thread, since the executor does without others then.
        """
        alone = self.program(levelled, parameters)
        if threads == 1:
            return alone
        longest = critical_path(
            levelled, lambda *call: self.seconds(call[0], parameters, *call[1:])
        )
        return min(alone, max(alone / threads, longest) * self.slowdown(threads))

    def slowdown(self, threads: int) -> float:
        """How much slower each of so many threads is than one alone."""
        known = [count for count in self.crowding if count <= threads]
        return self.crowding[max(known)] if known else 1.0

    def encoding(self, levelled: Levelled, parameters: Parameters, threads: int = 1) -> float:
        """Encoding of the plaintexts that a program reads, each once for each level."""
        steps = zip(levelled.program.instructions, levelled.levels, strict=True)
        plain = {(s.attribute, level) for s, level in steps if s.verb.endswith("_plain")}
        return self._each("encode", (level for _, level in plain), parameters, threads)

    def request(self, levels: Iterable[int], parameters: Parameters, threads: int = 1) -> float:
        """Encryption of ciphertexts at these levels, each packed and encoded."""
        return self._each("encrypt", levels, parameters, threads)

    def reply(self, levels: Iterable[int], parameters: Parameters, threads: int = 1) -> float:
        """Decryption of ciphertexts at these levels."""
        return self._each("decrypt", levels, parameters, threads)

    def _each(
        self, verb: str, levels: Iterable[int], parameters: Parameters, threads: int
    ) -> float:
        """What is done to one ciphertext after the other, or to several at a time."""
        times = [self.seconds(verb, parameters, level) for level in levels]
        shared = min(threads, max(len(times), 1))
        return sum(times) / shared * self.slowdown(shared)

    def keys(self, parameters: Parameters, rotations: int, relinearize: bool) -> float:
        """A context, a pair of keys, and the keys of so many rotations."""
        once = self.seconds("context", parameters) + self.seconds("key_pair", parameters)
        switches = rotations + relinearize
        return once + switches * self.seconds("key_switch_key", parameters)

    @staticmethod
    def request_bytes(levels: Iterable[int], parameters: Parameters) -> int:
        """What ciphertexts of these levels weigh, in a request or a reply."""
        return sum(ciphertext_bytes(parameters, level) for level in levels)

    @staticmethod
    def key_bytes(parameters: Parameters, rotations: int, relinearize: bool) -> int:
        """What the evaluator is sent before the first request."""
        sizes = predicted_key_sizes(parameters)
        return sizes.public + relinearize * sizes.relinearization + rotations * sizes.rotation
