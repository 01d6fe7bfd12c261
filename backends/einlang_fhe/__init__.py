"""Tensor programs on encrypted data: layouts, slot programs, CKKS engines.

>>> FheBackend().name
'fhe'
"""

from einlang_fhe.backend import FheBackend
from einlang_fhe.layout import Layout, pack, unpack

__all__ = ["FheBackend", "Layout", "pack", "unpack"]
