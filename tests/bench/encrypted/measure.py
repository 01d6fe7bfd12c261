"""One case in this process: ours and the experts' programs, timed in turns.

Times are medians over the turns, by the clock on the wall; `evaluate_best` is the fastest
turn and `evaluate_cpu` the median of processor time, which other work on the machine
disturbs less. What is compared is compared turn by turn, for a machine that is fast now and
slow later is so to both. Predictions are made of an earlier calibration: `paced_seconds` is
the time at the pace of that, by a yardstick that is timed around each turn. Ours runs first
and alone, so that the peak of memory is that of our run.
"""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np
from einlang_fhe.backend import FheExecutable
from einlang_fhe.costs import load
from einlang_fhe.costs.calibration import YARDSTICK
from einlang_fhe.costs.timing import Yardstick

import einlang as ein
from einlang.api.pipeline import Compiled, execute, prepare
from encrypted import networks
from encrypted.cases import Case
from encrypted.experts.kit import Expert, Kit
from encrypted.networks import Network

Array = np.ndarray[Any, Any]
Settings = Mapping[str, Any]
PARTS = ("encrypt", "evaluate", "decrypt")


@dataclass(frozen=True)
class Effort:
    """At least `turns` turns, then more while they take less than `seconds` in all."""

    turns: int = 5
    seconds: float = 3.0
    most: int = 51

    def enough(self, turns: int, start: float) -> bool:
        """Whether to stop."""
        late = time.perf_counter() - start > self.seconds
        return turns >= self.most or (turns >= self.turns and late)


@dataclass
class Watch:
    """Seconds of each part of each turn."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    def add(self, part: str, seconds: float) -> None:
        """One more."""
        self.seconds.setdefault(part, []).append(seconds)

    def time(self, part: str, work: Callable[[], Any]) -> Any:
        """What the work gives."""
        spent = time.process_time()
        start = time.perf_counter()
        result = work()
        self.add(part, time.perf_counter() - start)
        self.add(f"{part} cpu", time.process_time() - spent)
        return result

    def figures(self) -> dict[str, float]:
        """Medians, and the fastest evaluation."""
        parts = [part for part in self.seconds if not part.endswith("cpu")]
        found = {f"{part}_seconds": median(self.seconds[part]) for part in parts}
        found["evaluate_best"] = min(self.seconds["evaluate"])
        found["evaluate_cpu"] = median(self.seconds["evaluate cpu"])
        return found


def compile_program(task: Case | Network, settings: Settings) -> tuple[Compiled, float]:
    """A program from its text to what can run, and the seconds that took."""
    text, inputs, parameters = task.text, task.inputs(), task.parameters()
    start = time.perf_counter()
    compiled = prepare(ein.compile(text).check(inputs), "fhe", parameters, settings)
    return compiled, time.perf_counter() - start


def warm_up() -> float:
    """Seconds to compile a program of no interest: what is imported and read once a process."""
    start = time.perf_counter()
    text = "index i = 2\nsecret x[i]\ny[i] = x[i] * x[i]\n"
    prepare(ein.compile(text).check(), "fhe", {}, {})
    return time.perf_counter() - start


class Ours:
    """The program as einlang runs it; compiled `again` if asked, which may be quicker."""

    def __init__(
        self,
        task: Case | Network,
        settings: Settings,
        again: bool = False,
        stick: Yardstick | None = None,
    ) -> None:
        self.inputs = task.inputs()
        self.arrays = list(task.operands().values())
        self.expected = task.expected(self.arrays)
        start, before = warm_up(), stick and stick.read()
        self.compiled, cold = compile_program(task, settings)
        compiling = {"start": start, "cold": cold}
        if stick and before:
            pace = (before + stick.read()) / 2
            compiling |= {f"cold_{name}": each for name, each in at_pace([cold], [pace]).items()}
        if again:
            compiling["cached"] = compile_program(task, settings)[1]
        self.watch = Watch()
        self.errors: list[float] = []
        self.turn()
        assert isinstance(self.compiled.server, FheExecutable)
        self.once = {
            "compile_seconds": compiling,
            "keys_seconds": self.compiled.server.seconds["keys"],
            "first_evaluate_seconds": self.watch.seconds["evaluate"][0],
            "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        self.watch = Watch()

    def turn(self) -> Array:
        """Encrypts, evaluates, decrypts."""
        spent: list[float] = []

        def note(part: str, done: int, total: int) -> None:
            if part == "evaluate" and total == 1:  # Before the clock runs, and after.
                spent.append(time.process_time())

        (result,) = execute(self.compiled, self.inputs, note).values()
        for part in PARTS:
            self.watch.add(part, self.compiled.server.seconds[part])
        self.watch.add("evaluate cpu", spent[-1] - spent[0])
        self.errors.append(float(np.abs(result - self.expected).max()))
        return result

    def figures(self) -> dict[str, Any]:
        """Times, counts, parameters, error."""
        report = self.compiled.report.figures
        counts = {name.replace(" ", "_"): report[name] for name in COUNTS if name in report}
        found = {**self.watch.figures(), **self.once, **counts}
        found["turns"] = len(self.errors) - 1
        found["max_abs_error"] = max(self.errors)
        found["largest_result"] = float(np.abs(self.expected).max())
        if "predicted evaluate seconds" in report:
            found["predicted_seconds"] = report["predicted evaluate seconds"]
        return found


COUNTS = (
    *("ring dimension", "depth", "modulus bits", "key switching digits"),
    *("rotations", "rotation keys", "products", "plain products", "relinearizations"),
    *("ciphertexts sent", "ciphertexts returned", "request bytes", "reply bytes", "key bytes"),
)


class Beside:
    """An expert's program on the same operands."""

    def __init__(self, expert: Expert, ours: Ours) -> None:
        self.expert = expert
        self.arrays = ours.arrays
        self.expected = ours.expected
        self.watch = Watch()
        self.kit = self.watch.time("keys", lambda: Kit(expert))
        self.plain = self.kit.encode(self.arrays)
        self.sizes = (0, 0)
        self.errors: list[float] = []

    def turn(self) -> None:
        """Encrypts, evaluates, decrypts."""
        watch, kit = self.watch, self.kit
        request = watch.time("encrypt", lambda: kit.encrypt(self.arrays))
        sent = len(request)
        reply = watch.time("evaluate", lambda: self._evaluate(request))
        result = watch.time("decrypt", lambda: kit.decrypt(reply))
        self.sizes = (sent, len(reply))
        self.errors.append(float(np.abs(result - self.expected).max()))

    def _evaluate(self, request: list[Any]) -> list[Any]:
        """Uses the request up, as ours does: what is not read any more is released."""
        reply = [*self.expert.kernel(self.kit.context, request, self.plain)]
        request.clear()
        return reply

    def figures(self) -> dict[str, Any]:
        """Times, counts, parameters, error."""
        ring = self.expert.ring
        sent, returned = self.sizes
        return {
            "says": self.expert.says,
            **self.watch.figures(),
            "ring_dimension": ring.dimension,
            "primes": ring.depth + 1,
            "ciphertexts_sent": sent,
            "ciphertexts_returned": returned,
            "operations": operations(self),
            "max_abs_error": max(self.errors),
        }


def operations(beside: Beside) -> dict[str, int]:
    """How often the kernel calls what of OpenFHE, by counting one more run."""
    counted = Counting(beside.kit.context)
    request = beside.kit.encrypt(beside.arrays)
    beside.expert.kernel(counted, request, beside.plain)
    return dict(sorted(counted.calls.items()))


class Counting:
    """A context that counts what is called."""

    def __init__(self, context: Any) -> None:
        self.context = context
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.context, name)

        def counted(*arguments: Any) -> Any:
            if not name.startswith("Get"):
                self.calls[name] += 1
            return method(*arguments)

        return counted


def measure(task: Case | Network, effort: Effort, settings: Settings) -> dict[str, Any]:
    """All figures of a case. The error of EinHops's cases is bounded as it is."""
    settings = {**settings, "absolute": task.group == "einhops"}
    stick = Yardstick.rotation()
    ours = Ours(task, settings, again=True, stick=stick)
    beside = [Beside(expert, ours) for expert in task.experts()]
    start, paces = time.perf_counter(), list[float]()
    while not effort.enough(len(paces), start):
        before = stick.read()
        ours.turn()
        paces.append((before + stick.read()) / 2)
        for one in beside:
            one.turn()
    found: dict[str, Any] = {
        "case": task.name,
        "group": task.group,
        "equation": task.equation,
        "shapes": [list(shape) for shape in task.shapes],
        "plain": sorted(task.plain),
        "ours": ours.figures() | at_pace(ours.watch.seconds["evaluate"], paces),
        "experts": [one.figures() | {"ratio": over(ours.watch, one.watch)} for one in beside],
    }
    return found | ratios(found, task.peer)


def at_pace(seconds: Sequence[float], paces: Sequence[float]) -> dict[str, float]:
    """What evaluation would take if the yardstick took what it took in calibration."""
    known = load().machine.get(YARDSTICK)
    if known is None:
        return {}
    pace = float(known.split()[0])
    found = [each * pace / now for each, now in zip(seconds, paces, strict=True)]
    return {"paced_seconds": median(found), "slower_than_calibrated": median(paces) / pace}


def measure_network(network: Network, effort: Effort, settings: Settings) -> dict[str, Any]:
    """All figures for one image, then batches, and the accuracy."""
    found = measure(network, effort, settings)
    batched = {**settings, "minimise": "throughput"}
    sizes = networks.BATCHES[: None if effort.seconds else 2]
    found["batches"] = list(networks.batches(network, lambda one: Ours(one, batched), sizes))
    found["accuracy"] = networks.accuracy(network, lambda one: Ours(one, settings).turn())
    return found


def over(one: Watch, other: Watch) -> float:
    """The median, over the turns, of how many times an evaluation takes what the other takes."""
    pairs = zip(one.seconds["evaluate"], other.seconds["evaluate"], strict=True)
    return median(mine / max(theirs, 1e-9) for mine, theirs in pairs)


def ratios(found: Mapping[str, Any], peer: float | None) -> dict[str, Any]:
    """Ours over the fastest expert's time, and another system's time over ours.

    Where neither computes anything, the ratio is 1. `ratio_in_all` compares the sums of
    encryption, evaluation and decryption; `_best` the fastest turns, `_cpu` processor time.
    """
    ours = found["ours"]
    result: dict[str, Any] = {}
    if found["experts"]:
        expert = max(found["experts"], key=lambda one: one["ratio"])
        nothing = not expert["operations"] and not _computes(ours)
        result["ratio_in_all"] = in_all(ours) / min(in_all(one) for one in found["experts"])
        result["ratio_to_expert"] = 1.0 if nothing else expert["ratio"]
        for ending, name in (("_best", "best"), ("_cpu", "cpu")):
            ratio = ours[f"evaluate_{name}"] / max(expert[f"evaluate_{name}"], 1e-9)
            result[f"ratio_to_expert{ending}"] = 1.0 if nothing else ratio
    if peer is not None:
        result["peer_seconds"] = peer
        result["faster_than_peer"] = peer / max(ours["evaluate_seconds"], 1e-3)
    return result


def in_all(figures: Mapping[str, Any]) -> float:
    """Seconds from the operands to the result."""
    return sum(figures[f"{part}_seconds"] for part in PARTS)


def _computes(ours: Mapping[str, Any]) -> bool:
    counts = ("rotations", "products", "plain_products", "relinearizations")
    return any(ours.get(name, 0) for name in counts)
