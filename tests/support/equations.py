"""Random calls of einsum: hyperedges, traces, ellipses, axes of length one, strides, types.

>>> generate(3) == generate(3)
True
>>> call = generate(3)
>>> call.text.count(",") + 1 == len(call.arrays())
True
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import einlang

KINDS = ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"]
KINDS += ["f2", "f4", "f8", "g", "c8", "c16", "G", "O"]
ROUGH = {"e": 2e-2, "f": 2e-4, "F": 2e-4}
MOST = 200_000
"""The largest number of products in a call: NumPy's loops take them all."""


@dataclass(frozen=True)
class Call:
    """An equation, the shapes and types of its operands, and how they lie."""

    text: str
    shapes: tuple[tuple[int, ...], ...]
    kinds: tuple[str, ...]
    seed: int

    def arrays(self) -> list[np.ndarray]:
        """The operands."""
        random = np.random.default_rng(self.seed)
        return [_laid(random, s, k) for s, k in zip(self.shapes, self.kinds, strict=True)]


def generate(seed: int, largest: int = 5) -> Call:
    """The call of a seed; sizes are at most `largest`."""
    random = np.random.default_rng(seed)
    while True:
        call = _drawn(random, seed, largest)
        if _products(call) <= MOST:
            return call


def _products(call: Call) -> int:
    sizes: dict[str, int] = {}
    for term, shape in zip(call.text.split("->")[0].split(","), call.shapes, strict=True):
        for label, size in zip(term.replace("...", "^"), shape, strict=False):
            sizes[label] = max(sizes.get(label, 1), size)
    total = 25 if "..." in call.text else 1
    for size in sizes.values():
        total *= size
    return total


def _drawn(random: np.random.Generator, seed: int, largest: int) -> Call:
    count = int(random.integers(1, 7))
    letters = list("abcdefgh"[: int(random.integers(1, 9))])
    sizes = {x: int(random.integers(2, largest + 1)) for x in letters}
    sizes |= {x: int(random.choice([0, 1])) for x in letters if random.random() < 0.03}
    dots = [int(n) for n in random.integers(1, 4, size=2)] if random.random() < 0.2 else None
    terms, shapes = [], []
    for _ in range(count):
        labels, shape = _term(random, letters, sizes)
        if dots is not None and random.random() < 0.7:
            at = int(random.integers(0, len(labels) + 1))
            spread = dots[: int(random.integers(0, 3))][::-1]
            labels[at:at] = ["..."]
            shape[at:at] = [n if random.random() < 0.8 else 1 for n in spread]
        terms.append("".join(labels))
        shapes.append(tuple(shape))
    one = str(random.choice(KINDS))
    mixed = random.random() < 0.2 and one != "O"
    kinds = [str(random.choice(KINDS[:-1])) if mixed else one for _ in range(count)]
    return Call(_equation(random, terms), tuple(shapes), tuple(kinds), seed)


def _term(
    random: np.random.Generator, letters: list[str], sizes: dict[str, int]
) -> tuple[list[str], list[int]]:
    length = int(random.integers(0, min(4, len(letters)) + 1))
    repeats = bool(random.random() < 0.15)
    labels = [str(x) for x in random.choice(letters, length, replace=repeats)]
    shape = [sizes[x] if random.random() < 0.93 else 1 for x in labels]
    shape = [sizes[x] if labels.count(x) > 1 else n for x, n in zip(labels, shape, strict=True)]
    return labels, shape


def _equation(random: np.random.Generator, terms: list[str]) -> str:
    text = ",".join(terms)
    if random.random() < 0.15:
        return text
    known = sorted({x for x in text if x.isalpha()})
    kept = [x for x in random.permutation(known) if random.random() < 0.4] if known else []
    if "..." in text:
        kept.insert(int(random.integers(0, len(kept) + 1)), "...")
    return f"{text}->{''.join(kept)}"


def _laid(random: np.random.Generator, shape: tuple[int, ...], kind: str) -> np.ndarray:
    """An array of small numbers: without gaps, turned, with gaps, backwards or offset."""
    way = int(random.integers(0, 5))
    if way == 1:
        return _numbers(random, shape[::-1], kind).T
    if way == 2:
        return _numbers(random, tuple(2 * n for n in shape), kind)[
            (slice(None, None, 2),) * len(shape)
        ]
    if way == 3:
        return _numbers(random, shape, kind)[(slice(None, None, -1),) * len(shape)]
    if way == 4:
        order = random.permutation(len(shape))
        return _numbers(random, tuple(shape[n] for n in order), kind).transpose(np.argsort(order))
    return _numbers(random, shape, kind)


def _numbers(random: np.random.Generator, shape: tuple[int, ...], kind: str) -> np.ndarray:
    whole = np.asarray(random.integers(0, 3, shape))
    if np.dtype(kind).kind == "c":
        return (whole + 1j * random.integers(-2, 3, shape)).astype(kind)
    if kind in ("u1", "u2", "u4", "u8", "?", "f2"):
        return np.asarray(whole > 0 if kind == "f2" else whole).astype(kind)
    return np.asarray(whole - 1).astype(kind)


def disagreement(call: Call, **keywords: Any) -> str:
    """How `einlang.einsum` differs from `numpy.einsum`; nothing where it does not."""
    arrays = call.arrays()
    wanted = exact = np.einsum(call.text, *arrays)
    if np.asarray(wanted).dtype == "f2":  # NumPy's sums of half floats stop at 2048.
        exact = np.einsum(call.text, *[x.astype("f8") for x in arrays]).astype("f2")
    for _ in range(2):
        found = einlang.einsum(call.text, *arrays, **keywords)
        if np.shape(found) != np.shape(wanted) or type(found) is not type(wanted):
            return f"{np.shape(found)} {type(found)}, not {np.shape(wanted)} {type(wanted)}"
        if np.asarray(found).dtype != np.asarray(wanted).dtype:
            return f"{np.asarray(found).dtype}, not {np.asarray(wanted).dtype}"
        if not _close(found, exact):
            return f"other values: {found!r}, not {wanted!r}"
    return _shared(call, arrays, found, wanted)


def _close(found: Any, wanted: Any) -> bool:
    kind = np.asarray(wanted).dtype
    if kind.kind in "biuO":
        return bool(np.array_equal(found, wanted))
    rough = ROUGH.get(kind.char, 1e-9)
    scale = np.abs(wanted).max(initial=1)
    return bool(np.allclose(found, wanted, rtol=rough, atol=float(rough * scale)))


def _shared(call: Call, arrays: list[np.ndarray], found: Any, wanted: Any) -> str:
    """A view where NumPy gives one, and a fresh array where it does not."""
    for number, array in enumerate(arrays):
        ours, theirs = (np.may_share_memory(array, value) for value in (found, wanted))
        if ours != theirs:
            return f"operand {number} is {'' if ours else 'not '}shared"
        if theirs and found.strides != wanted.strides:
            return f"strides {found.strides}, not {wanted.strides}"
    return ""
