"""PennyLane's devices by name: states, probabilities, and outcomes of shots.

Nothing is left to a device's own post-selection: it renormalises, or there is none. States,
probabilities and outcomes are read whole, and sliced.

>>> from einlang_quantum.circuits import Circuit, Measure, h
>>> coin = Circuit.zeros(1) >> Circuit.gates(1, [h(0), Measure(0)])
>>> found = Device("default.qubit", shots=100, seed=1).outcomes(reusing(coin))
>>> found.shape, int(found.sum()), int(found[0, 0] + found[1, 1])
((2, 2), 100, 100)
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from einlang.errors import BackendMistake, fail
from einlang_quantum.execution.operators import Plan, pennylane, reusing

__all__ = ["CHANNELS", "SIMULATORS", "Device", "reusing"]

Array = Any
SIMULATORS = ("default.qubit", "lightning.qubit", "default.mixed")
CHANNELS = {
    "depolarizing": "DepolarizingChannel",
    "bit_flip": "BitFlip",
    "phase_flip": "PhaseFlip",
    "amplitude_damping": "AmplitudeDamping",
    "phase_damping": "PhaseDamping",
}
ROOM = 20
Noise = Any
"""A strength (of depolarisation), strengths by channel (`CHANNELS`), or a `NoiseModel`."""


@dataclass(frozen=True)
class Device:
    """A device by name. `noise` follows every gate, on each of its wires."""

    name: str
    shots: int | None = None
    seed: int | None = None
    noise: Noise = None

    def state(self, plan: Plan) -> Array:
        """The amplitudes of what is kept, where all flags are zero."""
        qml = pennylane()
        whole = np.asarray(self._run(plan, qml.state), complex).reshape((2,) * plan.width)
        order = [*plan.flags, *plan.kept]
        rest = [wire for wire in range(plan.width) if wire not in order]
        sliced = whole.transpose([*order, *rest])[(0,) * len(plan.flags)]
        return sliced[(..., *(0,) * len(rest))]

    def outcomes(self, plan: Plan) -> Array:
        """How often each outcome was found with all flags zero; without shots, how probable
        it is."""
        looked = [*plan.flags, *plan.kept]
        if not looked:
            return np.array(self.shots or 1.0)
        found = self._run(plan, lambda: self._looking(plan, looked))
        if self.shots is None:
            whole = np.asarray(found, float).reshape((2,) * len(looked))
            return whole[(0,) * len(plan.flags)]
        return _counted(np.reshape(found, (-1, len(looked))), len(plan.flags))

    def _looking(self, plan: Plan, looked: list[Any]) -> Any:
        """The measurement of wires, or of what was measured in the middle."""
        qml = pennylane()
        if plan.measured:
            return qml.probs(op=looked) if self.shots is None else qml.sample(looked)
        return qml.probs(wires=looked) if self.shots is None else qml.sample(wires=looked)

    def _run(self, plan: Plan, measurement: Any) -> Any:
        """Runs it. Raises E0742 where the device cannot give this, E0743 for its name."""
        qml = pennylane()
        device = self._made(plan)
        with qml.QueuingManager.stop_recording():
            tape = qml.tape.QuantumScript(plan.operators, [measurement()], shots=self.shots)
            tapes, whole = self._noisy(tape)
        refused = (qml.exceptions.DeviceError, qml.exceptions.QuantumFunctionError)
        try:
            with warnings.catch_warnings():
                # What a device does not know it refuses, and that is told below.
                warnings.filterwarnings("ignore", ".*does not define a decomposition", UserWarning)
                return whole(qml.execute(tapes, device, mcm_method=self._middle(plan)))
        except (*refused, NotImplementedError) as error:
            why = str(error).strip().splitlines()[0].rstrip(".")
            message = f"the device `{self.name}` gives nothing to post-select on: {why}"
            hint = f"a device with states or samples of qubits: {', '.join(SIMULATORS)}"
            raise fail(BackendMistake, "E0742", message, hint=hint) from error

    def _middle(self, plan: Plan) -> str | None:
        """How measurements in the middle are simulated: at the end, on wires of their own,
        where there is room for them.

        The tree traversal of `default.qubit` is left alone: before 0.45 of PennyLane its
        counts are wrong where measured wires are used again.
        """
        if not plan.measured or self.name not in SIMULATORS:
            return None
        if self.shots is None or self.name == "default.mixed" or plan.width + plan.looks <= ROOM:
            return "deferred"
        return "tree-traversal" if self.name == "lightning.qubit" else "one-shot"

    def _made(self, plan: Plan) -> Any:
        """The device. PennyLane adds wires of its own for measurements in the middle."""
        qml = pennylane()
        options = {"seed": self.seed} if self.seed is not None else {}
        own = plan.measured and self.name in SIMULATORS
        try:
            return qml.device(self.name, wires=None if own else plan.width, **options)
        except (qml.exceptions.DeviceError, ImportError, TypeError) as error:
            why = str(error).strip().splitlines()[0].rstrip(".")
            message = f"there is no device `{self.name}` to run on: {why}"
            hint = f"{', '.join(SIMULATORS)}, `contraction`, or a device of a plugin by name"
            raise fail(BackendMistake, "E0743", message, hint=hint) from error

    def _noisy(self, tape: Any) -> tuple[Any, Any]:
        """The tape with noise. Raises E0744 for a device of pure states, or no such noise."""
        if self.noise is None:
            return [tape], lambda results: results[0]
        if self.name in ("default.qubit", "lightning.qubit"):
            message = f"the device `{self.name}` holds pure states, and noise makes mixed ones"
            raise fail(BackendMistake, "E0744", message, hint="device = default.mixed")
        return pennylane().add_noise(tape, model(self.noise))


def model(noise: Noise) -> Any:
    """What is meant by `noise`, as PennyLane's. Raises `BackendMistake` E0744."""
    qml = pennylane()
    if isinstance(noise, qml.NoiseModel):
        return noise
    strengths = noise if isinstance(noise, Mapping) else {"depolarizing": noise}
    for name, strength in strengths.items():
        if name not in CHANNELS or not 0 <= float(strength) <= 1:
            message = f"there is no noise `{name}` of strength {strength}"
            hint = f"strengths from 0 to 1 of {', '.join(CHANNELS)}"
            raise fail(BackendMistake, "E0744", message, hint=hint)

    def follow(operation: Any, **_: Any) -> None:
        for name, strength in strengths.items():
            for wire in operation.wires:
                getattr(qml, CHANNELS[name])(float(strength), wires=wire)

    return qml.NoiseModel({qml.BooleanFn(_gate): follow})


def _gate(operation: Any) -> bool:
    """Whether noise follows: not where something was measured."""
    return not type(operation).__name__.startswith("Mid")


def _counted(samples: Array, flags: int) -> Array:
    """How often each outcome was found, a row of `samples` each, with all flags zero.

    PennyLane's own `counts` makes a text of every row, which takes twenty times as long.
    """
    kept = samples[~samples[:, :flags].any(1), flags:].astype(int)
    width = kept.shape[1]
    numbers = kept @ (1 << np.arange(width)[::-1])
    return np.bincount(numbers, minlength=1 << width).reshape((2,) * width)
