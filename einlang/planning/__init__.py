"""Contraction order, sharing, and the dataflow that backends run."""

from einlang.planning.dataflow import Builder, Dataflow, Plan
from einlang.planning.plan import plan
from einlang.planning.printing import describe, show
from einlang.planning.prune import prune
from einlang.planning.share import share

__all__ = ["Builder", "Dataflow", "Plan", "describe", "plan", "prune", "share", "show"]
