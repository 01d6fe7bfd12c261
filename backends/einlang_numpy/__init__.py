"""Dataflows as calls of NumPy: the functor to kernel programs, and what runs them."""

from einlang_numpy.backend import NumpyBackend
from einlang_numpy.functor import lower
from einlang_numpy.program import Program

__all__ = ["NumpyBackend", "Program", "lower"]
