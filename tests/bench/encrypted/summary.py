"""Each target beside its figure: what holds and what does not.

>>> geometric_mean([1.0, 4.0])
2.0
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def geometric_mean(numbers: Iterable[float]) -> float:
    """Of positive numbers."""
    logs = [math.log(number) for number in numbers]
    return math.exp(sum(logs) / len(logs))


def target(figure: float | None, relation: str, wanted: float) -> dict[str, Any]:
    """A figure, what was wanted, and whether it is so; None where nothing was measured."""
    met = None
    if figure is not None:
        met = figure >= wanted if relation == "at least" else figure <= wanted
    return {"figure": figure, "target": f"{relation} {wanted:g}", "pass": met}


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """All targets, by name."""
    done = [row for row in rows if "ours" in row]
    return {
        "cases": len(rows),
        "failed": sorted(row["case"] for row in rows if "ours" not in row),
        "targets": {
            **_einhops([row for row in done if row["group"] == "einhops"]),
            **_experts([row for row in done if row["experts"]]),
            **_tenseal({row["case"]: row for row in done if row["group"] == "tenseal"}),
            **_networks([row for row in done if row["group"] == "network"]),
            **_threads([row for row in done if "threads" in row]),
            **_predictions([row for row in done if "predicted_seconds" in row["ours"]]),
        },
    }


def _einhops(rows: Sequence[Row]) -> dict[str, Any]:
    if not rows:
        return {}

    def worst(*path: str) -> float:
        return max(_at(row["ours"], path) for row in rows)

    gains = [row["faster_than_peer"] for row in rows]
    slower = [row["peer_seconds"] / row["ours"]["evaluate_seconds"] for row in rows]
    colds = {"cold": "", "cold_paced_seconds": ", at the pace of calibration"}
    return {
        "einhops: geometric mean of the gain": target(geometric_mean(gains), "at least", 900),
        "einhops: least gain": target(min(slower), "at least", 1),
        "einhops: largest error": target(worst("max_abs_error"), "at most", 1e-4),
        "einhops: peak megabytes": target(worst("peak_megabytes"), "at most", 500),
        "einhops: key seconds": target(worst("keys_seconds"), "at most", 2),
        **{
            f"einhops: cold compile seconds{where}": target(
                worst("compile_seconds", kind), "at most", 0.3
            )
            for kind, where in colds.items()
            if all(kind in row["ours"]["compile_seconds"] for row in rows)
        },
    }


def _at(row: Any, path: Sequence[str]) -> float:
    for name in path:
        row = row[name]
    return row


def _experts(rows: Sequence[Row]) -> dict[str, Any]:
    if not rows:
        return {}
    found = [row["ratio_to_expert"] for row in rows]
    near = sum(ratio <= 1.1 for ratio in found) / len(found)
    return {
        "experts: geometric mean of the ratio": target(geometric_mean(found), "at most", 1.0),
        "experts: largest ratio": target(max(found), "at most", 1.1),
        "experts: share of ratios at most 1.1": target(near, "at least", 1.0),
    }


def _tenseal(rows: Mapping[str, Row]) -> dict[str, Any]:
    wanted = {name: 1.5 if name == "tenseal-dot" else 100.0 for name in rows}
    return {
        f"{name}: gain": target(row["faster_than_peer"], "at least", wanted[name])
        for name, row in rows.items()
    }


def _networks(rows: Sequence[Row]) -> dict[str, Any]:
    found = {}
    for row in rows:
        name, right = row["case"], row["accuracy"]
        seconds = sum(row["ours"][f"{part}_seconds"] for part in ("encrypt", "evaluate", "decrypt"))
        apart = abs(right["encrypted"] - right["clear"])
        best = max(batch["images_per_second"] for batch in row["batches"])
        found[f"{name}: seconds for one image"] = target(seconds, "at most", 1.0)
        found[f"{name}: accuracy apart"] = target(apart, "at most", 0.005)
        found[f"{name}: images per second"] = target(best, "at least", 1.0)
    return found


def _threads(rows: Sequence[Row]) -> dict[str, Any]:
    if not rows:
        return {}
    gains = [row["threads"]["speed-up"]["evaluate"] for row in rows]
    shares = [row["threads"]["share of the machine"] for row in rows]
    return {
        "threads: least gain of two": target(min(gains), "at least", 1.6),
        "threads: least share of what two processes gain": target(min(shares), "at least", 0.8),
    }


def _predictions(rows: Sequence[Row]) -> dict[str, Any]:
    """As measured, and at the pace that the machine had in calibration."""
    found: dict[str, Any] = {}
    for kind, where in (
        ("evaluate_seconds", ""),
        ("paced_seconds", ", at the pace of calibration"),
    ):
        ours = [row["ours"] for row in rows if kind in row["ours"]]
        if len(ours) < 2:
            continue
        pairs = [(one["predicted_seconds"], one[kind]) for one in ours]
        near = sum(abs(said - seen) <= 0.3 * seen for said, seen in pairs) / len(pairs)
        rank = rank_correlation(pairs)
        found[f"predictions: share within 30 %{where}"] = target(near, "at least", 0.8)
        found[f"predictions: rank correlation{where}"] = target(rank, "at least", 0.95)
    return found


def rank_correlation(pairs: Sequence[tuple[float, float]]) -> float:
    """Spearman's, for numbers without ties.

    >>> rank_correlation([(1, 10), (2, 20), (3, 30)])
    1.0
    """
    ranks = [_ranks([pair[side] for pair in pairs]) for side in (0, 1)]
    count = len(pairs)
    apart = sum((left - right) ** 2 for left, right in zip(*ranks, strict=True))
    return 1 - 6 * apart / (count * (count**2 - 1))


def _ranks(numbers: Sequence[float]) -> list[int]:
    order = sorted(numbers)
    return [order.index(number) for number in numbers]
