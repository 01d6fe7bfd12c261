"""Circuits are arrows of a hypergraph category: its laws hold for what they mean."""

from __future__ import annotations

import numpy as np
import pytest
from einlang_quantum.circuits import (
    Circuit,
    Measure,
    Parameter,
    Reset,
    amplitudes,
    crx,
    crz,
    cx,
    cz,
    h,
    matrix,
    network,
    phase,
    rx,
    ry,
    rz,
    s,
    swap,
    unitary,
    x,
    z,
)
from hypothesis import given
from hypothesis import strategies as st

Array = np.ndarray
COUNTS = st.integers(0, 2)
LEGS = st.integers(0, 3)


def meaning(circuit: Circuit) -> Array:
    """The linear map, its scale included, as a matrix from what comes in."""
    return circuit.scale * circuit.amplitudes().reshape(1 << len(circuit.dom), -1)


@st.composite
def circuits(draw: st.DrawFn, dom: int, cod: int) -> Circuit:
    """A random circuit between so many qubits."""
    width = max(dom, cod) + draw(st.integers(0, 1))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    circuit = Circuit.id(dom) @ Circuit.state(random.normal(size=1 << width - dom))
    gates = [random_gate(random, width) for _ in range(draw(st.integers(0, 5)) if width else 0)]
    effect = Circuit.effect(random.normal(size=1 << width - cod) + 1j)
    return circuit >> Circuit.gates(width, gates) >> Circuit.id(cod) @ effect


def random_gate(random: np.random.Generator, width: int):
    """A gate of any kind."""
    one, *others = (int(wire) for wire in random.permutation(width))
    angle = float(random.normal())
    makers = [h, x, z, s, lambda q: rx(angle, q), lambda q: ry(angle, q), lambda q: rz(angle, q)]
    makers += [lambda q: phase(angle, q)]
    if others:
        other = others[0]
        makers += [lambda q: cx(q, other), lambda q: cz(q, other), lambda q: swap(q, other)]
        makers += [lambda q: crx(angle, q, other), lambda q: crz(angle, q, other)]
        two = np.linalg.qr(random.normal(size=(4, 4)) + 1j * random.normal(size=(4, 4)))[0]
        makers += [lambda q: unitary(two, (q, other))]
    return makers[random.integers(len(makers))](one)


def gates() -> list:
    random = np.random.default_rng(0)
    return [random_gate(random, 3) for _ in range(60)]


@given(st.data(), COUNTS, COUNTS, COUNTS)
def test_composition_is_the_product_of_matrices(data, a, b, c) -> None:
    f, g = data.draw(circuits(a, b)), data.draw(circuits(b, c))
    np.testing.assert_allclose(meaning(f >> g), meaning(f) @ meaning(g), atol=1e-9)


@given(st.data(), COUNTS, COUNTS)
def test_side_by_side_is_the_product_of_kronecker(data, a, b) -> None:
    f, g = data.draw(circuits(a, b)), data.draw(circuits(b, a))
    np.testing.assert_allclose(meaning(f @ g), np.kron(meaning(f), meaning(g)), atol=1e-9)


@given(st.data(), COUNTS, COUNTS)
def test_the_dagger_is_the_adjoint(data, a, b) -> None:
    f = data.draw(circuits(a, b))
    np.testing.assert_allclose(meaning(f.dagger()), meaning(f).conj().T, atol=1e-9)
    assert f.dagger().dagger() == f


@given(st.data(), COUNTS, COUNTS)
def test_the_network_is_the_circuit(data, a, b) -> None:
    f = data.draw(circuits(a, b))
    operands, result = network(f)
    flat = [part for pair in operands for part in pair]
    found = np.einsum(*flat, result, optimize=True) if flat else np.ones(())
    np.testing.assert_allclose(found, amplitudes(f), atol=1e-12)


@given(st.data(), COUNTS, COUNTS, COUNTS)
def test_composition_is_associative_and_has_units(data, a, b, c) -> None:
    f, g, k = data.draw(circuits(a, b)), data.draw(circuits(b, c)), data.draw(circuits(c, a))
    left, right = (f >> g) >> k, f >> (g >> k)
    assert (left.width, left.operations, left.dom, left.cod) == (
        *(right.width, right.operations, right.dom, right.cod),
    )
    assert f.then(g, k) == left
    assert Circuit.id(a) >> f == f == f >> Circuit.id(b)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_snakes_are_straight(count) -> None:
    cup, cap, wires = Circuit.cup(count), Circuit.cap(count), Circuit.id(count)
    for snake in (cap @ wires >> wires @ cup, wires @ cap >> cup @ wires):
        np.testing.assert_allclose(meaning(snake), np.eye(1 << count), atol=1e-12)


@given(LEGS, st.integers(1, 3), LEGS)
def test_spiders_fuse(a, b, c) -> None:
    fused = Circuit.spider(a, b) >> Circuit.spider(b, c)
    np.testing.assert_allclose(meaning(fused), meaning(Circuit.spider(a, c)), atol=1e-12)


@given(LEGS, LEGS)
def test_spiders_are_ones_on_the_diagonal(a, b) -> None:
    wanted = np.zeros((1 << a, 1 << b))
    wanted[0, 0] += 1
    wanted[-1, -1] += 1
    np.testing.assert_allclose(meaning(Circuit.spider(a, b)), wanted, atol=1e-12)


def test_swaps_cross() -> None:
    crossed = Circuit.swap(1, 2) >> Circuit.swap(2, 1)
    assert crossed == Circuit.id(3)
    np.testing.assert_allclose(meaning(Circuit.swap(1, 1)), matrix(swap(0, 1)), atol=0)


@pytest.mark.parametrize("gate", gates(), ids=str)
def test_gates_are_unitary_and_their_daggers_inverses(gate) -> None:
    identity = np.eye(1 << len(gate.wires))
    np.testing.assert_allclose(matrix(gate) @ matrix(gate.dagger()), identity, atol=1e-12)


def test_a_controlled_gate_acts_where_the_control_is_one() -> None:
    wanted = np.eye(8, dtype=complex)
    wanted[6:, 6:] = matrix(rx(0.3, 0))
    np.testing.assert_allclose(matrix(crx(0.3, 1, 2).controlled(0)), wanted, atol=0)


def test_angles_are_given_by_name() -> None:
    circuit = Circuit.zeros(1) >> Circuit.gates(1, [ry(Parameter("a", 2.0, 0.1), 0)])
    assert circuit.parameters == ("a",)
    np.testing.assert_allclose(circuit.amplitudes({"a": 0.2}), matrix(ry(0.5, 0))[:, 0])
    undone = (circuit >> circuit.dagger() >> circuit).amplitudes({"a": 0.7})
    np.testing.assert_allclose(undone, circuit.amplitudes({"a": 0.7}))
    with pytest.raises(KeyError):
        circuit.amplitudes()


def test_a_wire_may_be_prepared_again() -> None:
    once = Circuit.state([0.6, 0.8j]) >> Circuit.effect([1.0, 2.0])
    again = Circuit(1, once.operations * 2, (), (), once.scale**2)
    assert again.amplitudes() * again.scale == pytest.approx((0.6 + 1.6j) ** 2)


@pytest.mark.parametrize("operation", [Measure(0), Reset(0)])
def test_what_measures_is_no_linear_map(operation) -> None:
    circuit = Circuit.gates(1, [operation])
    for use in (Circuit.amplitudes, Circuit.dagger, network):
        with pytest.raises(ValueError, match="measure"):
            use(circuit)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="1 qubits leave, 2 enter"):
        Circuit.id(1) >> Circuit.id(2)
    with pytest.raises(ValueError, match="no unitary"):
        unitary([[1, 1], [0, 1]], (0,))
    with pytest.raises(ValueError, match="3 amplitudes"):
        Circuit.state([1, 2, 3])
    assert Circuit.state([0.0, 0.0]).scale == 0


def test_depth_and_counts() -> None:
    circuit = Circuit.cap(2)
    assert circuit.depth == 2
    assert circuit.counts == {"prepare": 2, "h": 2, "cx": 2}
