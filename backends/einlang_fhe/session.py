"""One compiled program with its keys: what the client and the evaluator do in each run.

The client packs and encrypts, and later decrypts and unpacks; the evaluator encodes its
plain tensors, and computes. Each does so on several threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from einlang.backend import Arrays, silent
from einlang.backend import Progress as Callback
from einlang_fhe.compiling import Compiled
from einlang_fhe.engines import engine_named
from einlang_fhe.engines.engine import Cipher, Client, Evaluator
from einlang_fhe.execution.crew import cores, together
from einlang_fhe.executor import Executor
from einlang_fhe.options import Options
from einlang_fhe.replies import opened
from einlang_fhe.tensors import Watched, values_of

Array = np.ndarray[Any, Any]
MEGABYTE = 1 << 20


class Session:
    """Keys, and a program made ready for them."""

    def __init__(self, compiled: Compiled, options: Options, parameters: Arrays) -> None:
        self.compiled = compiled
        self.options = options
        self.threads = options.threads or cores()
        used = {e.reads for e in compiled.plaintexts if e.reads is not None}
        self.operands = Watched(compiled.lowered.tensors, used, parameters)

    @cached_property
    def keys(self) -> tuple[Client, Evaluator]:
        """The client with the secret key, and the evaluator without."""
        compiled = self.compiled
        rotations = compiled.program.rotations
        engine = engine_named(self.options.engine)
        return engine.keys(compiled.parameters, rotations, compiled.relinearize)

    @cached_property
    def executor(self) -> Executor:
        """The evaluator's program."""
        return Executor(
            self.compiled.levelled,
            self.keys[1],
            self.compiled.plaintexts,
            threads=self.threads,
            room=self.options.keep * MEGABYTE,
            consume=True,
        )

    def encrypt(self, inputs: Arrays, progress: Callback) -> list[Cipher]:
        """The request, for the data of the secret inputs."""
        compiled, client = self.compiled, self.keys[0]
        tensors = self._tensors({packing.value for packing in compiled.request}, inputs)

        def one(number: int) -> Cipher:
            row = compiled.request[number].row(tensors)
            return client.encrypt(row, compiled.levels[number])

        return self._each(one, len(compiled.request), lambda *n: progress("encrypt", *n))

    def encode(self, inputs: Arrays, progress: Callback) -> None:
        """Makes plaintext operands of the data that changed since the last run."""
        changed = self.operands.update(inputs)
        self.executor.prepare(self.operands.values, changed, lambda *n: progress("encode", *n))

    def evaluate(self, request: list[Cipher], progress: Callback) -> list[Cipher]:
        """The reply. The request is used up."""
        watched = None if progress is silent else lambda *n: progress("evaluate", *n)
        return self.executor.run(request, watched)

    def decrypt(
        self, inputs: Arrays, reply: Sequence[Cipher], progress: Callback
    ) -> dict[str, Array]:
        """The outputs, those that are computed in the clear among them."""
        lowered, client = self.compiled.lowered, self.keys[0]
        plain = self._tensors(set(lowered.plain.values()), inputs)
        results = {name: plain[number] for name, number in lowered.plain.items()}
        found = opened(
            lowered.replies,
            lambda number, *how: client.decrypt(reply[number], *how),
            lambda one, total: self._each(one, total, lambda *n: progress("decrypt", *n)),
        )
        return results | found

    def _each(
        self, one: Callable[[int], Any], total: int, report: Callable[[int, int], None]
    ) -> list[Any]:
        """What the client does with each ciphertext."""
        threads = self.threads if self.keys[0].concurrent else 1
        return together(one, total, threads, lambda done: report(done, total))

    def _tensors(self, numbers: set[int], inputs: Arrays) -> dict[int, Array]:
        """Plain tensors by their number in the lowered program."""
        return values_of(self.compiled.lowered.tensors, numbers, inputs) if numbers else {}
