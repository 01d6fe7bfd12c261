"""Plans of whole programs: what is computed where, what is dropped, what is shared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from counting import growth
from einlang_numpy import lower

from einlang.checking import check
from einlang.checking.typed import (
    Definition,
    Index,
    Input,
    Product,
    Qualifier,
    Read,
    Tensor,
    Typed,
    at,
)
from einlang.planning import describe, plan
from einlang.planning.dataflow import Add, Apply, Contract, Dataflow, Plan
from einlang.syntax import read


def planned(text: str, **options: int) -> Plan:
    return plan(check(read(text)), **options)


def operations(flow: Dataflow) -> list[str]:
    return [type(step.operation).__name__ for step in flow.steps]


SCORES = """
index n = 2, d = 3, c = 4
secret x[n, d] in [-1, 1]
param W[d, c]
public unused[n]
dead[n] = unused[n]^2
score[n, c] = x[n, d] * W[d, c]
client label[n] = argmax[c](score[n, c])
out label
"""


def test_client_definitions_are_computed_by_the_client() -> None:
    found = planned(SCORES)
    assert found.outputs == ("label",)
    assert found.server.names == ("score",)
    assert [port.name for port in found.client.inputs] == ["score"]
    assert operations(found.client) == ["Fold"]


def test_dead_definitions_and_what_only_they_read_are_dropped() -> None:
    found = planned(SCORES)
    assert [port.name for port in found.server.inputs] == ["x", "W"]
    assert all(step.label == "score" for step in found.server.steps)


def test_a_tensor_that_is_read_twice_is_computed_once() -> None:
    text = """
index i = 3
secret x[i]
y[i] = tanh(x[i])
a[i] = y[i] * y[i]
b[i] = y[i] + tanh(x[i])
out a, b
"""
    found = planned(text).server
    assert operations(found).count("Apply") == 1
    doubled = found.steps[-1].operation
    assert isinstance(doubled, Add)
    assert doubled.coefficients == (2,)


def test_steps_carry_qualifier_range_and_statement() -> None:
    text = """
index i = 3, k = 2
secret A[i, k] in [0, 1]
public x[k] in [-1, 1]
y[i] = sigmoid(A[i, k] * x[k])
"""
    steps = planned(text + "out y\n").server.steps
    assert [step.type.qualifier for step in steps] == [Qualifier.SECRET] * 2
    assert steps[0].type.range == (-2.0, 2.0)
    assert isinstance(steps[1].operation, Apply)
    assert steps[1].operation.range == (-2.0, 2.0)
    low, high = steps[1].type.range or (0, 0)
    assert 0.1 < low < high < 0.9
    assert steps[1].label == "y"


def test_an_input_that_is_put_out_goes_past_the_evaluator() -> None:
    typed = check(read("index i = 2\nsecret x[i]\ny[i] = 2 * x[i]\nout y\n"))
    found = plan(replace(typed, outputs=("x", "y")))
    assert found.outputs == ("x", "y")
    assert found.server.names == ("y",)
    assert found.client.names == ("x",)
    assert not found.client.steps


def test_three_factors_are_contracted_in_the_cheaper_order() -> None:
    text = """
index i = 100, j = 2, k = 100, l = 2
public A[i, j]
public B[j, k]
public C[k, l]
D[i, l] = A[i, j] * B[j, k] * C[k, l]
out D
"""
    flow = planned(text).server
    assert [step.type.shape for step in flow.steps] == [(2, 2), (100, 2)]
    assert sum(row["flops"] for row in planned(text).table()) == 2 * 400 + 2 * 400


def test_a_plan_is_described_line_by_line() -> None:
    text = describe(planned(SCORES))
    assert text.splitlines() == [
        "evaluator, 48 flops",
        "%0 = input x: secret 2 3 in [-1, 1]",
        "%1 = input W: param 3 4",
        '%2 = contract "ab,bc->ac" %0 %1: secret 2 4  # score',
        "output score = %2",
        "client, 8 flops",
        "%0 = input score: secret 2 4",
        "%1 = fold argmax [1] %0: secret 2 in [0, 3]  # label",
        "output label = %1",
    ]


def test_plans_are_the_same_every_time() -> None:
    assert planned(SCORES) == planned(SCORES)


def chain(length: int) -> Typed:
    """A product of many matrices in one definition."""
    wires = [Index(f"i{n}", 2) for n in range(length + 1)]
    inputs = tuple(
        Input(Tensor(f"A{n}", (2, 2), Qualifier.PUBLIC), (wires[n], wires[n + 1]))
        for n in range(length)
    )
    factors = tuple(Read(f"A{n}", (at(wires[n]), at(wires[n + 1]))) for n in range(length))
    product = Product(factors, tuple(wires[1:-1]))
    tensor = Tensor("B", (2, 2), Qualifier.PUBLIC)
    made = Definition(tensor, ((wires[0],), (wires[-1],)), product)
    return Typed("chain", None, tuple(wires), inputs, (made,), ("B",))


def stairs(length: int) -> Typed:
    """Many definitions, each reading the one before."""
    i, k = Index("i", 2), Index("k", 2)
    shape, public = (2, 2), Qualifier.PUBLIC
    x = Input(Tensor("B0", (2,), public), (i,))
    a = Input(Tensor("A", shape, public), (i, k))
    made = tuple(
        Definition(
            Tensor(f"B{n + 1}", (2,), public),
            ((i,),),
            Product((Read("A", (at(i), at(k))), Read(f"B{n}", (at(k),))), (k,)),
        )
        for n in range(length)
    )
    return Typed("stairs", None, (i, k), (x, a), made, (f"B{length}",))


@pytest.mark.parametrize("typed", [chain(1500), stairs(1500)], ids=["chain", "stairs"])
def test_more_than_a_thousand_contractions_are_planned_and_run(typed: Typed) -> None:
    flow = plan(typed).server
    rotation = np.array([[0.6, -0.8], [0.8, 0.6]])
    arrays = [rotation if port.type.shape == (2, 2) else np.ones(2) for port in flow.inputs]
    value = lower(flow).run(arrays)[0]
    assert len(flow.steps) in (1499, 1500)
    assert all(isinstance(step.operation, Contract) for step in flow.steps)
    turned = np.linalg.matrix_power(rotation, 1500)
    np.testing.assert_allclose(value, turned if value.ndim == 2 else turned @ np.ones(2))


@pytest.mark.parametrize("program", [chain, stairs])
def test_planning_keeps_in_proportion(program: Callable[[int], Typed]) -> None:
    assert growth(lambda count: plan(program(count)), 200) < 2.3


def test_groups_are_made_and_read_in_row_major_order() -> None:
    text = """
index h = 2, d = 3, t = 4
public x[t, h, d]
y[t, (h d)] = 2 * x[t, h, d]
z[h] = y[t, (h d)]
out y, z
"""
    flow = planned(text).server
    assert "Reshape" in operations(flow)
    x = np.arange(24.0).reshape(4, 2, 3)
    y, z = lower(flow).run([x])
    np.testing.assert_allclose(y, 2 * x.reshape(4, 6))
    np.testing.assert_allclose(z, 2 * x.sum((0, 2)))


def test_a_client_may_read_what_the_client_computed_and_inputs() -> None:
    text = """
index n = 3
secret x[n]
public truth[n]
y[n] = 2 * x[n]
client up[n] = y[n] > 0
client right = up[n] * truth[n]
out right
"""
    found = planned(text)
    assert found.server.names == ("y",)
    assert {port.name for port in found.client.inputs} == {"y", "truth"}
    assert found.client.names == ("right",)


def test_every_axis_has_the_name_it_was_written_with() -> None:
    flow = planned(
        """
index b = 2, h = 3, d = 4, s = b
secret K[b, h, d] in [-1, 1]
secret Q[b, h, d] in [-1, 1]
param w[h]
S[b, s] = Q[b, h, d] * K[s, h, d] * w[h] + 1
z[s, (h d)] = relu(K[s, h, d] * 2)
m[s] = max[e](z[s, e])
total = sum[s](m[s]) + S[b, s]
out total
"""
    ).server
    assert [port.type.axes for port in flow.inputs] == [("b", "h", "d"), ("b", "h", "d"), ("h",)]
    names = {(step.label, type(step.operation).__name__): step.type.axes for step in flow.steps}
    assert names["S", "Contract"] == names["S", "Add"] == ("b", "s")
    assert names["z", "Apply"] == ("s", "h", "d")
    assert names["z", "Reshape"] == ("s", "(h d)")
    assert names["m", "Fold"] == ("s",)
    for step in flow.steps:
        assert len(step.type.axes) == len(step.type.shape), step
