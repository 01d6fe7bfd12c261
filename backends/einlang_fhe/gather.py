"""Moving elements between layouts: masked rotations, split into baby and giant steps.

`out = sum over rotations r of mask_r * rotate(x, r)`, where every rotation is a baby step
inside and a giant step outside: `rotate(sum over b of mask'_(b, g) * rotate(x, b), g)`
(Halevi and Shoup, "Faster homomorphic linear transformations in HElib", 2018). Works for
any map of elements, with one level; the number of rotations depends on the map.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations
from typing import Any

import numpy as np

from einlang_fhe.layout import Copy, Gap, Layout
from einlang_fhe.plaintexts import Plaintexts
from einlang_fhe.slots import Builder, TooHeavy

Array = np.ndarray[Any, Any]

KNOWN = 64
"""Of so many pairs of layouts the moves are kept."""
COPIES = 6
"""At most this many copied bits are looked at for a nearer copy."""


def gather(
    build: Builder,
    plains: Plaintexts,
    values: Sequence[int],
    source: Layout,
    target: Layout,
) -> list[int]:
    """The ciphertexts of `target`, clean, from those of `source`.

    Copies in the target are made by doubling.
    """
    bare = Layout(target.shape, tuple(map(_uncopied, target.places)), target.digits, target.rolls)
    slots, moves = _moves(source, bare, build.room("multiply_plain"))
    results = []
    step = _baby_step({rotation for move in moves for _, rotation in move}, slots)
    for move in moves:
        if _needs_no_mask(source, move):
            ((part, rotation),) = move
            value = build.rotate(values[part], rotation)
        else:
            value = _linear(build, plains, values, move, step)
        results.append(double(build, value, target))
    return results


def _uncopied(place: Any) -> Any:
    return Gap() if isinstance(place, Copy) else place


def double(build: Builder, value: int, target: Layout) -> int:
    """Copies along every `Copy` of the target, where there were zeros."""
    for position, place in enumerate(target.places):
        if isinstance(place, Copy):
            value = build.add(value, build.rotate(value, -(1 << position)))
    return value


Move = dict[tuple[int, int], Array]
"""(ciphertext of the source, rotation) to the slots of the target that it fills."""


def _moves(source: Layout, target: Layout, most: float) -> tuple[int, list[Move]]:
    """For each ciphertext of the target the rotations that fill it.

    Raises `TooHeavy` for more than `most` of them. A search asks again and again for few.
    """
    known = _known(source, target)
    if not known:
        known.append(_found(source, target, most))
    slots, moves = known[0]
    if sum(map(len, moves)) > most:
        raise TooHeavy
    return slots, moves


@lru_cache(maxsize=KNOWN)
def _known(source: Layout, target: Layout) -> list[tuple[int, list[Move]]]:
    """Where the moves between two layouts are kept."""
    return []


def _found(source: Layout, target: Layout, most: float) -> tuple[int, list[Move]]:
    slots = source.slots
    where = np.full(int(np.prod(source.shape, dtype=np.int64)), -1, dtype=np.int64)
    for number in reversed(range(source.count)):
        table = source.table(number)
        held = np.flatnonzero(table >= 0)[::-1]
        where[table[held]] = number * slots + held
    offsets = _offsets(source)
    moves = []
    favoured: list[int] = []
    for number in range(target.count):
        table = target.table(number)
        spots = np.flatnonzero(table >= 0)
        address = where[table[spots]]
        part, slot = address // slots, address % slots
        codes = part[:, None] * slots + (slot[:, None] + offsets - spots[:, None]) % slots
        moves.append(_cover(codes, spots, slots, favoured, most))
        most -= len(moves[-1])
    return slots, moves


def _offsets(source: Layout) -> Array:
    """Where the copies of a slot are, as distances."""
    bits = [1 << n for n, place in enumerate(source.places) if isinstance(place, Copy)][-COPIES:]
    sums = [sum(some) for size in range(len(bits) + 1) for some in combinations(bits, size)]
    return np.array(sums, dtype=np.int64)


def _cover(codes: Array, spots: Array, slots: int, favoured: list[int], most: float) -> Move:
    """Few (ciphertext, rotation) pairs that reach every spot; those used before come first."""
    move: Move = {}
    left = np.ones(len(spots), dtype=bool)
    queue = _met(favoured, codes) if codes.shape[1] > 1 else []
    while left.any():
        if len(move) > most:
            raise TooHeavy
        if queue:
            best = queue.pop(0)
        elif codes.shape[1] > 1:
            best = int(np.bincount(codes[left].ravel()).argmax())
        else:
            break
        hit = left & (codes == best).any(axis=1)
        if not hit.any():
            continue
        if best not in favoured:
            favoured.append(best)
        move[divmod(best, slots)] = spots[hit]
        left &= ~hit
    if left.any():
        kinds, inverse = np.unique(codes[left, 0], return_inverse=True)
        if len(move) + len(kinds) > most:
            raise TooHeavy
        order = np.argsort(inverse, kind="stable")
        parts = np.split(spots[left][order], np.cumsum(np.bincount(inverse))[:-1])
        move.update(
            {divmod(int(kind), slots): part for kind, part in zip(kinds, parts, strict=True)}
        )
    return move


def _met(favoured: list[int], codes: Array) -> list[int]:
    """Those that occur, in their order."""
    seen = np.zeros(max([int(codes.max(initial=0)), *favoured]) + 1, dtype=bool)
    seen[codes.ravel()] = True
    return [code for code in favoured if seen[code]]


def _needs_no_mask(source: Layout, move: Move) -> bool:
    """Whether one rotation alone brings zeros wherever the target has no element."""
    if len(move) != 1 or not source.clean:
        return False
    ((part, rotation),) = move
    brought = np.roll(source.table(part), -rotation) >= 0
    filled = np.zeros(source.slots, dtype=bool)
    filled[move[part, rotation]] = True
    return not bool((brought & ~filled).any())


def _baby_step(rotations: set[int], slots: int) -> int:
    """The giant step that leaves the fewest rotations; `slots` for none."""
    moved = np.array(sorted(rotations - {0}), dtype=np.int64)
    if len(moved) < 4:
        return slots
    stride = int(np.gcd.reduce(np.diff(moved))) or 1
    sizes = {1 << k for k in range(1, slots.bit_length())}
    sizes |= {stride << k for k in range(1, slots.bit_length()) if stride << k <= slots}

    def cost(size: int) -> float:
        babies, giants = set(moved % size) - {0}, set(moved // size) - {0}
        return 0.6 * len(babies) + len(giants)

    return min(sorted(sizes, reverse=True), key=cost)


def _linear(
    build: Builder, plains: Plaintexts, values: Sequence[int], move: Move, step: int
) -> int:
    """The masked rotations of one ciphertext of the target, summed."""
    if not move:
        return build.multiply_plain(values[0], plains.mask(np.zeros(build.slots)))
    giants: dict[int, list[int]] = {}
    for (part, rotation), spots in sorted(move.items(), key=lambda item: item[0]):
        baby = rotation % step
        giant = rotation - baby
        mask = np.zeros(build.slots)
        mask[(spots + giant) % build.slots] = 1.0
        turned = build.rotate(values[part], baby)
        giants.setdefault(giant, []).append(build.multiply_plain(turned, plains.mask(mask)))
    return build.add_all(
        [build.rotate(build.add_all(terms), giant) for giant, terms in sorted(giants.items())]
    )
