"""What a program means, read off its surface syntax by brute force.

An evaluator that shares no code with the language but its nodes: every term is spread out
over all of its indices, multiplied, and summed as the language reference says. Slow, and
plain enough to be checked by eye.

>>> import numpy as np
>>> from einlang.syntax.nodes import Access, Affine, Binary, Definition, Program
>>> i, k = (Affine(((name, 1),)) for name in "ik")
>>> product = Binary("*", Access("A", (i, k)), Access("x", (k,)))
>>> program = Program(None, (Definition("y", (i,), product),))
>>> data = {"A": np.eye(2), "x": np.array([1.0, 2.0])}
>>> meaning(program, {"i": 2, "k": 2}, data)["y"].tolist()
[1.0, 2.0]
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from einlang.syntax import nodes

Array = np.ndarray


class AmbiguousError(Exception):
    """The language asks for an explicit sum here."""


class OutsideError(Exception):
    """An access leaves its axis."""


@dataclass(frozen=True)
class Field:
    """An array whose axes have the names of indices."""

    names: tuple[str, ...]
    values: Array

    def spread(self, names: tuple[str, ...]) -> Array:
        """The same values with these axes, of length one where this field has none."""
        order = [self.names.index(name) for name in names if name in self.names]
        shape = [self.values.shape[self.names.index(n)] if n in self.names else 1 for n in names]
        return self.values.transpose(order).reshape(shape)

    def renamed(self, names: Mapping[str, str]) -> Field:
        """The same values under other names."""
        return Field(tuple(names.get(name, name) for name in self.names), self.values)


@dataclass(frozen=True)
class Stored:
    """A tensor: `extras` name trailing axes that every access has without saying so."""

    values: Array
    extras: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scope:
    """What is known where an expression stands."""

    sizes: dict[str, int]
    tensors: dict[str, Stored]
    functions: dict[str, nodes.Def]

    def field(self, function: Callable[..., Array], *fields: Field) -> Field:
        """An elementwise operation, over the indices of all arguments."""
        names = tuple(dict.fromkeys(name for field in fields for name in field.names))
        return Field(names, np.asarray(function(*(field.spread(names) for field in fields))))

    def full(self, field: Field, names: Iterable[str]) -> Array:
        """The values, broadcast over exactly these indices."""
        names = tuple(names)
        return np.broadcast_to(field.spread(names), [self.sizes[name] for name in names])


FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "relu": lambda x: np.where(x > 0, x, 0),
    "gelu": lambda x: x / 2 * (1 + np.vectorize(math.erf, otypes=[float])(x / math.sqrt(2))),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "sign": np.sign,
    "inverse": lambda x: 1 / x,
    "square": lambda x: x * x,
}

COMPARISONS: dict[str, Callable[[Array, Array], Array]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def indices_of(subscripts: tuple[nodes.Subscript, ...] | None) -> tuple[str, ...]:
    """The names in subscripts, in order of first appearance."""
    names: list[str] = []
    for place in subscripts or ():
        if isinstance(place, nodes.Group):
            names += place.indices
            continue
        names += [name for _, _, name in place.scaled if name] + [name for name, _ in place.terms]
    return tuple(dict.fromkeys(names))


def occurs(node: nodes.Expression) -> Counter[str]:
    """How many accesses carry each free index."""
    match node:
        case nodes.Access() | nodes.Einsum():
            return Counter(dict.fromkeys(indices_of(node.subscripts), 1))
        case nodes.Unary():
            return occurs(node.operand)
        case nodes.Binary("^", left, right):
            many = isinstance(left, nodes.Access) and _exponent(right) in range(2, 100)
            return Counter({name: n * (1 + many) for name, n in occurs(left).items()})
        case nodes.Binary():
            return occurs(node.left) + occurs(node.right)
        case nodes.Call():
            inside = sum((occurs(argument) for argument in node.arguments), Counter())
            inside += Counter(dict.fromkeys(node.indices, 1))
            return Counter({n: c for n, c in inside.items() if n not in node.bound})
        case nodes.Reduction():
            return Counter({n: c for n, c in occurs(node.body).items() if n not in node.indices})
    return Counter()


def _exponent(node: nodes.Expression) -> float:
    if isinstance(node, nodes.Unary):
        return -_exponent(node.operand)
    assert isinstance(node, nodes.Number)
    return node.value


@dataclass(frozen=True)
class Divisor:
    """The right side of a quotient, as a factor."""

    node: nodes.Expression


Factor = nodes.Expression | Divisor


def factors(node: nodes.Expression) -> list[Factor]:
    """A term as a list of factors and divisors."""
    match node:
        case nodes.Binary("*"):
            return factors(node.left) + factors(node.right)
        case nodes.Binary("/"):
            return [*factors(node.left), Divisor(node.right)]
        case nodes.Unary():
            return [nodes.Number(-1), *factors(node.operand)]
    return [node]


def evaluate(node: nodes.Expression, kept: frozenset[str], scope: Scope, nested: bool) -> Field:
    """The field of an expression; indices outside of `kept` are summed where they meet."""
    if isinstance(node, nodes.Binary) and node.operator in "+-":
        sides = [evaluate(side, kept, scope, nested) for side in (node.left, node.right)]
        return scope.field(np.add if node.operator == "+" else np.subtract, *sides)
    if isinstance(node, nodes.Binary) and node.operator in COMPARISONS:
        sides = [evaluate(side, kept, scope, True) for side in (node.left, node.right)]
        return scope.field(lambda a, b: COMPARISONS[node.operator](a, b) * 1.0, *sides)
    return _term(factors(node), kept, scope, nested)


def _term(parts: list[Factor], kept: frozenset[str], scope: Scope, nested: bool) -> Field:
    carried = [occurs(part.node if isinstance(part, Divisor) else part) for part in parts]
    around = Counter(name for names in carried for name in names)
    here = {name for name, count in around.items() if count > 1 and name not in kept}
    for part, names in zip(parts, carried, strict=True):
        here |= _alone(part, names, kept | here, nested)
    fields = [_factor(part, kept | here, scope, nested) for part in parts]
    names = tuple(dict.fromkeys(name for field in fields for name in field.names))
    result = np.ones(())
    for field in fields:
        result = result * field.spread(names)
    summed = tuple(axis for axis, name in enumerate(names) if name in here)
    return Field(tuple(n for n in names if n not in here), np.asarray(result.sum(axis=summed)))


def _alone(part: Factor, names: Counter[str], kept: frozenset[str], nested: bool) -> set[str]:
    """The indices that are summed because this access or call alone carries them."""
    power = isinstance(part, nodes.Binary) and part.operator == "^"
    access = part.left if power else part
    call = isinstance(part, nodes.Call) and part.function not in FUNCTIONS
    if not call and not isinstance(access, nodes.Access | nodes.Einsum):
        return set()
    carried = part.indices if isinstance(part, nodes.Call) else names
    alone = {name for name in carried if name not in kept}
    if nested and any(call or names[name] < 2 for name in alone):
        raise AmbiguousError(alone)
    return alone


def _factor(part: Factor, kept: frozenset[str], scope: Scope, nested: bool) -> Field:
    match part:
        case Divisor(node):
            return scope.field(lambda x: 1 / x, evaluate(node, kept, scope, True))
        case nodes.Number(value):
            return Field((), np.asarray(float(value)))
        case nodes.SizeOf(index):
            return Field((), np.asarray(float(scope.sizes[index])))
        case nodes.Access(tensor, subscripts):
            return read(scope.tensors[tensor], subscripts, scope)
        case nodes.Einsum():
            operands = [scope.tensors[name].values for name in part.operands]
            return read(Stored(np.einsum(part.equation, *operands)), part.subscripts, scope)
        case nodes.Binary("^", left, right):
            exponent = _exponent(right)
            plain = isinstance(left, nodes.Access)
            base = _factor(left, kept, scope, nested) if plain else None
            base = base or evaluate(left, kept, scope, True)
            return scope.field(lambda x: x**exponent, base)
        case nodes.Reduction():
            return reduce(part, kept, scope, nested)
        case nodes.Call() if part.function in FUNCTIONS:
            argument = evaluate(part.arguments[0], kept, scope, True)
            return scope.field(FUNCTIONS[part.function], argument)
        case nodes.Call():
            return call(part, kept, scope)
    return evaluate(part, kept, scope, nested)


def read(stored: Stored, subscripts: tuple[nodes.Subscript, ...] | None, scope: Scope) -> Field:
    """The elements of a tensor at these places."""
    names = indices_of(subscripts)
    axes = np.ix_(*(np.arange(scope.sizes[name]) for name in names))
    grid = dict(zip(names, axes, strict=True))
    positions, outside, fill = [], np.zeros((1,) * len(names), bool), 0.0
    for place, size in zip(subscripts or (), stored.values.shape, strict=True):
        position, border, value = _position(place, grid, scope)
        beyond = (position < 0) | (position >= size)
        simple = (
            isinstance(place, nodes.Affine)
            and place.terms
            and place == nodes.Affine(place.terms[:1])
        )
        if border is None and (beyond.any() or (simple and position.size != size)):
            raise OutsideError(place)
        if border == "pad":
            fill = np.where(outside, fill, np.where(beyond, value, 0.0))
            outside = outside | beyond
        positions.append(position % size if border == "wrap" else np.clip(position, 0, size - 1))
    shape = [scope.sizes[name] for name in names]
    picked = stored.values[tuple(np.broadcast_to(p, shape) for p in positions)]
    lift = (...,) + (None,) * len(stored.extras)
    return Field(
        names + stored.extras,
        np.where(np.broadcast_to(outside, shape)[lift], np.asarray(fill)[lift], picked),
    )


def _position(
    place: nodes.Subscript, grid: dict[str, Array], scope: Scope
) -> tuple[Array, str | None, float]:
    if isinstance(place, nodes.Group):
        position = np.zeros((), int)
        for name in place.indices:
            position = position * scope.sizes[name] + grid[name]
        return position, None, 0.0
    position = np.asarray(place.offset)
    for name, coefficient in place.terms:
        position = position + coefficient * grid[name]
    for multiples, coefficient, name in place.scaled:
        scale = coefficient * math.prod(scope.sizes[factor] for factor in multiples)
        position = position + scale * (grid[name] if name else 1)
    return position, place.border, place.fill


def reduce(node: nodes.Reduction, kept: frozenset[str], scope: Scope, nested: bool) -> Field:
    """A reduction: `argmax` counts over its indices together, the last one fastest."""
    nested = nested or node.operator not in ("sum", "mean")
    body = evaluate(node.body, kept | set(node.indices), scope, nested)
    rest = tuple(name for name in body.names if name not in node.indices)
    spread = scope.full(body, rest + node.indices)
    flat = spread.reshape([*spread.shape[: len(rest)], -1])
    operation = {"argmax": np.argmax, "argmin": np.argmin}.get(node.operator)
    operation = operation or getattr(np, node.operator)
    return Field(rest, np.asarray(operation(flat, axis=-1), float))


def call(node: nodes.Call, kept: frozenset[str], scope: Scope) -> Field:
    """A `def` applied: its body with the arguments as tensors, further indices carried along."""
    function = scope.functions[node.function]
    formal, actual = function.indices + function.bound, node.indices + node.bound
    there = dict(zip(formal, actual, strict=True))
    back = {name: formal_name for formal_name, name in there.items()}
    tensors, extras = {}, []
    inside = Scope({f: scope.sizes[a] for f, a in there.items()}, tensors, scope.functions)
    for parameter, argument in zip(function.parameters, node.arguments, strict=True):
        field = evaluate(argument, kept | set(actual), scope, True)
        own = {there[name] for name in parameter.indices}
        more = [name for name in field.names if name not in own]
        extras += [name for name in more if name not in extras]
        inside.sizes.update({f"@{name}": scope.sizes[name] for name in more})
        names = [f"@{name}" for name in more]
        field = field.renamed({n: f"@{n}" if n in more else back[n] for n in field.names})
        stored = inside.full(field, (*parameter.indices, *names))
        tensors[parameter.name] = Stored(stored, tuple(names))
    marked = tuple(f"@{name}" for name in extras)
    for definition in function.where:
        tensors[definition.name] = define(definition, inside, marked)
    result = evaluate(function.value, frozenset(function.indices + marked), inside, False)
    full = Field(function.indices + marked, inside.full(result, function.indices + marked))
    return full.renamed(there | {f"@{name}": name for name in extras})


def define(definition: nodes.Definition, scope: Scope, extras: tuple[str, ...] = ()) -> Stored:
    """The tensor of a definition, groups on the left fused."""
    value = definition.value
    left = indices_of(definition.subscripts)
    if isinstance(value, nodes.Einsum) and value.subscripts is None:
        value = replace(value, subscripts=definition.subscripts)
    field = evaluate(value, frozenset(left + extras), scope, False)
    shape = [
        math.prod(scope.sizes[name] for name in indices_of((place,)))
        for place in definition.subscripts
    ]
    full = scope.full(field, left + extras)
    return Stored(full.reshape(shape + [scope.sizes[name] for name in extras]), extras)


def meaning(
    program: nodes.Program, sizes: Mapping[str, int], data: Mapping[str, Array]
) -> dict[str, Array]:
    """The values of all definitions."""
    functions = {s.name: s for s in program.statements if isinstance(s, nodes.Def)}
    tensors = {name: Stored(np.asarray(array, float)) for name, array in data.items()}
    scope = Scope(dict(sizes), tensors, functions)
    for statement in program.statements:
        if isinstance(statement, nodes.Definition):
            tensors[statement.name] = define(statement, scope)
    return {name: stored.values for name, stored in tensors.items() if name not in data}
