"""The fhe backend: compiles a dataflow, makes keys, and runs client and evaluator in turn.

The client packs and encrypts the secret inputs, the evaluator computes on ciphertexts and
on its plain tensors, the client decrypts and unpacks. Plain tensors are computed by the
backend called `numpy`, on either side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

from einlang.backend import Arrays, Report, silent
from einlang.backend import Progress as Callback
from einlang.planning.dataflow import Dataflow
from einlang_fhe.compiling import Compiled
from einlang_fhe.engines import engine_named
from einlang_fhe.engines.engine import Client, Evaluator, Plain
from einlang_fhe.executor import Run
from einlang_fhe.layout import pack_one, unpack
from einlang_fhe.options import Options
from einlang_fhe.reporting import describe
from einlang_fhe.search import compile_flow
from einlang_fhe.tensors import check_ranges, larger, values_of

Array = np.ndarray[Any, Any]


class FheBackend:
    """Tensor programs on CKKS ciphertexts.

    >>> FheBackend().name
    'fhe'
    """

    name = "fhe"

    def compile(
        self, flow: Dataflow, parameters: Arrays, settings: Mapping[str, Any]
    ) -> FheExecutable:
        """A program with layouts, levels and parameters, but without keys yet.

        Raises `BackendMistake` E07xx for what cannot be computed on ciphertexts or set, and
        E08xx where no parameters will do.
        """
        options = Options.read(settings)
        compiled = compile_flow(flow, options, parameters)
        return FheExecutable(flow, options, compiled, dict(parameters))

    def calibrate(self, quick: bool = False, progress: Callback = silent) -> Report:
        """Times the engine `openfhe` on this machine, for predictions and choices to come.

        Raises `BackendMistake` E0801 and E0802 where there is no OpenFHE.
        """
        from einlang_fhe.costs.calibration import keep

        return keep(quick, progress)


@dataclass
class FheExecutable:
    """A compiled program; keys are made at the first run, and kept."""

    flow: Dataflow
    options: Options
    compiled: Compiled
    parameters: dict[str, Array]
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._keys: tuple[Client, Evaluator] | None = None

    @property
    def report(self) -> Report:
        """Counts, parameters and predicted sizes; after a run, its times."""
        return describe(self.compiled, self.options, self.seconds)

    @property
    def keys(self) -> tuple[Client, Evaluator]:
        """The client with the secret key, and the evaluator without."""
        if self._keys is None:
            engine = engine_named(self.options.engine)
            program = self.compiled.program
            self._keys = engine.keys(
                self.compiled.parameters, program.rotations, self.compiled.relinearize
            )
        return self._keys

    def run(self, inputs: Arrays, progress: Callback = silent) -> dict[str, Array]:
        """Encrypts, evaluates, decrypts."""
        known = {**self.parameters, **inputs}
        check_ranges(self.flow, known)
        self._make_room(known)
        client, evaluator = self._timed("keys", lambda: self.keys, progress)
        request = self._timed("encrypt", lambda: self._encrypt(client, known, progress))
        reply = self._timed("evaluate", lambda: self._evaluate(evaluator, known, request, progress))
        return self._timed("decrypt", lambda: self._decrypt(client, known, reply))

    def _timed(self, what: str, work: Any, progress: Callback = silent) -> Any:
        progress(what, 0, 1)
        start = perf_counter()
        result = work()
        self.seconds[what] = perf_counter() - start
        progress(what, 1, 1)
        return result

    def _encrypt(self, client: Client, inputs: Arrays, progress: Callback) -> list[Any]:
        compiled = self.compiled
        tensors = _tensors(compiled, {packing.value for packing in compiled.request}, inputs)
        request = []
        for number, packing in enumerate(compiled.request):
            row = pack_one(tensors[packing.value], packing.layout, packing.number)
            request.append(client.encrypt(row * packing.scale, compiled.levels[number]))
            progress("encrypt", number + 1, len(compiled.request))
        return request

    def _evaluate(
        self, evaluator: Evaluator, inputs: Arrays, request: Sequence[Any], progress: Callback
    ) -> list[Any]:
        compiled = self.compiled
        used = {e.reads for e in compiled.plaintexts if e.reads is not None}
        tensors = _tensors(compiled, used, inputs)

        def encode(number: int, level: int, degree: int) -> Plain:
            return evaluator.encode(compiled.plaintexts[number].row(tensors), level, degree)

        run = Run(
            evaluator,
            compiled.levelled,
            request,
            encode,
            lambda done, total: progress("evaluate", done, total),
        )
        return run.outputs()

    def _decrypt(self, client: Client, inputs: Arrays, reply: Sequence[Any]) -> dict[str, Array]:
        lowered = self.compiled.lowered
        plain = _tensors(self.compiled, set(lowered.plain.values()), inputs)
        results = {name: plain[number] for name, number in lowered.plain.items()}
        for item in lowered.replies:
            if item.factor == 0:  # The terms cancel: what the ciphertexts hold does not matter.
                results[item.name] = np.zeros(item.layout.shape)
                continue
            ciphers = reply[item.first : item.first + item.layout.count]
            rows = np.stack([client.decrypt(cipher) for cipher in ciphers])
            results[item.name] = unpack(rows, item.layout) * item.factor
        return {name: results[name] for name in self.flow.names}

    def _make_room(self, inputs: Arrays) -> None:
        """Compiles anew where outputs without a sure bound turn out larger than assumed."""
        peaks = larger(self.flow, self.compiled.outputs, inputs)
        if peaks:
            self.compiled = compile_flow(self.flow, self.options, self.parameters, peaks)
            self._keys = None


def _tensors(compiled: Compiled, numbers: set[int], inputs: Arrays) -> dict[int, Array]:
    """Plain tensors by their number in the lowered program."""
    return values_of(compiled.lowered.tensors, numbers, inputs)
