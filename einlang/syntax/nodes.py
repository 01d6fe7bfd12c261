"""The program as it is written: frozen nodes with spans, equal when their text means the same.

`read(show(p)) == p` for every program `p`: spans take no part in equality.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import Literal, Union

from einlang.errors import NOWHERE, Span


@dataclass(frozen=True)
class Node:
    """Anything that is written somewhere."""

    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


# -- subscripts ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Affine(Node):
    """`2*p + r - 1`: whole-number multiples of indices, plus an offset.

    `border` says what happens outside of the axis: nothing may (None), zero or `fill`
    (`pad(x - 1)`, `pad(x - 1, 0.5)`), around (`wrap`), or the nearest element (`clamp`).
    A plain index `i` is `Affine((("i", 1),))`; a fixed position `3` is `Affine((), 3)`.

    `scaled` holds the parts that sizes multiply, `(sizes, factor, index)`, the index being
    None for an offset: `size(d)*h + e` is `Affine((("e", 1),), scaled=((("d",), 1, "h"),))`.
    """

    terms: tuple[tuple[str, int], ...] = ()
    offset: int = 0
    border: Literal["pad", "wrap", "clamp"] | None = None
    fill: float = 0.0
    scaled: tuple[tuple[tuple[str, ...], int, str | None], ...] = ()

    def resolved(self, sizes: Mapping[str, int]) -> Affine:
        """The same place with its sizes multiplied out.

        >>> place = Affine((("e", 1),), scaled=((("d",), 1, "h"), (("d",), -1, None)))
        >>> place.resolved({"d": 4})
        Affine(terms=(('h', 4), ('e', 1)), offset=-4, border=None, fill=0.0, scaled=())
        """
        offset = self.offset
        terms: dict[str, int] = {}
        parts = [*self.scaled, *(((), factor, index) for index, factor in self.terms)]
        for names, factor, index in parts:
            factor *= prod(sizes[name] for name in names)
            if index is None:
                offset += factor
            else:
                terms[index] = terms.get(index, 0) + factor
        return replace(self, terms=tuple(terms.items()), offset=offset, scaled=())


@dataclass(frozen=True)
class Group(Node):
    """`(a b)`: several indices on one axis, the last one running fastest."""

    indices: tuple[str, ...]


Subscript = Union[Affine, Group]


# -- expressions --------------------------------------------------------------------------


@dataclass(frozen=True)
class Number(Node):
    """`0.5`, `3`, `1e-3`, `pi` (spelled out by the reader as its value)."""

    value: float | int


@dataclass(frozen=True)
class SizeOf(Node):
    """`size(i)`: how many values an index takes."""

    index: str


@dataclass(frozen=True)
class Access(Node):
    """`A[i, 2*p + r]`, or `A` alone (a scalar, or a whole tensor where one is asked for)."""

    tensor: str
    subscripts: tuple[Subscript, ...] = ()


@dataclass(frozen=True)
class Unary(Node):
    """`-x`."""

    operator: Literal["-"]
    operand: Expression


@dataclass(frozen=True)
class Binary(Node):
    """`a + b`, `a ^ 2` (`**` reads the same), `a <= b` (one where it holds, else zero).

    A chain `a + b - c` is as deep on the left as it is long, so whoever goes down an
    expression goes along its chains step by step: by `chain`, or by `parts`.
    """

    operator: Literal["+", "-", "*", "/", "^", "<", "<=", ">", ">=", "==", "!="]
    left: Expression
    right: Expression

    @property
    def chain(self) -> tuple[Expression, list[Binary]]:
        """What stands first, and the operations that follow it, this one last.

        >>> first, links = Binary("-", Binary("+", Number(1), Number(2)), Number(3)).chain
        >>> first, [(link.operator, link.right) for link in links]
        (Number(value=1), [('+', Number(value=2)), ('-', Number(value=3))])
        """
        links: list[Binary] = []
        node: Expression = self
        while isinstance(node, Binary):
            links.append(node)
            node = node.left
        return node, links[::-1]

    def __eq__(self, other: object) -> bool:
        return self._links() == other._links() if isinstance(other, Binary) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._links())

    def __repr__(self) -> str:
        first, links = self.chain
        before = "".join(f"Binary(operator={link.operator!r}, left=" for link in reversed(links))
        return f"{before}{first!r}{''.join(f', right={link.right!r})' for link in links)}"

    def _links(self) -> tuple[Expression, tuple[tuple[str, Expression], ...]]:
        first, links = self.chain
        return first, tuple((link.operator, link.right) for link in links)


@dataclass(frozen=True)
class Call(Node):
    """`sigmoid(x)`, or a `def` by name: `scores[t, s; d](Q[b, t, d], K[b, s, d])`.

    `indices` are those before the semicolon (free in the result), `bound` those after it
    (summed or reduced inside). Both are empty for the built-in functions.
    """

    function: str
    arguments: tuple[Expression, ...]
    indices: tuple[str, ...] = ()
    bound: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reduction(Node):
    """`max[i, j](x)`; the operator is one of sum, mean, prod, max, min, argmax, argmin."""

    operator: str
    indices: tuple[str, ...]
    body: Expression


@dataclass(frozen=True)
class Einsum(Node):
    """`einsum("ij,jk->ik", A, B)`, as in NumPy; operands are whole tensors.

    With `[i, k]` behind it, its axes get those subscripts; without, it is the whole right
    side of a definition and its axes are those of the left side, in order.
    """

    equation: str
    operands: tuple[str, ...]
    subscripts: tuple[Subscript, ...] | None = None


Expression = Union[Number, SizeOf, Access, Unary, Binary, Call, Reduction, Einsum]

_ALIKE = {"+": "+-", "-": "+-", "*": "*/", "/": "*/"}


def parts(node: Expression) -> tuple[Expression, ...]:
    """The expressions that one consists of: all the terms of a sum, the factors of a product.

    >>> a, b, c = map(Access, "abc")
    >>> parts(Binary("-", Binary("+", a, b), Binary("*", b, c))) == (a, b, Binary("*", b, c))
    True
    """
    match node:
        case Unary():
            return (node.operand,)
        case Binary():
            alike = _ALIKE.get(node.operator, ())
            found = [node.right]
            first = node.left
            while isinstance(first, Binary) and first.operator in alike:
                found.append(first.right)
                first = first.left
            return (first, *found[::-1])
        case Call():
            return node.arguments
        case Reduction():
            return (node.body,)
    return ()


# -- statements ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Index(Node):
    """`index i` (size from the data), `index i = 8`, `index m = h*d`, `index s = t`.

    A size is an expression over numbers and other indices (`Access("h")`), with `+ - * /`.
    One `index a = 2, b` statement reads as two of these, `same_line` set on the second.
    """

    name: str
    size: Expression | None = None
    same_line: bool = False


@dataclass(frozen=True)
class Input(Node):
    """`secret Q[b, t] from "q.npz:key" in [-4, 4]`.

    `path` is the text between the quotes, with `:key` for an array inside an `.npz`;
    it is relative to the file that the statement stands in.
    """

    qualifier: Literal["secret", "public", "param"]
    name: str
    indices: tuple[str, ...]
    path: str | None = None
    range: tuple[float, float] | None = None


@dataclass(frozen=True)
class Definition(Node):
    """`C[i, (j k)] = A[i, j] * B[k]`.

    `client` marks what the client computes in the clear, after decryption:
    `client label[n] = argmax[c](score[n, c])`. `range` is the promise `... in [lo, hi]`
    behind the right side.
    """

    name: str
    subscripts: tuple[Subscript, ...]
    value: Expression
    client: bool = False
    range: tuple[float, float] | None = None


@dataclass(frozen=True)
class Out(Node):
    """`out P, S`: what the program returns. Without any, the last definition."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Parameter(Node):
    """`Q[t, d]` in the head of a `def`."""

    name: str
    indices: tuple[str, ...]


@dataclass(frozen=True)
class Def(Node):
    """A tensor function, inlined where it is called.

    `def scores[t, s; d](Q[t, d], K[s, d]) = sigmoid(Z[t, s]) where Z[t, s] = Q[t, d] * K[s, d]`

    The indices before the semicolon are those of the result, the ones after it are used
    inside only. Further definitions follow `where`: on the same line separated by `;`, or
    as an indented block behind `where:`. Arguments may have further indices, which the
    result then has too.
    """

    name: str
    indices: tuple[str, ...]
    bound: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    value: Expression
    where: tuple[Definition, ...] = ()


@dataclass(frozen=True)
class Use(Node):
    """`use "layers.ein" (dense, relu2)`: takes `def`s from another file."""

    path: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Setting(Node):
    """`precision = 1e-4`, `sigmoid = chebyshev(degree=15, on=-8..8)`.

    A value is a number, a string, a bare word (as a string), a range `(lo, hi)`, or a
    `Choice` with named fields.
    """

    name: str
    value: SettingValue


@dataclass(frozen=True)
class Choice(Node):
    """`chebyshev(degree=15, on=-8..8)`: a word with named fields."""

    name: str
    fields: tuple[tuple[str, SettingValue], ...]


SettingValue = Union[float, int, str, tuple[float, float], Choice]


@dataclass(frozen=True)
class Target(Node):
    """`target fhe:` and its indented settings."""

    backend: str
    settings: tuple[Setting, ...]


@dataclass(frozen=True)
class Expect(Node):
    """`expect P[b, t] <= 1 within 1e-3`; operators `==`, `<=`, `>=`, `<`, `>`, `!=`.

    `==` with `within` is closeness. Free indices mean: for all of their values.
    """

    left: Expression
    operator: Literal["==", "!=", "<", "<=", ">", ">="]
    right: Expression
    within: float = 0.0


@dataclass(frozen=True)
class Let(Node):
    """`let Q[b, t] = 1` in a `test`: a value for an input, in that test alone."""

    name: str
    subscripts: tuple[Subscript, ...]
    value: Expression


@dataclass(frozen=True)
class Test(Node):
    """`test "label":` and its indented `let`s and `expect`s."""

    label: str
    body: tuple[Let | Expect, ...]


Statement = Union[Index, Input, Definition, Out, Def, Use, Target, Test]


@dataclass(frozen=True)
class Program(Node):
    """A whole file: its docstring and its statements, in order; comments are kept for `fmt`.

    `comments` are `(line, text)` pairs; they take no part in equality.
    """

    docstring: str | None
    statements: tuple[Statement, ...]
    comments: tuple[tuple[int, str], ...] = field(default=(), compare=False, repr=False)
