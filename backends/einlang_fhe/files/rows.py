"""The ciphertexts of requests and replies as rows of residues, one behind another.

`kinds` says level, degree and polynomials of each ciphertext of a run; runs follow each other.
OpenFHE reads and writes several small ciphertexts of one kind at a time, which is faster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby

from einlang_fhe.engines.engine import Cipher
from einlang_fhe.engines.frames import Frames, Kind, ResidueError
from einlang_fhe.execution.crew import together
from einlang_fhe.files import complaints
from einlang_fhe.files.envelope import Bytes

Runs = Iterable[Callable[[int], Cipher]]
"""For each run, what gives its ciphertexts by their numbers."""
MOST = 1 << 19
"""Bytes of ciphertexts that are taken together: beyond, it makes no difference."""


def groups(made: Frames, kinds: Sequence[Kind], threads: int) -> list[range]:
    """The numbers of ciphertexts that are taken together: neighbours of one kind, few bytes,
    and work for all threads."""
    found, start = [], 0
    for kind, same in groupby(kinds):
        total = len(list(same))
        most = min(max(MOST // made.cipher(*kind).size, 1), -(-total // threads))
        length = -(-total // -(-total // most))
        found += [
            range(n, min(n + length, start + total)) for n in range(start, start + total, length)
        ]
        start += total
    return found


def cut(
    made: Frames, kinds: Sequence[Kind], parts: Sequence[range], run: memoryview
) -> list[memoryview]:
    """The places of what is taken together, in the rows of a run."""
    start, found = 0, []
    for part in parts:
        size = sum(made.cipher(*kinds[number]).size for number in part)
        found.append(run[start : start + size])
        start += size
    return found


def _each(made: Frames, kinds: Sequence[Kind], rows: Bytes, runs: int) -> Iterator[memoryview]:
    """The rows of each run. Raises `ResidueError` for rows of another length."""
    size, view = sum(made.cipher(*kind).size for kind in kinds), memoryview(rows)
    if not runs >= 1 or len(rows) != runs * size:
        raise ResidueError("it holds other ciphertexts than the program's")
    return (view[start : start + size] for start in range(0, runs * size, size))


def written(made: Frames, kinds: Sequence[Kind], runs: Runs, count: int, threads: int) -> Bytes:
    """The rows of all runs. Each is asked for when those before it are there."""
    size = sum(made.cipher(*kind).size for kind in kinds)
    rows, parts = bytearray(count * size), groups(made, kinds, threads)
    for run, cipher in zip(_each(made, kinds, rows, count), runs, strict=True):
        places = cut(made, kinds, parts, run)
        together(partial(_write, made, kinds, parts, places, cipher), len(parts), threads)
    return memoryview(rows).toreadonly()


def _write(
    made: Frames,
    kinds: Sequence[Kind],
    parts: Sequence[range],
    places: Sequence[memoryview],
    cipher: Callable[[int], Cipher],
    part: int,
) -> None:
    numbers = parts[part]
    made.write_ciphers([cipher(n) for n in numbers], kinds[numbers[0]], places[part])


def opened(
    made: Frames, kinds: Sequence[Kind], rows: Bytes, runs: int, tag: str, name: str, threads: int
) -> Iterator[list[Cipher]]:
    """The ciphertexts of each run, read when it is asked for. Raises E0834."""
    parts = groups(made, kinds, threads)

    def read(places: Sequence[memoryview], part: int) -> list[Cipher]:
        numbers = parts[part]
        return made.read_ciphers(places[part], kinds[numbers[0]], len(numbers), tag)

    try:
        for run in _each(made, kinds, rows, runs):
            places = cut(made, kinds, parts, run)
            found = together(partial(read, places), len(parts), threads)
            yield [cipher for some in found for cipher in some]
    except ResidueError as error:
        raise complaints.malformed(name, str(error)) from None
