"""What checked programs mean: the oracle on the core against what the surface says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import evaluate
from programs import generate

from einlang.checking import check
from einlang.syntax import nodes, read

A = np.arange(12.0).reshape(3, 4) / 10
B = np.arange(20.0).reshape(4, 5) / 10
HEAD = "secret A[i, k]\nsecret B[k, j]\n"


def value(text: str, head: str = HEAD, **arrays: np.ndarray) -> np.ndarray:
    """The last definition of a program on arrays."""
    data = arrays or {"A": A, "B": B}
    typed = check(read(head + text), data=data)
    return evaluate(typed, data)[typed.outputs[-1]]


def same(found: np.ndarray, wanted: np.ndarray | float) -> None:
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


# -- the summation rule --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("C[i, j] = A[i, k] * B[k, j]", A @ B),
        ("C[i] = A[i, k]", A.sum(1)),
        ("C = A[i, k]", A.sum()),
        ("C[i, j] = A[i, k] * B[k, j] + A[i, 0]", A @ B + A[:, :1]),
        ("C[i] = A[i, k] * B[k, 0] + 1", A @ B[:, 0] + 1),
        ("C[i, j] = relu(A[i, k] * B[k, j] - 1)", np.maximum(A @ B - 1, 0)),
        ("C[i, j] = relu(A[i, k] * B[k, j] + B[k, j] * B[k, 0])",
         np.maximum(A @ B + (B * B[:, :1]).sum(0), 0)),
        ("C[i] = exp(A[i, k]) * B[k, 0]", np.exp(A) @ B[:, 0]),
        ("C[i] = sqrt(A[i, k]^2)", np.sqrt((A**2).sum(1))),
        ("C[i] = A[i, k]^2", (A**2).sum(1)),
        ("C[i] = A[i, k] / (B[k, 0] + 1)", (A / (B[:, 0] + 1)).sum(1)),
        ("C[i] = (A[i, k] + 1) * B[k, 0]", (A + 1) @ B[:, 0]),
        ("C[i] = (A[i, k] + 1) * A[i, 0]", (A.sum(1) + 1) * A[:, 0]),
        ("C[i] = -(A[i, k] - B[k, 0])", -(A.sum(1) - B[:, 0].sum())),
        ("C[i, k] = A[i, k] / sum[k](A[i, k] + 1)", A / (A + 1).sum(1, keepdims=True)),
        ("C[i] = 1 / (A[i, k] * B[k, 1])", 1 / (A @ B[:, 1])),
        ("C[i] = (A[i, k] * B[k, 0])^2", (A @ B[:, 0]) ** 2),
        ("C = sum[i](max[k](A[i, k]))", A.max(1).sum()),
        ("C[i] = mean[k](A[i, k])", A.mean(1)),
        ("C = mean[i, k](A[i, k])", A.mean()),
        ("C[k] = prod[i](A[i, k])", A.prod(0)),
        ("C[i] = argmax[k](A[i, k])", A.argmax(1)),
        ("C = argmin[i, k](-A[i, k])", 11),
        ("C = sum[k](2)", 8),
        ("C[i, j] = A[i, 0]", np.repeat(A[:, :1], 5, 1)),
        ("C[i] = (A[i, k] <= 0.5) * A[i, k]", np.where(A <= 0.5, A, 0).sum(1)),
        ("C[i, k] = A[i, k] == 0.5", A == 0.5),
        ("C[i, k] = A[i, k] > B[k, 1] - 1", B[:, 1] - 1 < A),
        ("C[i, k] = A[i, k]^3 - A[i, k]^0 + A[i, k]^1 + (A[i, k] + 1)^-1",
         A**3 - 1 + A + 1 / (A + 1)),
        ("C[i, k] = A[i, k]^(1/2) * 2 / 3", A**0.5 * 2 / 3),
        ("C[i, k] = A[i, k] / sqrt(size(k))", A / 2),
    ],
)  # fmt: skip
def test_sums_stand_where_the_rule_says(text, wanted) -> None:
    same(value(text), wanted)


def test_softmax_has_its_own_inner_index() -> None:
    typed = check(
        read(HEAD + "C[i, k] = exp(A[i, k]) / sum[k](exp(A[i, k]))"), data={"A": A, "B": B}
    )
    names = [index.name for index in typed.definitions[0].indices]
    assert names == ["i", "k"]
    e = np.exp(A)
    same(evaluate(typed, {"A": A})["C"], e / e.sum(1, keepdims=True))


# -- subscripts ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("D[p] = A[0, p + 1]", A[0, 1:]),
        ("index r = 2\nD[p] = A[0, 2*p + r]", [A[0, :2].sum() * 1.0, A[0, 2:].sum()]),
        ("D[k] = A[0, -k + 3]", A[0, ::-1]),
        ("D[k] = A[0, pad(k - 1)]", [0, *A[0, :3]]),
        ("D[k] = A[0, pad(k + 2, 7)]", [A[0, 2], A[0, 3], 7, 7]),
        ("D[k] = A[0, wrap(k - 1)]", np.roll(A[0], 1)),
        ("D[k] = A[0, clamp(k - 2)]", A[0, [0, 0, 0, 1]]),
        ("index a = 2, b = 2\nD[b, a] = A[0, (a b)]", A[0].reshape(2, 2).T),
        ("index a = 2\nD[a, b] = A[1, (a b)]", A[1].reshape(2, 2)),
        ("index a = 2, b = 2\nD[b, a] = A[0, size(b)*a + b]", A[0].reshape(2, 2).T),
        ("D[(i k)] = A[i, k]", A.ravel()),
        ("E[(i k)] = A[i, k]\nindex a = 2, b = 6\nD[a, b] = E[(a b)]", A.reshape(2, 6)),
        ("index n = 3\nD[n] = A[n, n]", None),
        ("D = A[1, 2]", A[1, 2]),
    ],
)  # fmt: skip
def test_subscripts(text, wanted) -> None:
    if wanted is None:
        square = np.arange(9.0).reshape(3, 3)
        same(value("D[n] = A[n, n]", "secret A[n, m]\n", A=square), square.diagonal())
        return
    if "2*p + r" in text:
        wanted = [A[0, 0] + A[0, 1], A[0, 2] + A[0, 3]]
    same(value(text), np.asarray(wanted))


def test_shifted_indices_intersect() -> None:
    typed = check(read("index i = 9, j = 6\nsecret x[i]\nsecret y[j]\nz[p] = x[p + 2] * y[p + 1]"))
    assert typed.tensors["z"].shape == (5,)


def test_a_window_settles_an_index_that_others_equal() -> None:
    typed = check(read("index i = 9\nsecret x[i]\ny[p] = x[p + 2]\nz[q] = y[q]\nw[s] = z[s + 1]"))
    assert [typed.tensors[name].shape for name in "yzw"] == [(7,), (7,), (6,)]


# -- einsum --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk->ik", [(2, 3), (3, 4)]),
        ("ij,jk", [(2, 3), (3, 4)]),
        ("ba", [(2, 3)]),
        ("ii", [(3, 3)]),
        ("ii->i", [(3, 3)]),
        ("i,j->", [(2,), (3,)]),
        ("i->", [(2,)]),
        (" i j , j -> i ", [(2, 3), (3,)]),
        ("...i,i->...", [(2, 4, 3), (3,)]),
        ("...ij,...jk->...ik", [(5, 2, 3), (5, 3, 4)]),
        ("...ij,...jk->...ik", [(1, 2, 3), (5, 3, 4)]),
        ("...ij,...jk->...ik", [(7, 1, 2, 3), (5, 3, 4)]),
        ("i...", [(2, 3, 4)]),
        ("...", [(2, 3)]),
        ("ij...->ji...", [(2, 3, 4)]),
        ("ij,jk->ik", [(2, 1), (3, 4)]),
        ("i,i->i", [(1,), (4,)]),
        ("aB,Bc", [(2, 3), (3, 4)]),
        ("ij,ij,ij->ji", [(2, 3), (2, 3), (2, 3)]),
        (",ij->ij", [(), (2, 3)]),
        ("iijj->ij", [(2, 2, 3, 3)]),
    ],
)  # fmt: skip
def test_einsum_is_that_of_numpy(equation, shapes) -> None:
    random = np.random.default_rng(0)
    arrays = {f"X{n}": random.normal(size=shape) for n, shape in enumerate(shapes)}
    wanted = np.einsum(equation, *arrays.values())
    axes = [[f"a{n}_{m}" for m in range(len(shape))] for n, shape in enumerate(shapes)]
    inputs = "".join(f"secret X{n}{bracketed(names)}\n" for n, names in enumerate(axes))
    left = bracketed([f"o{n}" for n in range(wanted.ndim)])
    call = f'einsum("{equation}", {", ".join(arrays)})'
    same(value(f"Y{left} = {call}", inputs, **arrays), wanted)
    if left:
        same(value(f"Y{left} = 1 + 2 * {call}{left}", inputs, **arrays), 1 + 2 * wanted)


def bracketed(names: list[str]) -> str:
    return f"[{', '.join(names)}]" if names else ""


def test_einsum_with_shifted_axes_and_groups() -> None:
    same(value('C[i, j] = einsum("ik,kj->ij", A, B)[i, wrap(j + 1)]'), np.roll(A @ B, -1, 1))
    same(value('C[(i j)] = einsum("ik,kj->ij", A, B)[i, j]'), (A @ B).ravel())
    same(value('C[i, j] = sum[k](A[i, k]) * einsum("kj->kj", B)[0, j]'), np.outer(A.sum(1), B[0]))


# -- functions -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("def twice(x) = x + x\nC[i, k] = twice(A[i, k] + 1)", 2 * A + 2),
        ("def dot[a; c](X[a, c], y[c]) = X[a, c] * y[c]\nC[i] = dot[i; k](A[i, k], B[k, 0])",
         A @ B[:, 0]),
        ("def dot[a; c](X[a, c], y[c]) = X[a, c] * y[c]\nC[i, j] = dot[i; k](A[i, k], B[k, j])",
         A @ B),
        ("def dot[; c](x[c], y[c]) = x[c] * y[c]\nC[i, j] = dot[; k](A[i, k], B[k, j])", A @ B),
        ("def norm[a](x[a]) = x[a] / z where z = x[a] + 1\nC[i, k] = norm[k](A[i, k])",
         A / (A.sum(1, keepdims=True) + 1)),
        ("def f[a](x[a]) = y[wrap(a + 1)] * x[a] where y[a] = x[a]^2\nC[i, k] = f[k](A[i, k] * 2)",
         np.roll(2 * A, -1, 1) ** 2 * 2 * A),
        ("def f(x) = x^2\ndef g(x) = f(f(x)) + 1\nC[i, k] = g(A[i, k])", A**4 + 1),
        ("def f[a](x[a]) = x[pad(a - 1)]\nC[i, k] = f[k](3)", np.tile([0, 3, 3, 3], (3, 1))),
        ("def f(x) = x + size_ where size_ = 1\nC = f(1)", 2),
        ("def f[a](x[a]) = x[a] / size(a) + x[a]^(size(a) - 2)\nC[i, k] = f[k](A[i, k])",
         A / 4 + A**2),
        ("def mm[a, b; c](X[a, c], Y[c, b]) = einsum(\"ac,cb->ab\", X, Y)\n"
         "C[i, j] = mm[i, j; k](A[i, k], B[k, j])\nD[i, u] = mm[i, u; j](C[i, j], E[j, u])", None),
        ("def m[a](x[a]) = max[a](x[a])\nC[i] = sum[k](m[k](A[i, k]) * A[i, k])",
         A.max(1) * A.sum(1)),
        ("def f[a, b](X[a, b]) = X[a, b]\nC[k, i] = f[i, k](A[i, k])", A.T),
    ],
)  # fmt: skip
def test_functions_are_put_in_place(text, wanted) -> None:
    if wanted is None:
        E = np.arange(10.0).reshape(5, 2)  # noqa: N806
        found = value(text, HEAD + "secret E[j, u]\n", A=A, B=B, E=E)
        same(found, A @ B @ E)
        return
    same(value(text), wanted)


def test_functions_come_from_other_files(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/layers.ein").write_text(
        'use "base.ein" (half)\ndef f(x) = half(x) + g(x)\ndef g(x) = 3 * x\n'
    )
    (tmp_path / "sub/base.ein").write_text("def half(x) = x / 2\n")
    program = read('use "sub/layers.ein" (f)\nindex i = 2\npublic a[i]\nb[i] = f(a[i])')
    typed = check(program, directory=tmp_path)
    same(evaluate(typed, {"a": np.ones(2)})["b"], 3.5)


def test_what_is_called_twice_has_two_sets_of_names() -> None:
    text = """
def f[a; c](X[a, c], y[c]) = 2 * z[a] where z[a] = X[a, c] * y[c]
C[i] = f[i; k](A[i, k], B[k, 0])
D[j] = f[j; k](B[k, j], A[0, k])
"""
    typed = check(read(HEAD + text), data={"A": A, "B": B})
    assert [d.tensor.name for d in typed.definitions] == ["f.z", "C", "f.z.2", "D"]
    same(evaluate(typed, {"A": A, "B": B})["D"], 2 * A[0] @ B)


# -- tests ---------------------------------------------------------------------------------


def test_tests_have_lets_and_expectations() -> None:
    text = """
C[i, j] = A[i, k] * B[k, j]
test "product":
    let A[i, k] = B[k, 0]
    expect C[i, j] == A[i, k] * B[k, j] within 1e-6
    expect C[i, j] <= 100
    expect 0 <= C[i, j]
"""
    typed = check(read(HEAD + text), data={"A": A, "B": B})
    test = typed.tests[0]
    assert [let.tensor.shape for let in test.lets] == [(3, 4)]
    free = [
        tuple(index.name for index in side.free) for e in test.expects for side in (e.left, e.right)
    ]
    assert free == [("i", "j"), ("i", "j"), ("i", "j"), (), (), ("i", "j")]
    assert test.expects[0].within == 1e-6


# -- random programs -----------------------------------------------------------------------


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6))
def test_random_programs_mean_what_their_text_says(seed) -> None:
    made = generate(seed)
    typed = check(read(made.text), data=made.data)
    found = evaluate(typed, made.data)
    for name, wanted in made.expected.items():
        np.testing.assert_allclose(found[name], wanted, rtol=1e-8, atol=1e-8)
        bounds = typed.tensors[name].range
        if bounds is not None:
            slack = 1e-9 * max(1.0, *map(abs, bounds))
            assert bounds[0] - slack <= wanted.min() <= wanted.max() <= bounds[1] + slack


def test_the_nodes_may_be_made_by_hand() -> None:
    i = nodes.Affine((("i", 1),))
    program = nodes.Program(
        None,
        (
            nodes.Index("i", nodes.Number(2)),
            nodes.Input("public", "x", ("i",)),
            nodes.Definition("y", (i,), nodes.Unary("-", nodes.Access("x", (i,)))),
        ),
    )
    same(evaluate(check(program), {"x": np.ones(2)})["y"], -np.ones(2))
