"""What is sent: requests, which their client signs, and replies, sealed for one request.

A request names its program and its key, and carries a key of its own that the reply is sealed
with (HMAC, SHA-256): whoever has not seen the request cannot make a reply to it. The client
needs no memory of its requests, for it derives that key from its own and the request's nonce.
Ciphertexts are residues alone: their levels are those of the program.
"""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from einlang_fhe.files import complaints
from einlang_fhe.files.codec import Codec, DecodingError
from einlang_fhe.files.envelope import Bytes, Envelope, digest
from einlang_fhe.files.keys import ClientKey, EvaluationKey, signed
from einlang_fhe.files.parts import Program

Array = np.ndarray[Any, Any]
NONCE = 16
MOST_RUNS = 1 << 16
LARGEST_REQUEST = 1 << 32
SIGNED = b"einlang request 1\n"
SEALED = b"einlang reply 1\n"


@dataclass(frozen=True)
class RequestHead:
    """For which program and under which key, how many runs, and what the reply is sealed with."""

    program: bytes
    key: bytes
    nonce: bytes
    sealing: bytes = field(repr=False)
    runs: int


@dataclass(frozen=True)
class ReplyHead:
    """To which request, of which program and key."""

    program: bytes
    key: bytes
    nonce: bytes
    runs: int


@dataclass(frozen=True)
class Plain:
    """Outputs in the clear."""

    arrays: dict[str, Array]


CODEC = Codec(RequestHead, ReplyHead, Plain)


@dataclass(frozen=True, eq=False)
class Request:
    """Ciphertexts for one run or several, as residues one after another."""

    head: RequestHead
    rows: Bytes = field(repr=False)
    signature: bytes = field(default=b"", repr=False)
    hashed: bytes = field(default=b"", repr=False)
    """The digest of the rows, where it is known."""

    @staticmethod
    def of(program: Program, key: ClientKey, runs: int, rows: Bytes) -> Request:
        """A request, signed."""
        nonce = os.urandom(NONCE)
        head = RequestHead(program.hash, key.identity, nonce, key.sealing(nonce), runs)
        hashed = digest(rows)
        return Request(head, rows, key.sign(_signed(head, hashed)), hashed)

    def envelope(self) -> Envelope:
        """The file."""
        sections = {"about": CODEC.encode(self.head), "rows": self.rows}
        sections["signature"] = self.signature
        return Envelope("request", sections, {"rows": self.hashed})

    def written(self) -> bytes:
        """The bytes of the file."""
        return self.envelope().written()

    @staticmethod
    def read(content: Bytes, name: str) -> Request:
        """The request in a file's bytes. Raises E083x."""
        envelope = Envelope.read(content, name, LARGEST_REQUEST)
        sections = envelope.only("request", ("about", "rows", "signature"), name).sections
        head = _head(bytes(sections["about"]), RequestHead, name)
        lengths = [len(part) for part in (head.program, head.key, head.nonce, head.sealing)]
        if lengths != [32, 32, NONCE, 32] or not 1 <= head.runs <= MOST_RUNS:
            raise complaints.malformed(name, "its head is none")
        signature = bytes(sections["signature"])
        return Request(head, sections["rows"], signature, envelope.digests["rows"])

    def checked(self, program: Program, key: EvaluationKey, name: str) -> Request:
        """The same. Raises E0835 and E0836 where it is for others, E0834 where it is forged."""
        if self.head.program != program.hash:
            raise complaints.another_program(name)
        if self.head.key != key.identity:
            raise complaints.another_key(name)
        hashed = self.hashed or digest(self.rows)
        if not signed(key.head.verify, _signed(self.head, hashed), self.signature):
            raise complaints.malformed(name, "its signature is another's")
        return self


@dataclass(frozen=True, eq=False)
class Reply:
    """The ciphertexts of all runs, and the outputs that need no encryption."""

    head: ReplyHead
    rows: Bytes = field(repr=False)
    plain: Plain
    seal: bytes = field(default=b"", repr=False)
    hashed: bytes = field(default=b"", repr=False)
    """The digest of the rows, where it is known."""

    @staticmethod
    def to(request: Request, rows: Bytes, plain: dict[str, Array]) -> Reply:
        """A reply, sealed."""
        asked = request.head
        head = ReplyHead(asked.program, asked.key, asked.nonce, asked.runs)
        reply = Reply(head, rows, Plain(plain), b"", digest(rows))
        return replace(reply, seal=reply.sealed(asked.sealing))

    def sealed(self, key: bytes) -> bytes:
        """What the seal must be."""
        head, plain = (digest(CODEC.encode(part)) for part in (self.head, self.plain))
        hashed = self.hashed or digest(self.rows)
        return hmac.digest(key, SEALED + head + hashed + plain, "sha256")

    def envelope(self) -> Envelope:
        """The file."""
        sections = {"about": CODEC.encode(self.head), "rows": self.rows}
        sections |= {"plain": CODEC.encode(self.plain), "seal": self.seal}
        return Envelope("reply", sections, {"rows": self.hashed})

    def written(self) -> bytes:
        """The bytes of the file."""
        return self.envelope().written()

    @staticmethod
    def read(content: Bytes, name: str) -> Reply:
        """The reply in a file's bytes. Raises E083x."""
        envelope = Envelope.read(content, name, LARGEST_REQUEST)
        sections = envelope.only("reply", ("about", "rows", "plain", "seal"), name).sections
        head = _head(bytes(sections["about"]), ReplyHead, name)
        plain = _head(bytes(sections["plain"]), Plain, name)
        seal = bytes(sections["seal"])
        return Reply(head, sections["rows"], plain, seal, envelope.digests["rows"])

    def checked(self, program: Program, key: ClientKey, name: str) -> Reply:
        """The same. Raises E0835 and E0836 where it is for others, E0834 where it is forged."""
        if self.head.program != program.hash:
            raise complaints.another_program(name)
        if self.head.key != key.identity:
            raise complaints.another_key(name)
        if not hmac.compare_digest(self.seal, self.sealed(key.sealing(self.head.nonce))):
            raise complaints.malformed(name, "its seal is that of another request")
        return self


def _signed(head: RequestHead, hashed: bytes) -> bytes:
    return SIGNED + digest(CODEC.encode(head)) + hashed


def _head(content: bytes, kind: Any, name: str) -> Any:
    try:
        return CODEC.decode(content, kind)
    except DecodingError as error:
        raise complaints.malformed(name, str(error)) from None
