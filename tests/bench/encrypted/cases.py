"""The cases: a program each, its operands, what it should give, and what experts wrote.

>>> case = by_name()["05-matvec"]
>>> print(case.text)
index i = 128, k = 128
secret A[i, k]
secret B[k]
Z[i] = A[i, k] * B[k]
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from encrypted.peers import EINHOPS, TENSEAL

if TYPE_CHECKING:
    from encrypted.experts.kit import Expert

Array = np.ndarray[Any, Any]
NAMES = "ABCDE"


@dataclass(frozen=True)
class Case:
    """An einsum of operands, encrypted but for those in `plain`, which are `param`.

    `experts` is called where OpenFHE may be imported. `peer` is the seconds of another
    system. `body` and `reference` are for what an equation does not say.
    """

    name: str
    group: str
    equation: str
    shapes: tuple[tuple[int, ...], ...]
    experts: Callable[[], Sequence[Expert]]
    plain: frozenset[int] = frozenset()
    peer: float | None = None
    body: str = ""
    reference: Callable[..., Array] | None = field(default=None, compare=False)

    @property
    def text(self) -> str:
        """The program."""
        subscripts = self.equation.split("->")[0].split(",")
        sizes = {
            label: size
            for labels, shape in zip(subscripts, self.shapes, strict=True)
            for label, size in zip(labels, shape, strict=True)
        }
        declared = ", ".join(f"{label} = {size}" for label, size in sizes.items())
        lines = [f"index {declared}"]
        for number, labels in enumerate(subscripts):
            kind = "param" if number in self.plain else "secret"
            lines.append(f"{kind} {_read(NAMES[number], labels)}")
        return "\n".join([*lines, self.body or self._product(), ""])

    def _product(self) -> str:
        left, right = self.equation.split("->")
        factors = (
            _read(name, labels) for name, labels in zip(NAMES, left.split(","), strict=False)
        )
        return f"{_read('Z', right)} = {' * '.join(factors)}"

    def operands(self) -> dict[str, Array]:
        """Standard normal numbers, the same each time."""
        random = np.random.default_rng(0)
        arrays = [random.normal(size=shape) for shape in self.shapes]
        return dict(zip(NAMES, arrays, strict=False))

    def inputs(self) -> dict[str, Array]:
        """All that the program reads: the operands."""
        return self.operands()

    def parameters(self) -> dict[str, Array]:
        """The operands that are known when compiling."""
        return {NAMES[number]: self.operands()[NAMES[number]] for number in self.plain}

    def expected(self, arrays: Sequence[Array]) -> Array:
        """The result in float64."""
        if self.reference is not None:
            return self.reference(*arrays)
        return np.einsum(self.equation, *arrays, optimize=True)


def _read(name: str, labels: str) -> str:
    return f"{name}[{', '.join(labels)}]" if labels else name


def _einhops(name: str, equation: str, *shapes: tuple[int, ...], expert: str) -> Case:
    """One of EinHops's cases; `expert` names modules and functions."""
    return Case(name, "einhops", equation, shapes, _expert(*expert.split()), peer=EINHOPS[name])


def _expert(*names: str) -> Callable[[], Sequence[Expert]]:
    def load() -> list[Expert]:
        from encrypted import experts

        return [experts.find(name) for name in names]

    return load


def cases() -> list[Case]:
    """All of them."""
    square = (128, 128)
    return [
        _einhops("01-transpose", "ij->ji", square, expert="sums.transpose"),
        _einhops("02-sum", "ij->", square, expert="sums.total sums.total_small"),
        _einhops("03-sumcol", "ij->j", square, expert="sums.columns"),
        _einhops("04-sumrow", "ij->i", square, expert="sums.rows"),
        _einhops("05-matvec", "ik,k->i", square, (128,), expert="products.matvec"),
        _einhops("06-matmat", "ik,kj->ij", (16, 32), (32, 32), expert="products.matmat"),
        _einhops("07-dot", "i,i->", (16384,), (16384,), expert="products.dot"),
        _einhops("08-inner", "ij,ij->", square, square, expert="products.dot"),
        _einhops("09-hadamard", "ij,ij->ij", square, square, expert="products.hadamard"),
        _einhops("10-outer", "i,j->ij", (128,), (128,), expert="products.outer"),
        _einhops("11-bmm", "ijk,ikl->ijl", (16, 8, 8), (16, 8, 8), expert="products.batched"),
        _einhops("12-3had", "ij,ij,ij->ij", square, square, square, expert="triples.hadamard"),
        _einhops("13-chain", "ij,jk,kl->il", (16, 8), (8, 8), (8, 16), expert="triples.chain"),
        _einhops(
            "14-bilinear",
            "ik,jkl,il->ij",
            *((8, 16), (8, 16, 16), (8, 16)),
            expert="triples.bilinear",
        ),
        _einhops(
            "15-tcontract",
            "pqrs,tuqvr->pstuv",
            *((2, 4, 8, 8), (1, 4, 4, 2, 8)),
            expert="products.contraction",
        ),
        *_large(),
        *_tenseal(),
    ]


def _large() -> list[Case]:
    """What fills more than one ciphertext."""
    square = (128, 128)
    heads = (2, 32, 8, 64)
    return [
        Case("matmul-128", "large", "ik,kj->ij", (square, square), _expert("large.matmul")),
        Case(
            "plain-matvec-512",
            "large",
            "ik,k->i",
            ((512, 512), (512,)),
            _expert("plain.diagonals", "plain.steps"),
            plain=frozenset({0}),
        ),
        Case("attention", "large", "bthd,bshd->bhts", (heads, heads), _expert("large.attention")),
        Case(
            "convolution",
            "large",
            "cyx,ocrq->oyx",
            ((16, 32, 32), (32, 16, 3, 3)),
            _expert("plain.convolution"),
            plain=frozenset({1}),
            body="Z[o, y, x] = A[c, pad(y + r - 1), pad(x + q - 1)] * B[o, c, r, q]",
            reference=convolve,
        ),
        Case("chain-64", "large", "ij,jk,kl,lm,mn->in", ((64, 64),) * 5, _expert("large.chain")),
    ]


def convolve(image: Array, weight: Array) -> Array:
    """Three by three taps with zeros around the image."""
    padded = np.pad(image, ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (1, 2))
    return np.einsum("cyxrq,ocrq->oyx", windows, weight, optimize=True)


def _tenseal() -> list[Case]:
    """TenSEAL's cases."""
    matmul = ("tenseal", "ik,kj->ij", ((16, 32), (32, 32)))
    return [
        Case(
            "tenseal-dot",
            "tenseal",
            "i,i->",
            ((4096,), (4096,)),
            _expert("products.short_dot"),
            peer=TENSEAL["tenseal-dot"],
        ),
        Case(
            "tenseal-vecmat",
            "tenseal",
            "k,kj->j",
            ((128,), (128, 128)),
            _expert("plain.vecmat"),
            frozenset({1}),
            peer=TENSEAL["tenseal-vecmat"],
        ),
        Case(
            "tenseal-matmul",
            *matmul,
            _expert("products.coarse_matmat"),
            peer=TENSEAL["tenseal-matmul"],
        ),
        Case(
            "tenseal-matmul-plain",
            *matmul,
            _expert("plain.matmul"),
            frozenset({1}),
            peer=TENSEAL["tenseal-matmul-plain"],
        ),
    ]


def by_name() -> dict[str, Case]:
    """The cases by name."""
    return {case.name: case for case in cases()}
