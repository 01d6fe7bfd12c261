"""What each kind of statement reads as, and where its nodes say that they stand."""

from __future__ import annotations

import math
import sys
from dataclasses import fields

import pytest

from einlang.errors import SyntaxMistake
from einlang.syntax import nodes, read
from einlang.syntax.nodes import (
    Access,
    Affine,
    Binary,
    Call,
    Choice,
    Def,
    Definition,
    Einsum,
    Expect,
    Expression,
    Group,
    Index,
    Input,
    Let,
    Node,
    Number,
    Out,
    Parameter,
    Program,
    Reduction,
    Setting,
    SizeOf,
    Statement,
    Target,
    Unary,
    Use,
)


def at(name: str) -> Affine:
    return Affine(((name, 1),))


A, B, C = Access("A"), Access("B"), Access("C")

STATEMENTS: list[tuple[str, Statement]] = [
    ("index i", Index("i")),
    ("index m = h*d", Index("m", Binary("*", Access("h"), Access("d")))),
    ("secret A", Input("secret", "A", ())),
    ("secret A[]", Input("secret", "A", ())),
    ('public A[i] from "a.npz:k"', Input("public", "A", ("i",), "a.npz:k")),
    ("param A[i, j] in [-pi, 2^3]", Input("param", "A", ("i", "j"), None, (-math.pi, 8.0))),
    ("secret in_[i]", Input("secret", "in_", ("i",))),
    ("C[i, (j k)] = 2", Definition("C", (at("i"), Group(("j", "k"))), Number(2))),
    ("client C = A in [0, 1]", Definition("C", (), A, True, (0.0, 1.0))),
    ("client = 3", Definition("client", (), Number(3))),
    ("target[i] = 3", Definition("target", (at("i"),), Number(3))),
    ("A' = größe", Definition("A'", (), Access("größe"))),
    ("e\u0301 = 1", Definition("é", (), Number(1))),
    ("out A, test", Out(("A", "test"))),
    ("def f(x) = x", Def("f", (), (), (Parameter("x", ()),), Access("x"))),
    ("def f[; k](x[k]) = x", Def("f", (), ("k",), (Parameter("x", ("k",)),), Access("x"))),
    (
        "def f[i; k](x[k], y) = A\n    where A = x; B = y",
        Def(
            "f",
            ("i",),
            ("k",),
            (Parameter("x", ("k",)), Parameter("y", ())),
            A,
            (Definition("A", (), Access("x")), Definition("B", (), Access("y"))),
        ),
    ),
    ('use "f.ein" (a, b)', Use("f.ein", ("a", "b"))),
    ("target x: p = 1; q = -2.5", Target("x", (Setting("p", 1), Setting("q", -2.5)))),
    (
        'target x:\n  a = -8..8\n  max = fast\n  c = "a b"\n  d = f(in=1, g=h(i=0..1.5))',
        Target(
            "x",
            (
                Setting("a", (-8.0, 8.0)),
                Setting("max", "fast"),
                Setting("c", "a b"),
                Setting("d", Choice("f", (("in", 1), ("g", Choice("h", (("i", (0.0, 1.5)),)))))),
            ),
        ),
    ),
    (
        'test "a # b":\n    let A[i] = 1\n    expect (A < B) == -C within 1e-3',
        nodes.Test(
            "a # b",
            (
                Let("A", (at("i"),), Number(1)),
                Expect(Binary("<", A, B), "==", Unary("-", C), 1e-3),
            ),
        ),
    ),
]


@pytest.mark.parametrize(
    ("text", "node"), STATEMENTS, ids=lambda x: x if isinstance(x, str) else ""
)
def test_a_statement(text: str, node: Statement) -> None:
    assert read(text).statements == (node,)


EXPRESSIONS: list[tuple[str, Expression]] = [
    ("A - B - C", Binary("-", Binary("-", A, B), C)),
    ("A / B * C", Binary("*", Binary("/", A, B), C)),
    ("A + B * C", Binary("+", A, Binary("*", B, C))),
    ("A ** B ^ C", Binary("^", A, Binary("^", B, C))),
    ("-A^-B", Unary("-", Binary("^", A, Unary("-", B)))),
    ("-A * B", Binary("*", Unary("-", A), B)),
    ("A * -B", Binary("*", A, Unary("-", B))),
    ("A <= B + C", Binary("<=", A, Binary("+", B, C))),
    ("(A)", A),
    ("A[]", A),
    ("1.5e-3", Number(1.5e-3)),
    (".5", Number(0.5)),
    ("2.", Number(2.0)),
    ("pi", Number(math.pi)),
    ("size(i)", SizeOf("i")),
    ("exp(A)", Call("exp", (A,))),
    ("f[i, j; k](A, B)", Call("f", (A, B), ("i", "j"), ("k",))),
    ("f[; k](A)", Call("f", (A,), (), ("k",))),
    ("max[i, j](A)", Reduction("max", ("i", "j"), A)),
    ('einsum("ij,jk", A, B)', Einsum("ij,jk", ("A", "B"))),
    ('einsum("ij,jk", A, B)[i, 0]', Einsum("ij,jk", ("A", "B"), (at("i"), Affine((), 0)))),
]


def value(text: str) -> Expression:
    (statement,) = read(f"x = {text}").statements
    assert isinstance(statement, Definition)
    return statement.value


@pytest.mark.parametrize(
    ("text", "node"), EXPRESSIONS, ids=lambda x: x if isinstance(x, str) else ""
)
def test_an_expression(text: str, node: Expression) -> None:
    assert value(text) == node


PLACES: list[tuple[str, Affine | Group]] = [
    ("i", at("i")),
    ("-1", Affine((), -1)),
    ("i - i", Affine()),
    ("2*p + r - 1", Affine((("p", 2), ("r", 1)), -1)),
    ("-(x - 3)*2", Affine((("x", -2),), 6)),
    ("i + i", Affine((("i", 2),))),
    ("pad(x - 1)", Affine((("x", 1),), -1, "pad")),
    ("pad(x, -1/4)", Affine((("x", 1),), 0, "pad", -0.25)),
    ("wrap(x + 1)", Affine((("x", 1),), 1, "wrap")),
    ("clamp(0)", Affine((), 0, "clamp")),
    ("pad", at("pad")),
    ("size(d)*h + e", Affine((("e", 1),), scaled=((("d",), 1, "h"),))),
    ("size(n) - 1 - i", Affine((("i", -1),), -1, scaled=((("n",), 1, None),))),
    ("size(b)*2*size(a)*i", Affine(scaled=((("a", "b"), 2, "i"),))),
    ("(a b)", Group(("a", "b"))),
]


@pytest.mark.parametrize(("text", "node"), PLACES, ids=lambda x: x if isinstance(x, str) else "")
def test_a_subscript(text: str, node: Affine | Group) -> None:
    assert value(f"A[{text}]") == Access("A", (node,))


def test_sizes_are_multiplied_out() -> None:
    place = Affine((("e", 1), ("h", 2)), 1, scaled=((("d",), 3, "h"), (("a", "d"), 1, None)))
    assert place.resolved({"a": 2, "d": 5}) == Affine((("h", 17), ("e", 1)), 11)


def test_indices_of_one_line_stay_together() -> None:
    found = read("index a = 2, b,\n  c = 3\nindex d").statements
    assert [index.same_line for index in found if isinstance(index, Index)] == [0, 1, 1, 0]


@pytest.mark.parametrize(
    "text", ['"""Said.\n"""', '# first\n\n"""Said."""  # then', '"""\nSaid.\n"""']
)
def test_the_docstring(text: str) -> None:
    assert read(f"{text}\nA = 1").docstring == "Said."


def test_comments_know_their_lines() -> None:
    text = '# one\n"""two\n# not this"""\nA = "#" # three\n'
    with pytest.raises(SyntaxMistake):
        read(text)
    assert read(text.replace('"#"', "1")).comments == ((1, "# one"), (4, "# three"))


def test_windows_line_ends_and_a_byte_order_mark() -> None:
    assert read("\ufeffA = 1 +\r\n  2\r\nout A\r\n") == read("A = 1 + 2\nout A")


def every(node: object) -> list[Node]:
    if isinstance(node, tuple):
        return [found for part in node for found in every(part)]
    if not isinstance(node, Node):
        return []
    below = [found for one in fields(node) for found in every(getattr(node, one.name))]
    return [node, *below]


def test_each_node_knows_where_it_stands() -> None:
    text = 'C[i] = (A[i, 2*p] + 3) * f[i; k](-B)\ntest "t":\n    expect C[i] == 1\n'
    program = read(text)
    spans = {type(node).__name__: node.span.text for node in reversed(every(program))}
    assert spans == {
        "Program": text.rstrip(),
        "Definition": "C[i] = (A[i, 2*p] + 3) * f[i; k](-B)",
        "Binary": "(A[i, 2*p] + 3) * f[i; k](-B)",
        "Affine": "i",
        "Access": "A[i, 2*p]",
        "Number": "3",
        "Call": "f[i; k](-B)",
        "Unary": "-B",
        "Test": 'test "t":\n    expect C[i] == 1',
        "Expect": "expect C[i] == 1",
    }
    assert all(node.span.source.name == "<string>" for node in every(program))


@pytest.mark.parametrize("sign", ["(", "[", "-", "f(", "a[", "x^", "((x)+"])
@pytest.mark.parametrize("closed", [True, False])
def test_ten_thousand_deep(sign: str, closed: bool) -> None:
    ends = "".join({"(": ")", "[": "]"}.get(one, "") for one in sign) if closed else ""
    limit = sys.getrecursionlimit()
    with pytest.raises(SyntaxMistake) as raised:
        read(f"A = {sign * 10_000}x{ends * 10_000}")
    assert len(raised.value.diagnostics) == 1
    assert sys.getrecursionlimit() == limit


def test_five_thousand_definitions() -> None:
    text = "C[i, j] = A[i, k] * B[k, j] / sqrt(size(k))\n" * 5000
    assert len(read(text).statements) == 5000


def test_a_program_of_nothing() -> None:
    assert read("") == read("\n# nothing\n\n") == Program(None, ())
