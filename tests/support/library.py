"""The `def`s that random programs call: with inner indices, `where`, and no index at all.

>>> [function.name for function in LIBRARY]
['dot', 'scores', 'centred', 'bend', 'mix']
"""

from __future__ import annotations

from einlang.syntax.nodes import (
    Access,
    Affine,
    Binary,
    Call,
    Def,
    Definition,
    Expression,
    Number,
    Parameter,
    Reduction,
    SizeOf,
)


def _read(tensor: str, *names: str) -> Access:
    return Access(tensor, tuple(Affine(((name, 1),)) for name in names))


def _define(tensor: str, names: str, value: Expression) -> Definition:
    return Definition(tensor, tuple(Affine(((name, 1),)) for name in names), value)


def _times(left: Expression, right: Expression) -> Binary:
    return Binary("*", left, right)


_DOT = Def(
    "dot",
    ("a",),
    ("c",),
    (Parameter("X", ("a", "c")), Parameter("y", ("c",))),
    _times(_read("X", "a", "c"), _read("y", "c")),
)
_SCORES = Def(
    "scores",
    ("a", "b"),
    ("c",),
    (Parameter("X", ("a", "c")), Parameter("Y", ("b", "c"))),
    Binary("/", _read("Z", "a", "b"), SizeOf("c")),
    (_define("Z", "ab", _times(_read("X", "a", "c"), _read("Y", "b", "c"))),),
)
_CENTRED = Def(
    "centred",
    ("a",),
    (),
    (Parameter("x", ("a",)),),
    Binary("-", _read("x", "a"), _read("μ")),
    (_define("μ", "", Reduction("mean", ("a",), _read("x", "a"))),),
)
_BEND = Def(
    "bend",
    (),
    (),
    (Parameter("x", ()),),
    Binary(
        "-",
        _times(Number(1.5), _read("x")),
        _times(Number(0.5), Binary("^", _read("x"), Number(3))),
    ),
)
_MIX = Def(
    "mix",
    ("a",),
    (),
    (Parameter("x", ("a",)), Parameter("y", ("a",))),
    Binary("+", _times(_read("g", "a"), _read("x", "a")), _read("y", "a")),
    (
        _define("h", "a", Binary("+", _read("x", "a"), _read("y", "a"))),
        _define("g", "a", Call("sigmoid", (_read("h", "a"),))),
    ),
)
LIBRARY = (_DOT, _SCORES, _CENTRED, _BEND, _MIX)
