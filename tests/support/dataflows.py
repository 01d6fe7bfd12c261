"""Random dataflows, and what a dataflow means, computed element by element.

>>> from einlang.planning.dataflow import Builder, Port, Reshape, Type
>>> build = Builder([Port("x", Type((2, 2)))])
>>> flat = build.flow({"y": build.add(Reshape(), (0,), Type((4,)))})
>>> meaning(flat, [np.arange(4).reshape(2, 2)])[0].tolist()
[0.0, 1.0, 2.0, 3.0]
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import numpy as np

from einlang.checking.typed import Function, Qualifier
from einlang.planning.dataflow import (
    Add,
    Apply,
    AxisMap,
    Builder,
    Constant,
    Contract,
    Dataflow,
    Fold,
    Operation,
    Port,
    Reshape,
    Step,
    Type,
    View,
)

Array = np.ndarray
FUNCTIONS = {
    Function("tanh"): math.tanh,
    Function("square"): lambda x: x * x,
    Function("relu"): lambda x: max(x, 0.0),
    Function("polynomial", (1.0, -0.5, 0.25)): lambda x: 1 - 0.5 * x + 0.25 * x * x,
    Function("lt0"): lambda x: float(x < 0),
}


def meaning(flow: Dataflow, arrays: Sequence[Array]) -> list[Array]:
    """The outputs, by loops over elements."""
    values = [np.asarray(array, float) for array in arrays]
    for step in flow.steps:
        values.append(element_by_element(step, [values[v] for v in step.arguments]))
    return [values[value] for value in flow.outputs]


def element_by_element(step: Step, arguments: Sequence[Array]) -> Array:
    """What a step gives."""
    if isinstance(step.operation, Reshape):
        return arguments[0].reshape(step.type.shape)
    result = np.zeros(step.type.shape)
    for position in np.ndindex(step.type.shape):
        result[position] = _element(step.operation, arguments, position)
    return result


def _element(operation: Operation, arguments: Sequence[Array], at: tuple[int, ...]) -> float:
    if isinstance(operation, Constant):
        return operation.value
    if isinstance(operation, View):
        return _viewed(operation, arguments[0], at)
    if isinstance(operation, Contract):
        return _contracted(operation, arguments, at)
    if isinstance(operation, Add):
        return sum(c * a[at] for c, a in zip(operation.coefficients, arguments, strict=True))
    if isinstance(operation, Apply):
        return FUNCTIONS[operation.function](arguments[0][at])
    assert isinstance(operation, Fold)
    return _folded(operation, arguments[0], at)


def _viewed(view: View, source: Array, at: tuple[int, ...]) -> float:
    where = []
    for axis, size in zip(view.axes, source.shape, strict=True):
        place = axis.offset + sum(c * at[out] for out, c in axis.terms)
        if axis.border == "pad" and not 0 <= place < size:
            return axis.fill
        place = place % size if axis.border == "wrap" else place
        place = min(max(place, 0), size - 1) if axis.border == "clamp" else place
        assert 0 <= place < size
        where.append(place)
    return source[tuple(where)]


def _contracted(contract: Contract, arguments: Sequence[Array], at: tuple[int, ...]) -> float:
    sizes = {
        label: size
        for labels, array in zip(contract.arguments, arguments, strict=True)
        for label, size in zip(labels, array.shape, strict=True)
    }
    fixed = dict(zip(contract.result, at, strict=True))
    free = [label for label in sizes if label not in fixed]
    total = 0.0
    for values in product(*(range(sizes[label]) for label in free)):
        where = fixed | dict(zip(free, values, strict=True))
        factors = zip(contract.arguments, arguments, strict=True)
        total += math.prod(a[tuple(where[x] for x in labels)] for labels, a in factors)
    return total


def _folded(fold: Fold, source: Array, at: tuple[int, ...]) -> float:
    kept = [axis for axis in range(source.ndim) if axis not in fold.axes]
    found = []
    for values in product(*(range(source.shape[axis]) for axis in fold.axes)):
        where = dict(zip(kept, at, strict=True)) | dict(zip(fold.axes, values, strict=True))
        found.append(source[tuple(where[axis] for axis in range(source.ndim))])
    plain = {"max": max, "min": min, "prod": math.prod}
    if fold.operator in plain:
        return plain[fold.operator](found)
    return found.index(max(found) if fold.operator == "argmax" else min(found))


# -- random ones --------------------------------------------------------------------------


def random_type(random: np.random.Generator, rank: int = 3) -> Type:
    """A small tensor."""
    shape = tuple(int(n) for n in random.integers(1, 4, random.integers(0, rank + 1)))
    return Type(shape, Qualifier(int(random.integers(0, 3))))


def random_flow(
    random: np.random.Generator, types: Sequence[Type], count: int = 5, outputs: int = 2
) -> Dataflow:
    """A dataflow from those types, of about that many steps; at least one type."""
    build = Builder([Port(f"x{n}", type) for n, type in enumerate(types)])
    for _ in range(count):
        values = range(len(build.inputs) + len(build.steps))
        arguments = [int(v) for v in random.choice(values, 2)]
        made = random_step(random, [build.type(v) for v in arguments])
        used = tuple(arguments[: _arity(made[0])])
        level = max((build.type(v).qualifier for v in used), default=Qualifier.PARAM)
        build.add(made[0], used, Type(made[1], level), label=f"s{len(build.steps)}")
    last = range(len(build.inputs) + len(build.steps))
    chosen = [int(v) for v in random.choice(last, outputs)]
    return Dataflow(
        build.inputs,
        tuple(build.steps),
        tuple(chosen),
        tuple(f"y{n}" for n in range(outputs)),
    )


def _arity(operation: Operation) -> int:
    if isinstance(operation, Constant):
        return 0
    if isinstance(operation, Contract):
        return len(operation.arguments)
    return len(operation.coefficients) if isinstance(operation, Add) else 1


def random_step(
    random: np.random.Generator, types: Sequence[Type]
) -> tuple[Operation, tuple[int, ...]]:
    """An operation on arguments of (the first of) those types, and the shape it gives."""
    makers = [_constant, _view, _reshape, _single, _pair, _add, _apply, _fold]
    return makers[random.integers(len(makers))](random, types)


def _constant(random: np.random.Generator, types: Sequence[Type]):
    return Constant(int(random.integers(-3, 4))), ()


def _reshape(random: np.random.Generator, types: Sequence[Type]):
    return Reshape(), (types[0].size,)


def _view(random: np.random.Generator, types: Sequence[Type]):
    shape = tuple(int(n) for n in random.integers(1, 4, random.integers(0, 4)))
    axes = []
    for size in types[0].shape:
        terms = [(out, int(random.integers(-2, 3))) for out in range(len(shape))]
        terms = tuple((out, c) for out, c in terms if c and random.random() < 0.5)
        border = ("pad", "wrap", "clamp")[random.integers(3)]
        axis = AxisMap(terms, int(random.integers(-2, 3)), border)
        exact = [out for out, extent in enumerate(shape) if extent == size]
        if exact and random.random() < 0.4:
            axis = AxisMap(((exact[0], 1),))
        axes.append(axis)
    return View(tuple(axes)), shape


def _single(random: np.random.Generator, types: Sequence[Type]):
    labels = tuple(range(len(types[0].shape)))
    result = tuple(int(x) for x in random.permutation(labels) if random.random() < 0.6)
    return Contract((labels,), result), tuple(types[0].shape[x] for x in result)


def _pair(random: np.random.Generator, types: Sequence[Type]):
    left = tuple(range(len(types[0].shape)))
    sizes = dict(enumerate(types[0].shape))
    right: list[int] = []
    for size in types[1].shape:
        same = [x for x in left if sizes[x] == size and x not in right]
        label = int(random.choice(same)) if same and random.random() < 0.7 else len(sizes)
        sizes[label] = size
        right.append(label)
    result = tuple(int(x) for x in random.permutation(list(sizes)) if random.random() < 0.6)
    return Contract((left, tuple(right)), result), tuple(sizes[x] for x in result)


def _add(random: np.random.Generator, types: Sequence[Type]):
    count = 2 if types[0].shape == types[1].shape else 1
    return Add(tuple(int(c) for c in random.integers(-2, 3, count))), types[0].shape


def _apply(random: np.random.Generator, types: Sequence[Type]):
    names = list(FUNCTIONS)
    return Apply(names[random.integers(len(names))]), types[0].shape


def _fold(random: np.random.Generator, types: Sequence[Type]):
    rank = len(types[0].shape)
    axes = tuple(int(x) for x in random.permutation(rank) if random.random() < 0.6)
    names = ["max", "min", "prod", "argmax", "argmin"]
    shape = tuple(n for axis, n in enumerate(types[0].shape) if axis not in axes)
    return Fold(names[random.integers(5)], axes), shape


def random_arrays(random: np.random.Generator, types: Sequence[Type]) -> list[Array]:
    """Small whole numbers of those shapes, as floats: sums and products are exact."""
    return [random.integers(-2, 3, type.shape).astype(float) for type in types]
