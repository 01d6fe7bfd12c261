"""A circuit's values: exactly or by shots, on a device or by contraction.

>>> circuit = Circuit.state([3.0, -4.0])
>>> execute(circuit).values.real.round(12).tolist()
[3.0, -4.0]
>>> found = execute(circuit, shots=10_000, seed=1)
>>> found.reading, bool((abs(found.values - [3, -4]) < 4 * found.errors).all())
('real', True)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from einlang.errors import BackendMistake, Diagnostic, fail
from einlang_quantum.circuits import Circuit, Prepare, Values
from einlang_quantum.circuits.operations import NONE
from einlang_quantum.execution.amplification import amplified, best, gain
from einlang_quantum.execution.contraction import contracted, costs
from einlang_quantum.execution.devices import SIMULATORS, Device, Noise
from einlang_quantum.execution.estimates import (
    READINGS,
    Estimate,
    differences,
    magnitudes,
    shots_for,
    squares,
)
from einlang_quantum.execution.interference import interfering, real
from einlang_quantum.execution.operators import Plan, deferred, reusing
from einlang_quantum.execution.straight import bent, check, measures, straighten

Array = Any
QUBITS = 26
MIXED = 13
RARE = 1e-4


@dataclass(frozen=True)
class Execution:
    """What a run found.

    `values` has an axis of length 2 for every qubit, those of `dom` first, and holds the
    scale; `errors` are standard errors, of imaginary parts imaginary ones, zero where exact.
    `reading` says what was read: magnitudes, real or complex values. `probability` is that of
    success without amplification.
    """

    values: Array
    errors: Array
    probability: float
    probability_error: float
    device: str
    reading: str
    shots: int | None = None
    rounds: int = 0
    warnings: tuple[Diagnostic, ...] = ()

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """The ends of the intervals that hold the truth so often."""
        return Estimate(self.values, self.errors).interval(level)


@dataclass(frozen=True)
class Options:
    """How a circuit is run.

    `device` is `auto`, `contraction` or a PennyLane device; `shots` the total, None for exact;
    `noise` a strength of depolarisation, strengths by channel or a PennyLane `NoiseModel`;
    `reading` is `magnitude`, `real`, `complex`, or `auto`: complex unless all is real;
    `amplify` the rounds of amplitude amplification, or `auto`; `reuse` measures in the middle,
    so that wires can serve again; `qubits` is the most that are simulated; below the
    `threshold` of success a run warns; `precision` is what the warning counts shots for.
    """

    device: str = "auto"
    shots: int | None = None
    seed: int | None = None
    noise: Noise = None
    reading: str = "auto"
    amplify: int | str = 0
    reuse: bool = False
    qubits: int | None = None
    threshold: float = RARE
    precision: float = 0.01


def execute(program: Any, values: Values = NONE, **options: Any) -> Execution:
    """Runs a circuit, or what holds one as `circuit`; `values` are the angles by name, in
    radians, and `options` those of `Options`.

    Raises `DataMistake` E0740 for data that makes no state, and `BackendMistake`: E0741 for
    too many qubits, E0742 for a device that nothing can be post-selected on, E0743 for no such
    device, E0744 for noise that it has not, E0851 where PennyLane is missing.
    """
    asked = Options(**options)
    if asked.reading not in (*READINGS, "auto"):
        raise ValueError(f"`reading` is one of auto, {', '.join(READINGS)}")
    circuit = _checked(program)
    known = getattr(program, "success_probability", None)
    exact = asked.shots is None and asked.noise is None and not asked.reuse
    if exact and asked.device != "default.mixed":
        found = _exact(circuit, values, asked)
    else:
        found = _sampled(circuit, values, asked, known)
    return replace(found, warnings=rare(found, asked, known))


def probabilities(program: Any, values: Values = NONE, **options: Any) -> Array:
    """How probable every outcome is with all post-selections met, an axis of two for each qubit
    that goes out: of the state, or what `shots` find on the device. Nothing is made up for.

    Options and errors are those of `execute`.
    """
    asked = Options(**options)
    circuit = _checked(program)
    found, shots = _Runner(values, asked).counts(circuit, asked.shots)
    return found if shots is None else found / shots


def _checked(program: Any) -> Circuit:
    """The circuit, what comes in bent. Raises as `straighten` does, and builds nothing."""
    circuit = bent(getattr(program, "circuit", program))
    if measures(circuit):
        raise ValueError("a circuit that measures or resets has no amplitudes")
    check(circuit)
    return circuit


def rare(found: Execution, asked: Options, known: float | None = None) -> tuple[Diagnostic, ...]:
    """The warning W0701, where success is improbable: as is known, or else as was found."""
    p = found.probability if known is None else known
    if not p < asked.threshold:
        return ()
    reading = "real" if found.reading == "real" else "complex"
    size = int(np.size(found.values))
    much = f"{shots_for(asked.precision, p, reading, size):.2g}" if p > 0 else "no number of"
    message = (
        f"the circuit succeeds with probability {p:.2g}: a relative error of "
        f"{asked.precision:g} takes {much} shots"
    )
    hint = "another strategy, `amplify`, or exact values (no `shots`)"
    return (Diagnostic("W0701", message, hint=hint),)


# -- exact ----------------------------------------------------------------------------------


def _exact(circuit: Circuit, values: Values, asked: Options) -> Execution:
    """By contraction, or from the state that a device gives."""
    device = asked.device if asked.device != "auto" else _cheaper(circuit, values, asked)
    if device == "contraction":
        _room(costs(circuit, values).largest, asked.qubits or QUBITS, device)
        amplitudes = contracted(circuit, values)
    else:
        plan = _roomy(deferred(circuit, values), device, asked)
        amplitudes = Device(device).state(plan) if plan.width else np.ones((), complex)
    p = float(np.sum(abs(amplitudes) ** 2))
    tensor = circuit.scale * amplitudes
    return Execution(tensor, np.zeros(tensor.shape), p, 0.0, device, "complex")


def _cheaper(circuit: Circuit, values: Values, asked: Options) -> str:
    """The exact way that takes fewer products, and fits."""
    both = costs(circuit, values)
    most = 2.0 ** (asked.qubits or QUBITS)
    fits = sum(len(o.qubits) for o in circuit.operations if isinstance(o, Prepare)) <= (
        asked.qubits or QUBITS
    )
    by_states = both.states < both.contraction or both.largest > most
    return "default.qubit" if fits and by_states else "contraction"


def _roomy(plan: Plan, device: str, asked: Options) -> Plan:
    """The plan, if the device's memory holds it. Raises `BackendMistake` E0741."""
    if device in SIMULATORS:
        mixed = device == "default.mixed"
        # Without shots, or with mixed states, a measurement in the middle takes one qubit more.
        more = plan.looks if plan.measured and (mixed or asked.shots is None) else 0
        _room(2.0 ** (plan.width + more), asked.qubits or (MIXED if mixed else QUBITS), device)
    return plan


def _room(numbers: float, most: int, device: str) -> None:
    if numbers <= 2.0**most:
        return
    width = int(np.ceil(np.log2(numbers)))
    message = f"`{device}` would hold {width} qubits at once, and simulates at most {most}"
    hint = "`device = contraction`, another strategy, `reuse`, or a higher limit (`qubits`)"
    raise fail(BackendMistake, "E0741", message, hint=hint)


# -- by outcomes ----------------------------------------------------------------------------


def _sampled(circuit: Circuit, values: Values, asked: Options, known: float | None) -> Execution:
    """From what is found on a device, by shots or by exact probabilities."""
    reading = _reading(circuit, values, asked)
    louder, rounds, grown = _louder(circuit, values, asked, known)
    runner = _Runner(values, asked)
    if reading == "magnitude":
        counts, shots = runner.counts(louder, asked.shots)
        estimate = magnitudes(counts, shots).times(abs(louder.scale))
        success = squares(counts.sum(), shots)
    else:
        estimate, success = _interfered(louder, reading, runner)
    return Execution(
        estimate.values,
        estimate.errors,
        float(success.values) / grown**2,
        float(success.errors) / grown**2,
        runner.name,
        reading,
        asked.shots,
        rounds,
    )


def _interfered(circuit: Circuit, reading: str, runner: _Runner) -> tuple[Estimate, Estimate]:
    """Amplitudes with their signs or phases, and the probability of success."""
    parts = [False] if reading == "real" else [False, True]
    total = runner.asked.shots
    tests, kept, shots = [], 0.0, 0.0
    for imaginary in parts:
        share = None if total is None else max(1, total // len(parts))
        found, drawn = runner.counts(interfering(circuit, imaginary), share)
        tests.append(differences(found[0], found[1], drawn))
        kept, shots = kept + found.sum(), shots + (drawn or 1)
    whole = tests[0]
    if len(tests) > 1:
        re, im = tests
        whole = Estimate(re.values + 1j * im.values, re.errors + 1j * im.errors)
    half = squares(kept if total else kept / shots, int(shots) if total else None)
    success = Estimate(2 * half.values - 1, 2 * half.errors)
    return whole.times(circuit.scale), success


class _Runner:
    """Runs circuits one after another, each with a seed of its own."""

    def __init__(self, values: Values, asked: Options) -> None:
        self.values, self.asked = values, asked
        self.name = asked.device
        if asked.device in ("auto", "contraction"):
            self.name = "default.qubit" if asked.noise is None else "default.mixed"
        self.seeds = np.random.SeedSequence(asked.seed)

    def counts(self, circuit: Circuit, shots: int | None) -> tuple[Array, int | None]:
        """Outcomes in which all went well, and of how many."""
        asked = self.asked
        made = reusing if asked.reuse else deferred
        plan = _roomy(made(circuit, self.values), self.name, asked)
        seed = None
        if asked.seed is not None:
            seed = int(self.seeds.spawn(1)[0].generate_state(1)[0])
        return Device(self.name, shots, seed, asked.noise).outcomes(plan), shots


def _reading(circuit: Circuit, values: Values, asked: Options) -> str:
    if asked.reading != "auto":
        return asked.reading
    plain = not complex(circuit.scale).imag and real(circuit, values)
    return "real" if plain else "complex"


def _louder(
    circuit: Circuit, values: Values, asked: Options, known: float | None
) -> tuple[Circuit, int, float]:
    """The circuit after rounds of amplification, how many, and how amplitudes have grown."""
    if not asked.amplify or not straighten(circuit).flags:
        return circuit, 0, 1.0
    if known is None:
        known = float(np.sum(abs(contracted(circuit, values)) ** 2))
    rounds = best(known) if asked.amplify == "auto" else int(asked.amplify)
    return amplified(circuit, rounds, known), rounds, gain(rounds, known)
