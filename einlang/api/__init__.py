"""The language as Python objects: programs, tensors with index objects, encrypted arrays.

Everything that the command line does is one call here.

>>> from einlang.api import compile
>>> compile("public x[i]\\ny = x[i]^2").run(x=[3.0, 4.0])["y"].item()
25.0
"""

from einlang.api.encrypted import Encrypted, encrypt
from einlang.api.places import Index, clamp, indices, pad, wrap
from einlang.api.program import Program, compile, load
from einlang.api.result import Result
from einlang.api.tensor import Tensor

__all__ = [
    "Encrypted",
    "Index",
    "Program",
    "Result",
    "Tensor",
    "clamp",
    "compile",
    "encrypt",
    "indices",
    "load",
    "pad",
    "wrap",
]
