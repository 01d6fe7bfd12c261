"""The search: from the greedy program by single changes of a choice, while they pay.

A program is lowered for rings from the smallest that holds it, in two regimes: with a chain
of primes to rescale by, and never rescaled (`passes.flat`); and so are its `rivals`, which
mean the same. At every place where the
functor had several ways (`functor.choosing`), the others are told to it one at a time, the
whole program is compiled anew, and what is better by the objective is kept. The work is
bounded by a count of instructions written, so the result is the same on every run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

from einlang.errors import BackendMistake
from einlang_fhe.compiling import Compiled, Job
from einlang_fhe.costs import Costs
from einlang_fhe.functor.values import Choices, Site
from einlang_fhe.search.objective import Bill, Objective, bill
from einlang_fhe.slots import TooHeavy

SMALLEST = 1 << 12
FLAT_RINGS = (1 << 11, 1 << 12, 1 << 13, 1 << 14)
"""In larger ones a chain is faster."""
LARGER = 1
"""How many rings beyond the smallest that will do are tried."""
HEAVIER = 1.25
"""How much heavier than the best a program may be as it is written: passes may mend it."""


@dataclass(frozen=True)
class Plan:
    """A compiled program, what it was compiled from, the choices that make it, its weight as
    written, and its cost. `tight` as in `Choices`."""

    job: Job
    compiled: Compiled
    flat: bool
    tight: bool
    told: dict[int, int]
    sites: tuple[Site, ...]
    bill: Bill
    weight: float
    cost: float


@dataclass(frozen=True)
class Found:
    """The best plan, the best of those that are not the same program, and how many were tried."""

    best: Plan
    second: Plan | None
    tried: int


@dataclass
class Search:
    """One search; `effort` bounds the instructions that are written. `rivals`: other jobs
    that give the same, to be tried first."""

    job: Job
    objective: Objective
    costs: Costs
    effort: int
    rivals: tuple[Job, ...] = ()
    tried: int = 0
    written: int = 0
    plans: list[Plan] = field(default_factory=list)
    failed: set[tuple[tuple[int, int], ...]] = field(default_factory=set)

    def run(self) -> Found:
        """The best plan that was found."""
        best = self._greedy()
        while (better := self._better(best)) is not None:
            best = better
        others = [p for p in self.plans if p.compiled.program != best.compiled.program]
        return Found(best, min(others, key=lambda plan: plan.cost, default=None), self.tried)

    def _greedy(self) -> Plan:
        """The best of greedy programs in the smallest rings that hold them, in both regimes.

        A ring that is too small for all rivals is not tried again."""
        for job in (*self.rivals, self.job):
            limit = HEAVIER * min((plan.cost for plan in self.plans), default=inf)
            least = min((plan.compiled.parameters.ring for plan in self.plans), default=0)
            least = max(least, job.options.ring or 0)
            list(self._flat(job, limit, least))
            try:
                list(self._chained(job, limit, least))
            except (BackendMistake, TooHeavy):
                if job is self.job and not self.plans:
                    raise
        return min(self.plans, key=lambda plan: plan.cost)

    def _flat(self, job: Job, limit: float, least: int) -> Iterator[Plan]:
        """Greedy programs that are never rescaled."""
        found = 0
        for ring in FLAT_RINGS if job.free else ():
            if ring < least or not job.may_hold(ring):
                continue
            plans = list(self._both(job, ring, limit))
            yield from plans
            found += bool(plans)
            if found > LARGER or (found and self.effort <= self.written):
                return

    def _both(self, job: Job, ring: int, limit: float) -> Iterator[Plan]:
        """As if there were room enough, and where there is little."""
        first = self._written(job, ring, Choices(limit=limit), flat=True)
        parameters = first and first.compiled.parameters
        little = parameters is None or (parameters.depth and parameters.digit)
        tight = Choices(limit=limit, tight=True)
        second = little and job.mixed and self._written(job, ring, tight, flat=True)
        yield from (plan for plan in (first, second) if plan)

    def _chained(self, job: Job, limit: float, least: int) -> Iterator[Plan]:
        """Greedy programs with a chain of primes."""
        ring, found = least or SMALLEST, 0
        while found <= LARGER:
            choices = self._choices(ring, limit)
            try:
                compiled = self._compiled(job, ring, choices, flat=False)
            except BackendMistake:
                if not found:
                    raise
                return
            wanted = compiled.parameters.ring
            if wanted > ring:
                # Fewer, fuller ciphertexts can be less deep: a ring between may do.
                ring = max(2 * ring, wanted // 2)
                continue
            found += 1
            yield self._plan(job, compiled, choices, flat=False)
            if self.effort <= self.written or job.options.insecure or 2 * ring > 1 << 17:
                return
            ring *= 2

    def _choices(self, ring: int, limit: float) -> Choices:
        return Choices(weights=self._weights(ring, flat=False), limit=limit)

    def _weights(self, ring: int, flat: bool) -> dict[str, float]:
        return self.objective.weights(ring, self.costs, self.job.degree if flat else 0)

    def _written(self, job: Job, ring: int, choices: Choices, flat: bool) -> Plan | None:
        """The plan of these choices, if it can be had in that ring and is not too heavy."""
        choices.weights = self._weights(ring, flat)
        try:
            compiled = self._compiled(job, ring, choices, flat)
        except (BackendMistake, TooHeavy):
            return None
        if compiled is None or compiled.parameters.ring != ring:
            return None
        return self._plan(job, compiled, choices, flat)

    def _better(self, best: Plan) -> Plan | None:
        """The first plan found with one choice changed that costs less."""
        for site, way in _changes(best):
            if self.written >= self.effort:
                return None
            told = {n: w for n, w in best.told.items() if n < site} | {site: way}
            if (key := tuple(told.items())) in self.failed:
                continue
            plan = self._changed(best, told)
            if plan is not None and plan.cost < 0.999 * best.cost:
                return plan
            self.failed.add(key)
        return None

    def _changed(self, best: Plan, told: dict[int, int]) -> Plan | None:
        choices = Choices(told, limit=HEAVIER * best.weight, tight=best.tight)
        plan = self._written(best.job, best.compiled.parameters.ring, choices, best.flat)
        if plan is None:
            return None
        known = best.sites[: len(told) - 1]
        return replace(plan, sites=(*known, *plan.sites[len(known) :]))

    def _compiled(self, job: Job, ring: int, choices: Choices, flat: bool) -> Any:
        self.tried += 1
        try:
            if flat:
                return job.flat(ring, choices, self._worth)
            return job.compiled(ring, choices)
        finally:
            self.written += choices.written

    def _worth(self, compiled: Compiled) -> bool:
        """Whether a program costs less than all plans so far."""
        cost = self.objective.of(bill(compiled, self.costs))
        return all(cost < 0.999 * plan.cost for plan in self.plans)

    def _plan(self, job: Job, compiled: Compiled, choices: Choices, flat: bool) -> Plan:
        told = {number: site.taken for number, site in enumerate(choices.sites)}
        cost = bill(compiled, self.costs)
        total, sites = self.objective.of(cost), tuple(choices.sites)
        shape = flat, choices.tight
        plan = Plan(job, compiled, *shape, told, sites, cost, choices.weight, total)
        self.plans.append(plan)
        return plan


def _changes(plan: Plan) -> Iterator[tuple[int, int]]:
    """Sites and other ways, those that weigh little more than what was taken first."""
    changes = [
        (_regret(site, way), number, way)
        for number, site in enumerate(plan.sites)
        for way in range(site.ways)
        if way != site.taken
    ]
    return ((number, way) for _, number, way in sorted(changes))


def _regret(site: Site, way: int) -> float:
    return site.weights[way] - site.weights[site.taken] if site.weights else 0.0
