"""Circuits give what NumPy's einsum gives, with the probabilities that they state."""

from __future__ import annotations

import numpy as np
import pytest
from einlang_quantum.execution import execute, shots_for
from einlang_quantum.lowering import STRATEGIES, lower
from networks import Case, chain, product_state, random_case, tree

from einlang.checking.typed import Function
from einlang.diagrams import Bubble, Diagram, FoldBox, MapBox, Node, NumberBox, SumBox, TensorBox
from einlang.errors import BackendMistake, DataMistake, EinlangError

Array = np.ndarray


def agrees(case: Case, strategy: str, **options) -> None:
    """The circuit's values and probability are those that are stated, to 1e-8."""
    lowered = lower(case.diagram, case.data, strategy, qubits=60, **options)
    amplitudes, wanted = lowered.circuit.amplitudes(), case.value()
    error = abs(lowered.tensor(amplitudes) - wanted).max()
    assert error <= 1e-8 * max(1.0, abs(wanted).max())
    assert abs(np.sum(abs(amplitudes) ** 2) - lowered.success_probability) < 1e-8


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("seed", range(60))
def test_random_einsums_are_exact(seed, strategy) -> None:
    agrees(random_case(seed), strategy, reuse=seed % 2 == 1)


@pytest.mark.parametrize("group", [0, 3])
@pytest.mark.parametrize("seed", range(20))
def test_groups_change_no_value(seed, group) -> None:
    agrees(random_case(seed, 14), "auto", group=group)


@pytest.mark.parametrize("case", [product_state(0, 6), tree(1, 3), tree(2, 2, 3, 4)])
@pytest.mark.parametrize("strategy", ["isometric", "auto"])
def test_states_of_matrices_and_trees_always_succeed(case, strategy) -> None:
    lowered = lower(case.diagram, case.data, strategy)
    assert lowered.success_probability == pytest.approx(1, abs=1e-12)
    assert lowered.qubits == sum((n - 1).bit_length() for n in case.diagram.cod_sizes)
    agrees(case, strategy)


def test_long_states_of_matrices_are_lowered_without_their_amplitudes() -> None:
    case = product_state(3, 60)
    lowered = lower(case.diagram, case.data, "isometric", qubits=60)
    assert lowered.success_probability == pytest.approx(1, abs=1e-11)
    assert lowered.qubits == 60


@pytest.mark.parametrize(
    ("size", "length", "least"), [(2, 4, 4.5e-2), (4, 4, 1.5e-2), (4, 8, 1.0e-4)]
)
def test_orders_of_random_chains_succeed_often(size, length, least) -> None:
    cases = [chain(seed, size, length) for seed in range(20)]
    for strategy in ("orient", "auto"):
        found = [lower(c.diagram, c.data, strategy).success_probability for c in cases]
        assert np.median(found) >= least


@pytest.mark.parametrize("reuse", [False, True])
def test_long_chains_are_ordered_by_the_most_promising_sets(reuse) -> None:
    case = chain(0, 2, 14)
    lowered = lower(case.diagram, case.data, "orient", qubits=40, reuse=reuse)
    np.testing.assert_allclose(lowered.tensor(), case.value(), rtol=1e-9)
    straight = lower(case.diagram, case.data, "bend", qubits=60).success_probability
    assert lowered.success_probability > 100 * straight


@pytest.mark.parametrize("seed", range(15))
def test_better_strategies_succeed_more_often(seed) -> None:
    case = random_case(seed + 100)
    found = {s: lower(case.diagram, case.data, s, qubits=60) for s in STRATEGIES}
    p = {name: lowered.success_probability for name, lowered in found.items()}
    assert p["bend"] <= p["orient"] * (1 + 1e-9)
    assert max(p.values()) <= p["auto"] * (1 + 1e-9)


# -- the functor ----------------------------------------------------------------------------


def arrow(random: np.random.Generator, into: list[int], out: list[int]) -> Case:
    """Two tensors between wires of these sizes, with one wire in between."""
    name = f"F{random.integers(1 << 40)}"
    sizes = (*into, *out, 3)
    count = len(into)
    inner, outer = range(count), range(count, count + len(out))
    middle = count + len(out)
    nodes = (
        Node(TensorBox(name), (*inner, middle)),
        Node(TensorBox(name + "'"), (middle, *outer)),
    )
    data = {
        node.box.name: random.normal(size=shape) + 1j * random.normal(size=shape)
        for node in nodes
        for shape in [[sizes[leg] for leg in node.legs]]
        if isinstance(node.box, TensorBox)
    }
    return Case(Diagram(sizes, nodes, tuple(inner), tuple(outer)), data)


def meaning(circuit) -> Array:
    """The linear map, the scale included, on the qubits of both sides."""
    return circuit.scale * circuit.amplitudes().reshape(1 << len(circuit.dom), -1)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("seed", range(8))
def test_composition_goes_to_composition(seed, strategy) -> None:
    random = np.random.default_rng(seed)
    a, b, c = ([int(n) for n in random.choice([1, 2, 2, 4], 2)] for _ in range(3))
    f, g = arrow(random, a, b), arrow(random, b, c)
    one, other = (lower(case.diagram, case.data, strategy).circuit for case in (f, g))
    both = {**f.data, **g.data}
    whole = lower(f.diagram >> g.diagram, both, strategy, qubits=32).circuit
    np.testing.assert_allclose(meaning(whole), meaning(one >> other), atol=1e-9)
    beside = lower(f.diagram @ g.diagram, both, strategy, qubits=32).circuit
    np.testing.assert_allclose(meaning(beside), meaning(one @ other), atol=1e-9)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_spiders_cups_and_swaps_go_to_themselves(strategy) -> None:
    for diagram in (
        Diagram.spider(2, 1, 4),
        Diagram.spider(1, 3, 2),
        Diagram.spider(0, 2, 3),
        Diagram.spider(2, 0, 3),
        Diagram.spider(0, 0, 3),
        Diagram.cap([2, 3]),
        Diagram.cup([3, 2]),
        Diagram.swap([2], [3]),
        Diagram.id([2, 3]),
    ):
        lowered = lower(diagram, {}, strategy)
        wanted = np.einsum(
            *[part for size_wire in _identities(diagram) for part in size_wire],
            [len(diagram.sizes) + n for n in range(len(diagram.dom + diagram.cod))],
        )
        np.testing.assert_allclose(lowered.tensor(), wanted, atol=1e-9)


def _identities(diagram: Diagram):
    """Operands of an einsum that gives a diagram without boxes."""
    for wire, size in enumerate(diagram.sizes):
        yield np.ones(size), [wire]
    for place, wire in enumerate(diagram.dom + diagram.cod):
        yield np.eye(diagram.sizes[wire]), [wire, len(diagram.sizes) + place]


def test_what_comes_in_succeeds_with_the_mean_of_a_basis() -> None:
    random = np.random.default_rng(1)
    case = arrow(random, [3], [2])
    lowered = lower(case.diagram, case.data, "orient")
    rows = lowered.circuit.amplitudes().reshape(4, -1)[:3]
    mean = np.sum(abs(rows) ** 2) / 3
    assert lowered.success_probability == pytest.approx(mean, abs=1e-12)


# -- what is more than a product ------------------------------------------------------------


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_sums_and_polynomials_are_linear_combinations(strategy) -> None:
    random = np.random.default_rng(0)
    x, a = random.normal(size=3), random.normal(size=(3, 3))
    read = Diagram.box(TensorBox("x"), [3])
    applied = read @ Diagram.box(TensorBox("A"), [3, 3]) >> Diagram.cup([3]) @ Diagram.id([3])
    half = Diagram.box(NumberBox(-0.5), ())
    total = Diagram.box(SumBox((read @ half, applied, Diagram.spider(0, 1, 3))), [3])
    function = Function("polynomial", (1.0, 0.0, 2.0))
    diagram = Diagram.box(Bubble(function, total), [3])
    lowered = lower(diagram, {"x": x, "A": a}, strategy, qubits=60)
    amplitudes = lowered.circuit.amplitudes()
    wanted = 1 + 2 * (1 + x @ a - 0.5 * x) ** 2
    np.testing.assert_allclose(lowered.tensor(amplitudes), wanted, atol=1e-8)
    p = np.sum(abs(amplitudes) ** 2)
    assert lowered.success_probability == pytest.approx(p, abs=1e-9)


@pytest.mark.parametrize("strategy", ["bend", "orient"])
def test_sums_choose_among_large_states(strategy) -> None:
    random = np.random.default_rng(3)
    data = {"A": random.normal(size=(20, 30)), "x": random.normal(size=30), "b": np.arange(20.0)}
    inner = Diagram((20, 30), (Node(TensorBox("A"), (0, 1)), Node(TensorBox("x"), (1,))), (), (0,))
    total = SumBox((Diagram.box(TensorBox("b"), [20]), inner, Diagram.spider(0, 1, 20)))
    lowered = lower(Diagram.box(total, [20]), data, strategy)
    wanted = data["A"] @ data["x"] + data["b"] + 1
    np.testing.assert_allclose(lowered.tensor(), wanted, atol=1e-9)
    square = Diagram.box(Bubble(Function("square"), Diagram.box(total, [20])), [20])
    with pytest.raises(BackendMistake, match=r"states of \d+ qubits") as error:
        lower(square, data, "bend", qubits=60)
    assert code(error) == "E0752"


def test_sums_of_maps_take_what_comes_in() -> None:
    maps = (Diagram.id([2, 3]), Diagram.id([2]) @ Diagram.box(TensorBox("A"), [3, 3]))
    bent = maps[1] >> Diagram.id([2, 3, 3])
    inner = Diagram(bent.sizes, bent.nodes, (*bent.dom, bent.cod[1]), (bent.cod[0], bent.cod[2]))
    a = np.random.default_rng(2).normal(size=(3, 3))
    whole = Diagram.box(SumBox((_out(maps[0]), _out(inner))), [2, 3, 2, 3])
    diagram = Diagram(whole.sizes, whole.nodes, whole.cod[:2], whole.cod[2:])
    wanted = np.einsum("ik,jl->ijkl", np.eye(2), np.eye(3) + a)
    np.testing.assert_allclose(lower(diagram, {"A": a}).tensor(), wanted, atol=1e-9)


def _out(diagram: Diagram) -> Diagram:
    return Diagram(diagram.sizes, diagram.nodes, (), diagram.dom + diagram.cod)


@pytest.mark.parametrize("border", ["pad", "wrap", "clamp"])
def test_index_maps_are_read_off_or_tensors(border) -> None:
    x, y = np.arange(1.0, 6.0), np.arange(2.0, 7.0)
    box = MapBox((2, -1), 1, border)
    nodes = (Node(TensorBox("x"), (0,)), Node(box, (0, 1, 2)))
    at = 1 + 2 * np.arange(3)[:, None] - np.arange(2)
    where = {"pad": at.clip(0, 4), "wrap": at % 5, "clamp": at.clip(0, 4)}[border]
    inside = (at >= 0) & (at < 5) if border == "pad" else np.ones_like(at, bool)
    wanted = np.where(inside, x[where], 0)
    alone = lower(Diagram((5, 3, 2), nodes, (), (1, 2)), {"x": x})
    np.testing.assert_allclose(alone.tensor(), wanted, atol=1e-9)
    shared = (*nodes, Node(TensorBox("y"), (0,)))
    both = lower(Diagram((5, 3, 2), shared, (), (1, 2)), {"x": x, "y": y}, "orient")
    np.testing.assert_allclose(both.tensor(), np.where(inside, (x * y)[where], 0), atol=1e-9)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_zeros_are_zero(strategy) -> None:
    case = chain(0, 2, 3)
    data = case.data | {"A1": np.zeros((2, 2))}
    lowered = lower(case.diagram, data, strategy)
    assert lowered.scale == 0
    assert not lowered.tensor().any()
    data = {"A0": np.array([[1.0, 0.0]] * 2), "A1": np.array([[0.0, 0.0], [1.0, 2.0]])}
    hidden = Diagram(
        (2, 2, 2), (Node(TensorBox("A0"), (0, 1)), Node(TensorBox("A1"), (1, 2))), (), (0, 2)
    )
    lowered = lower(hidden, data, strategy)
    np.testing.assert_allclose(lowered.tensor(), 0, atol=1e-12)
    if lowered.scale:
        assert lowered.success_probability == pytest.approx(0, abs=1e-12)


# -- refusals -------------------------------------------------------------------------------


def code(error: pytest.ExceptionInfo[EinlangError]) -> str:
    return error.value.diagnostics[0].code


def test_what_is_not_linear_is_refused() -> None:
    x = Diagram.box(TensorBox("x"), [2])
    for box, what in (
        (Bubble(Function("tanh"), x), "tanh"),
        (Bubble(Function("power", (0.5,)), x), "power"),
        (FoldBox("max", x @ Diagram.box(TensorBox("y"), [2]), 1), "max"),
        (SumBox((x, Diagram.box(Bubble(Function("exp"), x), [2]))), "exp"),
    ):
        with pytest.raises(BackendMistake, match=f"no `{what}") as error:
            lower(Diagram.box(box, [2]), {"x": np.ones(2), "y": np.ones(2)})
        assert code(error) == "E0750"


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_too_many_qubits_are_refused(strategy) -> None:
    case = product_state(0, 8)
    with pytest.raises(BackendMistake, match=r"takes \d+ qubits, and 5 are") as error:
        lower(case.diagram, case.data, strategy, qubits=5)
    assert code(error) == "E0751"


def test_reusing_qubits_keeps_to_a_limit() -> None:
    case = chain(1, 2, 6)
    wide, narrow = (
        lower(case.diagram, case.data, "orient", qubits=20, reuse=reuse) for reuse in (False, True)
    )
    assert narrow.qubits < wide.qubits
    np.testing.assert_allclose(narrow.tensor(), case.value(), atol=1e-9)
    again = lower(case.diagram, case.data, "orient", qubits=narrow.qubits, reuse=True)
    np.testing.assert_allclose(again.tensor(), case.value(), atol=1e-9)


def test_data_that_does_not_fit_is_refused() -> None:
    x = Diagram.box(TensorBox("x"), [2])
    with pytest.raises(DataMistake, match="not all of its elements are finite") as error:
        lower(x, {"x": np.array([1.0, np.nan])})
    assert code(error) == "E0740"
    with pytest.raises(ValueError, match=r"`x` has the shape \(3,\)"):
        lower(x, {"x": np.ones(3)})
    with pytest.raises(KeyError):
        lower(x, {})
    with pytest.raises(ValueError, match="`strategy` is one of"):
        lower(x, {"x": np.ones(2)}, "best")


def test_many_terms_and_large_maps_are_refused() -> None:
    x = Diagram.box(TensorBox("x"), [2])
    total = Diagram.box(SumBox((x, x, x)), [2])
    power = Diagram.box(Bubble(Function("power", (4.0,)), total), [2])
    with pytest.raises(BackendMistake, match="more than 64 terms") as error:
        lower(power, {"x": np.ones(2)})
    assert code(error) == "E0752"
    flat = Diagram.box(MapBox((2048, 1)), (1 << 22, 2048, 2048))
    with pytest.raises(BackendMistake, match="numbers as a tensor") as error:
        lower(flat, {})
    assert code(error) == "E0752"


def test_shots_are_counted_from_the_probability() -> None:
    case = chain(0, 2, 2)
    lowered = lower(case.diagram, case.data, "bend")
    p = lowered.success_probability
    assert lowered.shots_for(0.01) == pytest.approx((4 - p) / 4 / p * 1e4, abs=1)
    assert lowered.shots_for(0.01, "real") > lowered.shots_for(0.01)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_shots_of_a_map_are_those_of_its_execution(strategy) -> None:
    """What comes in is read with the rest: its probability and its elements count."""
    nodes = (Node(TensorBox("A"), (0, 1)), Node(TensorBox("B"), (1, 2)))
    diagram = Diagram((2, 4, 2), nodes, (0,), (2,))
    random = np.random.default_rng(3)
    data = {"A": random.normal(size=(2, 4)), "B": random.normal(size=(4, 2))}
    lowered = lower(diagram, data, strategy, group=0)
    found = execute(lowered, reading="complex")
    p = lowered.success_probability
    assert found.probability == pytest.approx(p, abs=1e-12)
    for reading in ("magnitude", "real", "complex"):
        wanted = shots_for(0.05, p, reading, found.values.size)
        assert lowered.shots_for(0.05, reading) == wanted
    if strategy != "orient":
        return
    shots = lowered.shots_for(0.1, "real")
    drawn = [execute(lowered, shots=shots, seed=seed, reading="real") for seed in range(20)]
    gaps = [np.linalg.norm(each.values - found.values) for each in drawn]
    error = np.sqrt(np.mean(np.square(gaps))) / np.linalg.norm(found.values)
    assert error == pytest.approx(0.1, rel=0.4)
