"""In which order operands are contracted: exact for a dozen, by trial above.

The exact search is opt_einsum's (Smith, Gray, 2018; the dynamic programming of Pfeifer,
Haegeman and Verstraete, 2014), that of more operands is in `search`; cotengra's
hyper-optimisation (Gray, Kourtis, 2021) is asked where it is installed and named.

>>> found(((0, 1), (1, 2), (2, 3)), (0, 3), {0: 100, 1: 2, 2: 100, 3: 2})
((1, 2), (0, 3))
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from math import prod
from typing import Any

from einlang_numpy.expressions.operand import Labels, Sizes
from einlang_numpy.expressions.search import Pairs, searched
from einlang_numpy.expressions.storage import stored

EVERY = 4
EXACT = 12
TRIALS = 16
CROWD = 2_000_000


def found(
    terms: tuple[Labels, ...], result: Labels, sizes: Sizes, optimizer: str = "auto"
) -> Pairs:
    """Pairs of operands; the value of the n-th pair is numbered `len(terms) + n`.

    `optimizer` is `auto`, a name that opt_einsum knows, or `cotengra`. Raises ImportError
    where cotengra is asked for and not installed, KeyError for an unknown name.
    """
    if len(terms) < 3:
        return ((0, 1),) if len(terms) == 2 else ()
    return _searched(terms, result, tuple(sorted(sizes.items())), optimizer)


@lru_cache(maxsize=1024)
def _searched(
    terms: tuple[Labels, ...],
    result: Labels,
    sizes: tuple[tuple[int, int], ...],
    optimizer: str,
) -> Pairs:
    inputs: Any = [frozenset(term) for term in terms]
    output: Any = frozenset(result)
    known: Any = dict(sizes)
    network = f"{optimizer}: {terms} -> {result}, {sizes}"
    if optimizer == "cotengra":
        return stored(network, len(terms), lambda: _by_cotengra(terms, result, known))
    from opt_einsum import paths

    uses: dict[int, int] = {}
    for term in terms:
        for label in term:
            uses[label] = uses.get(label, 0) + 1
    if sum(count * count for count in uses.values()) > CROWD:
        return tuple((0, 1) if n == 1 else (n, len(terms) + n - 2) for n in range(1, len(terms)))
    if optimizer == "auto" and len(terms) > EXACT:
        return stored(network, len(terms), lambda: searched(terms, result, known))
    names = {"auto": "optimal" if len(terms) <= EVERY else "dp"}
    find = paths.get_path_fn(names.get(optimizer, optimizer))
    return _pairs(find(inputs, output, known, None), len(terms))


def _by_cotengra(terms: tuple[Labels, ...], result: Labels, sizes: dict[int, int]) -> Pairs:
    if find_spec("cotengra") is None:
        raise ImportError("optimize='cotengra' needs cotengra: pip install cotengra")
    cotengra = import_module("cotengra")  # No extra of ours installs it.
    hyper = cotengra.HyperOptimizer
    exact = len(terms) <= EXACT
    chosen = "optimal" if exact else hyper(max_repeats=TRIALS, parallel=False, progbar=False)
    tree = cotengra.array_contract_tree(terms, result, sizes, optimize=chosen)
    return _pairs(tree.get_path(), len(terms))


def operations(terms: Sequence[Labels], result: Labels, sizes: Sizes, pairs: Pairs) -> int:
    """Products of numbers that an order takes; an index of many operands counts once a pair.

    >>> operations([(0, 1), (1, 2)], (0, 2), {0: 2, 1: 3, 2: 4}, ((0, 1),))
    24
    """
    return sum(prod(sizes[x] for x in held) for held, _ in steps(terms, result, pairs))


def steps(
    terms: Sequence[Labels], result: Labels, pairs: Pairs
) -> list[tuple[frozenset[int], frozenset[int]]]:
    """Per pair, the labels that are run over and those of its value."""
    values: list[frozenset[int]] = [frozenset(term) for term in terms]
    uses: dict[int, int] = dict.fromkeys(result, 1)
    for term in values:
        for label in term:
            uses[label] = uses.get(label, 0) + 1
    made: list[tuple[frozenset[int], frozenset[int]]] = []
    for first, second in pairs:
        held = values[first] | values[second]
        for label in held:
            uses[label] -= (label in values[first]) + (label in values[second])
        left = frozenset(label for label in held if uses[label])
        for label in left:
            uses[label] += 1
        values.append(left)
        made.append((held, left))
    return made


def _pairs(path: Iterable[Sequence[int]], count: int) -> Pairs:
    """A path whose places are counted anew after each group, in single assignment."""
    waiting, pairs = list(range(count)), []
    for group in path:
        first, *others = [waiting.pop(place) for place in sorted(group, reverse=True)][::-1]
        for other in others:
            pairs.append((min(first, other), max(first, other)))
            first = count + len(pairs) - 1
        waiting.append(first)
    return tuple(pairs)
