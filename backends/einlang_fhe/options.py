"""What a `target fhe` block, or the command line, may say.

>>> Options.read({"precision": 1e-3, "engine": "clear"}).precision
0.001
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from einlang.errors import BackendMistake, fail
from einlang.syntax.nodes import Choice
from einlang_fhe.functor.nonlinear import Interval, Precision

OUTPUTS = ("clean", "raw")
ENGINES = ("openfhe", "clear")
LINK = 125e6
"""Bytes in a second between client and evaluator, where latency counts: one gigabit."""

RATES = {
    "latency": {"evaluate": 1.0, "encrypt": 1.0, "decrypt": 1.0, "traffic": 1 / LINK},
    "throughput": {"evaluate": 1.0, "encrypt": 1e-3, "decrypt": 1e-3, "traffic": 1e-3 / LINK},
    "traffic": {"evaluate": 0.02, "encrypt": 0.01, "decrypt": 0.01, "traffic": 1e-8},
    "memory": {"evaluate": 0.02, "encrypt": 0.01, "decrypt": 0.01, "memory": 1e-8},
}
"""By the name of an objective, what a second or a byte of each kind counts."""
APPROXIMATED = (
    *("exp", "log", "sqrt", "abs", "sigmoid", "tanh", "relu", "gelu", "silu", "sign", "inverse"),
    *("power", "polynomial", "max", "min", "lt0", "le0", "gt0", "ge0", "eq0", "ne0"),
)
SAFETY = 4
"""Approximations are made this much better than the precision that the program asks for."""


@dataclass(frozen=True)
class Options:
    """`precision`: the largest error, relative to max(1, largest output), or to 1 if it is
    `absolute`. `engine`: who computes. `ring`: the smallest ring dimension; with `insecure`,
    the ring dimension whatever its security. `scale`, `first`, `digits` override what is
    chosen. `minimise`: what layouts are chosen for. `search`: how many instructions may be
    written to find better layouts than the greedy ones. `threads`: at most so many, as many as
    there are processors if None. `keep`: megabytes of plaintext operands that stay encoded
    between runs. `bootstrap`: always or never, or where depth runs out if None. `keys`: at most
    so many rotation keys, those of bootstraps aside, or as many as there are distances if
    None. `outputs`: `clean`, zeros wherever no
    element of a result is, or `raw`; clean where the evaluator has tensors of its own if
    None."""

    precision: float = 1e-4
    absolute: bool = False
    engine: str = "openfhe"
    ring: int | None = None
    scale: int | None = None
    first: int | None = None
    digits: int | None = None
    insecure: bool = False
    minimise: str = "latency"
    search: int = 20_000
    threads: int | None = None
    keep: int = 256
    bootstrap: bool | None = None
    keys: int | None = None
    outputs: str | None = None
    degrees: dict[str, int] = field(default_factory=dict)
    intervals: dict[str, Interval] = field(default_factory=dict)

    @staticmethod
    def read(settings: Mapping[str, Any]) -> Options:
        """The options in settings; E0706 for names and values that mean nothing here."""
        chosen: dict[str, Any] = {"degrees": {}, "intervals": {}}
        for name, value in settings.items():
            if name in APPROXIMATED:
                _read_approximation(name, value, chosen)
            elif name in _READERS:
                chosen[name] = _READERS[name](name, value)
            else:
                raise _unknown(name)
        return Options(**chosen)

    @property
    def rates(self) -> Mapping[str, float]:
        """What a second or a byte of each kind counts."""
        return RATES[self.minimise]

    @property
    def approximation(self) -> Precision:
        """What approximations are told."""
        return Precision(self.precision / SAFETY, self.degrees, self.intervals)


def _unknown(name: str) -> Exception:
    close = get_close_matches(name, [*_READERS, *APPROXIMATED], n=1)
    hint = f"did you mean `{close[0]}`?" if close else f"settings: {', '.join(sorted(_READERS))}"
    return fail(BackendMistake, "E0706", f"the fhe backend has no setting `{name}`", hint=hint)


def _wrong(name: str, value: Any, wanted: str) -> Exception:
    return fail(
        BackendMistake,
        "E0706",
        f"setting `{name}` cannot be `{_shown(value)}`",
        hint=f"it is {wanted}",
    )


def _shown(value: Any) -> str:
    return value.name + "(...)" if isinstance(value, Choice) else str(value)


def _positive(name: str, value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1:
        return float(value)
    raise _wrong(name, value, "a number between 0 and 1, like 1e-4")


def _bits(name: str, value: Any) -> int:
    if isinstance(value, int) and 0 < value <= 60:
        return value
    raise _wrong(name, value, "a whole number from 1 to 60")


def _count(name: str, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise _wrong(name, value, "a whole number from 1")


def _megabytes(name: str, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise _wrong(name, value, "a whole number of megabytes")


def _ring(name: str, value: Any) -> int:
    if isinstance(value, int) and 1 << 10 <= value <= 1 << 17 and value & (value - 1) == 0:
        return value
    raise _wrong(name, value, "a power of two from 1024 to 131072")


def _one_of(words: tuple[str, ...]) -> Any:
    def read(name: str, value: Any) -> str:
        if value in words:
            return str(value)
        raise _wrong(name, value, f"one of {', '.join(words)}")

    return read


def _effort(name: str, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise _wrong(name, value, "a count of instructions, 0 for the greedy layouts")


def _flag(name: str, value: Any) -> bool:
    words = {"true": True, "yes": True, "false": False, "no": False}
    if isinstance(value, bool):
        return value
    if str(value).lower() in words:
        return words[str(value).lower()]
    raise _wrong(name, value, "true or false")


_READERS: dict[str, Any] = {
    "precision": _positive,
    "absolute": _flag,
    "engine": _one_of(ENGINES),
    "ring": _ring,
    "scale": _bits,
    "first": _bits,
    "digits": _bits,
    "insecure": _flag,
    "outputs": _one_of(OUTPUTS),
    "minimise": _one_of(tuple(RATES)),
    "search": _effort,
    "threads": _count,
    "keep": _megabytes,
    "bootstrap": _flag,
    "keys": _count,
}


def _read_approximation(name: str, value: Any, chosen: dict[str, Any]) -> None:
    """`chebyshev(degree=15, on=-8..8)`."""
    if not isinstance(value, Choice) or value.name != "chebyshev":
        raise _wrong(name, value, "`chebyshev(degree=15, on=-8..8)`, either field may be left out")
    for key, content in value.fields:
        if key == "degree" and isinstance(content, int) and 1 <= content <= 1023:
            chosen["degrees"][name] = content
        elif key == "on" and isinstance(content, tuple) and content[0] < content[1]:
            chosen["intervals"][name] = (float(content[0]), float(content[1]))
        else:
            raise _wrong(
                f"{name}.{key}", content, "`degree` from 1 to 1023, `on` an interval `lo..hi`"
            )
