"""Every way to run a circuit finds what it means, and says how sure it is."""

from __future__ import annotations

import numpy as np
import pytest
from einlang_quantum.circuits import Circuit, Measure, Parameter, PostSelect, Prepare, Reset, h, ry
from einlang_quantum.circuits.constants import Numbers
from einlang_quantum.execution import (
    CHANNELS,
    Device,
    amplified,
    devices,
    execute,
    interfering,
    reusing,
    straighten,
)
from random_circuits import circuit

from einlang.errors import BackendMistake, DataMistake

EXACT = ["default.qubit", "lightning.qubit", "contraction", "auto"]
SEEDS = range(6)


def meaning(made: Circuit, values=None) -> np.ndarray:
    return made.scale * made.amplitudes(values or {})


def near(found, wanted, widths: float = 5) -> None:
    """Real and imaginary parts within so many standard errors."""
    gap, errors = np.asarray(found.values - wanted), np.asarray(found.errors)
    assert (abs(gap.real) <= widths * errors.real).all()
    assert (abs(gap.imag) <= widths * errors.imag).all()


@pytest.mark.parametrize("device", EXACT)
@pytest.mark.parametrize("seed", SEEDS)
def test_exact_values_are_the_amplitudes(device, seed) -> None:
    made = circuit(seed, qubits=1 + seed % 3, out=seed % 2 + 1)
    found = execute(made, device=device)
    np.testing.assert_allclose(found.values, meaning(made), atol=1e-9, rtol=1e-9)
    assert found.probability == pytest.approx(np.sum(abs(made.amplitudes()) ** 2), abs=1e-9)
    assert not found.errors.any()


@pytest.mark.parametrize("seed", SEEDS)
def test_straight_circuits_mean_the_same(seed) -> None:
    made = circuit(seed)
    straight = straighten(made)
    np.testing.assert_allclose(straight.circuit.amplitudes(), made.amplitudes(), atol=1e-12)
    gates = Circuit.zeros(straight.width) >> Circuit.gates(straight.width, straight.unitary)
    found = gates >> Circuit(4, (PostSelect(straight.flags),), (0, 1, 2, 3), straight.cod)
    np.testing.assert_allclose(found.amplitudes(), made.amplitudes(), atol=1e-12)


@pytest.mark.parametrize("device", ["default.qubit", "contraction"])
def test_what_comes_in_is_bent(device) -> None:
    made = circuit(3)
    arrow = Circuit.id(1) @ made >> Circuit.gates(2, [h(0), ry(0.3, 1).controlled(0)])
    np.testing.assert_allclose(
        execute(arrow, device=device).values, meaning(arrow).reshape(2, 2, 2), atol=1e-12
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_the_test_of_hadamard_gives_both_parts(seed) -> None:
    made = circuit(seed, qubits=2, out=seed % 3)
    root = 2 ** (len(made.cod) / 2)
    for imaginary, part in ((False, np.real), (True, np.imag)):
        found = abs(interfering(made, imaginary).amplitudes()) ** 2
        difference = (found[0] - found[1]) * root
        np.testing.assert_allclose(difference, part(made.amplitudes()), atol=1e-12)


@pytest.mark.parametrize("reading", ["magnitude", "real", "complex", "auto"])
@pytest.mark.parametrize("device", ["default.qubit", "lightning.qubit", "default.mixed"])
def test_shots_find_the_values_within_their_errors(device, reading) -> None:
    made = circuit(5, qubits=2, out=2, plain=reading == "real")
    wanted = meaning(made)
    found = execute(made, device=device, shots=40_000, seed=7, reading=reading)
    near(found, abs(wanted) if reading == "magnitude" else wanted)
    p = np.sum(abs(made.amplitudes()) ** 2)
    assert abs(found.probability - p) < 5 * found.probability_error
    assert found.shots == 40_000


def test_auto_reads_real_values_where_all_is_real() -> None:
    assert execute(circuit(1, plain=True), shots=100).reading == "real"
    assert execute(circuit(1), shots=100).reading == "complex"


@pytest.mark.parametrize("reading", ["magnitude", "complex"])
@pytest.mark.parametrize("device", ["default.qubit", "lightning.qubit", "default.mixed"])
def test_wires_may_serve_again(device, reading) -> None:
    made = circuit(2, qubits=1, out=1)
    wanted = meaning(made)
    found = execute(made, device=device, reuse=True, reading=reading)
    np.testing.assert_allclose(
        found.values, abs(wanted) if reading == "magnitude" else wanted, atol=1e-9
    )
    drawn = execute(made, device=device, reuse=True, reading=reading, shots=5000, seed=3)
    near(drawn, abs(wanted) if reading == "magnitude" else wanted)
    assert reusing(made).width < straighten(made).width


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("rounds", [1, 2, 3])
def test_amplified_circuits_mean_the_same(seed, rounds) -> None:
    made = circuit(seed)
    p = float(np.sum(abs(made.amplitudes()) ** 2))
    loud = amplified(made, rounds, p)
    np.testing.assert_allclose(meaning(loud), meaning(made), atol=1e-9)


def test_amplification_makes_success_probable_and_errors_small() -> None:
    made = Circuit.state([0.06, -((1 - 0.06**2) ** 0.5)]) >> Circuit.effect([1.0, 0.0])
    plain = execute(made, shots=4000, seed=1, reading="magnitude")
    loud = execute(made, shots=4000, seed=1, reading="magnitude", amplify="auto")
    assert loud.rounds == 12
    assert loud.errors < plain.errors / 5
    near(loud, 0.06)
    signed = execute(made, shots=4000, seed=1, amplify=5)
    near(signed, 0.06)
    assert loud.probability == pytest.approx(0.0036, rel=0.05)


@pytest.mark.parametrize("channel", CHANNELS)
def test_noise_moves_values_a_little(channel) -> None:
    made = Circuit.state([0.6, 0.8]) @ Circuit.state([0.8, 0.6]) >> Circuit.cup(1)
    found = execute(made, noise={channel: 0.01})
    assert found.device == "default.mixed"
    assert found.values != pytest.approx(0.96, abs=1e-9) or channel == "phase_flip"
    assert found.values == pytest.approx(0.96, abs=0.2)
    clean = execute(made, noise={channel: 0.0})
    assert clean.values == pytest.approx(0.96, abs=1e-9)


def test_noise_by_strength_or_model_of_pennylane() -> None:
    import pennylane as qml

    made = Circuit.state([0.6, 0.8]) >> Circuit.gates(1, [h(0)])
    flip = qml.noise.partial_wires(qml.BitFlip, 1.0)
    rate = qml.NoiseModel({qml.noise.op_eq(qml.Hadamard): flip})
    found = execute(made, noise=rate, reading="magnitude")
    np.testing.assert_allclose(found.values, abs(np.array([-0.2, 1.4])) / 2**0.5, atol=1e-9)
    strong = execute(made, noise=0.75, reading="magnitude", shots=20_000, seed=0)
    assert abs(strong.values - 0.5**0.5).max() < 0.02


def test_a_seed_repeats_a_run() -> None:
    made = circuit(8)
    runs = [execute(made, shots=500, seed=seed).values for seed in (4, 4, 5)]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert (runs[0] != runs[2]).any()


def test_measurements_and_resets_in_the_middle() -> None:
    coin = Circuit.zeros(1) >> Circuit.gates(1, [h(0), Measure(0), Reset(0), h(0)])
    exact = Device("default.qubit").outcomes(reusing(coin))
    np.testing.assert_allclose(exact, np.full((2, 2), 0.25), atol=1e-12)
    drawn = Device("lightning.qubit", shots=4000, seed=2).outcomes(reusing(coin))
    assert drawn.sum() == 4000
    assert abs(drawn - 1000).max() < 150
    with pytest.raises(ValueError, match="measures"):
        execute(coin)


def test_angles_are_given_by_name() -> None:
    made = Circuit.zeros(1) >> Circuit.gates(1, [ry(Parameter("a", 2.0), 0)])
    for options in ({"device": "contraction"}, {"device": "default.qubit"}):
        values = execute(made, {"a": 0.3}, **options).values
        np.testing.assert_allclose(values, [np.cos(0.3), np.sin(0.3)], atol=1e-12)
    near(execute(made, {"a": 0.3}, shots=2000, seed=0), [np.cos(0.3), np.sin(0.3)])
    with pytest.raises(KeyError):
        execute(made)


def test_numbers_without_qubits() -> None:
    for options in ({}, {"device": "default.qubit"}, {"shots": 10}):
        assert execute(Circuit.number(3 - 4j), **options).values == pytest.approx(3 - 4j, abs=6)
    assert execute(Circuit.number(3 - 4j)).values == 3 - 4j


def test_long_networks_are_contracted() -> None:
    chain = Circuit.cap(1)
    for _ in range(40):
        chain = chain @ Circuit.cap(1) >> Circuit.id(1) @ Circuit.cup(1) @ Circuit.id(1)
    found = execute(chain)
    assert found.device == "contraction"
    np.testing.assert_allclose(found.values, np.eye(2), atol=1e-9)
    assert [each.code for each in found.warnings] == ["W0701"]


@pytest.mark.parametrize("device", ["default.qubit", "lightning.qubit"])
def test_where_there_is_no_room_wires_are_measured_in_the_middle(device, monkeypatch) -> None:
    made = circuit(2, qubits=1, out=1)
    monkeypatch.setattr(devices, "ROOM", 0)
    near(execute(made, device=device, reuse=True, shots=300, seed=3), meaning(made))


# -- what is refused ------------------------------------------------------------------------


def code(kind, made: Circuit, **options) -> str:
    with pytest.raises(kind) as caught:
        execute(made, **options)
    return caught.value.diagnostics[0].code


@pytest.mark.parametrize("data", [[1.0, np.nan], [np.inf, 1.0]])
def test_data_that_makes_no_state_is_refused(data) -> None:
    with np.errstate(all="ignore"):
        made = Circuit.state(data)
    assert code(DataMistake, made) == "E0740"
    long = Circuit(1, (Prepare((0,), Numbers.of([1.0, 1.0])),), (), (0,))
    assert code(DataMistake, long, shots=10) == "E0740"


def test_zero_is_a_value_like_any_other() -> None:
    found = execute(Circuit.state([0.0, 0.0]))
    np.testing.assert_array_equal(found.values, [0, 0])


def test_too_many_qubits_are_refused() -> None:
    made = Circuit.zeros(30)
    assert code(BackendMistake, made, device="default.qubit") == "E0741"
    assert code(BackendMistake, made, shots=10) == "E0741"
    assert code(BackendMistake, Circuit.zeros(14), noise=0.1) == "E0741"
    assert code(BackendMistake, Circuit.zeros(3), device="default.qubit", qubits=2) == "E0741"
    assert code(BackendMistake, Circuit.zeros(30), device="contraction") == "E0741"


def test_devices_that_cannot_are_refused() -> None:
    made = circuit(0)
    assert code(BackendMistake, made, device="default.gaussian", shots=10) == "E0742"
    assert code(BackendMistake, made, device="no.such.device", shots=10) == "E0743"
    assert code(BackendMistake, made, device="lightning.qubit", noise=0.1) == "E0744"
    assert code(BackendMistake, made, noise={"rain": 0.1}) == "E0744"
    assert code(BackendMistake, made, noise=1.5) == "E0744"
    with pytest.raises(ValueError, match="reading"):
        execute(made, reading="aloud")


def test_without_pennylane_there_is_contraction(monkeypatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pennylane", None)
    made = circuit(0)
    np.testing.assert_allclose(execute(made, device="contraction").values, meaning(made))
    assert code(BackendMistake, made, shots=10) == "E0851"


def test_improbable_success_warns_with_the_shots_needed() -> None:
    made = Circuit.state([1e-3, 1.0]) >> Circuit.effect([1.0, 0.0])
    (warning,) = execute(made).warnings
    assert warning.code == "W0701"
    assert "2e+10 shots" in warning.message
    assert not execute(made, threshold=1e-9).warnings
    never = Circuit.state([0.0, 1.0]) >> Circuit.effect([1.0, 0.0])
    assert "no number of shots" in execute(never).warnings[0].message
