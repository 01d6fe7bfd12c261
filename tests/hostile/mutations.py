"""Broken and forged files: what storage, networks and enemies make of good ones.

Every mutation is drawn from a seed. Half of them have their checksums mended, so that what is
wrong is wrong inside.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

import msgpack
from einlang_fhe.files.envelope import DIGEST, HEAD, KINDS, Envelope, digest

Draw = random.Random
Files = Mapping[str, bytes]


def mutated(files: Files, role: str, draw: Draw) -> tuple[str, bytes]:
    """What was done, and the file of that role afterwards; it is another file than before."""
    while True:
        name, mutation = draw.choice(MUTATIONS)
        content = mutation(files, role, draw)
        mend = draw.random() < 0.5
        content = mended(content) if mend else content
        if content != files[role]:
            return name + " (mended)" * mend, content


def mended(content: bytes) -> bytes:
    """With the checksums and lengths that the content asks for, as far as it is a file at all."""
    if len(content) < HEAD.size + DIGEST:
        return content
    magic, version, kind, head, _ = HEAD.unpack_from(content)
    start = HEAD.size + head
    try:
        rows = msgpack.unpackb(content[HEAD.size : start], raw=False)
        rebuilt = []
        for title, length, _ in rows:
            rebuilt.append([title, length, digest(content[start : start + length])])
            start += length
        packed = msgpack.packb(rebuilt)
    except (ValueError, TypeError, OverflowError, msgpack.exceptions.UnpackException):
        packed = content[HEAD.size : HEAD.size + head]
    body = content[HEAD.size + head : -DIGEST]
    total = HEAD.size + len(packed) + len(body) + DIGEST
    first = HEAD.pack(magic, version, kind, len(packed), total) + packed
    return first + body + digest(first)


def _truncate(files: Files, role: str, draw: Draw) -> bytes:
    return files[role][: draw.randrange(len(files[role]))]


def _extend(files: Files, role: str, draw: Draw) -> bytes:
    return files[role] + draw.randbytes(draw.randrange(1, 100))


def _flip(files: Files, role: str, draw: Draw) -> bytes:
    content = bytearray(files[role])
    first = HEAD.size + 400 if draw.random() < 0.5 else len(content)
    for _ in range(draw.choice((1, 1, 2, 8))):
        at = draw.randrange(min(first, len(content)))
        content[at] ^= 1 << draw.randrange(8)
    return bytes(content)


def _cut(files: Files, role: str, draw: Draw) -> bytes:
    content = files[role]
    start = draw.randrange(len(content))
    return content[:start] + content[start + draw.randrange(1, 64) :]


def _overwrite(files: Files, role: str, draw: Draw) -> bytes:
    content = bytearray(files[role])
    start = draw.randrange(len(content))
    length = min(draw.randrange(1, 64), len(content) - start)
    content[start : start + length] = draw.choice((b"\xff", b"\x00", b"\xdf")) * length
    return bytes(content)


def _head(files: Files, role: str, draw: Draw) -> bytes:
    """A field of the head forged: version, kind, lengths."""
    magic, version, kind, head, total = HEAD.unpack_from(files[role])
    odd = draw.choice((0, 1, 2, 7, 255, 1 << 15, (1 << 16) - 1))
    large = draw.choice((0, 1, total - 1, total + 1, 1 << 31, (1 << 32) - 1))
    fields = draw.choice(
        (
            (version, odd, head, total),
            (odd, kind, head, total),
            (version, kind, large, total),
            (version, kind, head, draw.choice((large, 1 << 40, (1 << 64) - 1))),
        )
    )
    return HEAD.pack(magic, *fields) + files[role][HEAD.size :]


def _rows(files: Files, role: str, draw: Draw) -> bytes:
    """The list of sections forged: lengths, titles, order."""
    magic, version, kind, head, total = HEAD.unpack_from(files[role])
    rows = msgpack.unpackb(files[role][HEAD.size : HEAD.size + head], raw=False)
    row = draw.choice(rows)
    match draw.randrange(5):
        case 0:
            row[1] = draw.choice((0, row[1] - 1, row[1] + 1, -1, 1 << 40, (1 << 63) - 1))
        case 1:
            row[0] = draw.choice(("", "about", "evil", "x" * 1000))
        case 2:
            rows.append(list(row))
        case 3:
            draw.shuffle(rows)
        case 4:
            rows.remove(row)
    packed = msgpack.packb(rows)
    start = HEAD.pack(magic, version, kind, len(packed), total - head + len(packed))
    return start + packed + files[role][HEAD.size + head :]


def _swap(files: Files, role: str, draw: Draw) -> bytes:
    """A section taken from another file."""
    mine = Envelope.read(files[role], role)
    other = Envelope.read(files[draw.choice(sorted(files))], role)
    title, strange = draw.choice(list(mine.sections)), draw.choice(list(other.sections))
    sections = {**mine.sections, title: other.sections[strange]}
    return Envelope(mine.kind, sections).written()


def _other(files: Files, role: str, draw: Draw) -> bytes:
    """Another file in its place."""
    return files[draw.choice(sorted(files))]


def _kind(files: Files, role: str, draw: Draw) -> bytes:
    """Its content, said to be of another kind."""
    return Envelope(draw.choice(KINDS), Envelope.read(files[role], role).sections).written()


def _value(files: Files, role: str, draw: Draw) -> bytes:
    """A value inside a section that is MessagePack: counts, numbers, names."""
    mine = Envelope.read(files[role], role)
    titles = [
        title for title in mine.sections if title in ("about", "client", "evaluator", "plain")
    ]
    title = draw.choice(titles)
    value = msgpack.unpackb(bytes(mine.sections[title]), raw=False, strict_map_key=False)
    forged = msgpack.packb(_forged(value, draw))
    return Envelope(mine.kind, {**mine.sections, title: forged}).written()


def _forged(value: object, draw: Draw) -> object:
    if isinstance(value, list) and value and draw.random() < 0.95:
        at = draw.randrange(len(value))
        return [*value[:at], _forged(value[at], draw), *value[at + 1 :]]
    if isinstance(value, dict) and value and draw.random() < 0.95:
        key = draw.choice(sorted(value, key=str))
        return {**value, key: _forged(value[key], draw)}
    return draw.choice(ODD)


ODD: Sequence[object] = (
    *(0, 1, -1, 2, 1 << 20, 1 << 31, 1 << 40, (1 << 63) - 1, -(1 << 63)),
    *(0.0, -1.5, 1e300, float("nan"), float("inf")),
    *("", "x", "Layout", b"", b"\x00" * 32, None, True, [], {}, [[]]),
    *(msgpack.ExtType(1, b"\x00"), msgpack.ExtType(1, b"\xff\xff"), msgpack.ExtType(9, b"x")),
)


def _noise(files: Files, role: str, draw: Draw) -> bytes:
    return draw.randbytes(draw.randrange(2000))


Mutation = Callable[[Files, str, Draw], bytes]
MUTATIONS: tuple[tuple[str, Mutation], ...] = (
    ("truncated", _truncate),
    ("extended", _extend),
    ("bits flipped", _flip),
    ("bytes cut out", _cut),
    ("bytes overwritten", _overwrite),
    ("head forged", _head),
    ("sections forged", _rows),
    ("sections swapped", _swap),
    ("another file", _other),
    ("another kind", _kind),
    ("values forged", _value),
    ("noise", _noise),
)
