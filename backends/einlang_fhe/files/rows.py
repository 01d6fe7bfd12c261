"""The ciphertexts of requests and replies as rows of residues, one behind another.

`kinds` says level, degree and polynomials of each ciphertext of a run; runs follow each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from einlang_fhe.engines.engine import Cipher
from einlang_fhe.engines.frames import Frames, Kind, ResidueError
from einlang_fhe.execution.crew import together
from einlang_fhe.files import complaints
from einlang_fhe.files.envelope import Bytes

Runs = Iterable[Callable[[int], Cipher]]
"""For each run, what gives its ciphertexts by their numbers."""


def cut(made: Frames, kinds: Sequence[Kind], rows: Bytes, runs: int) -> list[list[memoryview]]:
    """The place of each ciphertext, by run. Raises `ResidueError` for rows of another length."""
    sizes = [made.cipher(*kind).size for kind in kinds]
    if not runs >= 1 or len(rows) != runs * sum(sizes):
        raise ResidueError("it holds other ciphertexts than the program's")
    view, start, found = memoryview(rows), 0, []
    for _ in range(runs):
        pieces = []
        for size in sizes:
            pieces.append(view[start : start + size])
            start += size
        found.append(pieces)
    return found


def written(made: Frames, kinds: Sequence[Kind], runs: Runs, count: int, threads: int) -> Bytes:
    """The rows of all runs. Each is asked for, on so many threads, when those before it are there.

    OpenFHE lets nobody else run while it writes: threads that wait for each other to write what
    they made take longer than one that writes it all (measured).
    """
    size = sum(made.cipher(*kind).size for kind in kinds)
    rows = bytearray(count * size)
    for pieces, cipher in zip(cut(made, kinds, rows, count), runs, strict=True):
        ready = together(cipher, len(kinds), threads)
        for one, kind, piece in zip(ready, kinds, pieces, strict=True):
            made.write_cipher(one, kind, piece)
    return memoryview(rows).toreadonly()


def opened(
    made: Frames, kinds: Sequence[Kind], rows: Bytes, runs: int, tag: str, name: str
) -> list[Callable[[int], Cipher]]:
    """For each run, what reads its ciphertexts. Raises E0834, now or when one is read."""

    def read(pieces: Sequence[memoryview], number: int) -> Cipher:
        try:
            return made.read_cipher(pieces[number], kinds[number], tag)
        except ResidueError as error:
            raise complaints.malformed(name, str(error)) from None

    try:
        return [partial(read, pieces) for pieces in cut(made, kinds, rows, runs)]
    except ResidueError as error:
        raise complaints.malformed(name, str(error)) from None
