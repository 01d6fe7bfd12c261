"""The fhe backend: compiles a dataflow, makes keys, and runs client and evaluator in turn.

The client packs and encrypts the secret inputs, the evaluator computes on ciphertexts and
on its plain tensors, the client decrypts and unpacks. Plain tensors are computed by the
backend called `numpy`, on either side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from einlang.backend import Around, Arrays, Report, silent
from einlang.backend import Progress as Callback
from einlang.planning.dataflow import Dataflow
from einlang_fhe.compiling import UNSEEN, Compiled, Outputs
from einlang_fhe.deep import fitted
from einlang_fhe.engines.engine import Client, Evaluator
from einlang_fhe.files.remote import Remotely
from einlang_fhe.options import Options
from einlang_fhe.reporting import describe, measured, with_raw
from einlang_fhe.search import compile_flow
from einlang_fhe.session import Session
from einlang_fhe.tensors import check_ranges, largest, outgrown, surely

if TYPE_CHECKING:
    from einlang.diagrams.drawing import Drawing

Array = np.ndarray[Any, Any]


class FheBackend(Remotely):
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
    _outputs: Outputs | None = field(default=None, init=False, repr=False)
    _session: Session | None = field(default=None, init=False, repr=False)
    _told: tuple[Compiled, Report] | None = field(default=None, init=False, repr=False)

    @property
    def report(self) -> Report:
        """Counts, parameters and predicted sizes; after a run, its times. What clean outputs
        cost is told before a run alone: it takes another compilation."""
        if self._told is None or self._told[0] is not self.compiled:
            told, raw = describe(self.compiled, self.options), None
            if not self.seconds:
                raw = self._raw()
            self._told = self.compiled, with_raw(told, raw, self.options)
        return measured(self._told[1], self.seconds)

    def _raw(self) -> Compiled | None:
        """The program with outputs as they come, where masks make them clean."""
        if not self.compiled.lowered.masked:
            return None
        options = replace(self.options, outputs="raw")
        return compile_flow(self.flow, options, self.parameters, self._outputs or UNSEEN)

    def layouts(self) -> Drawing:
        """Where the elements of encrypted tensors sit, step by step."""
        from einlang_fhe.drawing import drawing

        return drawing(self.compiled)

    def ship(self, around: Around, client_only: bool = False) -> bytes:
        """The bytes of the program's file, or of a client's copy. Raises E0838."""
        from einlang_fhe.files.shipping import shipped

        program = shipped(self.compiled, self.options, self.parameters, around)
        return program.written(client_only)

    @property
    def session(self) -> Session:
        """The program with its keys, as long as it stays the same."""
        if self._session is None or self._session.compiled is not self.compiled:
            self._session = Session(self.compiled, self.options, self.parameters)
        return self._session

    @property
    def keys(self) -> tuple[Client, Evaluator]:
        """The client with the secret key, and the evaluator without."""
        return self.session.keys

    def run(self, inputs: Arrays, progress: Callback = silent) -> dict[str, Array]:
        """Encrypts, evaluates, decrypts."""
        known = {**self.parameters, **inputs}
        check_ranges(self.flow, known)
        self._make_room(known)
        session = self.session
        self._timed("keys", progress, getattr, session, "keys")
        self._timed("encode", progress, session.encode, known, progress)
        request = self._timed("encrypt", progress, session.encrypt, known, progress)
        reply = self._timed("evaluate", progress, session.evaluate, request, progress)
        results = self._timed("decrypt", progress, session.decrypt, known, reply, progress)
        return {name: results[name] for name in self.flow.names}

    def _timed(
        self, what: str, progress: Callback, work: Callable[..., Any], *arguments: Any
    ) -> Any:
        progress(what, 0, 1)
        start = perf_counter()
        result = work(*arguments)
        self.seconds[what] = perf_counter() - start
        progress(what, 1, 1)
        return result

    def _make_room(self, inputs: Arrays) -> None:
        """Compiles anew where outputs are larger than assumed, so that they have no room or may
        have larger errors; or where they are smaller than those before."""
        found = largest(self.flow, tuple(self.compiled.outputs), inputs)
        known = self._outputs or Outputs(least=inf)
        peaks = dict(known.peaks) | outgrown(self.compiled.outputs, found)
        least = 1.0 if self.options.absolute else min(known.least, surely(found))
        wanted = Outputs(tuple(sorted(peaks.items())), least)
        if wanted != (self._outputs or UNSEEN):
            self.compiled = compile_flow(self.flow, self.options, self.parameters, wanted)
        self._outputs = wanted
        if self.compiled.parameters.bootstrap:
            self.compiled = fitted(self.compiled, self.options, self.parameters, inputs)
