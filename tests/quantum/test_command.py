"""What cannot be run as a circuit is refused on the command line: a code, a hint, no traceback."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Command = Callable[..., Any]
TEXT = """
index i = 2
public x[i]
public y[i]
z = x[i] * y[i]
"""
RUN = ["run", "a.ein", "--backend", "quantum", "--set", "x=x.npy", "--set", "y=y.npy"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program with its data, of which hardly anything is in the product."""
    monkeypatch.chdir(tmp_path)
    Path("a.ein").write_text(TEXT)
    np.save("x.npy", [1.0, 1e-4])
    np.save("y.npy", [1e-4, 1.0])
    return tmp_path


def settings(**chosen: Any) -> list[str]:
    """Settings as words of the command line."""
    return [word for name, value in chosen.items() for word in ("--set", f"{name}={value}")]


def refused(told: Any, code: str) -> None:
    """It says so with a code and a way out, on standard error, and shows no traceback."""
    assert told.code == 1
    assert f"error[{code}]" in told.err
    assert "= hint:" in told.err
    assert "Traceback" not in told.text
    assert "Warning" not in told.text


@pytest.mark.parametrize(
    ("data", "code"),
    [([1.0, np.nan], "E0604"), ([1.0, np.inf], "E0604"), ([1e200, 1e200], "E0740")],
)
def test_data_that_makes_no_state(
    folder: Path, command: Command, data: list[float], code: str
) -> None:
    np.save("x.npy", data)
    refused(command(RUN), code)


def test_zeros_are_no_state_and_yet_a_number(folder: Path, command: Command) -> None:
    np.save("x.npy", [0.0, 0.0])
    told = command([*RUN, "--json"])
    assert json.loads(told.out)["outputs"]["z"]["values"] == 0
    assert command([*RUN, *settings(shots=100, seed=1)]).code == 0


def test_too_many_qubits_for_the_limit(folder: Path, command: Command) -> None:
    refused(command([*RUN, *settings(strategy="bend", qubits=1)]), "E0751")


def test_too_many_qubits_for_a_simulator(folder: Path, command: Command) -> None:
    """Mixed states take two numbers for one: fewer qubits fit."""
    Path("a.ein").write_text(
        "index i = 128, j = i\npublic x[i]\npublic y[j]\nz[i, j] = x[i] * y[j]"
    )
    np.save("x.npy", np.ones(128))
    np.save("y.npy", np.arange(128.0))
    refused(command([*RUN, *settings(shots=10, device="default.mixed", noise=0.1)]), "E0741")


def test_states_too_large_for_a_gate(folder: Path, command: Command) -> None:
    """A sign is found by a controlled preparation; exact values need none."""
    Path("a.ein").write_text("index i = 8192\npublic x[i]\nz[i] = 2 * x[i]\n")
    np.save("x.npy", np.arange(8192.0))
    refused(command([*RUN[:6], *settings(shots=10)]), "E0741")
    told = command([*RUN[:6], "--out", "z.npy"])
    assert told.code == 0
    assert np.allclose(np.load("z.npy"), 2 * np.arange(8192.0))


def test_a_circuit_that_hardly_ever_succeeds(folder: Path, command: Command) -> None:
    told = command([*RUN, *settings(strategy="bend", shots=100, seed=1)])
    assert told.code == 0
    assert "warning[W0701]: the circuit succeeds with probability 2e-08" in told.err
    assert "a relative error of 0.01 takes 2.5e+11 shots" in told.err
    assert "= hint: another strategy" in told.err
    quiet = command([*RUN, *settings(strategy="bend", shots=100, seed=1, threshold=0)])
    assert "W0701" not in quiet.err


@pytest.mark.parametrize(("device", "code"), [("default.gaussian", "E0742"), ("no.such", "E0743")])
def test_devices_that_cannot(folder: Path, command: Command, device: str, code: str) -> None:
    refused(command([*RUN, *settings(shots=10, device=device)]), code)


def test_noise_on_pure_states(folder: Path, command: Command) -> None:
    refused(command([*RUN, *settings(device="lightning.qubit", noise=0.1)]), "E0744")


def test_without_pennylane(folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pennylane", None)
    told = command([*RUN, *settings(shots=10)])
    refused(told, "E0851")
    assert "pip install 'einlang[quantum]'" in told.err
    assert command(RUN).code == 0


def test_what_is_not_linear_names_its_statement(folder: Path, command: Command) -> None:
    Path("a.ein").write_text(TEXT.replace("z = x[i] * y[i]", "z[i] = tanh(x[i] * y[i])"))
    told = command(RUN)
    refused(told, "E0750")
    assert "in `z`: circuits have no `tanh`" in told.err


def test_an_explanation_shows_what_circuits_take(folder: Path, command: Command) -> None:
    told = command(["explain", "a.ein", "--backend", "quantum", *settings(strategy="bend")])
    assert told.code == 0
    rows = [line.split() for line in told.out.splitlines()]
    figures = {" ".join(row[:-1]): row[-1] for row in rows if len(row) > 1}
    assert {"qubits", "depth", "gates", "success probability", "shots"} <= figures.keys()
    assert (figures["qubits"], figures["strategy"]) == ("2", "bend")
    assert "resources of z" in told.out
    assert any(row[:2] == ["as", "written"] for row in rows)
    assert any(row[:2] == ["basic", "gates"] for row in rows)
    told = command(["explain", "a.ein", "--backend", "quantum", "--json"])
    assert json.loads(told.out)["figures"].keys() >= {"qubits", "depth", "gates", "shots"}
