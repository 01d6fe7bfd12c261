"""The chosen plan and its runner-up in words and figures, for reports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from einlang_fhe.alternative import Alternative
from einlang_fhe.compiling import Compiled
from einlang_fhe.drawing.formula import Formulas, secrets
from einlang_fhe.drawing.named import Named
from einlang_fhe.functor.values import Packing
from einlang_fhe.layout import Layout
from einlang_fhe.search.search import Found, Plan


def alternatives(found: Found) -> tuple[Alternative, ...]:
    """The plans of a search, the chosen one first; none where there was no other."""
    if found.second is None:
        return ()
    best, second = found.best, found.second
    return tuple(
        Alternative(_name(plan.compiled, other.compiled), _figures(plan))
        for plan, other in ((best, second), (second, best))
    )


def _name(compiled: Compiled, other: Compiled) -> str:
    """The first thing in which a program differs from another."""
    if compiled.parameters.ring != other.parameters.ring:
        return f"ring dimension {compiled.parameters.ring}"
    pairs = zip(_placed(compiled), _placed(other), strict=False)
    changed = (_described(*now) for now, then in pairs if now[2] != then[2])
    return next(changed, f"{len(compiled.program.instructions)} instructions")


def _placed(compiled: Compiled) -> Iterator[tuple[Formulas, int, Layout]]:
    """What the client packs, and what is computed: a value by number, and where it sits."""
    tensors, flow = compiled.lowered.tensors, compiled.lowered.flow
    packed = [packing for packing in compiled.request if isinstance(packing, Packing)]
    for packing in dict.fromkeys((p.value, p.layout) for p in packed):
        yield Formulas(tensors, secrets(tensors)), *packing
    for place in compiled.lowered.places:
        yield Formulas(flow), *place


def _described(formulas: Formulas, number: int, layout: Layout) -> str:
    named = Named.of(layout, formulas.names[number], formulas.axes(number))
    return f"{named.title} as {named.line}"


def _figures(plan: Plan) -> dict[str, Any]:
    compiled = plan.compiled
    program, parameters = compiled.program, compiled.parameters
    return {
        "objective": round(plan.cost, 6),
        "predicted seconds": round(plan.bill.evaluate, 6),
        "ring dimension": parameters.ring,
        "depth": parameters.depth,
        "rotations": program.count("rotate"),
        "products": program.count("multiply"),
        "ciphertexts": len(compiled.request),
    }
