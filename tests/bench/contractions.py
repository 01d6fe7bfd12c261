"""The einsum calls that are timed, by family: name, equation, shapes and type.

>>> len(CASES) >= 60
True
>>> CASES["matmul 32"].equation
'ij,jk->ik'
"""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_letters
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """An equation with the shapes and the type of its operands."""

    family: str
    equation: str
    shapes: tuple[tuple[int, ...], ...]
    kind: str = "f8"

    def arrays(self) -> list[Any]:
        """The operands."""
        random = np.random.default_rng(0)
        if self.kind == "window":
            data = random.normal(size=4096)
            view = np.lib.stride_tricks.sliding_window_view(data, self.shapes[0][1])
            return [view, random.normal(size=self.shapes[1])]
        if np.dtype(self.kind).kind in "iu":
            return [random.integers(0, 9, shape).astype(self.kind) for shape in self.shapes]
        return [random.normal(size=shape).astype(self.kind) for shape in self.shapes]


CASES: dict[str, Case] = {}


def _add(family: str, name: str, equation: str, *shapes: tuple[int, ...], kind: str = "f8") -> None:
    CASES[name] = Case(family, equation, shapes, kind)


FIVE = [(8, 64), (64, 16), (16, 128), (128, 8), (8, 32)]


def _square(n: int, count: int = 2) -> list[tuple[int, ...]]:
    return [(n, n)] * count


for n in (2, 4, 8):
    _add("tiny", f"matmul {n}", "ij,jk->ik", *_square(n))
_add("tiny", "matvec 4", "ij,j->i", (4, 4), (4,))
_add("tiny", "dot 8", "i,i->", (8,), (8,))
_add("tiny", "outer 4", "i,j->ij", (4,), (4,))
_add("tiny", "chain 4", "ij,jk,kl->il", *_square(4, 3))
_add("tiny", "bilinear 4", "i,ij,j->", (4,), (4, 4), (4,))
_add("tiny", "gate 2", "abcd,cdef->abef", (2, 2, 2, 2), (2, 2, 2, 2))
_add("tiny", "batch 4", "bij,bjk->bik", (4, 4, 4), (4, 4, 4))
for n in (32, 128, 512):
    _add("matmul", f"matmul {n}", "ij,jk->ik", *_square(n))
_add("matmul", "matmul float32 256", "ij,jk->ik", *_square(256), kind="f4")
_add("matmul", "matmul complex 128", "ij,jk->ik", *_square(128), kind="c16")
_add("matmul", "transposed result 64", "ij,jk->ki", *_square(64))
_add("matmul", "both transposed 128", "ji,kj->ik", *_square(128))
_add("matmul", "matvec 512", "ij,j->i", (512, 512), (512,))
_add("matmul", "tensordot 4d", "abcd,cdef->abef", *[(16, 16, 16, 16)] * 2)
_add("matmul", "tensordot apart", "abcd,cefb->adef", *[(12, 12, 12, 12)] * 2)
_add("batched", "batch 64 of 8", "bij,bjk->bik", *[(64, 8, 8)] * 2)
_add("batched", "batch 16 of 64", "bij,bjk->bik", *[(16, 64, 64)] * 2)
_add("batched", "batch 512 of 4", "bij,bjk->bik", *[(512, 4, 4)] * 2)
_add("batched", "batch within", "ijb,jkb->ikb", *[(16, 16, 64)] * 2)
_add("batched", "batched vectors", "bij,bj->bi", (64, 32, 32), (64, 32))
_add("batched", "rows 16", "bi,bi->b", *[(512, 16)] * 2)
_add("batched", "rows 512", "bi,bi->b", *[(64, 512)] * 2)
_add("batched", "shared weight", "bij,jk->bik", (16, 32, 64), (64, 32))
_add("attention", "scores", "bthd,bshd->bhts", (2, 64, 4, 32), (2, 64, 4, 32))
_add("attention", "values", "bhts,bshd->bthd", (2, 4, 64, 64), (2, 64, 4, 32))
_add("attention", "project", "btm,mhd->bthd", (2, 64, 64), (64, 4, 16))
_add("attention", "scores one", "thd,Thd->thT", *[(64, 8, 32)] * 2)
_add("chains", "chain 32", "ij,jk,kl->il", *_square(32, 3))
_add(
    "chains", "chain of five", "ab,bc,cd,de,ef->af", (8, 64), (64, 16), (16, 128), (128, 8), (8, 32)
)
_add("chains", "chain in batches", "aij,ajk,akl->ail", *[(8, 24, 24)] * 3)
_add("chains", "chain to vector", "ij,jk,k->i", (128, 128), (128, 128), (128,))
_add("bilinear", "bilinear 64", "bi,ijk,bk->bj", (32, 64), (64, 16, 64), (32, 64))
_add("bilinear", "form 256", "i,ij,j->", (256,), (256, 256), (256,))
_add("bilinear", "khatri rao", "ir,jr,kr->ijk", *[(24, 16)] * 3)
_add("bilinear", "mttkrp", "ijk,jr,kr->ir", (32, 32, 32), (32, 8), (32, 8))
_add("networks", "tucker", "ea,fb,abcd,gc,hd->efgh", (8, 8), (8, 8), (8,) * 4, (8, 8), (8, 8))
_add("networks", "tucker small", "ea,fb,abcd,gc,hd->efgh", (3, 3), (3, 3), (3,) * 4, (3, 3), (3, 3))
_add("networks", "hyperedges", "ab,ac,ad,bcd->a", *[(16, 16)] * 3, (16, 16, 16))
_add("windows", "window 7", "wk,k->w", (4090, 7), (7,), kind="window")
_add("windows", "window 64", "wk,k->w", (4033, 64), (64,), kind="window")
for n in (4, 32, 128):
    _add("integer", f"integers {n}", "ij,jk->ik", *_square(n), kind="i8")
_add("integer", "short integers 64", "ij,jk->ik", *_square(64), kind="i4")
_add("integer", "integers in batches", "bij,bjk->bik", *[(8, 32, 32)] * 2, kind="i8")
_add("traces", "trace 64", "ii", (64, 64))
_add("traces", "diagonal", "ii->i", (64, 64))
_add("traces", "partial trace", "ijik->jk", (16, 16, 16, 16))
_add("traces", "trace of product", "ij,ji->", *_square(64))
_add("traces", "sum to columns", "ij->j", (256, 256))
_add("traces", "sum to rows", "ij->i", (256, 256))
_add("traces", "sum of all", "ij->", (256, 256))
_add("traces", "transpose", "ij->ji", (64, 64))
_add("elementwise", "hadamard 64", "ij,ij->ij", *_square(64))
_add("elementwise", "hadamard of three", "ij,ij,ij->ij", *_square(128, 3))
_add("elementwise", "scaled rows", "ij,i->ij", (128, 128), (128,))
_add("elementwise", "scaled columns", "ij,j->ij", (128, 128), (128,))
_add("elementwise", "inner 256", "ij,ij->", *_square(256))
_add("elementwise", "outer 128", "i,j->ij", (128,), (128,))
_add("elementwise", "times a number", ",ij->ij", (), (64, 64))


def _letter(number: int) -> str:
    return ascii_letters[number] if number < len(ascii_letters) else chr(0x4E00 + number)


def _overlap(sites: int, bond: int) -> None:
    """The overlap of two matrix product states."""
    terms, shapes = [], []
    for layer in (0, 1):
        for site in range(sites):
            left, right = (3 * n + layer for n in (site, site + 1))
            terms.append("".join(map(_letter, (left, 3 * site + 2, right))))
            shapes.append((1 if site == 0 else bond, 2, 1 if site == sites - 1 else bond))
    _add("networks", f"MPS overlap {sites}", f"{','.join(terms)}->", *shapes)


def _patch(rows: int, columns: int, bond: int) -> None:
    """A square patch of tensors, all bonds closed."""
    number: dict[tuple[int, int, str], int] = {}
    terms, shapes = [], []
    for row in range(rows):
        for column in range(columns):
            ends = {
                (row, column, "down"): row < rows - 1,
                (row, column, "right"): column < columns - 1,
                (row - 1, column, "down"): row > 0,
                (row, column - 1, "right"): column > 0,
            }
            bonds = [number.setdefault(end, len(number)) for end, there in ends.items() if there]
            terms.append("".join(map(_letter, bonds)))
            shapes.append((bond,) * len(bonds))
    _add("networks", f"patch {rows}x{columns}", f"{','.join(terms)}->", *shapes)


def _regular(count: int, seed: int) -> None:
    """A random graph in which each tensor meets three others, bonds of two."""
    random = np.random.default_rng(seed)
    while True:
        stubs = random.permutation(np.repeat(np.arange(count), 3)).reshape(-1, 2)
        if all(a != b for a, b in stubs):
            break
    terms = [""] * count
    for edge, (a, b) in enumerate(stubs):
        terms[a] += _letter(edge)
        terms[b] += _letter(edge)
    _add("networks", f"regular graph {count}", f"{','.join(terms)}->", *[(2, 2, 2)] * count)


_overlap(8, 16)
_overlap(12, 32)
_patch(4, 4, 4)
_regular(30, 1)
_regular(60, 2)
_regular(100, 3)
