"""The figures as tables, in the Markdown that the documentation takes.

>>> print(markdown([("case", "ratio"), ("05-matvec", "0.98")]))
| case      | ratio |
|-----------|-------|
| 05-matvec | 0.98  |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
HEAD = (
    *("case", "evaluation", "expert", "ratio", "in all", "gain", "error"),
    *("ring", "depth", "rotations", "products", "sent"),
)


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Cells padded to the width of their column; the first row is the head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def table(rows: Sequence[Row]) -> str:
    """A line for each case."""
    return markdown([HEAD, *(_line(row) for row in rows)])


def _line(row: Row) -> tuple[str, ...]:
    if "error" in row:
        return (row["case"], row["error"], *[""] * (len(HEAD) - 2))
    ours = row["ours"]
    expert = min((one["evaluate_seconds"] for one in row["experts"]), default=None)
    return (
        row["case"],
        seconds(ours["evaluate_seconds"]),
        seconds(expert),
        _number(row.get("ratio_to_expert"), ".2f"),
        seconds(sum(ours[f"{part}_seconds"] for part in ("encrypt", "evaluate", "decrypt"))),
        _number(row.get("faster_than_peer"), ",.0f"),
        f"{ours['max_abs_error']:.0e}",
        *(f"{ours[name]:,}" for name in ("ring_dimension", "depth", "rotations", "products")),
        f"{ours['ciphertexts_sent']:,}",
    )


def kernels(rows: Sequence[Row]) -> str:
    """A line for each expert: its ring, its operations, and what makes it fast."""
    head = ("case", "ring", "primes", "sent", "operations", "how")
    lines = [
        (
            row["case"],
            f"{one['ring_dimension']:,}",
            str(one["primes"]),
            str(one["ciphertexts_sent"]),
            ", ".join(f"{count} {SHORT.get(verb, verb)}" for verb, count in _counted(one))
            or "none",
            one["says"],
        )
        for row in rows
        for one in row.get("experts", ())
    ]
    return markdown([head, *lines])


SHORT = {
    "EvalMultNoRelin": "products",
    "EvalMult": "plain products",
    "Relinearize": "relinearizations",
    "EvalRotate": "rotations",
    "EvalFastRotation": "hoisted rotations",
    "EvalFastRotationPrecompute": "hoistings",
}
SMALL = ("EvalAdd", "EvalAddInPlace")
"""Not worth counting."""


def _counted(one: Row) -> list[tuple[str, int]]:
    return [(verb, count) for verb, count in one["operations"].items() if verb not in SMALL]


def seconds(number: float | None) -> str:
    """With a unit.

    >>> seconds(0.0123), seconds(2.5), seconds(None)
    ('12.3 ms', '2.5 s', '')
    """
    if number is None:
        return ""
    return f"{number:.3g} s" if number >= 1 else f"{number * 1e3:.3g} ms"


def _number(number: float | None, spelling: str) -> str:
    return "" if number is None else format(number, spelling)


def targets(found: Mapping[str, Row]) -> str:
    """A line for each target."""
    said = {True: "yes", False: "no", None: ""}
    rows = [
        (name, _number(one["figure"], ".4g"), one["target"], said[one["pass"]])
        for name, one in found.items()
    ]
    return markdown([("target", "figure", "wanted", "met"), *rows])
