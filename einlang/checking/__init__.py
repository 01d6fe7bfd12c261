"""Checking: sizes, secrecy and ranges; every sum explicit, all mistakes at once.

>>> from einlang.syntax import read
>>> check(read("index i = 2\\nsecret x[i]\\ny = x[i]")).tensors["y"].shape
()
"""

from einlang.checking.program import check

__all__ = ["check"]
