"""Orders of many operands: they are orders, good ones, and the same every time."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from einlang_numpy.expressions import orders
from einlang_numpy.expressions.orders import found, operations
from einlang_numpy.expressions.search import Network, searched
from einlang_numpy.expressions.storage import stored
from hypothesis import given, settings
from hypothesis import strategies as st
from opt_einsum import paths

import einlang

Terms = list[tuple[int, ...]]


def regular(count: int, seed: int) -> Terms:
    """A random graph in which each tensor meets three others."""
    draw = random.Random(seed)
    stubs = [n for n in range(count) for _ in range(3)]
    draw.shuffle(stubs)
    terms: list[list[int]] = [[] for _ in range(count)]
    for edge, (a, b) in enumerate(zip(stubs[::2], stubs[1::2], strict=True)):
        terms[a].append(edge)
        terms[b].append(edge)
    return [tuple(dict.fromkeys(term)) for term in terms]


@st.composite
def networks(draw: st.DrawFn) -> tuple[Terms, tuple[int, ...], dict[int, int]]:
    """Hyperedges, labels of one operand alone, parts that do not meet."""
    labels = range(draw(st.integers(1, 12)))
    term = st.lists(st.sampled_from(labels), max_size=4, unique=True).map(tuple)
    terms = draw(st.lists(term, min_size=3, max_size=18))
    known = sorted({label for term in terms for label in term})
    result = tuple(label for label in known if draw(st.integers(0, 3)) == 0)
    return terms, result, {label: draw(st.integers(2, 3)) for label in labels}


@given(networks())
@settings(max_examples=60, deadline=None)
def test_every_value_is_taken_once(network: tuple[Terms, tuple[int, ...], dict[int, int]]) -> None:
    terms, result, sizes = network
    pairs = searched(terms, result, sizes)
    assert sorted(n for pair in pairs for n in pair) == list(range(2 * len(terms) - 2))
    assert all(max(pair) < len(terms) + n for n, pair in enumerate(pairs))


@given(networks())
@settings(max_examples=30, deadline=None)
def test_the_cost_is_that_of_the_products(
    network: tuple[Terms, tuple[int, ...], dict[int, int]],
) -> None:
    terms, result, sizes = network
    made = Network(terms, result, sizes)
    pairs = made.greedy(1.0, 0.0, random.Random(0))
    writing = made.cost(pairs) - operations(terms, result, sizes, pairs)
    assert writing >= 16 * len(pairs)
    assert made.cost(made.settled(pairs, made.steps + 20_000)) <= made.cost(pairs)


def test_parts_of_a_tree_are_put_in_the_best_order() -> None:
    sizes = [2, 9, 3, 8, 2, 7, 5, 4]
    chain = [(n, n + 1) for n in range(7)]
    made = Network(chain, (0, 7), dict(enumerate(sizes)))
    worst = tuple((0, 1) if n == 1 else (n, len(chain) + n - 2) for n in range(1, len(chain)))
    settled = made.settled(worst, 10**9)
    best = found(tuple(chain), (0, 7), dict(enumerate(sizes)))
    assert made.cost(settled) <= made.cost(best)


@pytest.mark.parametrize(("count", "seed"), [(30, 1), (60, 2), (100, 3)])
def test_searched_orders_beat_greedy_ones(count: int, seed: int) -> None:
    terms = regular(count, seed)
    sizes = dict.fromkeys(range(3 * count // 2), 2)
    pairs = searched(terms, (), sizes)
    inputs: Any = [frozenset(term) for term in terms]
    known: Any = sizes
    greedy = paths.ssa_greedy_optimize(inputs, frozenset(), known)
    network = Network(terms, (), sizes)
    assert network.cost(pairs) < 0.75 * network.cost(tuple((a, b) for a, b in greedy))
    assert searched(terms, (), sizes) == pairs


def test_nobody_elses_random_numbers_are_touched() -> None:
    random.seed(5)
    wanted = random.random()
    random.seed(5)
    terms = [[n, n + 1] for n in range(20)]
    operands = [x for term in terms for x in (np.eye(2), term)]
    einlang.einsum(*operands, [0, 20])
    assert random.random() == wanted


def test_orders_are_kept_in_a_folder_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = tuple(regular(20, 4))
    sizes = dict.fromkeys(range(30), 2)
    wanted = searched(terms, (), sizes)
    monkeypatch.setenv("EINLANG_PLANS", str(tmp_path / "plans"))
    assert orders._searched.__wrapped__(terms, (), tuple(sizes.items()), "auto") == wanted
    (file,) = (tmp_path / "plans").iterdir()
    with monkeypatch.context() as patch:
        patch.setattr(orders, "searched", None)
        assert orders._searched.__wrapped__(terms, (), tuple(sizes.items()), "auto") == wanted
    for damaged in ("", "[]", '{"network": ""}', file.read_text().replace("[[", "[[0, 1], [")):
        file.write_text(damaged)
        assert orders._searched.__wrapped__(terms, (), tuple(sizes.items()), "auto") == wanted
        assert json.loads(file.read_text())["pairs"] == [list(pair) for pair in wanted]


def test_a_folder_that_is_none_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plans").write_text("no folder")
    monkeypatch.setenv("EINLANG_PLANS", str(tmp_path / "plans"))
    assert stored("x", 2, lambda: ((0, 1),)) == ((0, 1),)
