"""What canonical text looks like."""

from __future__ import annotations

import re

import pytest

from einlang.syntax import format as formatted
from einlang.syntax import read, show
from einlang.syntax.nodes import (
    Access,
    Definition,
    Index,
    Input,
    Number,
    Out,
    Program,
    Setting,
    Target,
)

PAIRS = [
    ("C[i,j]=A[ i ]*(B[j])", "C[i, j] = A[i] * B[j]"),
    ("C=(a+b)+(c+d)", "C = a + b + (c + d)"),
    ("C=a-(b-c)-(d*e)", "C = a - (b - c) - d * e"),
    ("C=a/(b*c)*(d/e)", "C = a / (b * c) * (d / e)"),
    ("C=(a**b)**(c**d)", "C = (a^b)^c^d"),
    ("C=(-a)^2 * -(b)", "C = (-a)^2 * -b"),
    ("C=-(a*b)-(-c)", "C = -(a * b) - -c"),
    ("C=a ^ (1 / 2)", "C = a^(1/2)"),
    ("C=(a<b)*(c==(d<e))", "C = (a < b) * (c == (d < e))"),
    ("C=A[ 1-i,2*(p+1) ,e+size(d) * h ]", "C = A[-i + 1, 2*p + 2, size(d)*h + e]"),
    ("C[(a  b) ]=A", "C[(a b)] = A"),
    ("C=A[pad(x-1, 0),pad( x,2.0)]", "C = A[pad(x - 1), pad(x, 2)]"),
    ("C=1000000.0+1e-3+0.5+2.0+1E5", "C = 1e6 + 1e-3 + 0.5 + 2.0 + 1e5"),
    ("C=3.141592653589793", "C = pi"),
    ("index a=2,b = a * 2,\n c", "index a = 2, b = a*2, c"),
    ('target x: a=-8 .. 8; b=f( c = "in d" )', 'target x:\n    a = -8..8\n    b = f(c="in d")'),
    ('test "a": expect(1)==1', 'test "a":\n    expect 1 == 1'),
    ("def f(x)=y where:\n  y=x", "def f(x) = y where y = x"),
    ("def f(x)=y where y=z;z=x", "def f(x) = y where:\n    y = z\n    z = x"),
    ("def f(x)=y where: # a\n  y=x", "def f(x) = y where:  # a\n    y = x"),
    ("A=1\n\n\n\nB=2\n\n", "A = 1\n\nB = 2"),
    ("A = (1 # one\n  + 2) # two", "# one\nA = 1 + 2  # two"),
    ("target x:\n\n  # in\n  a = 1\n# out", "target x:\n    # in\n    a = 1\n# out"),
    ("target x:\n  a = 1\n  # still\nA=1", "target x:\n    a = 1\n    # still\nA = 1"),
    ("A=1 # a\nlong=1 # b\n\nB=1 # c", "A = 1     # a\nlong = 1  # b\n\nB = 1  # c"),
    ('"""\n  Doc\n"""', '"""Doc"""'),
    ('"""One.\n\nTwo."""', '"""\nOne.\n\nTwo.\n"""'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), PAIRS)
def test_the_one_way_of_writing_it(text: str, wanted: str) -> None:
    assert formatted(text) == f"{wanted}\n"
    assert formatted(wanted) == f"{wanted}\n"


def test_long_sums_are_broken_between_their_terms() -> None:
    text = "C[i] = " + " + ".join(f"factor{n}[i] * weight{n}[i]" for n in range(9)) + " in [0, 1]"
    lines = formatted(text).splitlines()
    assert len(lines) == 3
    assert all(len(line) <= 100 for line in lines)
    assert all(line.endswith(" +") for line in lines[:-1])
    assert re.sub(r"\s+", " ", " ".join(lines)) == text


def test_declarations_are_aligned_until_a_blank_line() -> None:
    text = 'secret A[i, j] from "a.npy"\nparam b from "b.npy" in [0,1]\n\nparam c from "c.npy"'
    assert formatted(text).splitlines() == [
        'secret A[i, j] from "a.npy"',
        'param  b       from "b.npy" in [0, 1]',
        "",
        'param c from "c.npy"',
    ]


def test_a_program_without_a_text_is_spaced_by_its_kinds() -> None:
    program = Program(
        "Doc.",
        (
            Index("i", Number(2)),
            Input("secret", "A", ("i",)),
            Input("param", "b", ()),
            Definition("C", (), Access("b")),
            Target("fhe", (Setting("precision", 1e-4),)),
            Out(("C",)),
        ),
    )
    assert show(program).splitlines() == [
        '"""Doc."""',
        "",
        "index i = 2",
        "",
        "secret A[i]",
        "param  b",
        "",
        "C = b",
        "",
        "target fhe:",
        "    precision = 1e-4",
        "",
        "out C",
    ]


def test_a_changed_program_keeps_its_comments() -> None:
    program = read("# first\nA = 1\n# second\nB = 2  # third\n")
    fewer = Program(None, program.statements[1:], program.comments, span=program.span)
    assert show(fewer) == "# first\n# second\nB = 2  # third\n"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_cannot_be_written_is_not(value: float) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        show(Program(None, (Definition("A", (), Number(value)),)))
    with pytest.raises(ValueError, match="docstring"):
        show(Program('a """ b', ()))
