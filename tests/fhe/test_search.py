"""The search finds programs that are no worse than greedy ones, and the same on every run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from einlang_fhe import costs
from einlang_fhe.compiling import Compiled, Job
from einlang_fhe.functor.iteration import Operand, iterations
from einlang_fhe.options import RATES, Options
from einlang_fhe.search import compile_flow
from einlang_fhe.search.memory import COMPILED
from einlang_fhe.search.objective import Bill, Objective, bill
from einlang_fhe.search.search import Search
from einlang_fhe.slots import WEIGHTS

import einlang
from einlang.api.pipeline import prepare
from einlang.checking import check
from einlang.errors import BackendMistake
from einlang.planning.dataflow import Dataflow
from einlang.syntax import read

MATMUL = "index i = 16, j = 32, k = 24\nsecret A[i, k]\nsecret B[k, j]\nC[i, j] = A[i, k] * B[k, j]"
CHAIN = """
index i = 12, j = 5, k = 9, l = 7
secret A[i, j]
secret B[j, k]
secret C[k, l]
D[i, l] = A[i, j] * B[j, k] * C[k, l]
total = D[i, l] * D[i, l]
"""
PROGRAMS = (MATMUL, CHAIN, "index i = 300\nsecret x[i]\nnorm = x[i] * x[i]")


def flow_of(text: str) -> Dataflow:
    made: Any = prepare(check(read(text)), "fhe", {}, {"engine": "clear", "search": 0}).server
    return made.flow


def found(text: str, **settings: Any) -> Compiled:
    COMPILED.entries.clear()
    return compile_flow(flow_of(text), Options.read(settings), {})


@pytest.mark.parametrize("text", PROGRAMS)
@pytest.mark.parametrize("minimise", RATES)
def test_a_search_is_no_worse_than_greed(text: str, minimise: str) -> None:
    objective, known = Objective(minimise), costs.load("shipped")
    bills = [
        bill(Search(job, objective, known, effort).run().best.compiled, known)
        for job in [Job.of(flow_of(text), Options(minimise=minimise), {})]
        for effort in (0, 20_000)
    ]
    assert objective.of(bills[1]) <= objective.of(bills[0])


@pytest.mark.parametrize("text", PROGRAMS)
def test_the_same_again_is_the_same_program(text: str) -> None:
    first, again = found(text), found(text)
    assert first is not again
    assert first.program == again.program
    assert first.parameters == again.parameters
    assert first.plans == again.plans


def test_the_same_again_is_remembered() -> None:
    flow = flow_of(MATMUL)
    first = compile_flow(flow, Options(), {})
    assert compile_flow(flow, Options(), {}) is first
    assert compile_flow(flow, Options(minimise="traffic"), {}) is not first


@pytest.mark.parametrize("minimise", RATES)
@pytest.mark.parametrize("text", PROGRAMS)
def test_every_objective_gives_what_the_program_means(text: str, minimise: str) -> None:
    program = einlang.compile(text)
    rng = np.random.default_rng(0)
    shapes = {"A": (16, 24), "B": (24, 32)} if text is MATMUL else {"x": (300,)}
    if text is CHAIN:
        shapes = {"A": (12, 5), "B": (5, 9), "C": (9, 7)}
    data = {name: rng.uniform(-1, 1, shape) for name, shape in shapes.items()}
    wanted = program.run(backend="numpy", **data)
    got = program.run(backend="fhe", engine="clear", minimise=minimise, **data)
    for name, value in wanted.items():
        np.testing.assert_allclose(got[name], value, atol=1e-4 * max(1, np.abs(value).max()))


def test_traffic_counts_what_is_sent() -> None:
    sent = {kind: len(found(MATMUL, minimise=kind).request) for kind in ("traffic", "throughput")}
    assert sent["traffic"] <= sent["throughput"]


def test_an_objective_weighs_each_part() -> None:
    nothing = Bill(0, 0, 0, 0, 0)
    assert all(Objective(kind).of(nothing) == 0 for kind in RATES)
    assert Objective("memory").of(Bill(0, 0, 0, 0, memory=1e9)) > 1


@pytest.mark.parametrize("shape", [(), (1,), (3, 5), (2, 3, 4, 5), (7, 6, 5, 4, 3, 2, 2, 2)])
def test_iteration_layouts_hold_every_element(shape: tuple[int, ...]) -> None:
    operands = [Operand(tuple(range(len(shape))), fresh=True), Operand(())]
    for kept in range(len(shape) + 1):
        found = iterations(shape, kept, operands, 16, WEIGHTS)
        assert found == sorted(found, key=lambda pair: round(pair[0], 9))
        for _, layout in found:
            held = [layout.table(number) for number in range(layout.count)]
            assert set(np.concatenate(held)) - {-1} == set(range(int(np.prod(shape))))


def test_digits_that_are_not_secure_are_refused() -> None:
    deep = "index i = 4\nsecret x[i] in [-1, 1]\ny[i] = exp(sigmoid(x[i]))"
    wanted = found(deep).parameters.digits
    assert wanted > 1
    with pytest.raises(BackendMistake, match="`digits` cannot be `1`"):
        found(deep, digits=1)
    assert found(deep, digits=wanted).parameters.digits == wanted


def test_rotation_keys_are_bounded_if_that_is_asked_for() -> None:
    deep = CHAIN.replace("= 12", "= 40")
    free = found(deep)
    few = found(deep, keys=3)
    assert len(few.program.rotations) <= 3 < len(free.program.rotations)
    data = {
        name: np.random.default_rng(0).uniform(-1, 1, shape)
        for name, shape in (("A", (40, 5)), ("B", (5, 9)), ("C", (9, 7)))
    }
    run = einlang.compile(deep).run
    wanted, got = run(backend="numpy", **data), run(backend="fhe", engine="clear", keys=3, **data)
    for name, value in wanted.items():
        np.testing.assert_allclose(got[name], value, atol=1e-4 * max(1, np.abs(value).max()))


def test_memory_is_worth_fewer_keys_than_time() -> None:
    keys = {kind: len(found(PROGRAMS[2], minimise=kind).program.rotations) for kind in RATES}
    assert keys["memory"] < keys["throughput"]
