"""Contractions of an encrypted tensor that is there already with one in the clear.

They are linear maps, written diagonal by diagonal in baby and giant steps: about
`2 * sqrt(n)` rotations where n diagonals are left, one product per diagonal and pair of
ciphertexts, and one level. How many diagonals are left depends on where the result sits,
which is chosen. Coefficients that the client knows are sent encrypted, diagonal by diagonal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from einlang.planning.dataflow import AxisMap, Contract, Type, View
from einlang_fhe.diagonals import Axes, Diagonals, LinearMap
from einlang_fhe.functor.plans import MASK, PRODUCT, Plan, plans
from einlang_fhe.functor.values import (
    TIGHT,
    Cipher,
    Fresh,
    Plain,
    SecretDiagonal,
    Viewed,
    Writer,
    loosened,
)
from einlang_fhe.functor.windows import Window, slide, windows
from einlang_fhe.gather import double
from einlang_fhe.layout import Bit, Copy, Gap, Layout
from einlang_fhe.steps import BABY, Steps

SENT = 0.8
"""What a product with coefficients that the client sends weighs beside a rotation."""
GIANT = 2.0
"""The same of a giant step with them: what it rotates is relinearised before."""

Ways = tuple[list[Callable[[], Cipher]], list[float]]


def linear_ways(
    writer: Writer, cipher: Cipher, map: LinearMap, weights: Plain | Fresh | None
) -> Ways:
    """Ways to apply a map to a tensor, and what each weighs."""
    slid = windows(map, cipher.layout) if weights is None else ()
    prices = (SENT, GIANT) if isinstance(weights, Fresh) else (PRODUCT, 1.0)
    found = plans(map, cipher.layout, *prices)
    ways = [(lambda window=window: _slid(writer, cipher, window)) for window in slid]
    ways += [(lambda plan=plan: _written(writer, cipher, plan, weights)) for plan in found]
    turn = writer.choices.weights["rotate"] + writer.choices.weights["other"]
    estimates = [window.rotations * turn for window in slid]
    masked = TIGHT if weights is None and writer.choices.tight else 1.0
    return ways, estimates + [masked * _estimate(plan, writer.choices.weights) for plan in found]


def _estimate(plan: Plan, weights: Mapping[str, float]) -> float:
    products = plan.draft.products * (weights["multiply_plain"] + weights["other"])
    hoisted = (1 - BABY) * plan.steps.babies * weights["rotate"]
    mask = MASK * plan.draft.cleaned
    return (plan.rotations + mask) * (weights["rotate"] + weights["other"]) + products - hoisted


def _slid(writer: Writer, cipher: Cipher, window: Window) -> Cipher:
    layout = replace(window.layout, imaginary=cipher.layout.imaginary)
    return Cipher(layout, tuple(slide(writer.build, cipher.values, window)), cipher.factor)


def contraction_ways(
    writer: Writer,
    secret: Cipher | Viewed,
    labels: Axes,
    other: tuple[Plain | Fresh, Axes] | None,
    result: Axes,
) -> Ways:
    """Ways to contract an encrypted tensor, however it is seen, with one that is plain or of
    the client, if any; and what each weighs."""
    cipher, origin = (
        (secret.cipher, secret.origin) if isinstance(secret, Viewed) else (secret, None)
    )
    weights, names = (None, None) if other is None else summed_alone(writer, *other, labels, result)
    shapes = [(labels, secret.shape)]
    shapes += [] if weights is None or names is None else [(names, weights.shape)]
    sizes = {n: size for some, shape in shapes for n, size in zip(some, shape, strict=True)}
    order = {label: number for number, label in enumerate(sizes)}
    named = [
        None if some is None else tuple(order[n] for n in some) for some in (labels, names, result)
    ]
    view, coefficients, kept = named
    assert view is not None
    assert kept is not None
    map = LinearMap(tuple(sizes.values()), view, coefficients, kept, origin)
    ways, estimates = linear_ways(writer, cipher, map, weights)
    if isinstance(weights, Plain) and writer.use.last and not cipher.layout.complex:
        for label in map.new:
            more = paired_ways(writer, cipher, map, weights, label)
            ways, estimates = ways + more[0], estimates + more[1]
    return ways, estimates


def paired_ways(writer: Writer, cipher: Cipher, map: LinearMap, weights: Plain, label: int) -> Ways:
    """The same with complex coefficients: neighbours along a label of the result that only they
    have are real and imaginary part; nothing where their number is odd."""
    half, odd = divmod(map.sizes[label], 2)
    if odd or map.weights is None or not half:
        return [], []
    axis, place = map.weights.index(label), map.result.index(label)
    terms = [
        ((n + 1, 1),) if n != axis else ((0, 1), (n + 1, 2)) for n in range(len(weights.shape))
    ]
    sizes = tuple(half if n == label else size for n, size in enumerate(map.sizes))
    shape = (2, *(sizes[n] for n in map.weights))
    parts = View(tuple(AxisMap(some) for some in terms))
    number = writer.compute(parts, (weights.number,), Type(shape))
    halved = replace(map, sizes=sizes, paired=True)
    ways, estimates = linear_ways(writer, cipher, halved, Plain(number, shape))
    return [lambda way=way: _joined(way(), place) for way in ways], estimates


def _joined(cipher: Cipher, axis: int) -> Cipher:
    """The tensor whose lowest bit along an axis is the complex part."""
    layout = cipher.layout
    places = tuple(
        replace(place, bit=place.bit + 1)
        if isinstance(place, Bit) and place.axis == axis
        else place
        for place in layout.places
    )
    digits = tuple(
        replace(digit, low=digit.low + 1) if digit.axis == axis else digit
        for digit in layout.digits
    )
    shape = tuple(2 * size if n == axis else size for n, size in enumerate(layout.shape))
    part = Bit(axis, 0)
    return replace(
        cipher, layout=replace(layout, shape=shape, places=places, digits=digits, part=part)
    )


def summed_alone(
    writer: Writer, plain: Plain | Fresh, names: Axes, labels: Axes, result: Axes
) -> tuple[Plain | Fresh, Axes]:
    """An operand in the clear, summed over the labels that nothing else has."""
    kept = tuple(name for name in names if name in labels or name in result)
    if kept == names:
        return plain, names
    order = tuple(names.index(name) for name in kept)
    shape = tuple(plain.shape[place] for place in order)
    operation = Contract((tuple(range(len(names))),), order)
    number = writer.compute(operation, (plain.number,), Type(shape))
    if isinstance(plain, Fresh):
        return Fresh(number, shape, plain.factor), kept
    return Plain(number, shape), kept


def _written(writer: Writer, cipher: Cipher, plan: Plan, weights: Plain | Fresh | None) -> Cipher:
    """The instructions of a plan; no copies of what only the client reads."""
    build, draft = writer.build, plan.draft.bare if writer.use.last else plan.draft
    values = list((writer.cleaned(cipher) if draft.cleaned else cipher).values)
    if draft.doublings:
        pairs = zip(draft.source.places, draft.diagonals.source.places, strict=True)
        new = Layout((), tuple(Gap() if now == later else Copy() for now, later in pairs))
        values = [double(build, value, new) for value in values]
    sums = _stepped(writer, values, draft.diagonals, plan.steps, weights)
    for turn in draft.turns:
        if turn > 0:
            sums = [build.add(value, build.rotate(value, turn)) for value in sums]
    apart = [-turn for turn in draft.turns if turn < 0]
    sums = [build.add_all([v, *(build.rotate(v, turn) for turn in apart)]) for v in sums]
    factor = 1.0 if weights is None else weights.factor
    layout = loosened(draft.result) if writer.use.last else draft.result
    layout = replace(layout, imaginary=cipher.layout.imaginary)
    return Cipher(layout, tuple(sums), cipher.factor * factor)


def _stepped(
    writer: Writer,
    values: Sequence[int],
    diagonals: Diagonals,
    steps: Steps,
    weights: Plain | Fresh | None,
) -> list[int]:
    """The sums of rotated products, one for each ciphertext of the target."""
    build, moves = writer.build, diagonals.moves
    babies, giants = steps.parts(moves[:, 2], build.slots)
    sums: list[dict[int, list[int]]] = [{} for _ in range(diagonals.target.count)]
    for move, baby, giant in zip(moves.tolist(), babies.tolist(), giants.tolist(), strict=True):
        turned = build.rotate(values[move[1]], baby)
        product = _product(writer, turned, weights, diagonals, tuple(move), giant)
        sums[move[0]].setdefault(giant, []).append(product)
    return [_collected(writer, values, terms) for terms in sums]


def _product(
    writer: Writer,
    value: int,
    weights: Plain | Fresh | None,
    diagonals: Diagonals,
    move: tuple[int, int, int],
    giant: int,
) -> int:
    """A rotated ciphertext times the coefficients of a move; where those are encrypted too, it
    is left unrelinearised."""
    build = writer.build
    if isinstance(weights, Fresh):
        sent = writer.request(SecretDiagonal(weights.number, diagonals, move, giant))
        return build.emit("multiply", *sorted((value, sent)))
    number = None if weights is None else weights.number
    return build.multiply_plain(value, writer.plains.diagonal(number, diagonals, move, giant))


def _collected(writer: Writer, values: Sequence[int], terms: dict[int, list[int]]) -> int:
    """The giant steps of one ciphertext; zero where there is nothing to add."""
    build = writer.build
    if not terms:
        return build.multiply_plain(values[0], writer.plains.mask(np.zeros(build.slots)))
    turned = []
    for giant, some in sorted(terms.items()):
        total = build.add_all(some)
        if build.instructions[some[0]].verb == "multiply":
            total = build.emit("relinearize", total)
        turned.append(build.rotate(total, giant))
    return build.add_all(turned)
