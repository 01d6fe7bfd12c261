"""The quantum backend runs programs, and says what their circuits take."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from dataflows import meaning, random_arrays, random_flow, random_type
from einlang_quantum import QuantumBackend
from einlang_quantum.lowering import STRATEGIES

import einlang
from einlang.errors import BackendMistake, DataMistake, EinlangError
from einlang.planning import plan
from einlang.planning.dataflow import Apply, Dataflow, Fold

TEXT = """
index i = 2, j = 3, k = 4
public A[i, j]
public B[j, k] in [-1, 1]
param c[k]
S[i] = A[i, j] * B[j, k] * tanh(c[k]) + 2
T[(i j)] = (A[i, j] - 1) ^ 2
D[j] = A[0, j] * B[j, j + 1]
out S, T, D
"""


def data() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    b = random.uniform(-1, 1, size=(3, 4))
    return {"A": random.normal(size=(2, 3)), "B": b, "c": random.normal(size=4)}


def wanted() -> dict[str, np.ndarray]:
    a, b, c = data().values()
    return {
        "S": a @ b @ np.tanh(c) + 2,
        "T": ((a - 1) ** 2).reshape(-1),
        "D": a[0] * b[np.arange(3), np.arange(1, 4)],
    }


def code(error: pytest.ExceptionInfo[EinlangError]) -> str:
    return error.value.diagnostics[0].code


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_programs_give_what_they_mean(strategy) -> None:
    result = einlang.compile(TEXT).run("quantum", data(), strategy=strategy, verify=True)
    for name, value in wanted().items():
        np.testing.assert_allclose(result[name], value, atol=1e-9)
        assert result[name].dtype == float
    assert all(agreement.error < 1e-9 for agreement in result.agreements)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_groups_and_borders_are_index_maps(strategy) -> None:
    text = (
        "index i = 2, j = 3, k = 2, p = 6\npublic A[i, k]\npublic B[k, j]\npublic v[p]\n"
        "C[(i j)] = A[i, k] * B[k, j]\ny[i] = C[(i j)] * v[(i j)]\n"
        "z[k, j] = B[k, pad(j + 1, 2)]\ns[p] = 3 * C[p] - v[p]\nout y, z, s\n"
    )
    random = np.random.default_rng(4)
    a, b, v = (random.normal(size=shape) for shape in ((2, 2), (2, 3), 6))
    found = einlang.compile(text).run("quantum", A=a, B=b, v=v, strategy=strategy)
    np.testing.assert_allclose(found["y"], ((a @ b) * v.reshape(2, 3)).sum(1), atol=1e-9)
    wanted = np.concatenate([b[:, 1:], np.full((2, 1), 2.0)], 1)
    np.testing.assert_allclose(found["z"], wanted, atol=1e-9)
    np.testing.assert_allclose(found["s"], 3 * (a @ b).reshape(-1) - v, atol=1e-9)


def test_shots_come_near() -> None:
    result = einlang.compile(TEXT).run("quantum", data(), shots=200_000, seed=1, verify=True)
    figures = result.report.figures
    assert 1e-4 < figures["precision"] < 0.2
    for name, value in wanted().items():
        np.testing.assert_allclose(result[name], value, atol=figures["precision"])
    rows = result.report.tables["execution"]
    assert [row["shots"] for row in rows] == [200_000] * 3


def test_an_explanation_needs_no_data() -> None:
    known = {"c": data()["c"]}
    told = einlang.compile(TEXT).explain("quantum", known)
    assert told.figures["data"] == "drawn at random"
    assert {row["output"] for row in told.tables["circuits"]} == set("STD")
    again = einlang.compile(TEXT).explain("quantum", known)
    assert again.figures == told.figures
    text = "index i = 3\nparam x[i]\npublic y[i]\nz = x[i] * y[i]"
    x = np.array([3.0, 4.0, 0.0])
    told = einlang.compile(text).explain("quantum", {"x": x})
    assert told.figures.keys() >= {"qubits", "depth", "gates", "scale", "shots"}
    assert "resources of z" in told.tables


def test_functions_of_inputs_are_refused_with_their_statement() -> None:
    text = "public x[i]\nu[i] = 2 * x[i]\nv[i] = sigmoid(u[i])\nw = v[i] * v[i]\nout w"
    with pytest.raises(BackendMistake, match="in `v`: circuits have no `sigmoid`") as error:
        einlang.compile(text).run("quantum", x=np.ones(2))
    assert code(error) == "E0750"
    text = "public x[i]\nm = max[i](x[i])"
    with pytest.raises(BackendMistake, match="no `max`"):
        einlang.compile(text).run("quantum", x=np.ones(2))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"strategi": "bend"}, "did you mean `strategy`"),
        ({"strategy": "best"}, "one of auto, bend, orient, isometric"),
        ({"shots": 0}, "a whole number from 1"),
        ({"group": -1}, "a whole number from 0"),
        ({"noise": 2}, "a number from 0 to 1"),
        ({"precision": 0}, "a number above 0"),
        ({"reuse": "perhaps"}, "true or false"),
        ({"reading": "tea"}, "one of born, amplitude"),
    ],
)
def test_settings_it_does_not_know_are_refused(settings, message) -> None:
    with pytest.raises(BackendMistake, match=message) as error:
        einlang.compile("public x[i]\ny[i] = x[i]").run("quantum", {"x": np.ones(2), **settings})
    assert code(error) == "E0706"


def test_settings_reach_the_device() -> None:
    text = 'public x[i]\ny[i] = x[i]\ntarget quantum:\n    device = "default.mixed"\n'
    x = np.array([0.6, 0.8])
    result = einlang.compile(text).run("quantum", {"x": x}, shots=2000, noise=0.001, reuse=True)
    assert result.report.tables["execution"][0]["device"] == "default.mixed"
    np.testing.assert_allclose(result["y"], x, atol=0.2)
    named = einlang.compile(text).run("quantum", {"x": x}, device="default.qubit", amplify="auto")
    np.testing.assert_allclose(named["y"], x, atol=1e-9)


def test_a_tensor_that_was_trained_as_an_ansatz_runs_as_data() -> None:
    text = "index i = 2\nparam W[i]\npublic x[i]\ny = W[i] * x[i]\n"
    text += "target quantum:\n    W = iqp(layers=2)\n    reading = amplitude\n"
    result = einlang.compile(text).run("quantum", W=np.array([1.0, 2.0]), x=np.array([3.0, 4.0]))
    assert result["y"] == pytest.approx(11)


def test_inputs_that_do_not_fit_are_refused() -> None:
    program = einlang.compile("index i = 2\npublic x[i]\ny[i] = x[i]")
    ready = QuantumBackend().compile(_flow(program), {}, {})
    for inputs, wanted in (
        ({}, "E0609"),
        ({"x": np.ones(3)}, "E0606"),
        ({"x": np.array([1, np.nan])}, "E0604"),
    ):
        with pytest.raises(DataMistake) as error:
            ready.run(inputs)
        assert code(error) == wanted


def _flow(program: einlang.Program) -> Dataflow:
    return plan(program.check()).server


@pytest.mark.parametrize("seed", range(60))
def test_random_dataflows_give_what_they_mean(seed) -> None:
    random = np.random.default_rng(seed)
    flow = random_flow(random, [random_type(random, 2) for _ in range(2)], 4)
    arrays = random_arrays(random, [port.type for port in flow.inputs])
    inputs = {port.name: array for port, array in zip(flow.inputs, arrays, strict=True)}
    linear = not any(isinstance(step.operation, Apply | Fold) for step in flow.steps)
    ready = QuantumBackend().compile(flow, {} if linear else inputs, {"qubits": 40})
    found = ready.run(inputs)
    for given, value in zip(found.values(), meaning(flow, arrays), strict=True):
        scale = max(1.0, abs(value).max(initial=0))
        np.testing.assert_allclose(given, value, atol=1e-8 * scale)


def test_without_pennylane_values_are_exact(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pennylane", None)
    result = einlang.compile(TEXT).run("quantum", data())
    np.testing.assert_allclose(result["S"], wanted()["S"], atol=1e-9)
    with pytest.raises(EinlangError, match="PennyLane"):
        einlang.compile(TEXT).run("quantum", data(), shots=10)
