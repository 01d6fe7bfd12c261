"""Contractions of an encrypted tensor that is there already with a plain one.

They are linear maps, written diagonal by diagonal in baby and giant steps: about
`2 * sqrt(n)` rotations where n diagonals are left, one product per diagonal and pair of
ciphertexts, and one level. How many diagonals are left depends on where the result sits,
which is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from einlang.planning.dataflow import Contract, Type
from einlang_fhe.diagonals import Axes, LinearMap
from einlang_fhe.functor.choosing import choose
from einlang_fhe.functor.plans import MASK, Plan, plans
from einlang_fhe.functor.values import Cipher, Plain, Viewed, Writer
from einlang_fhe.functor.windows import Window, slide, windows
from einlang_fhe.gather import double
from einlang_fhe.layout import Copy, Gap, Layout
from einlang_fhe.steps import BABY

Ways = tuple[list[Callable[[], Cipher]], list[float]]


def linear_ways(writer: Writer, cipher: Cipher, map: LinearMap, weights: Plain | None) -> Ways:
    """Ways to apply a map to a tensor, and what each weighs."""
    number = None if weights is None else weights.number
    slid = windows(map, cipher.layout) if weights is None else ()
    found = plans(map, cipher.layout)
    ways = [(lambda window=window: _slid(writer, cipher, window)) for window in slid]
    ways += [(lambda plan=plan: _written(writer, cipher, plan, number)) for plan in found]
    turn = writer.choices.weights["rotate"] + writer.choices.weights["other"]
    estimates = [window.rotations * turn for window in slid]
    return ways, estimates + [_estimate(plan, writer.choices.weights) for plan in found]


def _estimate(plan: Plan, weights: Mapping[str, float]) -> float:
    products = plan.draft.products * (weights["multiply_plain"] + weights["other"])
    hoisted = (1 - BABY) * plan.steps.babies * weights["rotate"]
    mask = MASK * plan.draft.cleaned
    return (plan.rotations + mask) * (weights["rotate"] + weights["other"]) + products - hoisted


def _slid(writer: Writer, cipher: Cipher, window: Window) -> Cipher:
    return Cipher(window.layout, tuple(slide(writer.build, cipher.values, window)), cipher.factor)


def contract_linear(
    writer: Writer,
    secret: Cipher | Viewed,
    labels: Axes,
    plain: tuple[Plain, Axes] | None,
    result: Axes,
) -> Cipher:
    """A contraction of an encrypted tensor, however it is seen, with a plain one, if any."""
    cipher, origin = (
        (secret.cipher, secret.origin) if isinstance(secret, Viewed) else (secret, None)
    )
    weights, names = (None, None) if plain is None else summed_alone(writer, *plain, labels, result)
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
    return choose(writer, *linear_ways(writer, cipher, map, weights))


def summed_alone(
    writer: Writer, plain: Plain, names: Axes, labels: Axes, result: Axes
) -> tuple[Plain, Axes]:
    """A plain operand, summed over the labels that nothing else has."""
    kept = tuple(name for name in names if name in labels or name in result)
    if kept == names:
        return plain, names
    order = tuple(names.index(name) for name in kept)
    shape = tuple(plain.shape[place] for place in order)
    operation = Contract((tuple(range(len(names))),), order)
    return Plain(writer.compute(operation, (plain.number,), Type(shape)), shape), kept


def _written(writer: Writer, cipher: Cipher, plan: Plan, number: int | None) -> Cipher:
    """The instructions of a plan; `number` is the tensor of the coefficients."""
    build, draft = writer.build, plan.draft
    values = list((writer.cleaned(cipher) if draft.cleaned else cipher).values)
    if draft.doublings:
        pairs = zip(draft.source.places, draft.diagonals.source.places, strict=True)
        new = Layout((), tuple(Gap() if now == later else Copy() for now, later in pairs))
        values = [double(build, value, new) for value in values]
    sums = _stepped(writer, values, plan, number)
    for turn in draft.turns:
        if turn > 0:
            sums = [build.add(value, build.rotate(value, turn)) for value in sums]
    apart = [-turn for turn in draft.turns if turn < 0]
    sums = [build.add_all([v, *(build.rotate(v, turn) for turn in apart)]) for v in sums]
    return Cipher(draft.result, tuple(sums), cipher.factor)


def _stepped(writer: Writer, values: Sequence[int], plan: Plan, number: int | None) -> list[int]:
    """The sums of rotated products, one for each ciphertext of the target."""
    build, plains, diagonals = writer.build, writer.plains, plan.draft.diagonals
    moves = diagonals.moves
    babies, giants = plan.steps.parts(moves[:, 2], build.slots)
    sums: list[dict[int, list[int]]] = [{} for _ in range(diagonals.target.count)]
    for move, baby, giant in zip(moves.tolist(), babies.tolist(), giants.tolist(), strict=True):
        turned = build.rotate(values[move[1]], baby)
        plain = plains.diagonal(number, diagonals, tuple(move), giant)
        sums[move[0]].setdefault(giant, []).append(build.multiply_plain(turned, plain))
    return [_collected(writer, values, terms) for terms in sums]


def _collected(writer: Writer, values: Sequence[int], terms: dict[int, list[int]]) -> int:
    """The giant steps of one ciphertext; zero where there is nothing to add."""
    build = writer.build
    if not terms:
        return build.multiply_plain(values[0], writer.plains.mask(np.zeros(build.slots)))
    parts = sorted(terms.items())
    return build.add_all([build.rotate(build.add_all(some), giant) for giant, some in parts])
