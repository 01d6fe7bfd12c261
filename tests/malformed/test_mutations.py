"""Programs with a few letters, words or lines changed are refused in words, or run."""

from __future__ import annotations

import random as randomness
import re

import numpy as np
import pytest
from programs import generate

import einlang
from einlang.errors import EinlangError

PIECES = [*"[](),;:=+-*/^<>.'\"#0129 \n\tikα_", "sum", "index", "secret", "where", "size", "in"]
WORD = re.compile(r"\w+'?|\s+|.")


def mutated(text: str, random: randomness.Random) -> str:
    """The text with up to three changes."""
    words = WORD.findall(text)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        place = random.randrange(len(words))
        change = random.choice(("drop", "add", "replace", "swap", "repeat", "line"))
        if change == "drop":
            del words[place]
        elif change == "add":
            words.insert(place, random.choice(PIECES))
        elif change == "replace":
            words[place] = random.choice((random.choice(PIECES), random.choice(words)))
        elif change == "swap":
            other = random.randrange(len(words))
            words[place], words[other] = words[other], words[place]
        elif change == "repeat":
            words[place:place] = words[place : place + random.randint(1, 12)]
        else:
            lines = "".join(words).split("\n")
            del lines[random.randrange(len(lines))]
            words = WORD.findall("\n".join(lines)) or [" "]
    return "".join(words)


def spoiled(array: np.ndarray, random: randomness.Random) -> np.ndarray:
    """Data that may not fit any more."""
    if random.random() < 0.8:
        return array
    kinds = (
        array[..., None],
        array[:1] if array.ndim else array,
        np.full_like(array, np.nan, dtype=float),
        array.astype(object),
        array.astype(str),
        array * 1e3,
        array.astype(np.float32),
        array > 0,
        array.T,
        array + 0j,
    )
    return random.choice(kinds)


def survive(seed: int, backend: str, **settings: str) -> bool:
    """Runs a changed program; True if it was refused. Anything but a mistake is raised."""
    random = randomness.Random(seed)
    made = generate(seed, backend)
    text = mutated(made.text, random)
    data = {name: spoiled(array, random) for name, array in made.data.items()}
    try:
        with np.errstate(all="ignore"):
            einlang.compile(text, name="changed.ein").run(backend, **settings, **data)
    except EinlangError as mistake:
        return bool(str(mistake))
    return False


@pytest.mark.parametrize("first", range(0, 1000, 250))
def test_changed_programs_are_refused_in_words_or_run(first: int) -> None:
    refused = sum(survive(seed, "numpy") for seed in range(first, first + 250))
    assert refused > 100


def test_changed_programs_in_ciphertexts() -> None:
    assert sum(survive(seed, "fhe", engine="clear") for seed in range(100)) > 40
