"""The client at work: makes requests, opens replies.

It has the secret key, and needs nothing of the evaluator's part of a program.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from einlang.backend import Arrays, Executable, find
from einlang_fhe.engines.engine import Cipher
from einlang_fhe.engines.frames import frames
from einlang_fhe.execution.crew import cores, together
from einlang_fhe.files import complaints, rows
from einlang_fhe.files.exchange import Reply, Request
from einlang_fhe.files.inputs import counted
from einlang_fhe.files.keys import ClientKey
from einlang_fhe.files.parts import Program
from einlang_fhe.files.sharing import shared
from einlang_fhe.replies import opened

Array = np.ndarray[Any, Any]


class Asking:
    """A client with its key."""

    def __init__(self, program: Program, key: ClientKey, name: str) -> None:
        self.program = program
        self.key = key
        self.client = key.client(program.about.parameters, name)
        self.frames = frames(key.parameters)
        self.sent, self.returned = program.client.request, program.client.reply
        self.tag = key.identity.hex()
        assert self.client.secret.GetKeyTag() == self.tag

    @property
    def secrets(self) -> tuple[str, ...]:
        """The inputs that are encrypted."""
        return tuple(port.name for port in self.program.client.tensors.inputs)

    @property
    def read(self) -> tuple[str, ...]:
        """The inputs that the client's own definitions read."""
        part = self.program.client
        there = {item.name for item in part.replies} | part.plain.keys() | part.params.keys()
        return tuple(port.name for port in part.flow.inputs if port.name not in there)

    @cached_property
    def _packed(self) -> Executable:
        """What computes the tensors that are packed of the secret inputs."""
        return find("numpy").compile(self.program.client.tensors, {}, {})

    @cached_property
    def _finish(self) -> Executable:
        """What computes the client's own definitions."""
        return find("numpy").compile(self.program.client.flow, {}, {})

    def request(self, inputs: Arrays, batch: bool = False) -> Request:
        """A request for the data of the secret inputs; of a batch, one axis more in front."""
        runs = counted(inputs, self.secrets) if batch else 1
        each = (
            {name: inputs[name][run] if batch else inputs[name] for name in self.secrets}
            for run in range(runs)
        )
        made = rows.written(self.frames, self.sent, map(self._encrypted, each), runs, cores())
        return Request.of(self.program, self.key, runs, made)

    def _encrypted(self, inputs: Arrays) -> Callable[[int], Cipher]:
        part, results = self.program.client, self._packed.run(inputs)
        tensors = {int(name): np.asarray(results[name], np.float64) for name in part.tensors.names}
        return lambda n: self.client.encrypt(part.sent[n].row(tensors), part.levels[n])

    def results(
        self, reply: Reply, inputs: Arrays, name: str, batch: bool = False, share: bool = False
    ) -> dict[str, Array]:
        """The outputs of the program; of a batch, one axis more in front.

        With `share`, what was decrypted is blurred and rounded, to be shown to others.
        """
        self._fits(reply, name)
        runs = reply.head.runs
        if runs > 1 and not batch:
            raise complaints.malformed(name, f"it answers a batch of {runs}")
        rounding = self.program.about.precision if share else 0.0
        known = {**self.program.client.params, **inputs, **reply.plain.arrays}
        found = rows.opened(self.frames, self.returned, reply.rows, runs, self.tag, name)
        every = [self._result(known, cipher, rounding) for cipher in found]
        if not batch:
            return every[0]
        return {title: np.stack([one[title] for one in every]) for title in every[0]}

    def _fits(self, reply: Reply, name: str) -> None:
        """Raises E083x where a reply is to none of this client's requests."""
        reply.checked(self.program, self.key, name)
        given = {title: array.shape for title, array in reply.plain.arrays.items()}
        if given != self.program.client.plain:
            raise complaints.malformed(name, "it has other outputs in the clear")

    def _result(
        self, known: Arrays, cipher: Callable[[int], Cipher], rounding: float
    ) -> dict[str, Array]:
        """The outputs of a run, with what the client computes itself, in the clear."""
        part = self.program.client
        found = opened(
            part.replies,
            lambda number, *how: self.client.decrypt(cipher(number), *how),
            lambda one, total: together(one, total, cores()),
        )
        if rounding:
            found = {name: shared(array, rounding) for name, array in found.items()}
        values = {**known, **found}
        if part.flow.names:
            values |= self._finish.run({port.name: values[port.name] for port in part.flow.inputs})
        return {name: np.asarray(values[name]) for name in self.program.about.outputs}
