"""Whole programs compared: which layouts, which ring, which way at every choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from einlang.backend import Arrays
from einlang.planning.dataflow import Dataflow
from einlang_fhe import costs
from einlang_fhe.compiling import Compiled, Job
from einlang_fhe.options import Options
from einlang_fhe.search.memory import COMPILED, key_of
from einlang_fhe.search.objective import Bill, Objective
from einlang_fhe.search.search import Found, Plan, Search
from einlang_fhe.search.telling import alternatives
from einlang_fhe.verifier import verify

__all__ = ["Bill", "Found", "Objective", "Plan", "compile_flow"]


def compile_flow(
    flow: Dataflow, options: Options, known: Arrays, peaks: Mapping[str, float] | None = None
) -> Compiled:
    """The best slot program found for a dataflow, with the parameters it needs.

    `known` are the tensors that are there when compiling; `peaks` are bounds on outputs
    that turned out larger than what was assumed. The same again is remembered.
    """
    key = key_of(flow, options, known, peaks or {})
    compiled = COMPILED.get(key)
    if compiled is None:
        job = Job.of(flow, options, known, peaks)
        found = Search(job, Objective(options.minimise), costs.load(), options.search).run()
        compiled = replace(found.best.compiled, plans=alternatives(found))
        parameters, rotations = compiled.parameters, compiled.program.rotations
        verify(compiled.levelled, parameters.depth, rotations, parameters.bootstrap)
        COMPILED.put(key, compiled)
    return compiled
