"""Regrouped products mean the same, and multiply no two tensors that were computed."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from einlang_numpy.backend import NumpyBackend

from einlang.checking import check
from einlang.checking.typed import Qualifier
from einlang.planning import plan
from einlang.planning.dataflow import Dataflow
from einlang.planning.order import one_by_one
from einlang.planning.product import product
from einlang.planning.regroup import regrouped
from einlang.syntax import read

CHAIN = """
index i = 8, j = 8, k = 8, l = 8, m = 8
secret A[i, j]
secret B[j, k]
secret C[k, l]
secret D[l, m]
E[i, m] = A[i, j] * B[j, k] * C[k, l] * D[l, m]
"""


def flow_of(text: str) -> Dataflow:
    return plan(check(read(text))).server


def secretly(flow: Dataflow) -> Dataflow:
    """The same with every tensor secret."""
    hidden = Qualifier.SECRET
    return replace(
        flow,
        inputs=tuple(replace(p, type=replace(p.type, qualifier=hidden)) for p in flow.inputs),
        steps=tuple(replace(s, type=replace(s.type, qualifier=hidden)) for s in flow.steps),
    )


def random_pairs(random: Random, count: int) -> list[tuple[int, int]]:
    live, pairs = list(range(count)), []
    while len(live) > 1:
        a, b = sorted(random.sample(live, 2))
        live = [*(number for number in live if number not in (a, b)), count + len(pairs)]
        pairs.append((a, b))
    return pairs


def meets(flow: Dataflow) -> bool:
    """Whether two products are multiplied."""
    steps = enumerate(flow.steps, len(flow.inputs))
    products = {value for value, step in steps if len(step.arguments) == 2}
    return any(products.issuperset(step.arguments) for step in flow.steps)


@pytest.mark.parametrize("seed", range(40))
def test_any_order_becomes_one_by_one_and_means_the_same(seed: int) -> None:
    random = Random(seed)
    sizes = {label: random.randint(1, 4) for label in range(7)}
    terms = [
        tuple(random.sample(range(7), random.randint(1, 3))) for _ in range(random.randint(4, 7))
    ]
    used = sorted({label for labels in terms for label in labels})
    result = tuple(random.sample(used, min(2, len(used))))
    shapes = [tuple(sizes[label] for label in labels) for labels in terms]
    flow = secretly(product(terms, result, shapes, random_pairs(random, len(terms))))
    other = regrouped(flow)
    assert other == flow or not meets(other)
    arrays = np.random.default_rng(seed)
    data = {port.name: arrays.normal(size=port.type.shape) for port in flow.inputs}
    got, wanted = (NumpyBackend().compile(f, {}, {}).run(data)["y"] for f in (other, flow))
    assert np.allclose(got, wanted)


def test_a_chain_is_taken_from_left_to_right() -> None:
    flow = regrouped(flow_of(CHAIN))
    assert [step.arguments for step in flow.steps] == [(0, 1), (2, 4), (3, 5)]
    assert flow.steps[-1].type == flow_of(CHAIN).steps[-1].type
    assert flow.steps[-1].type.axes == ("i", "m")
    assert regrouped(flow) == flow


def test_what_the_program_names_stays() -> None:
    named = "F[i, k] = A[i, j] * B[j, k]\nG[k, m] = C[k, l] * D[l, m]\nE[i, m] = F[i, k] * G[k, m]"
    flow = flow_of(CHAIN[: CHAIN.index("E[")] + named)
    assert meets(flow)
    assert regrouped(flow) == flow


def test_what_is_read_twice_stays() -> None:
    flow = flow_of(CHAIN)
    first = flow.steps[0]
    steps = (first, replace(first, arguments=(4, 4)))
    square = replace(flow, steps=steps, outputs=(5,))
    assert meets(square)
    assert regrouped(square) == square


def test_the_cheapest_is_next() -> None:
    chain, sizes = [(0, 1), (1, 2), (2, 3), (3, 4)], {0: 9, 1: 9, 2: 2, 3: 9, 4: 1}
    assert one_by_one(chain, (0, 4), sizes) == [(2, 3), (1, 4), (0, 5)]
