"""Whole programs compared: which layouts, which ring, which way at every choice."""

from __future__ import annotations

from dataclasses import replace

from einlang.backend import Arrays
from einlang.errors import BackendMistake
from einlang.planning.dataflow import Dataflow
from einlang.planning.regroup import regrouped
from einlang_fhe import costs
from einlang_fhe.compiling import UNSEEN, Compiled, Job, Outputs
from einlang_fhe.deep import RING, Deep
from einlang_fhe.options import Options
from einlang_fhe.search.memory import COMPILED, key_of
from einlang_fhe.search.objective import Bill, Objective
from einlang_fhe.search.search import Found, Plan, Search
from einlang_fhe.search.telling import alternatives
from einlang_fhe.verifier import verify

__all__ = ["Bill", "Found", "Objective", "Plan", "compile_flow"]


def compile_flow(
    flow: Dataflow, options: Options, known: Arrays, outputs: Outputs = UNSEEN
) -> Compiled:
    """The best slot program found for a dataflow, with the parameters it needs.

    `known` are the tensors that are there when compiling; `outputs` is what data has shown.
    The same again is remembered.
    """
    key = key_of(flow, options, known, outputs)
    compiled = COMPILED.get(key)
    if compiled is None:
        other = regrouped(flow)
        rivals = () if other == flow else (Job.of(other, options, known, outputs),)
        compiled = _compiled(Job.of(flow, options, known, outputs), rivals)
        parameters, rotations = compiled.parameters, compiled.program.rotations
        verify(compiled.levelled, parameters.depth, rotations, parameters.bootstrap)
        COMPILED.put(key, compiled)
    return compiled


def _compiled(job: Job, rivals: tuple[Job, ...] = ()) -> Compiled:
    """Within one chain of primes; with bootstraps where that is wished, or too deep."""
    options = job.options
    if options.bootstrap:
        deep = _deep(job)
        if deep.program.count("bootstrap"):
            return deep
    try:
        objective = Objective(options.minimise)
        found = Search(job, objective, costs.load(), options.search, rivals).run()
    except BackendMistake as mistake:
        return _instead(job, mistake)
    return replace(found.best.compiled, plans=alternatives(found))


def _instead(job: Job, mistake: BackendMistake) -> Compiled:
    """With bootstraps, where no chain of primes will do; the mistake again, if they do not help."""
    beyond = mistake.diagnostics[0].code in ("E0805", "E0806")
    if not beyond or job.options.bootstrap is False or job.options.scale is not None:
        raise mistake
    try:
        deep = _deep(job)
    except BackendMistake:
        raise mistake from None
    if not deep.program.count("bootstrap"):
        raise mistake
    return deep


def _deep(job: Job) -> Compiled:
    weights = Objective(job.options.minimise).weights(RING, costs.load())
    return Deep(job, costs.load(), weights).compiled()
