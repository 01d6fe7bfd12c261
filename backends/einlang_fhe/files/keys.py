"""Keys in files: a client's, which is secret, and an evaluator's, which cannot decrypt.

An evaluation key has an identity, the hash of what it holds, and is signed by its client;
so is every request. The client's signing key is derived from the secret key and a seed: a
client's key that was altered is no longer that of its evaluation key.

Under a passphrase, the client's secrets are encrypted with AES-GCM under a key that scrypt
derives (RFC 7914, 2^16 blocks of 1 KiB).
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from einlang_fhe.engines.cache import CACHE
from einlang_fhe.engines.engine import Parameters
from einlang_fhe.engines.frames import Frames, ResidueError, frames
from einlang_fhe.engines.openfhe import (
    OpenFHEClient,
    OpenFHEEngine,
    OpenFHEEvaluator,
    PublicKeys,
    public_keys,
)
from einlang_fhe.files import complaints, valid
from einlang_fhe.files.codec import Codec, DecodingError
from einlang_fhe.files.envelope import Bytes, Envelope, digest, load
from einlang_fhe.files.parts import About, scheme

SEED = 32
HASHED = b"einlang evaluation key 1\n"
LOG_BLOCKS = 16
LARGEST_KEY = 1 << 26


@dataclass(frozen=True)
class KeyHead:
    """Whose keys they are: for which parameters, rotations (as automorphisms) and powers."""

    parameters: Parameters
    automorphisms: tuple[tuple[int, int], ...]
    relinearize: int
    verify: bytes


@dataclass(frozen=True)
class ClientHead:
    """What everyone may know of a client's key; `salt` is empty without a passphrase."""

    parameters: Parameters
    identity: bytes
    verify: bytes
    salt: bytes


CODEC = Codec(KeyHead, ClientHead)
EVALUATION: tuple[str, ...] = ("about", "public", "relinearization", "rotations", "signature")


@dataclass(frozen=True, eq=False)
class EvaluationKey:
    """What an evaluator needs: no part of it is secret, and nothing of it decrypts."""

    head: KeyHead
    public: Bytes = field(repr=False)
    relinearization: Bytes = field(repr=False)
    rotations: Bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @cached_property
    def identity(self) -> bytes:
        """The hash of what it holds."""
        parts = (CODEC.encode(self.head), self.public, self.relinearization, self.rotations)
        return digest(HASHED + b"".join(map(digest, parts)))

    def envelope(self) -> Envelope:
        """The file."""
        parts = CODEC.encode(self.head), self.public, self.relinearization, self.rotations
        sections = dict(zip(EVALUATION, (*parts, self.signature), strict=True))
        return Envelope("evaluation key", sections)

    def written(self) -> bytes:
        """The bytes of the file."""
        return self.envelope().written()

    @staticmethod
    def read(content: Bytes, name: str) -> EvaluationKey:
        """The key in a file's bytes. Raises E083x; its signature is checked."""
        envelope = Envelope.read(content, name).only("evaluation key", EVALUATION, name)
        about, *parts, signature = map(memoryview, envelope.sections.values())
        try:
            head = CODEC.decode(bytes(about), KeyHead)
        except DecodingError as error:
            raise complaints.malformed(name, str(error)) from None
        valid.parameters(head.parameters, name)
        key = EvaluationKey(head, parts[0], parts[1], parts[2], bytes(signature))
        if not signed(head.verify, key.identity, key.signature):
            raise complaints.malformed(name, "its signature is another's")
        return key

    @staticmethod
    def load(path: str | Path) -> EvaluationKey:
        """The key in a file."""
        return EvaluationKey.read(load(path), str(path))

    def fits(self, about: About, name: str) -> None:
        """Raises E0836 where a program needs other keys."""
        distances = {distance for distance, _ in self.head.automorphisms}
        enough = self.head.relinearize >= about.relinearize and distances >= {*about.rotations}
        if self.head.parameters != scheme(about.parameters) or not enough:
            raise complaints.another_key(name, "holds keys of other parameters or rotations")

    def evaluator(self, name: str) -> OpenFHEEvaluator:
        """An evaluator with these keys. Raises E0834 for residues that are none."""
        tag = self.identity.hex()
        try:
            held = HELD.get(tag) or _held(self, tag)
        except ResidueError as error:
            raise complaints.malformed(name, str(error)) from None
        HELD[tag] = held
        return OpenFHEEvaluator(held)


HELD: WeakValueDictionary[str, PublicKeys] = WeakValueDictionary()
"""What is in OpenFHE's maps, under the identity of the keys."""


def _held(key: EvaluationKey, tag: str) -> PublicKeys:
    head, made = key.head, frames(key.head.parameters)
    context, size = made.context, made.turning(0).size if head.automorphisms else 0
    products = _pieces(key.relinearization, made.switching.size, head.relinearize)
    turns = _pieces(key.rotations, size, len(head.automorphisms))
    if len(key.public) != made.public.size:
        raise ResidueError("residues of another length")
    for distance, index in head.automorphisms:
        _known(context, distance, index)
    with CACHE.reading():
        if products:
            context.InsertEvalMultKey([made.read_switching(p, tag) for p in products], tag)
        for (_, index), piece in zip(head.automorphisms, turns, strict=True):
            context.InsertEvalAutomorphismKey(made.read_turning(index, piece, tag), tag)
    steps = [distance for distance, _ in head.automorphisms if distance > 0]
    return public_keys(context, head.parameters, made.chain, tag, steps, head.relinearize)


def _known(context: Any, distance: int, index: int) -> None:
    """Negative distances stand for what bootstraps need, by their indices."""
    ring = context.GetRingDimension()
    fits = 0 < distance < ring // 2 and context.FindAutomorphismIndex(distance) == index
    if not fits and not (distance < 0 and 1 < index < 2 * ring and index % 2):
        raise ResidueError("a rotation that is none")


def _pieces(content: Bytes, size: int, count: int) -> list[memoryview]:
    if len(content) != size * count:
        raise ResidueError("residues of another length")
    view = memoryview(content)
    return [view[n * size : (n + 1) * size] for n in range(count)]


@dataclass(frozen=True, eq=False)
class ClientKey:
    """What only the client has: the secret key, and a seed of what it signs and seals with."""

    parameters: Parameters
    identity: bytes
    secret: bytes = field(repr=False)
    seed: bytes = field(repr=False)

    @cached_property
    def _signing(self) -> Any:
        return _signer(self.secret, self.seed)

    @property
    def verify(self) -> bytes:
        """What others check its signatures with."""
        return self._signing.public_key().public_bytes_raw()

    def sign(self, content: bytes) -> bytes:
        """An Ed25519 signature."""
        return self._signing.sign(content)

    def sealing(self, nonce: bytes) -> bytes:
        """The key that the reply to a request is sealed with."""
        return hmac.digest(self.seed, b"einlang reply" + nonce, "sha256")

    def client(self, parameters: Parameters, name: str) -> OpenFHEClient:
        """Who encrypts and decrypts with this key."""
        if scheme(parameters) != self.parameters:
            raise complaints.another_key(name, "is a key of other parameters")
        made = frames(self.parameters)
        try:
            secret = made.read_secret(self.secret, self.identity.hex())
        except ResidueError as error:
            raise complaints.malformed(name, str(error)) from None
        return OpenFHEClient(made.context, parameters, made.chain, secret, None, None)

    def written(self, passphrase: str | None = None) -> bytes:
        """The bytes of the file."""
        salt = os.urandom(16) if passphrase else b""
        about = CODEC.encode(ClientHead(self.parameters, self.identity, self.verify, salt))
        content = self.seed + self.secret
        if passphrase:
            content = _locked(content, passphrase, salt, about)
        return Envelope("client key", {"about": about, "secret": content}).written()

    @staticmethod
    def read(content: bytes, name: str, passphrase: str | None = None) -> ClientKey:
        """The key in a file's bytes. Raises E083x, E0837 for a passphrase that is wrong."""
        head, about, inside = _opened(content, name)
        if head.salt:
            inside = _unlocked(inside, passphrase, head.salt, about, name)
        key = ClientKey(head.parameters, head.identity, inside[SEED:], inside[:SEED])
        if key.verify != head.verify or len(head.identity) != 32:
            raise complaints.malformed(name, "its secret is another")
        return key

    @staticmethod
    def load(path: str | Path, passphrase: str | None = None) -> ClientKey:
        """The key in a file."""
        return ClientKey.read(load(path, LARGEST_KEY), str(path), passphrase)


def client_head(content: bytes, name: str) -> ClientHead:
    """What everyone may know of a client's key. Raises E083x."""
    return _opened(content, name)[0]


def _opened(content: bytes, name: str) -> tuple[ClientHead, bytes, bytes]:
    envelope = Envelope.read(content, name, LARGEST_KEY)
    sections = envelope.only("client key", ("about", "secret"), name).sections
    about, inside = bytes(sections["about"]), bytes(sections["secret"])
    try:
        head = CODEC.decode(about, ClientHead)
    except DecodingError as error:
        raise complaints.malformed(name, str(error)) from None
    valid.parameters(head.parameters, name)
    return head, about, inside


def generate(abouts: Sequence[About]) -> tuple[ClientKey, EvaluationKey]:
    """Fresh keys for all of these programs, which must agree in their parameters."""
    parameters = scheme(abouts[0].parameters)
    rotations = sorted({turn for about in abouts for turn in about.rotations})
    relinearize = max(about.relinearize for about in abouts)
    client, evaluator = OpenFHEEngine().keys(parameters, rotations, relinearize)
    made = frames(parameters)
    public = evaluator.keys
    indices = [(step, public.automorphisms[step]) for step in sorted(public.automorphisms)]
    indices += _further(made, public.tag, {index for _, index in indices})
    secret = made.secret.split(made.write(client.secret))
    seed = os.urandom(SEED)
    signer = _signer(secret, seed)
    head = KeyHead(parameters, tuple(indices), relinearize, signer.public_key().public_bytes_raw())
    products = made.context.GetEvalMultKeyVector(public.tag) if relinearize else []
    parts = (
        made.public.split(made.write(client.public)),
        b"".join(made.switching.split(made.write(key)) for key in products[:relinearize]),
        _turns(made, public.tag, [index for _, index in indices]),
    )
    key = EvaluationKey(head, *parts, b"")
    key = EvaluationKey(head, *parts, signer.sign(key.identity))
    return ClientKey(parameters, key.identity, secret, seed), key


def _further(made: Frames, tag: str, known: set[int]) -> list[tuple[int, int]]:
    """The automorphisms that bootstraps need, under negative numbers."""
    if made.parameters.bootstrap is None:
        return []
    there = set(made.context.GetExistingEvalAutomorphismKeyIndices(tag))
    return [(-1 - n, index) for n, index in enumerate(sorted(there - known))]


def _turns(made: Frames, tag: str, indices: Sequence[int]) -> Bytes:
    """The rotation keys, one after another, in the order of these indices."""
    if not indices:
        return b""
    there = made.context.GetExistingEvalAutomorphismKeyIndices(tag)
    content = made.write(made.context.GetEvalAutomorphismKeyMap(tag))
    return made.turns(content, there, indices)


def _signer(secret: bytes, seed: bytes) -> Any:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    material = hmac.digest(seed, b"einlang signature" + digest(secret), "sha256")
    return Ed25519PrivateKey.from_private_bytes(material)


def signed(verify: bytes, content: bytes, signature: bytes) -> bool:
    """Whether a signature is that of a client."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(verify).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _derived(passphrase: str, salt: bytes) -> bytes:
    blocks, memory = 1 << LOG_BLOCKS, 2 << (LOG_BLOCKS + 10)
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=blocks, r=8, p=1, maxmem=memory)[:32]


def _locked(content: bytes, passphrase: str, salt: bytes, about: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(12)
    return nonce + AESGCM(_derived(passphrase, salt)).encrypt(nonce, content, about)


def _unlocked(
    content: bytes, passphrase: str | None, salt: bytes, about: bytes, name: str
) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if passphrase is None:
        raise complaints.locked(name, "it is under a passphrase, and none was given")
    try:
        key = AESGCM(_derived(passphrase, salt))
        return key.decrypt(content[:12], content[12:], about)
    except (InvalidTag, ValueError):
        raise complaints.locked(
            name, "the passphrase is another, or the file was altered"
        ) from None
