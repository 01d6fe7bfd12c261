"""The evaluator at work: a program made ready for one client's evaluation keys.

It never holds a secret key: there is no place for one in it.
"""

from __future__ import annotations

from collections.abc import Callable

from einlang.backend import Arrays
from einlang_fhe.engines.engine import Cipher
from einlang_fhe.engines.frames import frames
from einlang_fhe.execution.crew import cores, together
from einlang_fhe.executor import Executor
from einlang_fhe.files import rows
from einlang_fhe.files.exchange import Reply, Request
from einlang_fhe.files.inputs import public
from einlang_fhe.files.keys import EvaluationKey
from einlang_fhe.files.parts import Program
from einlang_fhe.tensors import Watched

KEPT = 256 << 20
"""Bytes of plaintexts that stay encoded."""
LARGE = 1 << 20
"""Bytes of ciphertexts that several threads read faster than one."""


class Answering:
    """An evaluator: a program made ready for one client's evaluation keys."""

    def __init__(self, program: Program, key: EvaluationKey, name: str, threads: int = 0) -> None:
        key.fits(program.about, name)
        self.program = program
        self.key = key
        self.part = program.full(program.about.name)
        self.evaluator = key.evaluator(name)
        self.frames = frames(key.head.parameters)
        self.sent, self.returned = program.client.request, program.client.reply
        self.threads = threads or cores()
        used = {entry.reads for entry in self.part.plaintexts if entry.reads is not None}
        used |= set(self.part.plain.values())
        self.operands = Watched(self.part.tensors, used, self.part.params)
        self.executor = Executor(
            self.part.levelled,
            self.evaluator,
            self.part.plaintexts,
            threads=self.threads,
            room=KEPT,
            consume=True,
        )

    def reply(self, request: Request, inputs: Arrays, name: str) -> Reply:
        """The reply to a request, for the data of public inputs."""
        request.checked(self.program, self.key, name)
        runs, tag = request.head.runs, self.key.identity.hex()
        found = rows.opened(self.frames, self.sent, request.rows, runs, tag, name)
        known = {**self.part.params, **inputs}
        self.executor.prepare(self.operands.values, self.operands.update(known))
        threads = self.threads if len(request.rows) >= LARGE * runs else 1
        ran = (self._run(cipher, threads) for cipher in found)
        made = rows.written(self.frames, self.returned, ran, runs, 1)
        plain = {n: self.operands.values[value] for n, value in sorted(self.part.plain.items())}
        return Reply.to(request, made, plain)

    def _run(self, cipher: Callable[[int], Cipher], threads: int) -> Callable[[int], Cipher]:
        request = together(cipher, len(self.sent), threads)
        return self.executor.run(request).__getitem__

    @property
    def read(self) -> tuple[str, ...]:
        """The public inputs that the evaluator reads."""
        return public(self.program)
