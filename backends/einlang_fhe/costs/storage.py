"""Where calibrated costs are kept, and how they are written and read.

A file of JSON. It is written beside its place and then renamed, so that a reader finds the
old one or the new one.
"""

from __future__ import annotations

import json
import os
from importlib.resources import files
from math import inf
from pathlib import Path
from typing import Any

from einlang.errors import BackendMistake, fail
from einlang.saving import replace_file
from einlang_fhe.costs.model import Costs
from einlang_fhe.costs.terms import VERBS

FORMAT = "einlang-fhe-costs-1"
VARIABLE = "EINLANG_FHE_COSTS"
SHIPPED = "shipped"


def place() -> Path | None:
    """The file of this user's calibration; None where the shipped one is asked for.

    The environment variable `EINLANG_FHE_COSTS` holds a path, or `shipped`.
    """
    chosen = os.environ.get(VARIABLE, "")
    if chosen == SHIPPED:
        return None
    if chosen:
        return Path(chosen)
    from platformdirs import user_data_path

    return user_data_path("einlang", appauthor=False) / "fhe-costs.json"


def read(path: Path | None) -> Costs:
    """The costs in a file, the shipped ones for None. Raises `BackendMistake` E0820."""
    origin = SHIPPED if path is None else str(path)
    source = files("einlang_fhe.costs").joinpath("shipped.json") if path is None else path
    try:
        return _costs(json.loads(source.read_text()), origin)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise fail(
            BackendMistake,
            "E0820",
            f"`{path}` holds no calibration that can be read: {error}",
            hint="measure anew: `einlang calibrate --backend fhe`",
        ) from error


def _costs(content: dict[str, Any], origin: str) -> Costs:
    if content["format"] != FORMAT:
        raise ValueError(f"its format is {content['format']}, not {FORMAT}")
    seconds = content["seconds"]
    coefficients = {
        verb: {
            int(ring): tuple(float(row.get(term, 0.0)) for term in terms)
            for ring, row in seconds[verb].items()
        }
        for verb, terms in VERBS.items()
    }
    if not all(map(_sound, coefficients.values())):
        raise ValueError("a verb without coefficients, or with some that are no times")
    crowding = {int(count): float(times) for count, times in content["crowding"].items()}
    if not all(1 <= times < inf for times in crowding.values()):
        raise ValueError("threads that make each other faster")
    return Costs(coefficients, origin, content["machine"], crowding)


def _sound(by_ring: dict[int, tuple[float, ...]]) -> bool:
    """There is a ring dimension, and sums of terms are positive and finite."""
    sums = [sum(row) for row in by_ring.values()]
    return bool(sums) and all(
        0 < total < inf and min(row) >= 0 for total, row in zip(sums, by_ring.values(), strict=True)
    )


def as_json(costs: Costs) -> dict[str, Any]:
    """The costs as they are written."""
    seconds = {
        verb: {str(ring): _named(verb, row) for ring, row in sorted(by_ring.items())}
        for verb, by_ring in costs.coefficients.items()
    }
    crowding = {str(count): round(times, 3) for count, times in costs.crowding.items()}
    return {
        "format": FORMAT,
        "machine": dict(costs.machine),
        "crowding": crowding,
        "seconds": seconds,
    }


def _named(verb: str, row: tuple[float, ...]) -> dict[str, float]:
    pairs = zip(VERBS[verb], row, strict=True)
    return {term: float(f"{value:.4g}") for term, value in pairs if value}


def write(costs: Costs, path: Path) -> None:
    """Replaces the file, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, f"{json.dumps(as_json(costs), indent=1)}\n".encode())
