"""Numbers written out: exponents and sizes, computed while compiling.

>>> from einlang.syntax.nodes import Binary, Number
>>> constant(Binary("/", Number(1), Number(2)))
0.5
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from einlang.syntax.nodes import Access, Binary, Expression, Number, SizeOf, Unary, parts

Value = int | float | Fraction


def constant(node: Expression, sizes: Mapping[str, int] | None = None) -> float | int | None:
    """The value of numbers under `+ - * / ^`; None where something else is in it.

    With `sizes`, names of indices and `size(...)` are their sizes.
    """
    exact = _value(node, sizes or {})
    if isinstance(exact, Fraction):
        return exact.numerator if exact.denominator == 1 else float(exact)
    return exact


def unknown(node: Expression) -> list[SizeOf | Access]:
    """The names of indices and sizes in such an expression."""
    match node:
        case SizeOf() | Access():
            return [node]
        case Unary():
            return unknown(node.operand)
        case Binary():
            return [name for part in parts(node) for name in unknown(part)]
    return []


def _value(node: Expression, sizes: Mapping[str, int]) -> Value | None:
    match node:
        case Number(value):
            return Fraction(value) if isinstance(value, int) else value
        case SizeOf(index):
            return Fraction(sizes[index]) if index in sizes else None
        case Access(name, ()):
            return Fraction(sizes[name]) if name in sizes else None
        case Unary():
            inside = _value(node.operand, sizes)
            return None if inside is None else -inside
        case Binary():
            first, links = node.chain
            value = _value(first, sizes)
            for link in links:
                right = _value(link.right, sizes)
                if value is None or right is None:
                    return None
                value = _binary(link.operator, value, right)
            return value
    return None


def _binary(operator: str, left: Value, right: Value) -> Value | None:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right if right else None
        case "^" if abs(right) < 64 and (left or right >= 0):
            power = left**right
            return power if isinstance(power, int | float | Fraction) else None
    return None
