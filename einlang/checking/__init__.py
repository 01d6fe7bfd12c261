"""Checking: sizes, secrecy and ranges; every sum explicit, all mistakes at once."""

from einlang.checking.program import check

__all__ = ["check"]
