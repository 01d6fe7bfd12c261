"""What `explain` and `run` say of a compiled program: counts, parameters, sizes, layouts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from einlang.backend import Report
from einlang_fhe.alternative import comparison
from einlang_fhe.compiling import Compiled
from einlang_fhe.costs import load
from einlang_fhe.execution.crew import cores
from einlang_fhe.options import Options
from einlang_fhe.parameters import ciphertext_bytes, modulus_bits, predicted_key_sizes


def describe(compiled: Compiled, options: Options, seconds: Mapping[str, float]) -> Report:
    """The report of a program; `seconds` are those of the last run, if there was one."""
    figures = _figures(compiled, options) | _predicted(compiled, options.threads or cores())
    figures |= {f"{name} seconds": round(value, 4) for name, value in seconds.items()}
    layouts = [
        {"tensor": label, "layout": repr(layout), "ciphertexts": layout.count}
        for label, layout in compiled.lowered.layouts
    ]
    verbs = Counter(step.verb for step in compiled.program.instructions)
    counts = [{"operation": verb, "count": count} for verb, count in sorted(verbs.items())]
    plans = comparison(compiled.plans)
    return Report(figures, {"layouts": layouts, "slot program": counts, "plans": plans})


def _predicted(compiled: Compiled, threads: int) -> dict[str, Any]:
    """Seconds by the costs that were measured: the evaluator's and the client's on threads."""
    costs, levelled, parameters = load(), compiled.levelled, compiled.parameters
    levels = [levelled.levels[value] for value in levelled.program.outputs]
    keys = costs.keys(parameters, len(compiled.program.rotations), compiled.relinearize)
    seconds = {
        "keys": keys,
        "encrypt": costs.request(compiled.levels, parameters, threads),
        "encode": costs.encoding(levelled, parameters, threads),
        "evaluate": costs.threads(levelled, parameters, threads),
        "decrypt": costs.reply(levels, parameters, threads),
    }
    predicted = {f"predicted {name} seconds": float(f"{t:.3g}") for name, t in seconds.items()}
    return {**predicted, "costs": costs.origin}


def _figures(compiled: Compiled, options: Options) -> dict[str, Any]:
    parameters, program = compiled.parameters, compiled.program
    keys = predicted_key_sizes(parameters)
    rotations = len(program.rotations)
    relinearization = keys.relinearization if compiled.relinearize else 0
    return {
        "engine": options.engine,
        "security": "128 bits" if parameters.secure else "INSECURE",
        "ring dimension": parameters.ring,
        "slots": parameters.slots,
        "depth": parameters.depth,
        "scale bits": parameters.scale,
        "first prime bits": parameters.first,
        "modulus bits": modulus_bits(
            parameters.depth, parameters.scale, parameters.first, parameters.digits
        ),
        "key switching digits": parameters.digits,
        "precision": options.precision,
        "rotations": program.turns,
        "rotation keys": rotations,
        "products": program.count("multiply"),
        "plain products": program.count("multiply_plain", "multiply_scalar"),
        "relinearizations": program.count("relinearize"),
        "ciphertexts sent": len(compiled.request),
        "ciphertexts returned": len(program.outputs),
        "request bytes": sum(ciphertext_bytes(parameters, level) for level in compiled.levels),
        "reply bytes": sum(
            ciphertext_bytes(parameters, compiled.levelled.levels[value])
            for value in program.outputs
        ),
        "key bytes": keys.public + relinearization + rotations * keys.rotation,
    }
