"""What `explain` and `run` say of a compiled program: counts, parameters, sizes, layouts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from einlang.backend import Report
from einlang.units import duration
from einlang_fhe.alternative import comparison
from einlang_fhe.compiling import Compiled
from einlang_fhe.costs import load
from einlang_fhe.drawing.steps import Taken, steps
from einlang_fhe.execution.crew import cores
from einlang_fhe.layout import Layout
from einlang_fhe.options import Options
from einlang_fhe.parameters import ciphertext_bytes, digits_of, modulus_bits, predicted_key_sizes

RAW = "predicted evaluate, outputs raw, seconds"
PHASES = ("keys", "encode", "encrypt", "evaluate", "decrypt")
GROUPS = {
    "parameters and security": (
        *("security", "ring dimension", "slots", "depth", "scale bits", "prime bits"),
        *("first prime bits", "modulus bits", "key switching", "key switching digits"),
    ),
    "work": (
        *("rotations", "products", "plain products", "relinearizations", "rescalings"),
        *("bootstraps", "outputs", "outputs masked"),
    ),
    "what is sent": (
        *("ciphertexts sent", "request bytes", "ciphertexts returned", "reply bytes"),
        *("rotation keys", "key bytes"),
    ),
    "predicted times": (
        *(f"predicted {phase} seconds" for phase in PHASES),
        *("threads", "costs"),
    ),
    "times of the last run": tuple(f"{phase} seconds" for phase in PHASES),
}


def describe(compiled: Compiled, options: Options) -> Report:
    """What is known of a program before it runs."""
    verbs = Counter(step.verb for step in compiled.program.instructions)
    tables = {
        "layouts": [_row(step) for step in steps(compiled)],
        "plans": comparison(compiled.plans),
        "slot program": [{"operation": verb, "count": n} for verb, n in sorted(verbs.items())],
    }
    figures = _figures(compiled, options) | _predicted(compiled, options.threads or cores())
    return Report(figures, tables, GROUPS)


def clean(layout: Layout) -> bool:
    """Whether ciphertexts in a layout hold nothing but elements, copies of them, and zeros."""
    return layout.clean and not layout.imaginary


def with_raw(report: Report, raw: Compiled | None, options: Options) -> Report:
    """The same beside what evaluation would take if outputs were not made clean."""
    if raw is None:
        return report
    seconds = _predicted(raw, options.threads or cores())["predicted evaluate seconds"]
    groups = report.groups | {"predicted times": (*report.groups["predicted times"], RAW)}
    return replace(report, figures=report.figures | {RAW: seconds}, groups=groups)


def measured(report: Report, seconds: Mapping[str, float]) -> Report:
    """The same after a run that took so long."""
    found = {f"{name} seconds": round(value, 7) for name, value in seconds.items()}
    return replace(report, figures=report.figures | found)


def _row(step: Taken) -> dict[str, Any]:
    """A tensor where it has come to sit, and what that took."""
    counts = step.counts
    return {
        "tensor": step.named.title,
        "ciphertexts": step.named.layout.count,
        "layout": step.named.line,
        "rotations": counts.get("rotation"),
        "products": counts.get("product"),
        "plain products": counts.get("plain product"),
        "level": step.level,
        "predicted": duration(step.seconds) if step.work else None,
    }


def _predicted(compiled: Compiled, threads: int) -> dict[str, Any]:
    """Seconds by the costs that were measured: the evaluator's and the client's on threads."""
    costs, levelled, parameters = load(), compiled.levelled, compiled.parameters
    levels = [levelled.levels[value] for value in levelled.program.outputs]
    keys = costs.keys(parameters, compiled.turns, compiled.relinearize > 0)
    seconds = {
        "keys": keys,
        "encrypt": costs.request(compiled.levels, parameters, threads),
        "encode": costs.encoding(levelled, parameters, threads),
        "evaluate": costs.threads(levelled, parameters, threads),
        "decrypt": costs.reply(levels, parameters, threads),
    }
    predicted = {f"predicted {name} seconds": float(f"{t:.3g}") for name, t in seconds.items()}
    return {**predicted, "threads": threads, "costs": costs.origin}


def _figures(compiled: Compiled, options: Options) -> dict[str, Any]:
    parameters, program = compiled.parameters, compiled.program
    keys = predicted_key_sizes(parameters)
    rotations = compiled.turns
    relinearization = keys.relinearization if compiled.relinearize else 0
    return {
        "engine": options.engine,
        "security": "128 bits" if parameters.secure else "INSECURE",
        "ring dimension": parameters.ring,
        "slots": parameters.slots,
        "depth": parameters.depth,
        "scale bits": parameters.scale,
        "first prime bits": parameters.first,
        "prime bits": parameters.nominal,
        "modulus bits": modulus_bits(
            parameters.depth, parameters.nominal, parameters.first, parameters.digits
        ),
        "key switching": "hybrid" if parameters.digits else "BV, without special primes",
        "key switching digits": parameters.digits or digits_of(parameters)[0],
        "precision": options.precision,
        "rotations": program.turns,
        "rotation keys": rotations,
        "products": program.count("multiply"),
        "plain products": program.count("multiply_plain", "multiply_scalar"),
        "relinearizations": program.count("relinearize"),
        "rescalings": program.count("rescale"),
        "bootstraps": program.count("bootstrap"),
        "outputs": "clean" if all(clean(r.layout) for r in compiled.lowered.replies) else "raw",
        "outputs masked": compiled.lowered.masked,
        "ciphertexts sent": len(compiled.request),
        "ciphertexts returned": len(program.outputs),
        "request bytes": sum(ciphertext_bytes(parameters, level) for level in compiled.levels),
        "reply bytes": sum(
            ciphertext_bytes(parameters, compiled.levelled.levels[value])
            for value in program.outputs
        ),
        "key bytes": keys.public + relinearization + rotations * keys.rotation,
    }
