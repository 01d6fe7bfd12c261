"""A compiled program as three parts: what everyone may know, the client's, the evaluator's.

The hash of a program is that of its three parts. A client needs no values that belong to the
evaluator: in the client's copy of a program, the hash of the evaluator's part stands for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Union

import numpy as np

from einlang.backend import Declared
from einlang.planning.dataflow import Dataflow
from einlang_fhe.engines.engine import Parameters
from einlang_fhe.engines.frames import Kind
from einlang_fhe.files import complaints
from einlang_fhe.files.codec import Codec, DecodingError
from einlang_fhe.files.envelope import Envelope, digest, load
from einlang_fhe.functor.lower import Reply
from einlang_fhe.functor.values import Packing, SecretDiagonal
from einlang_fhe.passes.levels import Levelled
from einlang_fhe.plaintexts import Diagonal, Mask, Packed

Array = np.ndarray[Any, Any]
Sent = Union[Packing, SecretDiagonal]
Entry = Union[Mask, Packed, Diagonal]
LARGEST_PROGRAM = 1 << 30
HASHED = b"einlang program 1\n"


@dataclass(frozen=True)
class About:
    """What everyone may know. `parameters`, `rotations` and `relinearize` say which keys."""

    name: str
    version: str
    parameters: Parameters
    rotations: tuple[int, ...]
    relinearize: int
    precision: float
    sizes: dict[str, int]
    inputs: tuple[Declared, ...]
    outputs: tuple[str, ...]
    axes: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Returned:
    """A ciphertext of the reply: its level, its degree, its polynomials."""

    level: int
    degree: int
    parts: int


@dataclass(frozen=True)
class ClientPart:
    """What the client packs and unpacks, and computes on results.

    `tensors` computes what is packed of the secret inputs, by numbers as names; `sent` with
    `levels` are the ciphertexts of a request, `replies` and `returned` those of a reply;
    `plain` names the outputs that come in the clear. `flow` are the client's definitions,
    `params` what they read that is known.
    """

    tensors: Dataflow
    sent: tuple[Sent, ...]
    levels: tuple[int, ...]
    replies: tuple[Reply, ...]
    returned: tuple[Returned, ...]
    plain: dict[str, tuple[int, ...]]
    flow: Dataflow
    params: dict[str, Array]

    @property
    def request(self) -> list[Kind]:
        """Level, degree and polynomials of the ciphertexts of a request: they are fresh."""
        return [(level, 1, 2) for level in self.levels]

    @property
    def reply(self) -> list[Kind]:
        """The same of a reply."""
        return [(one.level, one.degree, one.parts) for one in self.returned]


@dataclass(frozen=True)
class EvaluatorPart:
    """The slot program, what its plaintexts hold, and the values that are known.

    `tensors` computes plain tensors of `params` and of public inputs; `plain`: the outputs
    that are such tensors.
    """

    levelled: Levelled
    plaintexts: tuple[Entry, ...]
    tensors: Dataflow
    plain: dict[str, int]
    params: dict[str, Array]


CODEC = Codec(About, ClientPart, EvaluatorPart)


@dataclass(frozen=True, eq=False)
class Program:
    """A compiled program in a file. `evaluator` is None in a client's copy."""

    about: About
    client: ClientPart
    evaluator: EvaluatorPart | None
    hash: bytes

    def written(self, client_only: bool = False) -> bytes:
        """The bytes of the file, or of a client's copy of it."""
        parts = {"about": CODEC.encode(self.about), "client": CODEC.encode(self.client)}
        assert self.evaluator is not None
        evaluator = CODEC.encode(self.evaluator)
        last = {"withheld": digest(evaluator)} if client_only else {"evaluator": evaluator}
        return Envelope("program", {**parts, **last}).written()

    @staticmethod
    def made(about: About, client: ClientPart, evaluator: EvaluatorPart) -> Program:
        """A program of its parts."""
        parts = (about, client, evaluator)
        return Program(*parts, _hash(*(digest(CODEC.encode(part)) for part in parts)))

    @staticmethod
    def read(content: bytes, name: str) -> Program:
        """The program in a file's bytes. Raises E083x for what is none."""
        from einlang_fhe.files.valid import check

        envelope = Envelope.read(content, name, LARGEST_PROGRAM)
        last = "withheld" if "withheld" in envelope.sections else "evaluator"
        sections = envelope.only("program", ("about", "client", last), name).sections
        evaluator = None
        try:
            about = CODEC.decode(bytes(sections["about"]), About)
            client = CODEC.decode(bytes(sections["client"]), ClientPart)
            if last == "evaluator":
                evaluator = CODEC.decode(bytes(sections[last]), EvaluatorPart)
        except DecodingError as error:
            raise complaints.malformed(name, str(error)) from None
        check(about, client, evaluator, name)
        third = sections[last] if evaluator is None else digest(sections[last])
        hashed = _hash(digest(sections["about"]), digest(sections["client"]), bytes(third))
        return Program(about, client, evaluator, hashed)

    @staticmethod
    def load(path: str | Path) -> Program:
        """The program in a file."""
        return Program.read(load(path, LARGEST_PROGRAM), str(path))

    def full(self, name: str) -> EvaluatorPart:
        """The evaluator's part; E0833 in a client's copy, which has none."""
        if self.evaluator is None:
            raise complaints.of_another_kind(name, "client's copy of a program", "program")
        return self.evaluator


def _hash(about: bytes, client: bytes, evaluator: bytes) -> bytes:
    return digest(HASHED + about + client + evaluator)


def scheme(parameters: Parameters) -> Parameters:
    """What keys depend on: programs of one scheme can share them."""
    return replace(parameters, spare=0)
