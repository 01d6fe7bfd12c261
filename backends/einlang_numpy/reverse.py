"""Dataflows differentiated in reverse mode, for a batch of samples at once.

Every value carries one axis in front: the samples, or of length one what they share. Sums of
products, index maps and combinations are linear in each argument; elementwise functions go
by the chain rule.

>>> from einlang.planning.dataflow import Builder, Contract, Port, Type
>>> build = Builder([Port("w", Type((3,))), Port("x", Type((3,)))])
>>> y = build.add(Contract(((0,), (0,)), ()), (0, 1), Type(()))
>>> outputs, pull = differentiate(build.flow({"y": y}), {"w": np.ones((1, 3)), "x": np.eye(3)})
>>> outputs["y"].tolist(), pull({"y": np.ones(3)})["w"].tolist()
([1.0, 1.0, 1.0], [[1.0, 1.0, 1.0]])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from einlang.contraction import einsum
from einlang.planning.dataflow import (
    Add,
    Apply,
    Constant,
    Contract,
    Dataflow,
    Fold,
    Reshape,
    Step,
    View,
)
from einlang_numpy.functions import apply
from einlang_numpy.kernels import Folding
from einlang_numpy.slopes import slope
from einlang_numpy.views import viewing

Array = Any
Arrays = Mapping[str, Array]
Labels = tuple[int, ...]
Parts = Callable[[Array], list[Array]]
"""The gradient by a value to those by the arguments of its step."""


def differentiate(flow: Dataflow, inputs: Arrays) -> tuple[dict[str, Array], Callable[..., Any]]:
    """The outputs, and what pulls the gradients by outputs back to those by inputs.

    Inputs have the shape declared and one axis in front, of length one or of the samples.
    For complex values nothing is conjugated. Raises `ValueError` for a function of complex
    values that has no complex derivative.
    """
    values = [np.asarray(inputs[port.name]) for port in flow.inputs]
    values = [x if x.dtype.kind in "fc" else x.astype(float) for x in values]
    backs: list[Parts] = []
    for step in flow.steps:
        value, back = _step(step, [values[n] for n in step.arguments])
        values.append(value)
        backs.append(back)

    def pull(gradients: Arrays) -> dict[str, Array]:
        found: list[Any] = [None] * len(values)
        for name, number in zip(flow.names, flow.outputs, strict=True):
            if name in gradients:
                _add(found, number, _fit(gradients[name], values[number].shape))
        for place in reversed(range(len(flow.steps))):
            own = found[len(flow.inputs) + place]
            if own is not None:
                arguments = flow.steps[place].arguments
                for number, part in zip(arguments, backs[place](own), strict=True):
                    _add(found, number, _fit(part, values[number].shape))
        pairs = zip(flow.inputs, found, values, strict=False)
        return {p.name: np.zeros_like(v) if g is None else g for p, g, v in pairs}

    named = zip(flow.names, flow.outputs, strict=True)
    return {name: values[number] for name, number in named}, pull


def _add(found: list[Any], number: int, part: Array) -> None:
    found[number] = part if found[number] is None else found[number] + part


def _fit(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Of what all samples share, the sum over samples."""
    if shape[0] == 1 and gradient.shape[0] != 1:
        return gradient.sum(0, keepdims=True)
    return np.broadcast_to(gradient, shape)


def _step(step: Step, arguments: list[Array]) -> tuple[Array, Parts]:
    operation = step.operation
    match operation:
        case Constant(value=number):
            return np.full(1, float(number)), lambda _: []
        case View():
            return _view(operation, step.type.shape, arguments[0])
        case Reshape():
            (x,) = arguments
            value = x.reshape(len(x), *step.type.shape)
            return value, lambda g: [g.reshape(len(g), *x.shape[1:])]
        case Contract():
            return _contract(operation, arguments)
        case Add(coefficients=numbers):
            value = sum(c * x for c, x in zip(numbers, arguments, strict=True))
            return np.asarray(value), lambda g: [c * g for c in numbers]
        case Apply(function=function):
            (x,) = arguments
            return apply(function, x), lambda g: [g * slope(function, x)]
        case Fold():
            return _fold(operation, arguments[0])
    raise TypeError(f"no step: {operation}")


def _view(view: View, shape: tuple[int, ...], x: Array) -> tuple[Array, Parts]:
    source = x.shape[1:]
    size = int(np.prod(source))
    # What lies outside is marked by -1, a place that no element has.
    marked = tuple(replace(axis, fill=-1.0) for axis in view.axes)
    places = np.array(viewing(marked, source, shape)(np.arange(size).reshape(source)))
    inside = places >= 0
    outside = viewing(view.axes, source, shape)(np.zeros(source))
    flat = x.reshape(len(x), -1)
    value = np.where(inside, flat[:, np.maximum(places, 0)] if size else 0.0, outside)

    def back(gradient: Array) -> list[Array]:
        total = np.zeros((size, len(gradient)), gradient.dtype)
        np.add.at(total, places[inside], np.moveaxis(gradient[:, inside], 0, -1))
        return [total.T.reshape(len(gradient), *source)]

    return value, back


def _contract(contract: Contract, arguments: list[Array]) -> tuple[Array, Parts]:
    """`einsum` with the samples as one label more where they differ."""
    batch = 1 + max((x for term in (*contract.arguments, contract.result) for x in term), default=0)
    many = [len(x) > 1 for x in arguments]
    plain = [x if m else x[0] for x, m in zip(arguments, many, strict=True)]
    terms = [
        (batch, *term) if m else term for term, m in zip(contract.arguments, many, strict=True)
    ]
    result = (batch, *contract.result) if any(many) else contract.result
    value = _einsum(list(zip(plain, terms, strict=True)), result)

    def back(gradient: Array) -> list[Array]:
        own = gradient if any(many) else gradient[0]
        parts = []
        for place, (x, term) in enumerate(zip(plain, terms, strict=True)):
            pairs = zip(plain, terms, strict=True)
            others = [pair for n, pair in enumerate(pairs) if n != place]
            there = {label for _, t in others for label in t} | set(result)
            kept = tuple(label for label in term if label in there)
            part = _einsum([(own, result), *others], kept)
            lone = tuple(n for n, label in enumerate(term) if label not in there)
            part = np.broadcast_to(np.expand_dims(part, lone), x.shape)
            parts.append(part if many[place] else part[None])
        return parts

    return value if any(many) else value[None], back


def _einsum(operands: list[tuple[Array, Labels]], result: Labels) -> Array:
    flat: list[Any] = [part for array, labels in operands for part in (array, list(labels))]
    return np.asarray(einsum(*flat, list(result)))


def _fold(fold: Fold, x: Array) -> tuple[Array, Parts]:
    axes = tuple(axis + 1 for axis in fold.axes)
    value = np.asarray(Folding(fold.operator, axes).function(x))
    if fold.operator in ("argmax", "argmin"):
        return value.astype(float), lambda g: [np.zeros_like(x)]
    wide = np.expand_dims(value, axes)
    if fold.operator == "prod":
        weights = _others(x, axes)
    else:
        weights = (x == wide) / (x == wide).sum(axes, keepdims=True)
    return value, lambda g: [np.expand_dims(g, axes) * weights]


def _others(x: Array, axes: tuple[int, ...]) -> Array:
    """The product of all the other elements, zeros among them."""
    none = x == 0
    filled = np.where(none, 1.0, x)
    whole = filled.prod(axes, keepdims=True)
    count = none.sum(axes, keepdims=True)
    return np.where(count == 0, whole / filled, np.where((count == 1) & none, whole, 0.0))
