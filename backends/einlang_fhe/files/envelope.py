"""The envelope of every file: what it is, how long it is, and that nothing of it has changed.

    magic (8)  version (2)  kind (2)  length of the head (4)  length of the file (8)
    head: which sections follow, how long they are, their SHA-256
    sections, one after another
    SHA-256 of what stands before the sections (32)

Numbers are little-endian, the head is MessagePack. The same content gives the same bytes.

>>> content = Envelope("request", {"head": b"who", "rows": b"what"})
>>> Envelope.read(content.written(), "x.einr") == content
True
>>> Envelope.read(content.written()[:-1], "x.einr")
Traceback (most recent call last):
    ...
einlang.errors.BackendMistake: error[E0832]: `x.einr` is damaged: it has 145 bytes of 146
 = hint: get it again from where it came
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Union

from einlang_fhe.files import complaints
from einlang_fhe.files.packing import packb

Bytes = Union[bytes, bytearray, memoryview]

MAGIC = b"\x89EIN\r\n\x1a\n"
VERSION = 1
KINDS = ("program", "client key", "evaluation key", "request", "reply")
HEAD = struct.Struct("<8sHHIQ")
DIGEST = 32
LARGEST = 1 << 34
"""Bytes; longer files are refused unread."""
LONGEST_HEAD = 1 << 16


@dataclass(frozen=True)
class Envelope:
    """A file's kind, and its sections by name, in order; `digests` of those that are known."""

    kind: str
    sections: Mapping[str, Bytes]
    digests: Mapping[str, bytes] = field(default_factory=dict, compare=False)

    def written(self) -> bytes:
        """The bytes of the file."""
        return b"".join(self.pieces())

    def pieces(self) -> list[Bytes]:
        """The bytes of the file, one after another: sections are not copied."""
        rows = [
            [name, len(part), self.digests.get(name) or digest(part)]
            for name, part in self.sections.items()
        ]
        head = packb(rows)
        total = HEAD.size + len(head) + sum(map(len, self.sections.values())) + DIGEST
        first = HEAD.pack(MAGIC, VERSION, KINDS.index(self.kind) + 1, len(head), total) + head
        return [first, *self.sections.values(), digest(first)]

    @staticmethod
    def read(content: Bytes, name: str, largest: int = LARGEST) -> Envelope:
        """The envelope in a file's bytes, which stay there. Raises E0830, E0831 and E0832."""
        view = memoryview(content)
        kind, head = _checked(view, name, largest)
        sections: dict[str, Bytes] = {}
        digests: dict[str, bytes] = {}
        start = HEAD.size + head
        for title, length, wanted in _rows(view[HEAD.size : start], name):
            part = view[start : start + length]
            start += length
            if digest(part) != wanted:
                raise complaints.damaged(name, f"its section `{title}` has another checksum")
            sections[title], digests[title] = part, wanted
        if start != len(view) - DIGEST:
            raise complaints.damaged(name, "its sections are not as long as it says")
        return Envelope(KINDS[kind - 1], sections, digests)

    def only(self, kind: str, titles: tuple[str, ...], name: str) -> Envelope:
        """The same; E0833 where it is of another kind, E0834 where sections are others."""
        if self.kind != kind:
            raise complaints.of_another_kind(name, self.kind, kind)
        if tuple(self.sections) != titles:
            raise complaints.malformed(name, "a section is missing, or not known")
        return self


def digest(content: Bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(content).digest()


def load(path: str | Path, largest: int = LARGEST) -> bytes:
    """The bytes of a file. Raises E0832 for what cannot be read, or is too long."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            content = file.read(min(size, largest) + 1)
    except OSError as error:
        raise complaints.unreadable(str(path), error.strerror or str(error)) from None
    if len(content) > largest:
        raise complaints.damaged(str(path), f"it is longer than {largest:,} bytes")
    return content


def _checked(view: memoryview, name: str, largest: int) -> tuple[int, int]:
    """The kind and the length of the head, once the first bytes and the last ones are right."""
    if len(view) < len(MAGIC) or view[: len(MAGIC)] != MAGIC:
        raise complaints.foreign(name)
    if len(view) < HEAD.size + DIGEST:
        raise complaints.damaged(name, f"it has {len(view):,} bytes only")
    _, version, kind, head, total = HEAD.unpack_from(view)
    if version != VERSION:
        raise complaints.of_another_version(name, version, VERSION)
    if total != len(view):
        raise complaints.damaged(name, f"it has {len(view):,} bytes of {total:,}")
    if total > largest:
        raise complaints.damaged(name, f"it is longer than {largest:,} bytes")
    if head > min(LONGEST_HEAD, total - HEAD.size - DIGEST):
        raise complaints.damaged(name, "its head is longer than the file")
    if digest(view[: HEAD.size + head]) != view[-DIGEST:]:
        raise complaints.damaged(name, "its checksum is another")
    if not 1 <= kind <= len(KINDS):
        raise complaints.malformed(name, "it is of no kind")
    return kind, head


def _rows(head: memoryview, name: str) -> list[tuple[str, int, bytes]]:
    """Title, length and digest of each section."""
    import msgpack

    try:
        rows: Any = msgpack.unpackb(head, raw=False, strict_map_key=True)
    except (ValueError, msgpack.exceptions.UnpackException):
        raise complaints.malformed(name, "its head is no MessagePack") from None
    if not isinstance(rows, list) or not all(map(_is_row, rows)):
        raise complaints.malformed(name, "its head lists no sections")
    if len({row[0] for row in rows}) != len(rows):
        raise complaints.malformed(name, "a section is there twice")
    return [(title, length, wanted) for title, length, wanted in rows]


def _is_row(row: Any) -> bool:
    kinds = (str, int, bytes)
    fits = isinstance(row, list) and [type(item) for item in row] == list(kinds)
    return fits and row[1] >= 0
