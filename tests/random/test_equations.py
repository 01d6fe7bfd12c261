"""A few of the random equations of `tests/random/equations.py`."""

from __future__ import annotations

import pytest
from equations import disagreement, generate


@pytest.mark.parametrize("part", range(6))
def test_einsum_gives_what_numpy_gives(part: int) -> None:
    for seed in range(part * 100, part * 100 + 100):
        call = generate(seed)
        assert disagreement(call) == "", call


@pytest.mark.parametrize("part", range(4))
def test_long_axes_are_summed_as_in_numpy(part: int) -> None:
    for seed in range(part * 60, part * 60 + 60):
        call = generate(seed, largest=90)
        assert disagreement(call) == "", call


@pytest.mark.parametrize("part", range(2))
def test_small_memory_changes_nothing(part: int) -> None:
    for seed in range(part * 60, part * 60 + 60):
        call = generate(seed)
        assert disagreement(call, optimize=("greedy", 8)) == "", call
