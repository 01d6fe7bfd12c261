"""Parameters of programs that are rescaled: chosen, or as far as the user says.

>>> found = chained(Ranges(1.0, 4.0, 1.0), 2, Options(), 1 << 12, 1e-4)
>>> found.ring, found.depth
(8192, 2)
"""

from __future__ import annotations

from dataclasses import replace

from einlang.errors import BackendMistake, fail
from einlang_fhe.engines.engine import Parameters
from einlang_fhe.options import Options
from einlang_fhe.parameters import BOUNDS, choose, fit, modulus_bits
from einlang_fhe.scales.asked import Ranges


def chained(
    ranges: Ranges, depth: int, options: Options, ring: int, precision: float
) -> Parameters:
    """For so many products in a row, in a ring of that size or larger.

    Raises E0706, E0805 or E0806 where there are none.
    """
    insecure = (options.ring or ring) if options.insecure else None
    if options.scale is not None:
        first = options.first or min(60, options.scale + 10)
        found = choose(depth, options.scale, first, ring, insecure=insecure)
        found = replace(found, spare=depth)
    else:
        found = _fitted(depth, precision, ranges, ring, insecure)
    return found if options.digits is None else _with_digits(found, options.digits)


def _with_digits(parameters: Parameters, digits: int) -> Parameters:
    """The parameters with so many digits; E0706 where that is no longer secure."""
    bits = modulus_bits(parameters.depth, parameters.nominal, parameters.first, digits) or 0
    if parameters.secure and bits > BOUNDS[parameters.ring]:
        raise fail(
            BackendMistake,
            "E0706",
            f"setting `digits` cannot be `{digits}` at ring dimension {parameters.ring}",
            hint=f"{parameters.digits} are enough; leave it out, or set a larger `ring`",
        )
    return replace(parameters, digits=digits)


def _fitted(
    depth: int, precision: float, ranges: Ranges, ring: int, insecure: int | None
) -> Parameters:
    """The parameters; with one prime to spare where the last one cannot hold the numbers."""

    def with_peak(depth: int, peak: float) -> Parameters:
        return fit(depth, precision, peak, ring, amplification=ranges.typical, insecure=insecure)

    try:
        return with_peak(depth, ranges.peak)
    except BackendMistake as mistake:
        if mistake.diagnostics[0].code != "E0806":
            raise
        try:
            return replace(with_peak(depth + 1, 4.0), spare=1)
        except BackendMistake:
            raise mistake from None
