"""Calibration: which parameters are visited, and how samples become costs.

A full calibration fits the formulas of `terms` anew, for each ring dimension by itself, since
caches make small rings faster than large ones. A quick one visits a few places and keeps the
shipped formulas, times how much slower or faster each verb is here.
"""

from __future__ import annotations

import platform
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from einlang.backend import Progress, Report, silent
from einlang.errors import BackendMistake, fail
from einlang_fhe.costs import storage
from einlang_fhe.costs.fitting import fit
from einlang_fhe.costs.model import Coefficients, Costs
from einlang_fhe.costs.terms import VERBS, Shape
from einlang_fhe.costs.timing import Sample, Station, Yardstick, crowding, overhead
from einlang_fhe.engines import binding
from einlang_fhe.engines.engine import Parameters
from einlang_fhe.execution.crew import cores


def _station(bits: int, depth: int, digits: int, budget: float = 0.03) -> Station:
    parameters = Parameters(1 << bits, depth, 40, 50, digits, secure=False)
    levels = sorted({depth * part // 4 for part in range(5)})
    return Station(parameters, tuple(levels), budget, pool=2 if bits > 15 else 4)


def _plain(bits: int, depth: int, digit: int, budget: float = 0.03) -> Station:
    """Without special primes, in digits of so many bits."""
    parameters = Parameters(1 << bits, depth, 50, 54, 0, secure=False, digit=digit)
    return Station(parameters, tuple(range(depth + 1)), budget)


FULL = tuple(
    _station(*place)
    for place in (
        *((12, 1, 1), (12, 2, 3), (12, 3, 2)),
        *((13, 1, 1), (13, 2, 1), (13, 3, 2), (13, 4, 5)),
        *((14, 1, 1), (14, 4, 1), (14, 6, 2), (14, 8, 5)),
        *((15, 1, 1), (15, 4, 1), (15, 10, 2), (15, 16, 4)),
        *((16, 2, 1), (16, 8, 1), (16, 18, 2), (16, 28, 5)),
    )
)
"""Up to twice the depth that is secure at a ring dimension, few digits and many."""

PLAIN = tuple(
    _plain(*place)
    for place in (
        *((11, 0, 0), (11, 0, 18), (11, 1, 0), (11, 1, 20)),
        *((12, 0, 20), (12, 1, 0), (12, 1, 18), (12, 3, 0)),
        *((13, 1, 0), (13, 2, 0), (13, 3, 0), (13, 1, 20)),
        *((14, 2, 0), (14, 4, 0)),
    )
)
"""Few primes, without special ones."""

QUICK = (
    *(_station(*place, budget=0.0) for place in ((12, 1, 1), (13, 2, 1), (14, 4, 1), (15, 4, 1))),
    *(_plain(*place, budget=0.0) for place in ((11, 0, 0), (11, 0, 18), (12, 1, 0), (13, 2, 0))),
)


YARDSTICK = "yardstick"
"""How long it took: what it takes later says how much slower the machine is by then."""


@dataclass(frozen=True)
class Calibration:
    """What was measured, and the costs that were made of it."""

    costs: Costs
    samples: tuple[Sample, ...]
    disturbance: float

    @property
    def misses(self) -> dict[str, float]:
        """For each verb, how far its formula is from what was measured: the median."""
        apart: dict[str, list[float]] = defaultdict(list)
        for verb, parameters, level, seconds in map(_fields, self.samples):
            apart[verb].append(abs(self.costs.seconds(verb, parameters, level) / seconds - 1))
        return {verb: median(values) for verb, values in apart.items()}

    @property
    def report(self) -> Report:
        """Microseconds of each verb at full chains, and how well the formulas hold."""
        crowds = self.costs.crowding
        figures = {
            **self.costs.machine,
            "measurements": len(self.samples),
            **{f"slower on {n} threads, times": round(t, 2) for n, t in crowds.items()},
            "disturbed by others, times": round(self.disturbance, 2),
            "median miss of the formulas": round(median(self.misses.values()), 3),
        }
        full = [sample for sample in self.samples if sample.level == 0]
        rings = sorted({sample.parameters.ring for sample in full})
        rows = [_row(verb, group, rings) for verb, group in _by_verb(full).items()]
        return Report(figures, {"microseconds by ring dimension, at a full chain": rows})


def _by_verb(samples: Iterable[Sample]) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        found[sample.verb].append(sample)
    return found


def _row(verb: str, samples: Sequence[Sample], rings: Sequence[int]) -> dict[str, Any]:
    """The first station of every ring dimension."""
    first: dict[str, Any] = {"verb": verb, **dict.fromkeys(map(str, rings))}
    for sample in samples:
        if first[str(sample.parameters.ring)] is None:
            first[str(sample.parameters.ring)] = round(sample.seconds * 1e6, 1)
    return first


def _fields(sample: Sample) -> tuple[str, Parameters, int, float]:
    return sample.verb, sample.parameters, sample.level, sample.seconds


def keep(quick: bool = False, progress: Progress = silent) -> Report:
    """Measures this machine, and writes what was found where `load` looks for it."""
    binding.load()
    path = storage.place()
    if path is None:
        raise fail(
            BackendMistake,
            "E0821",
            "the shipped calibration is asked for, and is never written over",
            hint=f"take `{storage.VARIABLE}` out of the environment, or name a file there",
        )
    found = calibrate(storage.read(None), quick, progress)
    storage.write(found.costs, path)
    report = found.report
    return Report({**report.figures, "written to": str(path)}, report.tables)


def calibrate(known: Costs, quick: bool = False, progress: Progress = silent) -> Calibration:
    """Measures this machine. `known`: the formulas that a quick calibration scales."""
    stick = Yardstick.rotation()
    samples = measured(stick, QUICK if quick else (*FULL, *PLAIN), progress)
    coefficients = scaled(known, samples) if quick else fitted(samples)
    crowds = {count: crowding(stick, count) for count in _crowds()}
    pace = {YARDSTICK: f"{stick.seconds:.4g} s"}
    costs = Costs(coefficients, "measured", {**machine(), **pace}, crowds)
    return Calibration(costs, tuple(samples), stick.disturbance)


def _crowds() -> list[int]:
    """Two threads, four, and so on, up to the processors that there are."""
    return [1 << bits for bits in range(1, cores().bit_length())]


def measured(
    stick: Yardstick, stations: Sequence[Station], progress: Progress = silent
) -> list[Sample]:
    """Goes from station to station; what was measured in yardsticks becomes seconds."""
    lengths = list(overhead(stick))
    for number, station in enumerate(stations):
        progress("calibrate", number, len(stations))
        lengths += station.samples(stick)
    progress("calibrate", len(stations), len(stations))
    return [replace(each, seconds=each.seconds * stick.seconds) for each in lengths]


def fitted(samples: Iterable[Sample]) -> Coefficients:
    """Coefficients for each verb and ring dimension that was met."""
    return {
        verb: {ring: _coefficients(verb, group) for ring, group in by_ring.items()}
        for verb, by_ring in _grouped(samples).items()
    }


def _coefficients(verb: str, samples: Sequence[Sample]) -> tuple[float, ...]:
    rows = [Shape.of(sample.parameters, sample.level).row(verb) for sample in samples]
    return tuple(fit(rows, [sample.seconds for sample in samples]))


def scaled(known: Costs, samples: Iterable[Sample]) -> Coefficients:
    """Known coefficients times how much slower each verb is, at the nearest ring visited."""
    found: dict[str, dict[int, tuple[float, ...]]] = {}
    for verb, by_ring in _grouped(samples).items():
        ratios = {ring: _ratio(known, group) for ring, group in by_ring.items()}
        found[verb] = {
            ring: tuple(ratios[_nearest(ratios, ring)] * value for value in row)
            for ring, row in known.coefficients[verb].items()
        }
    return found


def _nearest(rings: Mapping[int, float], ring: int) -> int:
    return min(rings, key=lambda met: abs(met.bit_length() - ring.bit_length()))


def _ratio(known: Costs, samples: Sequence[Sample]) -> float:
    return median(
        seconds / known.seconds(verb, parameters, level)
        for verb, parameters, level, seconds in map(_fields, samples)
    )


def _grouped(samples: Iterable[Sample]) -> dict[str, dict[int, list[Sample]]]:
    found: dict[str, dict[int, list[Sample]]] = {verb: defaultdict(list) for verb in VERBS}
    for sample in samples:
        found[sample.verb][sample.parameters.ring].append(sample)
    return found


def machine() -> dict[str, str]:
    """Where and with what it was measured."""
    return {
        "processor": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "openfhe": version("openfhe"),
        "einlang": version("einlang"),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")
