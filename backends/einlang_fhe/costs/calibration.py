"""Calibration: which parameters are visited, and how samples become costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from einlang_fhe.costs.fitting import fit
from einlang_fhe.costs.terms import VERBS, Shape
from einlang_fhe.costs.timing import Sample, Station
from einlang_fhe.engines.engine import Parameters

VISITS = (
    *((12, 1, 1), (12, 2, 3), (12, 3, 2)),
    *((13, 1, 1), (13, 2, 1), (13, 3, 2), (13, 4, 5)),
    *((14, 2, 1), (14, 4, 1), (14, 6, 2), (14, 8, 5)),
    *((15, 4, 1), (15, 10, 2), (15, 16, 4)),
    *((16, 8, 1), (16, 18, 2), (16, 28, 5)),
)
"""Bits of the ring dimension, depth, digits: what is visited for a full calibration."""


def visit(ring: int, depth: int, digits: int, budget: float) -> list[Sample]:
    """All samples of one station."""
    parameters = Parameters(1 << ring, depth, 40, 50, digits, secure=False)
    levels = sorted({depth * part // 4 for part in range(5)})
    return list(Station(parameters, budget, 4 if ring < 16 else 2).samples(levels))


def fitted(samples: Iterable[Sample]) -> dict[str, dict[int, tuple[float, ...]]]:
    """Coefficients for each verb and ring dimension that was met."""
    met: dict[tuple[str, int], list[Sample]] = defaultdict(list)
    for sample in samples:
        met[sample.verb, sample.parameters.ring].append(sample)
    found: dict[str, dict[int, tuple[float, ...]]] = {verb: {} for verb in VERBS}
    for (verb, ring), group in met.items():
        rows = [Shape.of(sample.parameters, sample.level).row(verb) for sample in group]
        found[verb][ring] = tuple(fit(rows, [sample.seconds for sample in group]))
    return found
