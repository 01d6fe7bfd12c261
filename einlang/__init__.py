"""Tensor programs in einsum notation: run in the clear, encrypted, and drawn as diagrams.

>>> import numpy as np
>>> import einlang as ein
>>> program = ein.compile("public A[i, k]\\npublic B[k, j]\\nC[i, j] = A[i, k] * B[k, j]")
>>> program.run(A=np.eye(2), B=np.ones((2, 2)))["C"].tolist()
[[1.0, 1.0], [1.0, 1.0]]

Names are imported when they are first used: importing `einlang` imports no backend.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from einlang.api.encrypted import Encrypted, encrypt
    from einlang.api.functions import (
        exp,
        gelu,
        inverse,
        log,
        relu,
        sigmoid,
        sign,
        silu,
        sqrt,
        square,
        tanh,
    )
    from einlang.api.places import Index, clamp, indices, pad, wrap
    from einlang.api.program import Program, compile, load
    from einlang.api.remote import Client
    from einlang.api.result import Result
    from einlang.api.tensor import Tensor
    from einlang.contraction import einsum
    from einlang.errors import (
        BackendMistake,
        CheckMistake,
        DataMistake,
        EinlangError,
        SyntaxMistake,
    )

__version__ = "0.1.0"

_HOMES = {
    "einlang.api.encrypted": ("Encrypted", "encrypt"),
    "einlang.api.functions": (
        "exp",
        "gelu",
        "inverse",
        "log",
        "relu",
        "sigmoid",
        "sign",
        "silu",
        "sqrt",
        "square",
        "tanh",
    ),
    "einlang.api.places": ("Index", "clamp", "indices", "pad", "wrap"),
    "einlang.api.program": ("Program", "compile", "load"),
    "einlang.api.remote": ("Client",),
    "einlang.api.result": ("Result",),
    "einlang.api.tensor": ("Tensor",),
    "einlang.contraction": ("einsum",),
    "einlang.errors": (
        "BackendMistake",
        "CheckMistake",
        "DataMistake",
        "EinlangError",
        "SyntaxMistake",
    ),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "BackendMistake",
    "CheckMistake",
    "Client",
    "DataMistake",
    "EinlangError",
    "Encrypted",
    "Index",
    "Program",
    "Result",
    "SyntaxMistake",
    "Tensor",
    "__version__",
    "clamp",
    "compile",
    "einsum",
    "encrypt",
    "exp",
    "gelu",
    "indices",
    "inverse",
    "load",
    "log",
    "pad",
    "relu",
    "sigmoid",
    "sign",
    "silu",
    "sqrt",
    "square",
    "tanh",
    "wrap",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
