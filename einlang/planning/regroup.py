"""Products of secret tensors contracted one given tensor at a time.

In the clear it does not matter which of two orders is taken that cost the same. Encrypted, it
does: two tensors that are both computed have to be brought to where they meet, while one that
is given comes in whatever way suits the other.

>>> from einlang.planning.dataflow import Port
>>> hidden = Type((8, 8), Qualifier.SECRET)
>>> matmul = Contract(((0, 1), (1, 2)), (0, 2))
>>> steps = [Step(matmul, pair, hidden) for pair in ((0, 1), (2, 3), (4, 5))]
>>> flow = Dataflow(tuple(Port(name, hidden) for name in "ABCD"), tuple(steps), (6,), ("E",))
>>> [step.arguments for step in regrouped(flow).steps]
[(0, 1), (2, 4), (3, 5)]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from einlang.checking.typed import Qualifier
from einlang.planning.dataflow import Builder, Contract, Dataflow, Step, Type
from einlang.planning.factors import Factor, plain
from einlang.planning.lowering import Lowering
from einlang.planning.order import one_by_one
from einlang.planning.ranges import bounds

MOST = 32
"""Products of more tensors stay as they are."""


def regrouped(flow: Dataflow) -> Dataflow:
    """The same arrow, where no product of given tensors multiplies two that were computed.

    Tensors that the program names, or that are read twice, stay.
    """
    inner = _inner(flow)
    products = {value: _opened(flow, value, inner) for value in _ends(flow, inner)}
    apart = {
        value: product
        for value, product in products.items()
        if product.meets and len(product.leaves) <= MOST
    }
    gone = {value for product in apart.values() for value in product.inner}
    build = Builder(flow.inputs)
    place = list(range(len(flow.inputs)))
    for value, step in enumerate(flow.steps, len(flow.inputs)):
        if value in apart:
            place.append(_one_by_one(build, apart[value], place, step))
        elif value in gone:
            place.append(-1)
        else:
            arguments = tuple(place[argument] for argument in step.arguments)
            place.append(build.add(step.operation, arguments, step.type, step.label))
    named = zip(flow.names, flow.outputs, strict=True)
    return build.flow({name: place[value] for name, value in named})


def _inner(flow: Dataflow) -> set[int]:
    """Products that only another one of the same statement reads."""
    reads = Counter(value for step in flow.steps for value in step.arguments)
    reads.update(flow.outputs)
    products = set(_ends(flow, ()))
    return {
        argument
        for value in products
        for argument in _step(flow, value).arguments
        if argument in products
        and reads[argument] == 1
        and _step(flow, argument).label == _step(flow, value).label
        and _unnarrowed(flow, _step(flow, argument))
    }


def _ends(flow: Dataflow, inner: Collection[int]) -> list[int]:
    """Secret products of two tensors, but for those in `inner`."""
    return [
        value
        for value, step in enumerate(flow.steps, len(flow.inputs))
        if value not in inner
        and isinstance(step.operation, Contract)
        and len(step.arguments) == 2
        and step.type.qualifier is Qualifier.SECRET
    ]


def _step(flow: Dataflow, value: int) -> Step:
    return flow.steps[value - len(flow.inputs)]


def _unnarrowed(flow: Dataflow, step: Step) -> bool:
    """Whether no more is known of a value than follows from those it is made of."""
    types = [flow.type(argument) for argument in step.arguments]
    return step.type.range == bounds(step.operation, types, step.type.shape)


@dataclass
class _Product:
    """A product taken apart: what is multiplied, on which wires, and the values in between.

    `meets`: whether somewhere two computed ones are multiplied.
    """

    leaves: list[Factor] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    inner: list[int] = field(default_factory=list)
    meets: bool = False

    def on(
        self, type: Type, labels: Sequence[int] = (), known: dict[int, int] | None = None
    ) -> tuple[int, ...]:
        """The wires of a tensor; new ones for labels that are not `known` yet."""
        known = {} if known is None else known
        labels = labels or range(len(type.shape))
        names = type.axes or ("",) * len(labels)
        for label, size, name in zip(labels, type.shape, names, strict=True):
            if label not in known:
                known[label] = len(self.sizes)
                self.sizes.append(size)
                self.names.append(name)
        return tuple(known[label] for label in labels)


def _opened(flow: Dataflow, value: int, inner: set[int]) -> _Product:
    """The product that ends in a value; its first wires are the axes of the value."""
    product = _Product()
    waiting = [(value, product.on(flow.type(value)))]
    while waiting:
        value, wires = waiting.pop()
        step = _step(flow, value)
        assert isinstance(step.operation, Contract)
        known = dict(zip(step.operation.result, wires, strict=True))
        product.meets |= inner.issuperset(step.arguments)
        for argument, labels in zip(step.arguments, step.operation.arguments, strict=True):
            here = product.on(flow.type(argument), labels, known)
            if argument in inner:
                product.inner.append(argument)
                waiting.append((argument, here))
            else:
                product.leaves.append(Factor(argument, plain(here)))
    product.leaves.sort(key=lambda leaf: leaf.value)
    return product


def _one_by_one(build: Builder, product: _Product, place: Sequence[int], step: Step) -> int:
    """The value of a product, written anew."""
    leaves = [Factor(place[leaf.value], leaf.axes) for leaf in product.leaves]
    result, sizes = range(len(step.type.shape)), dict(enumerate(product.sizes))
    pairs = one_by_one([leaf.wires for leaf in leaves], result, sizes)
    lowering = Lowering(build, {}, step.label)
    value = lowering.contracted(leaves, result, product.sizes, pairs, product.names)
    build.narrow(value, step.type.range)
    return value
