"""Ciphertexts and keys of OpenFHE as residues, and back, so that only residues are sent.

What OpenFHE writes of an object is a frame (parameters, lengths, a tag) around residues.
Frames are taken from objects made here, of a key that is thrown away; what comes from
elsewhere are the residues alone, each below its prime. So OpenFHE never reads a byte that says
how to read others, whoever wrote the file.

Objects carry the tag that they are given here: 64 digits, the hash of the keys that they belong
to.
"""

from __future__ import annotations

import secrets
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from einlang_fhe.engines import binding
from einlang_fhe.engines.cache import CACHE
from einlang_fhe.engines.chain import Chain
from einlang_fhe.engines.engine import Cipher, Parameters
from einlang_fhe.engines.openfhe import make_context
from einlang_fhe.engines.residues import Bytes, pack, unpacked, width

TAG = 64
"""Digits of a tag."""
WORD = struct.Struct("<Q")


Kind = tuple[int, int, int]
"""Level, degree, polynomials of a ciphertext."""


class ResidueError(ValueError):
    """Residues that are none of these parameters."""


@dataclass(frozen=True, eq=False)
class Frame:
    """What stands around the residues of an object: before each polynomial, and at the end.

    `moduli`: of each residue polynomial, in order. The `tag` is that of the pieces.
    """

    pieces: tuple[bytes, ...]
    moduli: tuple[int, ...]
    ring: int
    tag: str

    @staticmethod
    def of(content: bytes, ring: int, tag: str) -> Frame:
        """The frame of what OpenFHE wrote here."""
        pieces, moduli, end = [], [], 0
        for start, modulus in _found(content, ring):
            pieces.append(content[end:start])
            moduli.append(modulus)
            end = start + WORD.size * ring
        return Frame((*pieces, content[end:]), tuple(moduli), ring, tag)

    @property
    def size(self) -> int:
        """Bytes of the residues."""
        return sum(self.ring * width(modulus) for modulus in self.moduli)

    def split(self, content: bytes) -> bytes:
        """The residues of an object of this kind, which OpenFHE wrote here."""
        room = bytearray(self.size)
        self.fill(content, memoryview(room))
        return bytes(room)

    def fill(self, content: bytes, room: memoryview) -> None:
        """Writes the residues of such an object to a place of their size."""
        self.gather(content, list(_found(content, self.ring)), room)

    def gather(self, content: bytes, places: Sequence[tuple[int, int]], room: memoryview) -> None:
        """The same, for polynomials of which it is known where they start, with their primes."""
        if tuple(modulus for _, modulus in places) != self.moduli:
            raise ResidueError("an object of another kind")
        end = 0
        for start, modulus in places:
            first, end = end, end + self.ring * width(modulus)
            pack(content, start, room[first:end], width(modulus))

    def joined(self, residues: Bytes, tag: str) -> bytes:
        """An object with these residues. Raises `ResidueError` where they are no residues."""
        if len(residues) != self.size or len(tag) != TAG:
            raise ResidueError("residues of another length")
        parts: list[Any] = []
        start, old, new = 0, self.tag.encode(), tag.encode()
        for piece, modulus in zip(self.pieces, self.moduli, strict=False):
            words = unpacked(residues, start, self.ring, width(modulus))
            if int(words.max()) >= modulus:
                raise ResidueError("a residue is not below its prime")
            parts += [piece.replace(old, new), words.data]
            start += self.ring * width(modulus)
        return b"".join([*parts, self.pieces[-1].replace(old, new)])


def _found(content: bytes, ring: int) -> Iterator[tuple[int, int]]:
    """Where residue polynomials are, and their primes."""
    start, length = 0, WORD.pack(ring)
    while (start := content.find(length, start)) >= 0:
        modulus = _modulus(content, start + WORD.size, ring)
        if modulus is None:
            start += 1
            continue
        yield start + WORD.size, modulus
        start += WORD.size * (ring + 1)


def _modulus(content: bytes, start: int, ring: int) -> int | None:
    """The prime behind so many residues, if that is what they are."""
    end = start + WORD.size * ring
    if end + WORD.size > len(content):
        return None
    (modulus,) = WORD.unpack_from(content, end)
    usual = modulus % (2 * ring) == 1 and 10 < modulus.bit_length() < 62
    values = np.frombuffer(content, "<u8", ring, start)
    return modulus if usual and int(values.max()) < modulus else None


class Frames:
    """The frames of all objects of one context."""

    def __init__(self, context: Any, chain: Chain, parameters: Parameters) -> None:
        self.context = context
        self.chain = chain
        self.parameters = parameters
        self._kept: dict[Any, Frame] = {}
        self._empty: dict[Kind, Any] = {}
        self._tag = secrets.token_hex(TAG // 2)
        self._fhe = binding.load()
        # What is read finds this context, whose tables are there already.
        self._fhe.DisablePrecomputeCRTTablesAfterDeserializaton()
        with binding.spoken("make a key"):
            self._pair = context.KeyGen()
            self._pair.secretKey.SetKeyTag(self._tag)
            self._pair.publicKey.SetKeyTag(self._tag)

    def write(self, thing: Any) -> bytes:
        """What OpenFHE writes of an object."""
        with binding.spoken("write"):
            return self._fhe.Serialize(thing, self._fhe.BINARY)

    def cipher(self, level: int, degree: int = 1, parts: int = 2) -> Frame:
        """Of ciphertexts at a level, of a degree, of so many polynomials."""
        return self._frame((level, degree, parts), lambda: self._made(level, degree, parts))

    @property
    def secret(self) -> Frame:
        """Of secret keys."""
        return self._frame("secret", lambda: self._pair.secretKey)

    @property
    def public(self) -> Frame:
        """Of public keys."""
        return self._frame("public", lambda: self._pair.publicKey)

    @property
    def switching(self) -> Frame:
        """Of keys for rotations and relinearisations, each by itself."""
        return self._frame("switching", self._switching)

    def turning(self, index: int) -> Frame:
        """Of a key for the automorphism of an index, in a map of its own."""
        frame = self._frame("turning", self._turning)
        first = frame.pieces[0]
        place = first.index(WORD.pack(1)) + WORD.size
        mine = self.context.FindAutomorphismIndex(1)
        assert struct.unpack_from("<I", first, place) == (mine,)
        changed = first[:place] + struct.pack("<I", index) + first[place + 4 :]
        return Frame((changed, *frame.pieces[1:]), frame.moduli, frame.ring, frame.tag)

    def read_cipher(self, residues: Bytes, kind: Kind, tag: str) -> Cipher:
        """The ciphertext of a level, a degree and so many polynomials with these residues.

        It is added to zeros made here: what is read has moduli of its own, which OpenFHE
        compares in each operation, and that takes half as long again.
        """
        content = self.cipher(*kind).joined(residues, tag)
        with binding.spoken("read a ciphertext"):
            read = self._fhe.DeserializeCiphertextString(content, self._fhe.BINARY)
            cipher = self._zeros(kind, tag)
            self.context.EvalAddInPlace(cipher, read)
        return cipher

    def write_cipher(self, cipher: Cipher, kind: Kind, room: memoryview) -> None:
        """Writes the residues of a ciphertext to their place."""
        self.cipher(*kind).fill(self.write(cipher), room)

    def read_secret(self, residues: bytes, tag: str) -> Any:
        """The secret key with these residues."""
        content = self.secret.joined(residues, tag)
        with binding.spoken("read a key"):
            return self._fhe.DeserializePrivateKeyString(content, self._fhe.BINARY)

    def read_switching(self, residues: Bytes, tag: str) -> Any:
        """The key with these residues."""
        content = self.switching.joined(residues, tag)
        with binding.spoken("read a key"):
            return self._fhe.DeserializeEvalKeyString(content, self._fhe.BINARY)

    def read_turning(self, index: int, residues: Bytes, tag: str) -> Any:
        """A map of one key, for the automorphism of an index."""
        content = self.turning(index).joined(residues, tag)
        with binding.spoken("read a key"):
            return self._fhe.DeserializeEvalKeyMapString(content, self._fhe.BINARY)

    def turns(self, content: bytes, there: Sequence[int], wanted: Sequence[int]) -> Bytes:
        """Of a map of rotation keys that OpenFHE wrote here, the residues of some, in order.

        `there`: the automorphisms of all; OpenFHE writes them in increasing order.
        """
        frame = self.turning(0)
        places, count = list(_found(content, frame.ring)), len(frame.moduli)
        room = memoryview(bytearray(frame.size * len(wanted)))
        at = {index: places[n * count :][:count] for n, index in enumerate(sorted(there))}
        for n, index in enumerate(wanted):
            frame.gather(content, at[index], room[n * frame.size :][: frame.size])
        return room.toreadonly()

    def _frame(self, key: Any, make: Callable[[], Any]) -> Frame:
        if key not in self._kept:
            self._kept[key] = Frame.of(self.write(make()), self.parameters.ring, self._tag)
        return self._kept[key]

    def _zeros(self, kind: Kind, tag: str) -> Any:
        if kind not in self._empty:
            made = self._made(*kind)
            self._empty[kind] = self.context.EvalSub(made, made)
        zeros = self._empty[kind].Clone()
        zeros.SetKeyTag(tag)
        return zeros

    def _made(self, level: int, degree: int, parts: int) -> Any:
        with binding.spoken("make a ciphertext"):
            zeros = np.zeros(self.context.GetBatchSize())
            plain = self.context.MakeCKKSPackedPlaintext(zeros, 1, level)
            cipher = self.context.Encrypt(self._pair.secretKey, plain)
            cipher.SetNoiseScaleDeg(degree)
            elements = list(cipher.GetElements())
            cipher.SetElements([*elements, *([elements[-1]] * (parts - 2))])
        return cipher

    def _switching(self) -> Any:
        with CACHE.reading(), binding.spoken("make a key"):
            self.context.EvalMultKeyGen(self._pair.secretKey)
            (key,) = self.context.GetEvalMultKeyVector(self._tag)
        CACHE.forget(self._tag)
        return key

    def _turning(self) -> Any:
        with CACHE.reading(), binding.spoken("make a key"):
            self.context.EvalRotateKeyGen(self._pair.secretKey, [1])
            found = self.context.GetEvalAutomorphismKeyMap(self._tag)
        CACHE.forget(self._tag)
        return found


@lru_cache(maxsize=8)
def frames(parameters: Parameters) -> Frames:
    """The frames for these parameters, made once."""
    context, chain = make_context(parameters)
    return Frames(context, chain, parameters)
