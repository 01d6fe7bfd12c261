"""Whether a backend gives what a program means, for one program and for many.

>>> import numpy as np
>>> error(np.array([1.0, 2.0]), np.array([1.0, 2.5]))
0.2
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from programs import Generated, generate

import einlang
from einlang.errors import BackendMistake, EinlangError

PRECISION = {"numpy": 1e-9, "fhe": 1e-4}
FAILURES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EinlangError,
    LookupError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)


class DisagreementError(AssertionError):
    """A program gives other values than it means."""


def stated(program: einlang.Program, backend: str) -> float:
    """The precision that a program asks for."""
    return program.settings.get(backend, {}).get("precision", PRECISION[backend])


def error(got: np.ndarray, wanted: np.ndarray) -> float:
    """The largest error, relative to the largest value where that is above one."""
    if got.shape != wanted.shape:
        return float("inf")
    return float(np.abs(got - wanted).max(initial=0) / max(1.0, np.abs(wanted).max(initial=0)))


def check(made: Generated, backend: str, **settings: object) -> float:
    """The largest error as a part of the precision; above one is a `DisagreementError`."""
    program = einlang.compile(made.text)
    result = program.run(backend=backend, **settings, **made.data)
    precision = stated(program, backend)
    if sorted(result) != sorted(made.expected):
        raise DisagreementError(f"outputs {sorted(result)}, not {sorted(made.expected)}")
    wrong = [o for o in program.test(**made.data) if not o.passed] if backend == "numpy" else []
    if wrong:
        raise DisagreementError(f"tests fail: {wrong}")
    largest = 0.0
    for name, wanted in made.expected.items():
        part = error(np.asarray(result[name]), wanted) / precision
        if not part <= 1:
            raise DisagreementError(f"`{name}` is {part:.3g} times the precision away")
        largest = max(largest, part)
    return largest


@dataclass
class Tally:
    """What came of many programs: how many agreed, and the seeds of the others."""

    programs: int = 0
    agreed: int = 0
    refused: dict[str, list[int]] = field(default_factory=dict)
    failed: list[int] = field(default_factory=list)
    worst: float = 0.0
    seconds: float = 0.0

    def passed(self, refused: float) -> bool:
        """Nothing failed, and no more than a part was refused."""
        return not self.failed and sum(map(len, self.refused.values())) <= refused * self.programs


def run(seeds: Iterable[int], profile: str, backend: str, settings: dict[str, object]) -> Tally:
    """Runs the programs of these seeds; those that fail are shown on standard error."""
    return tally(seeds, profile, lambda made, seed: check(made, backend, **settings))


def tally(seeds: Iterable[int], profile: str, checked: Callable[[Generated, int], float]) -> Tally:
    """What a check, which gives an error as a part of the precision, says of many programs."""
    found = Tally()
    start = time.perf_counter()
    for seed in seeds:
        made = generate(seed, profile)
        found.programs += 1
        try:
            found.worst = max(found.worst, checked(made, seed))
            found.agreed += 1
        except BackendMistake as refusal:
            found.refused.setdefault(refusal.diagnostics[0].code, []).append(seed)
        except Exception as wrong:
            found.failed.append(seed)
            show(made, seed, wrong)
    found.seconds = round(time.perf_counter() - start, 1)
    return found


def show(made: Generated, seed: int, wrong: Exception) -> None:
    """A program that failed, with the reason."""
    kind = (
        "" if isinstance(wrong, (DisagreementError, EinlangError)) else f"{type(wrong).__name__}: "
    )
    print(f"--- seed {seed}\n{made.text}--- {kind}{wrong}\n", file=sys.stderr)
