"""`def`s put in the place of their calls: a substitution, with fresh names.

The indices of the head become those of the call. A further index of an argument is carried
along by everything inside that depends on this argument.

>>> from einlang.checking import check
>>> from einlang.syntax import read
>>> function = "def f[a; c](X[a, c]) = z[a] * z[a] where z[a] = X[a, c]\\n"
>>> typed = check(read(f"index i = 2, k = 3, n = 4\\n{function}"
...                    "secret A[n, i, k]\\ny[n, i] = f[i; k](A[n, i, k])"))
>>> [(item.tensor.name, item.tensor.shape) for item in typed.definitions]
[('f.z', (4, 2)), ('y', (4, 2))]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Union

from einlang.checking.loose import (
    Apply,
    Call,
    Definition,
    Expression,
    Fold,
    Number,
    Place,
    Power,
    Product,
    Read,
    Size,
    Sum,
    plain,
)
from einlang.checking.mistakes import listed
from einlang.checking.scope import Scope
from einlang.errors import Label
from einlang.syntax import nodes


@dataclass(frozen=True)
class Template:
    """What stands for a tensor of the body: a whole number is that subscript of the access,
    a name is a further index."""

    tensor: str
    slots: tuple[int | str, ...]

    @property
    def further(self) -> tuple[str, ...]:
        """The indices that every access gets in addition."""
        return tuple(slot for slot in self.slots if isinstance(slot, str))


@dataclass(frozen=True)
class Inline:
    """An argument that takes the place of its parameter as it is."""

    value: Expression
    further: tuple[str, ...]


DEEPEST = 24
Binding = Union[Template, Inline]


def expand(node: Expression, scope: Scope) -> Expression:
    """The expression without calls; fresh definitions go to the scope.

    What is nested very deeply becomes a definition of its own, so that no other room has to
    go down that far.
    """
    done = _expand(node, scope) if node.calls or node.depth > DEEPEST else node
    if done.depth <= DEEPEST:
        return done
    places = tuple(nodes.Affine(((name, 1),), span=done.span) for name in done.carries)
    return Read(_define("part", places, done, scope), places, span=done.span)


def _define(base: str, places: tuple[Place, ...], value: Expression, scope: Scope) -> str:
    """A fresh definition; its name."""
    fresh = scope.fresh(base)
    scope.emitted.append(Definition(fresh, places, value, span=value.span))
    scope.tensors[fresh] = len(places)
    return fresh


def _expand(node: Expression, scope: Scope) -> Expression:
    match node:
        case Product():
            return replace(node, factors=tuple(expand(part, scope) for part in node.factors))
        case Sum():
            return replace(node, terms=tuple(expand(part, scope) for part in node.terms))
        case Apply():
            return replace(node, argument=expand(node.argument, scope))
        case Power():
            return replace(node, base=expand(node.base, scope))
        case Fold():
            return replace(node, body=expand(node.body, scope))
        case Call():
            return _call(node, scope)
    return node


def _call(node: Call, scope: Scope) -> Expression:
    head: nodes.Def = node.function.node
    names = dict(zip(head.indices + head.bound, node.indices + node.bound, strict=True))
    names |= {label: scope.fresh(label.partition(".")[0]) for label in node.function.labels}
    scope.labels.extend(names[label] for label in node.function.labels)
    bindings: dict[str, Binding] = {}
    for parameter, argument in zip(head.parameters, node.arguments, strict=True):
        inside = expand(argument, scope)
        if not _separate(node, parameter, inside, names, scope):
            return Number(0)
        bindings[parameter.name] = _bind(node, parameter, inside, names, scope)
    for inner in node.function.where:
        further = dict.fromkeys(
            name for read in inner.reads for name in bindings[read.tensor].further
        )
        fresh = scope.fresh(f"{head.name}.{inner.name.partition('.')[0]}")
        places = (*_indices(further, node), *(_place(p, names) for p in inner.places))
        value = _put(inner.value, names, bindings)
        span = inner.span
        scope.emitted.append(Definition(fresh, places, value, range=inner.range, span=span))
        scope.tensors[fresh] = len(places)
        bindings[inner.name] = Template(fresh, (*further, *range(len(inner.places))))
    return expand(_put(node.function.value, names, bindings), scope)


def _separate(
    node: Call,
    parameter: nodes.Parameter,
    inside: Expression,
    names: Mapping[str, str],
    scope: Scope,
) -> bool:
    """Whether the further indices of an argument are none that the call names."""
    own = {names[name] for name in parameter.indices}
    named = {*node.indices, *node.bound}
    wrong = [name for name in inside.carries if name in named - own]
    if wrong:
        scope.error(
            "E0220",
            f"parameter `{parameter.name}` of `{node.function.node.name}` has no index "
            f"{listed(wrong)}, but its argument does",
            Label(inside.span, "this argument"),
            Label(parameter.span, "this parameter"),
            hint=f"use another index of the same size: `index {wrong[0]}2 = {wrong[0]}`",
        )
    return not wrong


def _bind(
    node: Call,
    parameter: nodes.Parameter,
    inside: Expression,
    names: Mapping[str, str],
    scope: Scope,
) -> Binding:
    own = [names[name] for name in parameter.indices]
    if isinstance(inside, Read):
        slots = _slots(inside, own)
        if slots is not None:
            return Template(inside.tensor, slots)
    uses = node.function.uses[parameter.name]
    straight = all([plain(p) for p in use.places] == list(parameter.indices) for use in uses)
    simple = isinstance(inside, Number | Size) or len(uses) <= 1
    further = tuple(name for name in inside.carries if name not in own)
    if straight and simple:
        return Inline(inside, further)
    places = _indices((*further, *own), node)
    fresh = _define(f"{node.function.node.name}.{parameter.name}", places, inside, scope)
    return Template(fresh, (*further, *range(len(own))))


def _slots(read: Read, own: list[str]) -> tuple[int | str, ...] | None:
    """Where the subscripts of a parameter go in an argument that is a plain access."""
    simple = [plain(place) for place in read.places]
    found = [name for name in simple if name is not None]
    if len(found) < len(simple) or len(set(found)) < len(found) or not {*own} <= {*found}:
        return None
    return tuple(own.index(name) if name in own else name for name in found)


def _indices(names: Iterable[str], node: Call) -> tuple[Place, ...]:
    return tuple(nodes.Affine(((name, 1),), span=node.span) for name in names)


def _place(place: Place, names: Mapping[str, str]) -> Place:
    if isinstance(place, nodes.Group):
        return replace(place, indices=tuple(names[name] for name in place.indices))
    scaled = tuple(
        (tuple(names[size] for size in sizes), factor, name and names[name])
        for sizes, factor, name in place.scaled
    )
    terms = tuple((names[name], factor) for name, factor in place.terms)
    return replace(place, terms=terms, scaled=scaled)


def _put(node: Expression, names: Mapping[str, str], bindings: Mapping[str, Binding]) -> Expression:
    """The body with names and tensors replaced."""

    def put(part: Expression) -> Expression:
        return _put(part, names, bindings)

    match node:
        case Read():
            return _read(node, names, bindings)
        case Size():
            return replace(node, index=names[node.index])
        case Product():
            summed = tuple(names[name] for name in node.summed)
            return replace(node, factors=tuple(map(put, node.factors)), summed=summed)
        case Sum():
            return replace(node, terms=tuple(map(put, node.terms)))
        case Apply():
            return replace(node, argument=put(node.argument))
        case Power():
            return Power(put(node.base), _exponent(node.exponent, names), span=node.span)
        case Fold():
            over = tuple(names[name] for name in node.over)
            return replace(node, over=over, body=put(node.body))
    return node


def _read(node: Read, names: Mapping[str, str], bindings: Mapping[str, Binding]) -> Expression:
    binding = bindings[node.tensor]
    if isinstance(binding, Inline):
        return binding.value
    places = tuple(
        nodes.Affine(((slot, 1),), span=node.span)
        if isinstance(slot, str)
        else _place(node.places[slot], names)
        for slot in binding.slots
    )
    return Read(binding.tensor, places, span=node.span)


def _exponent(node: nodes.Expression, names: Mapping[str, str]) -> nodes.Expression:
    match node:
        case nodes.SizeOf():
            return replace(node, index=names[node.index])
        case nodes.Unary():
            return replace(node, operand=_exponent(node.operand, names))
        case nodes.Binary():
            first, links = node.chain
            value = _exponent(first, names)
            for link in links:
                value = replace(link, left=value, right=_exponent(link.right, names))
            return value
    return node
