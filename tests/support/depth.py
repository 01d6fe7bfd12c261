"""How many products in a row a secret goes through: what makes a program hard for ciphertexts.

>>> from einlang.syntax.nodes import Access, Binary
>>> depth(Binary("*", Access("A"), Access("B")), {"A": 0, "B": None})
1
"""

from __future__ import annotations

from collections.abc import Mapping

from meaning import factors

from einlang.syntax import nodes

SMOOTH, STEP, DEF = 7, 12, 2
"""What a smooth function, a rough one, and a call of a `def` count for."""
FUNCTIONS = {"square": 1, "relu": STEP, "abs": STEP, "sign": STEP}
FUNCTIONS |= dict.fromkeys(("exp", "log", "sqrt", "sigmoid", "tanh"), SMOOTH)
FUNCTIONS |= dict.fromkeys(("gelu", "silu", "inverse"), SMOOTH)
REDUCTIONS = {"sum": 0, "mean": 1, "prod": 4}


def depth(node: nodes.Expression, tensors: Mapping[str, int | None]) -> int | None:
    """The depth of an expression from those of its tensors; None where nothing is secret."""
    match node:
        case nodes.Access():
            return tensors.get(node.tensor)
        case nodes.Einsum():
            return _most([tensors.get(name) for name in node.operands], 1)
        case nodes.Call():
            inside = [depth(argument, tensors) for argument in node.arguments]
            return _most(inside, FUNCTIONS.get(node.function, DEF))
        case nodes.Reduction():
            return _most([depth(node.body, tensors)], REDUCTIONS.get(node.operator, STEP))
        case nodes.Binary("+" | "-", left, right):
            return _most([depth(left, tensors), depth(right, tensors)], 0)
        case nodes.Binary("^", left, nodes.Number(value)) if value == int(value):
            return _most([depth(left, tensors)], int(value).bit_length())
        case nodes.Binary("*" | "/"):
            parts = factors(node)
            divided = [depth(getattr(part, "node", part), tensors) for part in parts]
            secret = any(
                hasattr(p, "node") and d is not None for p, d in zip(parts, divided, strict=True)
            )
            return _most(divided, (len(parts) - 1).bit_length() + SMOOTH * secret)
        case nodes.Binary():
            return _most([depth(node.left, tensors), depth(node.right, tensors)], STEP)
        case nodes.Unary():
            return depth(node.operand, tensors)
    return None


def _most(parts: list[int | None], more: int) -> int | None:
    known = [part for part in parts if part is not None]
    return max(known) + more if known else None
