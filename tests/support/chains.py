"""Programs of as many contractions as wanted."""

from __future__ import annotations


def texts(count: int) -> dict[str, str]:
    """By kind: matrices multiplied, added, or multiplied one statement after the other."""
    declared = "".join(f"public A{n}[a{n}, b{n}]\n" for n in range(count))
    factors = " * ".join(f"A{n}[i{n}, i{n + 1}]" for n in range(count))
    terms = " + ".join(f"A{n}[i, j]" for n in range(count))
    definitions = "".join(
        f"Z{n + 1}[r{n}, t{n}] = Z{n}[r{n}, s{n}] * A{n}[s{n}, t{n}]\n" for n in range(1, count)
    )
    return {
        "factors": f"{declared}Z[i0, i{count}] = {factors}\n",
        "terms": f"{declared}Z[i, j] = {terms}\n",
        "definitions": f"{declared}Z1[i, j] = A0[i, j]\n{definitions}out Z{count}\n",
    }
