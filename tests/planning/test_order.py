"""Orders of contraction are complete, kept to a cap where they can be, and found fast."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from counting import growth

from einlang.planning.order import left_to_right, order


def sizes_between(
    factors: list[tuple[int, ...]], result: tuple[int, ...], sizes: dict[int, int], pairs: list
) -> list[int]:
    """How large the value of each pair is; every factor must be taken exactly once."""
    live = {number: set(labels) for number, labels in enumerate(factors)}
    found = []
    for a, b in pairs:
        both = live.pop(a) | live.pop(b)
        needed = set(result).union(*live.values())
        live[len(factors) + len(found)] = both & needed
        found.append(prod(sizes[label] for label in both & needed))
    assert len(live) == 1
    return found


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("memory", [None, 20])
def test_orders_take_every_factor_once(seed: int, memory: int | None) -> None:
    random = np.random.default_rng(seed)
    count = int(random.integers(2, 14))
    factors = [
        tuple(int(x) for x in random.choice(8, random.integers(0, 4), False)) for _ in range(count)
    ]
    used = sorted({label for labels in factors for label in labels})
    result = tuple(used[:2])
    sizes = {label: int(random.integers(1, 6)) for label in range(8)}
    sizes_between(factors, result, sizes, order(factors, result, sizes, memory))


def test_a_cap_is_kept_where_there_is_a_way() -> None:
    factors, sizes = [(0, 1), (1, 2), (2, 0), (0, 3)], {0: 2, 1: 50, 2: 3, 3: 4}
    pairs = order(factors, (3,), sizes, memory=12)
    assert max(sizes_between(factors, (3,), sizes, pairs)) <= 12


def test_one_label_on_thousands_of_factors_is_no_trouble() -> None:
    def pairs(count: int) -> list[tuple[int, int]]:
        factors = [(0, number) for number in range(1, count)]
        return order([*factors, (count,)], (), dict.fromkeys(range(count + 1), 2))

    assert len(pairs(3000)) == 2999
    assert growth(pairs, 1500) < 2.3


def test_left_to_right_is_an_order() -> None:
    assert left_to_right(4) == [(0, 1), (2, 4), (3, 5)]
