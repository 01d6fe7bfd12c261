"""`read(show(p)) == p` for random programs; formatting is idempotent; no text breaks reading."""

from __future__ import annotations

import contextlib
import math
import random
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from einlang.errors import SyntaxMistake
from einlang.syntax import format as formatted
from einlang.syntax import nodes, read, show, show_expression
from einlang.syntax.grammar import reserved

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.ein"))

# -- random programs -----------------------------------------------------------------------

names = st.sampled_from(
    ["i", "j", "k", "A", "B", "x'", "größe", "target", "test", "secret", "let", "pad", "a_1"]
)
strings = st.text(st.characters(codec="utf-8", exclude_characters='"\n\r\0'), max_size=6)
counts = st.integers(0, 10**6)
positive = st.floats(0, 1e6, allow_subnormal=False) | st.just(math.pi)
finite = st.floats(-1e6, 1e6)
several = st.lists(names, min_size=1, max_size=3).map(tuple)
maybe = st.lists(names, max_size=2).map(tuple)


@st.composite
def affines(draw: st.DrawFn) -> nodes.Affine:
    unique = st.lists(names, max_size=3, unique=True)
    factor = st.integers(-4, 4).filter(bool)
    terms = tuple((name, draw(factor)) for name in draw(unique))
    sizes = st.lists(names, min_size=1, max_size=2).map(lambda found: tuple(sorted(found)))
    keys = draw(st.lists(st.tuples(sizes, st.none() | names), max_size=2, unique=True))
    scaled = tuple((found, draw(factor), index) for found, index in keys)
    border = draw(st.sampled_from([None, None, "pad", "wrap", "clamp"]))
    fill = draw(finite) if border == "pad" else 0.0
    return nodes.Affine(terms, draw(st.integers(-3, 3)), border, fill, scaled)


groups = st.lists(names, min_size=2, max_size=3).map(lambda found: nodes.Group(tuple(found)))
plain = names.map(lambda name: nodes.Affine(((name, 1),)))
left = st.lists(plain | groups, max_size=3).map(tuple)
right = st.lists(plain | affines() | groups, max_size=3).map(tuple)
leaves = (
    st.builds(nodes.Number, counts | positive)
    | st.builds(nodes.SizeOf, names)
    | st.builds(nodes.Access, names, right)
    | st.builds(nodes.Einsum, strings, several, right.filter(bool))
)
signs = st.sampled_from("+ - * / ^ < <= > >= == !=".split())
reductions = st.sampled_from("sum mean prod max min argmax argmin".split())


def larger(inside: st.SearchStrategy[nodes.Expression]) -> st.SearchStrategy[nodes.Expression]:
    arguments = st.lists(inside, min_size=1, max_size=2).map(tuple)
    return (
        st.builds(nodes.Unary, st.just("-"), inside)
        | st.builds(nodes.Binary, signs, inside, inside)
        | st.builds(nodes.Call, names, arguments, maybe, maybe)
        | st.builds(nodes.Reduction, reductions, several, inside)
    )


expressions = st.recursive(leaves, larger, max_leaves=12)
values = expressions | st.builds(nodes.Einsum, strings, several)
amount = st.builds(nodes.Number, counts) | names.map(nodes.Access)
sizes = st.recursive(
    amount, lambda inside: st.builds(nodes.Binary, st.sampled_from("+-*/"), inside, inside)
)
ranges = st.none() | st.tuples(finite, finite).map(lambda pair: tuple(sorted(pair)))
definitions = st.builds(nodes.Definition, names, left, values, st.booleans(), ranges)
inner = st.builds(nodes.Definition, names, left, values, st.just(False), ranges)
words = names | st.sampled_from(["max", "in", "true"])
setting_values = st.recursive(
    finite | st.integers() | strings | words | ranges.filter(bool),
    lambda inside: st.builds(
        nodes.Choice, words, st.lists(st.tuples(words, inside), max_size=2).map(tuple)
    ),
    max_leaves=4,
)
lets = st.builds(nodes.Let, names, left, values)
compare = st.sampled_from("== != < <= > >=".split())
expects = st.builds(nodes.Expect, expressions, compare, expressions, positive)
statements = st.one_of(
    st.builds(nodes.Index, names, st.none() | sizes),
    st.builds(
        nodes.Input,
        st.sampled_from(["secret", "public", "param"]),
        names,
        maybe,
        st.none() | strings,
        ranges,
    ),
    definitions,
    st.builds(nodes.Out, several),
    st.builds(
        nodes.Def,
        names,
        maybe,
        maybe,
        st.lists(st.builds(nodes.Parameter, names, maybe), min_size=1, max_size=2).map(tuple),
        values,
        st.lists(inner, max_size=2).map(tuple),
    ),
    st.builds(nodes.Use, strings, several),
    st.builds(
        nodes.Target,
        names,
        st.lists(st.builds(nodes.Setting, words, setting_values), min_size=1, max_size=2).map(
            tuple
        ),
    ),
    st.builds(nodes.Test, strings, st.lists(lets | expects, min_size=1, max_size=2).map(tuple)),
)


@st.composite
def programs(draw: st.DrawFn) -> nodes.Program:
    found = []
    for statement in draw(st.lists(statements, max_size=5)):
        found.append(statement)
        if isinstance(statement, nodes.Index) and draw(st.booleans()):
            found.append(nodes.Index("n", same_line=True))
    text = strings.map(str.strip) | st.just("one\n\n  two") | st.just('said "so"')
    return nodes.Program(draw(st.none() | text), tuple(found))


@settings(max_examples=150)
@given(programs())
def test_a_program_that_is_shown_reads_back_the_same(program: nodes.Program) -> None:
    text = show(program)
    assert read(text) == program
    assert formatted(text) == text


@settings(max_examples=150)
@given(expressions)
def test_no_brackets_can_be_left_away(expression: nodes.Expression) -> None:
    text = show_expression(expression)
    for at, sign in enumerate(text):
        if '"' in text or sign != "(" or (at and text[at - 1] not in " (-^*/"):
            continue
        closing = _closing(text, at)
        fewer = f"{text[:at]}{text[at + 1 : closing]}{text[closing + 1 :]}"
        with contextlib.suppress(SyntaxMistake):
            again = read(f"A = {fewer}").statements[0]
            assert isinstance(again, nodes.Definition)
            assert again.value != expression


def _closing(text: str, at: int) -> int:
    depth = 0
    for position in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return position
    raise AssertionError(text)


# -- random texts --------------------------------------------------------------------------

EVERYTHING = """# above
\"\"\"What it does.

More of it.
\"\"\"
index a = 2, b   # sizes

index m = a*(b + 1) - 1
secret Q[a, b] from "q.npz:key" in [-4, 2*pi]
param  W[b]  # weights
public scale
C[a, (b m)] = -Q[a, 2*b + 1]^-2 / (W[b] - (1 - scale))  # first
# own line
D = sum[a, b](Q[a, pad(b - 1, 0.5)] * (Q[wrap(a + 1), clamp(-b + 3)] <= size(b)))


client E[a] = argmax[b](C[a, b]) in [0, 1]
F = einsum("ij,jk->ik", Q, W)
G[i] = 2 * einsum("ij,jk->ik", Q, W)[i, 0]
out C, D
def f[t, s; d](Q[t, d], K[s, d]) = sigmoid(Z[t, s]) where Z[t, s] = Q[t, d] * K[s, d]
def g(x) = y * z where:  # two
    y = x^2
    # between
    z = f[a, b; c](x, y)
    # last
use "layers.ein" (dense, relu2)
target fhe:
    precision = 1e-4
    sigmoid = chebyshev(degree=15, on=-8..8)
    mode = fast
    name = "a b"
test "holds":
    let Q[a, b] = 1
    expect C[a, b, m] <= 1 within 1e-3
    expect D == (1 < 2)
"""


def test_everything_is_formatted_once_and_for_all() -> None:
    text = formatted(EVERYTHING)
    assert formatted(text) == text
    assert read(text) == read(EVERYTHING)
    kept = [comment for _, comment in read(text).comments]
    assert kept == [comment for _, comment in read(EVERYTHING).comments]


def settled(text: str) -> None:
    """Either all mistakes are told, or the text is formatted and stays so."""
    try:
        program = read(text)
    except SyntaxMistake as mistake:
        told = mistake.diagnostics
    else:
        told = ()
    if told:
        assert all(one.code.startswith("E01") and one.labels for one in told)
        return
    again = formatted(text)
    assert read(again) == program
    assert formatted(again) == again
    assert sorted(c for _, c in read(again).comments) == sorted(c for _, c in program.comments)


PIECES = [
    *("A", "i", "[", "]", "(", ")", " ", "\n", "    ", ",", ";", ":", "=", "+", "-", "*", "/"),
    *("^", "<", "==", "..", ".", "1", "2.5", '"', '"""', "#", "\t", "index ", "secret ", " in "),
    *(" from ", "def ", " where ", "test ", "target ", "let ", "expect ", "einsum(", "max[", "pi"),
    *("use ", "out ", "client ", "size(", "pad(", "²", "é", "\r\n", "'", "\0", "\u2028", "\f"),
]


@settings(max_examples=300)
@given(st.text() | st.lists(st.sampled_from(PIECES)).map("".join))
@example("\ufeffA = 1")
@example("A = 1 \\\n + 2")
@example('"""never ends')
@example("A[i] = ²")
@example("test\ntarget\ndef\nclient\n")
def test_any_text_is_read_or_refused(text: str) -> None:
    settled(text)


@settings(max_examples=300)
@given(st.randoms(use_true_random=False), st.integers(1, 3))
def test_any_damage_is_read_or_refused(chance: random.Random, damages: int) -> None:
    text = EVERYTHING
    for _ in range(damages):
        at, end = sorted(chance.randrange(len(text) + 1) for _ in range(2))
        end = min(end, at + chance.choice([0, 0, 1, 1, 5, 40]))
        text = text[:at] + chance.choice(["", *PIECES]) + text[end:]
    settled(text)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_settled(path: Path) -> None:
    settled(path.read_text())


@pytest.mark.parametrize("word", sorted(reserved()))
def test_a_reserved_word_is_no_name(word: str) -> None:
    with pytest.raises(SyntaxMistake):
        read(f"{word}[i] = A[i]")
    with pytest.raises(SyntaxMistake):
        read(f"secret {word}[i]")
