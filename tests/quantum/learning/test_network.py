"""Networks of one shape: values as of `numpy.einsum`, gradients as of the finite difference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from einlang_quantum.learning.network import Network
from hypothesis import given, settings
from hypothesis import strategies as st

Array = Any


@st.composite
def networks(draw: st.DrawFn) -> tuple[Network, tuple[int, ...]]:
    """A network with spiders and traces, and a table for each slot."""
    sizes = tuple(draw(st.lists(st.integers(1, 3), min_size=1, max_size=5)))
    labels = st.integers(0, len(sizes) - 1)
    terms = draw(st.lists(st.lists(labels, max_size=3).map(tuple), min_size=1, max_size=6))
    used = sorted({label for term in terms for label in term})
    result = draw(st.permutations(used)) if used else []
    result = tuple(result[: draw(st.integers(0, 2))])
    tables = list(dict.fromkeys(tuple(sizes[x] for x in term) for term in terms))
    slots = tuple(tables.index(tuple(sizes[x] for x in term)) for term in terms)
    return Network(tuple(terms), result, sizes), slots


def filled(
    network: Network, slots: tuple[int, ...], seed: int, batch: int
) -> tuple[list[Array], Array]:
    """Random tables, complex, some of a single row, and random rows."""
    rng = np.random.default_rng(seed)
    tables, heights = [], rng.integers(1, 4, max(slots) + 1)
    for table, height in enumerate(heights):
        shape = (height, *network.slot(slots.index(table)))
        tables.append(rng.normal(size=shape) + 1j * rng.normal(size=shape))
    return tables, rng.integers(0, heights[list(slots)], (batch, len(slots)))


def meant(network: Network, tables: list[Array], rows: Array, slots: tuple[int, ...]) -> Array:
    values = []
    for row in rows:
        tensors = [tables[table][n] for table, n in zip(slots, row, strict=True)]
        pairs = [x for pair in zip(tensors, network.terms, strict=True) for x in pair]
        values.append(np.einsum(*pairs, network.result))
    return np.array(values).reshape(len(rows), *network.shape)


@settings(max_examples=150, deadline=None)
@given(networks(), st.integers(0, 1000), st.integers(1, 4))
def test_values_and_gradients(
    drawn: tuple[Network, tuple[int, ...]], seed: int, batch: int
) -> None:
    network, slots = drawn
    tables, rows = filled(network, slots, seed, batch)
    value, pull = network.differentiate(tables, rows, slots)
    assert np.allclose(value, meant(network, tables, rows, slots))
    rng = np.random.default_rng(seed + 1)
    weight = rng.normal(size=value.shape) + 1j * rng.normal(size=value.shape)
    for number, gradient in enumerate(pull(weight)):
        step = rng.normal(size=gradient.shape) * 1e-6
        ends = []
        for sign in (1, -1):
            moved = [t + sign * step if n == number else t for n, t in enumerate(tables)]
            ends.append((meant(network, moved, rows, slots) * weight).sum())
        assert (gradient * step).sum() == pytest.approx(
            (ends[0] - ends[1]) / 2, abs=1e-11, rel=1e-4
        )


def test_a_long_chain_is_a_few_products() -> None:
    length = 64
    terms = [(0,)] + [(n, length + n + 1, n + 1) for n in range(length)]
    terms += [(length + n + 1,) for n in range(length)]
    network = Network(tuple(terms), (length,), (2,) * (2 * length + 1))
    rng = np.random.default_rng(0)
    tables = [rng.normal(size=(1, 2)), rng.normal(size=(1, 2, 2, 2)), rng.normal(size=(30, 2))]
    slots = (0, *[1] * length, *[2] * length)
    rows = np.zeros((5, len(slots)), int)
    rows[:, length + 1 :] = rng.integers(0, 30, (5, length))
    value, pull = network.differentiate(tables, rows, slots)
    state = np.broadcast_to(tables[0][0], (5, 2))
    for n in range(length):
        state = np.einsum("bi,ijk,bj->bk", state, tables[1][0], tables[2][rows[:, length + 1 + n]])
    assert np.allclose(value, state)
    assert [g.shape for g in pull(np.ones_like(value))] == [t.shape for t in tables]


def test_what_does_not_fit_is_refused() -> None:
    network = Network.parse("ij,j->i", [(2, 3), (3,)])
    with pytest.raises(ValueError, match="slot 1 has shape"):
        network.contract(np.ones((2, 3)), np.ones(2))
    with pytest.raises(ValueError, match="2 slots"):
        network.evaluate([np.ones((1, 2, 3))], np.zeros((1, 1), int))
    with pytest.raises(ValueError, match="result"):
        Network(((0,),), (1,), (2, 2))
    with pytest.raises(ValueError, match="no slots"):
        Network((), (), ())
