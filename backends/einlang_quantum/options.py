"""What a `target quantum` block, or the command line, may say.

>>> Options.read({"strategy": "orient", "shots": 1000}).layout.strategy
'orient'
>>> Options.read({"W": "iqp"}, inputs=("W",)).execution
{}
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from einlang.errors import BackendMistake, fail
from einlang_quantum.lowering import QUBITS, STRATEGIES
from einlang_quantum.lowering import Options as Layout

READINGS = ("born", "amplitude")
GRADIENTS = ("diagram", "adjoint", "shift")


@dataclass(frozen=True)
class Options:
    """`layout`: `strategy`, `qubits`, `reuse` and `group` of the lowering. `execution`:
    `device`, `shots`, `seed`, `noise`, `amplify`, `threshold` and `precision` of a run, those
    that are given. `reading`, `gradient` and settings by the name of a tensor are for training."""

    layout: Layout = field(default_factory=Layout)
    execution: dict[str, Any] = field(default_factory=dict)
    precision: float = 0.01
    reading: str = "born"
    gradient: str = "diagram"

    @staticmethod
    def read(settings: Mapping[str, Any], inputs: Container[str] = ()) -> Options:
        """The options in settings; E0706 for names and values that mean nothing here."""
        chosen = {}
        for name, value in settings.items():
            if name in _READERS:
                chosen[name] = _READERS[name](name, value)
            elif name not in inputs:
                raise _unknown(name)
        layout = {name: chosen[name] for name in LAYOUT if name in chosen}
        execution = {name: chosen[name] for name in EXECUTION if name in chosen}
        if "shots" in chosen:
            execution |= {name: chosen[name] for name in ("reuse",) if name in chosen}
        if chosen.get("qubits", 0) > QUBITS:
            # A Hadamard test takes one qubit more than the circuit.
            execution["qubits"] = chosen["qubits"] + 2
        rest = {name: chosen[name] for name in REST if name in chosen}
        return Options(Layout(**layout), execution, **rest)


LAYOUT = ("strategy", "qubits", "reuse", "group")
REST = ("precision", "reading", "gradient")
EXECUTION = ("device", "shots", "seed", "noise", "amplify", "threshold", "precision")


def _unknown(name: str) -> Exception:
    close = get_close_matches(name, _READERS, n=1)
    known = ", ".join(sorted(_READERS))
    hint = f"did you mean `{close[0]}`?" if close else f"settings: {known}"
    return fail(BackendMistake, "E0706", f"the quantum backend has no setting `{name}`", hint=hint)


def _wrong(name: str, value: Any, wanted: str) -> Exception:
    shown = getattr(value, "name", value)
    message = f"setting `{name}` cannot be `{shown}`"
    return fail(BackendMistake, "E0706", message, hint=f"it is {wanted}")


def _word(value: Any) -> str:
    """A name, which may be written without quotes."""
    return str(getattr(value, "name", value))


def _one_of(words: tuple[str, ...]) -> Callable[[str, Any], str]:
    def read(name: str, value: Any) -> str:
        if _word(value) in words:
            return _word(value)
        raise _wrong(name, value, f"one of {', '.join(words)}")

    return read


def _count(least: int) -> Callable[[str, Any], int]:
    def read(name: str, value: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and value >= least:
            return value
        raise _wrong(name, value, f"a whole number from {least}")

    return read


def _part(name: str, value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    raise _wrong(name, value, "a number from 0 to 1")


def _positive(name: str, value: Any) -> float:
    if _part(name, value) > 0:
        return float(value)
    raise _wrong(name, value, "a number above 0, like 0.01")


def _rounds(name: str, value: Any) -> int | str:
    return "auto" if _word(value) == "auto" else _count(0)(name, value)


def _flag(name: str, value: Any) -> bool:
    words = {"true": True, "yes": True, "false": False, "no": False}
    if isinstance(value, bool):
        return value
    if _word(value).lower() in words:
        return words[_word(value).lower()]
    raise _wrong(name, value, "true or false")


_READERS: dict[str, Callable[[str, Any], Any]] = {
    "strategy": _one_of(STRATEGIES),
    "qubits": _count(1),
    "reuse": _flag,
    "group": _count(0),
    "device": lambda name, value: _word(value),
    "shots": _count(1),
    "seed": _count(0),
    "noise": _part,
    "amplify": _rounds,
    "threshold": _part,
    "precision": _positive,
    "reading": _one_of(READINGS),
    "gradient": _one_of(GRADIENTS),
}
