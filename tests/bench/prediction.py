"""Predicted beside measured times of encrypted programs: `python tests/bench/prediction.py`.

`--json` prints JSON, `--only NAME` (a part of a name, as often as wanted) picks programs,
`--turns N` sets how often each runs. Measured is the median by the clock on the wall.
`undisturbed` is processor time in units of a yardstick that is timed before and after each
turn (`einlang_fhe.costs.timing`), which says what a machine without neighbours would take.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np
from einlang_fhe.costs.timing import Yardstick
from encrypted.summary import rank_correlation

import einlang as ein
from einlang.api.pipeline import execute, prepare


@dataclass(frozen=True)
class Program:
    """A text, and settings of the backend. Inputs are standard normal, the same each time."""

    text: str
    settings: Mapping[str, Any] = field(default_factory=dict)


def einsum(equation: str, *shapes: tuple[int, ...], plain: str = "", **settings: Any) -> Program:
    """An einsum of operands A, B, ..., all secret but those in `plain`.

    >>> print(einsum("ij,j->i", (2, 3), (3,), plain="A").text)
    index i = 2, j = 3
    public A[i, j]
    secret B[j]
    Z[i] = A[i, j] * B[j]
    """
    left, right = equation.split("->")
    labels = left.split(",")
    pairs = zip("".join(labels), (size for shape in shapes for size in shape), strict=True)
    sizes = ", ".join(f"{index} = {size}" for index, size in dict(pairs).items())
    reads = [_read(name, subscript) for name, subscript in zip("ABCDE", labels, strict=False)]
    kinds = ["public" if read[0] in plain else "secret" for read in reads]
    lines = [f"{kind} {read}" for kind, read in zip(kinds, reads, strict=True)]
    product = f"{_read('Z', right)} = {' * '.join(reads)}"
    return Program("\n".join([f"index {sizes}", *lines, product]), settings)


def _read(name: str, labels: str) -> str:
    return f"{name}[{', '.join(labels)}]" if labels else name


PROGRAMS = {
    "add": Program("index i = 4096\nsecret A[i]\nsecret B[i]\nZ[i] = A[i] + B[i]"),
    "hadamard": einsum("i,i->i", (4096,), (4096,)),
    "hadamard large": einsum("ij,ij->ij", (256, 256), (256, 256)),
    "three factors": einsum("ij,ij,ij->ij", *[(128, 128)] * 3),
    "scaled": einsum("i,i->i", (4096,), (4096,), plain="B"),
    "sum": einsum("i->", (4096,)),
    "rows": einsum("ij->i", (128, 128)),
    "dot": einsum("i,i->", (1024,), (1024,)),
    "dot large": einsum("i,i->", (16384,), (16384,)),
    "outer": einsum("i,j->ij", (128,), (128,)),
    "matvec": einsum("ij,j->i", (32, 32), (32,)),
    "matvec large": einsum("ij,j->i", (128, 128), (128,)),
    "plain matvec": einsum("ij,j->i", (64, 64), (64,), plain="A"),
    "plain matvec large": einsum("ij,j->i", (256, 256), (256,), plain="A"),
    "matmul 8": einsum("ij,jk->ik", (8, 8), (8, 8)),
    "matmul 16": einsum("ij,jk->ik", (16, 16), (16, 16)),
    "matmul 32": einsum("ij,jk->ik", (32, 32), (32, 32)),
    "matmul 64": einsum("ij,jk->ik", (64, 64), (64, 64)),
    "plain matmul": einsum("ij,jk->ik", (32, 32), (32, 32), plain="A"),
    "batched": einsum("bij,bjk->bik", (16, 8, 8), (16, 8, 8)),
    "chain": einsum("ij,jk,kl->il", (16, 8), (8, 8), (8, 16)),
    "chain large": einsum("ij,jk,kl,lm->im", *[(16, 16)] * 4),
    "bilinear": einsum("ik,jkl,il->ij", (8, 16), (8, 16, 16), (8, 16)),
    "large ring": einsum("ij,j->i", (64, 64), (64,), ring=1 << 15),
    "digits": einsum("ij,jk->ik", (16, 16), (16, 16), digits=2),
    "power": Program("index i = 4096\nsecret A[i] in [-4, 4]\nZ[i] = A[i] ** 7"),
    "sigmoid": Program("index i = 4096\nsecret A[i] in [-5, 5]\nZ[i] = sigmoid(A[i])"),
    "layer": Program(
        "index i = 32, j = 64\npublic W[i, j] in [-1, 1]\nsecret A[j] in [-5, 5]\n"
        "Y[i] = W[i, j] * A[j] in [-40, 40]\nZ[i] = Y[i] * Y[i]"
    ),
    "convolution": Program(
        "index x = 16, y = 16, r = 3, s = 3, i = 18, j = 18\nsecret A[i, j]\npublic K[r, s]\n"
        "Z[x, y] = A[x + r, y + s] * K[r, s]"
    ),
}


@dataclass
class Timed:
    """A program that is compiled, and the times of its turns."""

    program: Program
    seconds: list[float] = field(default_factory=list)
    lengths: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        typed = ein.compile(self.program.text).check()
        random = np.random.default_rng(0)
        self.arrays = {
            port.tensor.name: np.clip(random.normal(size=port.tensor.shape), -4, 4)
            for port in typed.inputs
        }
        settings = {"threads": 1, **self.program.settings}
        self.compiled = prepare(typed, "fhe", self.arrays, settings)

    @property
    def report(self) -> Mapping[str, Any]:
        """The figures of the backend."""
        return self.compiled.report.figures

    def turn(self, stick: Yardstick, keep: bool = True) -> None:
        """One more evaluation, with all around it."""
        marks: list[float] = []

        def note(part: str, done: int, total: int) -> None:
            if part == "evaluate":
                marks.append(time.process_time())

        before = stick.read()
        execute(self.compiled, self.arrays, note)
        taken = marks[-1] - marks[0]
        length = 2 * taken / (before + stick.read(taken))
        if keep:
            self.seconds.append(self.report["evaluate seconds"])
            self.lengths.append(length)

    def figures(self, stick: Yardstick) -> dict[str, Any]:
        """Predicted and measured."""
        counts = ("ring dimension", "depth", "key switching digits", "rotations", "products")
        return {
            **{name: self.report[name] for name in counts},
            "predicted": self.report["predicted evaluate seconds"],
            "measured": median(self.seconds),
            "undisturbed": median(self.lengths) * stick.seconds,
        }


def agreement(pairs: Sequence[tuple[float, float]]) -> dict[str, float]:
    """How well predictions hold: pairs of predicted and measured seconds.

    >>> agreement([(1.0, 1.1), (2.0, 3.0)])["share within 30 %"]
    0.5
    """
    ratios = [said / seen for said, seen in pairs]
    return {
        "share within 30 %": sum(abs(ratio - 1) <= 0.3 for ratio in ratios) / len(pairs),
        "rank correlation": rank_correlation(pairs) if len(pairs) > 1 else 1.0,
        "median ratio": median(ratios),
        "least ratio": min(ratios),
        "largest ratio": max(ratios),
    }


def measure(names: Sequence[str], turns: int) -> dict[str, Any]:
    """All figures of these programs."""
    stick = Yardstick.rotation()
    rows = {}
    for name in names:
        print(f"{name} ...", file=sys.stderr)
        timed = Timed(PROGRAMS[name])
        for number in range(turns + 1):
            timed.turn(stick, keep=number > 0)  # The first makes keys and encodes.
        rows[name] = timed
    found = {name: timed.figures(stick) for name, timed in rows.items()}
    outcome = {
        kind: agreement([(row["predicted"], row[kind]) for row in found.values()])
        for kind in ("measured", "undisturbed")
    }
    return {"programs": found, "agreement": outcome, "disturbed, times": stick.disturbance}


def table(found: Mapping[str, Any]) -> str:
    """A line for each program, in milliseconds."""
    lines = [f"{'program':22}{'predicted':>12}{'measured':>12}{'undisturbed':>12}{'ratio':>8}"]
    for name, row in found["programs"].items():
        times = "".join(f"{row[kind] * 1e3:12.3f}" for kind in ("predicted", "measured"))
        times += f"{row['undisturbed'] * 1e3:12.3f}{row['predicted'] / row['undisturbed']:8.2f}"
        lines.append(f"{name:22}{times}")
    lines += [f"{kind}: {outcome}" for kind, outcome in found["agreement"].items()]
    return "\n".join([*lines, f"disturbed, times: {found['disturbed, times']:.2f}"])


def main() -> None:
    """All programs, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", action="append", metavar="NAME", default=[])
    parser.add_argument("--turns", type=int, metavar="N", default=5)
    options = parser.parse_args()
    wanted = [n for n in PROGRAMS if not options.only or any(part in n for part in options.only)]
    found = measure(wanted, options.turns)
    print(json.dumps(found, indent=2) if options.json else table(found))


if __name__ == "__main__":
    main()
