"""The two sides at work: a client who asks, an evaluator who answers.

The evaluator has a program and evaluation keys. It never holds a secret key: there is no
place for one in it. The client needs nothing of the evaluator's part of a program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from einlang import data
from einlang.backend import Arrays, find
from einlang.checking.typed import Qualifier
from einlang.errors import DataMistake, Diagnostic, fail
from einlang.planning.dataflow import Dataflow
from einlang_fhe.engines.engine import Cipher
from einlang_fhe.engines.frames import Frames, Kind, ResidueError, frames
from einlang_fhe.execution.crew import cores, together
from einlang_fhe.executor import Executor
from einlang_fhe.files import complaints
from einlang_fhe.files.exchange import Reply, Request
from einlang_fhe.files.keys import ClientKey, EvaluationKey
from einlang_fhe.files.parts import Program
from einlang_fhe.files.sharing import shared
from einlang_fhe.functor.lower import Reply as Place
from einlang_fhe.layout import unpack
from einlang_fhe.tensors import Watched

Array = np.ndarray[Any, Any]
KEPT = 256 << 20
"""Bytes of plaintexts that stay encoded."""


class Asking:
    """A client with its key: makes requests, opens replies."""

    def __init__(self, program: Program, key: ClientKey, name: str) -> None:
        self.program = program
        self.key = key
        self.client = key.client(program.about.parameters, name)
        self.frames = frames(key.parameters)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The inputs that are encrypted."""
        return tuple(port.name for port in self.program.client.tensors.inputs)

    def request(self, inputs: Arrays, batch: bool = False) -> Request:
        """A request for the data of the secret inputs; of a batch, one axis more in front."""
        runs = _runs(self.program, inputs, self.secrets, batch)
        each = [{name: inputs[name][run] for name in self.secrets} for run in range(runs or 1)]
        data = each if batch else [{name: inputs[name] for name in self.secrets}]
        rows = b"".join(self._row(one) for one in data)
        return Request.of(self.program, self.key, len(data), rows)

    def _row(self, inputs: Arrays) -> bytes:
        part = self.program.client
        tensors = _values(part.tensors, inputs)
        tag = self.key.identity.hex()
        assert self.client.secret.GetKeyTag() == tag

        def one(number: int) -> bytes:
            vector = part.sent[number].row(tensors)
            cipher = self.client.encrypt(vector, part.levels[number])
            return self.frames.cipher(part.levels[number]).split(self.frames.write(cipher))

        return b"".join(_each(one, len(part.sent)))

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
        every = [self._result(reply, run, inputs, name, rounding) for run in range(runs)]
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
        self, reply: Reply, run: int, inputs: Arrays, name: str, rounding: float
    ) -> dict[str, Array]:
        part = self.program.client
        kinds = [(r.level, r.degree, r.parts) for r in part.returned]
        pieces = _cut(reply.rows, _sizes(self.frames, kinds), reply.head.runs, name)[run]
        found = {**reply.plain.arrays}
        for item in part.replies:
            found[item.name] = self._unpacked(item, pieces, kinds, name)
            if rounding:
                found[item.name] = shared(found[item.name], rounding)
        return self._finished(found, inputs)

    def _unpacked(
        self, item: Place, pieces: Sequence[memoryview], kinds: Sequence[Kind], name: str
    ) -> Array:
        """An output; where terms cancel, what the ciphertexts hold does not matter."""
        if item.factor == 0:
            return np.zeros(item.layout.shape)
        tag = self.key.identity.hex()

        def one(n: int) -> Array:
            at = item.first + n
            cipher = _read(self.frames, pieces[at], kinds[at], tag, name)
            return self.client.decrypt(cipher, item.layout.complex)

        vectors = np.stack(_each(one, item.layout.count))
        return unpack(vectors, item.layout) * item.factor

    def _finished(self, found: dict[str, Array], inputs: Arrays) -> dict[str, Array]:
        """With what the client computes itself, in the clear."""
        part, flow = self.program.client, self.program.client.flow
        known = {**part.params, **inputs, **found}
        if flow.names:
            needed = {port.name: known[port.name] for port in flow.inputs}
            known |= find("numpy").compile(flow, {}, {}).run(needed)
        return {name: np.asarray(known[name]) for name in self.program.about.outputs}

    @property
    def read(self) -> tuple[str, ...]:
        """The inputs that the client's own definitions read."""
        part = self.program.client
        there = {item.name for item in part.replies} | part.plain.keys() | part.params.keys()
        return tuple(port.name for port in part.flow.inputs if port.name not in there)


class Answering:
    """An evaluator: a program made ready for one client's evaluation keys."""

    def __init__(self, program: Program, key: EvaluationKey, name: str, threads: int = 0) -> None:
        key.fits(program.about, name)
        self.program = program
        self.key = key
        self.part = program.full(program.about.name)
        self.evaluator = key.evaluator(name)
        self.frames = frames(key.head.parameters)
        used = {entry.reads for entry in self.part.plaintexts if entry.reads is not None}
        used |= set(self.part.plain.values())
        self.operands = Watched(self.part.tensors, used, self.part.params)
        self.executor = Executor(
            self.part.levelled,
            self.evaluator,
            self.part.plaintexts,
            threads=threads or cores(),
            room=KEPT,
            consume=True,
        )

    def reply(self, request: Request, inputs: Arrays, name: str) -> Reply:
        """The reply to a request, for the data of public inputs."""
        request.checked(self.program, self.key, name)
        kinds = [(level, 1, 2) for level in self.program.client.levels]
        cut = _cut(request.rows, _sizes(self.frames, kinds), request.head.runs, name)
        known = {**self.part.params, **inputs}
        self.executor.prepare(self.operands.values, self.operands.update(known))
        rows = b"".join(self._run(pieces, kinds, name) for pieces in cut)
        plain = {n: self.operands.values[value] for n, value in sorted(self.part.plain.items())}
        return Reply.to(request, rows, plain)

    def _run(self, pieces: Sequence[memoryview], kinds: Sequence[Kind], name: str) -> bytes:
        tag = self.key.identity.hex()
        ciphers = _each(lambda n: _read(self.frames, pieces[n], kinds[n], tag, name), len(pieces))
        found = self.executor.run(ciphers)
        returned = self.program.client.returned

        def one(n: int) -> bytes:
            kind = returned[n]
            frame = self.frames.cipher(kind.level, kind.degree, kind.parts)
            return frame.split(self.frames.write(found[n]))

        return b"".join(_each(one, len(found)))

    @property
    def read(self) -> tuple[str, ...]:
        """The public inputs that the evaluator reads."""
        return public(self.program)


def public(program: Program) -> tuple[str, ...]:
    """The public inputs that the evaluator of a program reads."""
    from einlang_fhe.tensors import extract

    part = program.full(program.about.name)
    used = {entry.reads for entry in part.plaintexts if entry.reads is not None}
    ports = extract(part.tensors, sorted(used | set(part.plain.values()))).inputs
    return tuple(port.name for port in ports if port.name not in part.params)


def bound(
    program: Program,
    names: Sequence[str],
    given: Mapping[str, Any],
    folder: Any,
    batch: bool = False,
) -> dict[str, Array]:
    """The data of these inputs: given, or in the files that the program names.

    Raises `DataMistake` with everything that is wrong, shapes and ranges included.
    """
    declared = {item.name: item for item in program.about.inputs}
    wrong = [data.stranger(name, list(declared)) for name in given if name not in declared]
    found: dict[str, Array] = {}
    for name in names:
        item = declared[name]
        try:
            values = data.array(name, item.source, given, folder)
            if name not in given and item.source:
                shape = data.fitted(values.shape, len(item.shape), item.source)
                values = values.reshape(shape)
            found[name] = _fitting(item, values, batch)
        except DataMistake as mistake:
            wrong += mistake.diagnostics
    if wrong:
        raise DataMistake(wrong)
    return found


def _fitting(item: Any, values: Array, batch: bool) -> Array:
    shape = values.shape[1:] if batch else values.shape
    if shape != item.shape:
        wanted = f"(runs, {', '.join(map(str, item.shape))})" if batch else item.shape
        message = f"`{item.name}` needs the shape {wanted}, but its data has {values.shape}"
        raise fail(DataMistake, "E0304", message)
    data.inside(item.name, values, item.range, item.qualifier is Qualifier.SECRET)
    return values


def _runs(program: Program, inputs: Arrays, names: Sequence[str], batch: bool) -> int:
    if not batch:
        return 0
    counts = {len(inputs[name]) for name in names}
    if len(counts) != 1 or counts == {0}:
        message = "the secret inputs of a batch have as many runs as each other, at least one"
        raise DataMistake([Diagnostic("E0304", message)])
    return counts.pop()


def _values(flow: Dataflow, inputs: Arrays) -> dict[int, Array]:
    """The outputs of a dataflow by the numbers that are their names."""
    results = find("numpy").compile(flow, {}, {}).run({p.name: inputs[p.name] for p in flow.inputs})
    return {int(name): np.asarray(results[name], dtype=np.float64) for name in flow.names}


def _sizes(made: Frames, kinds: Sequence[Kind]) -> list[int]:
    return [made.cipher(*kind).size for kind in kinds]


def _cut(rows: bytes, sizes: Sequence[int], runs: int, name: str) -> list[list[memoryview]]:
    """The residues of each ciphertext, by run."""
    if not runs >= 1 or len(rows) != runs * sum(sizes):
        raise complaints.malformed(name, "it holds other ciphertexts than the program's")
    view, start, found = memoryview(rows), 0, []
    for _ in range(runs):
        pieces = []
        for size in sizes:
            pieces.append(view[start : start + size])
            start += size
        found.append(pieces)
    return found


def _read(made: Frames, residues: memoryview, kind: Kind, tag: str, name: str) -> Cipher:
    try:
        return made.read_cipher(residues, kind, tag)
    except ResidueError as error:
        raise complaints.malformed(name, str(error)) from None


def _each(one: Callable[[int], Any], total: int) -> list[Any]:
    return together(one, total, cores(), lambda done: None)
