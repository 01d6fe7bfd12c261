"""Orders of many operands: greedy by trials, then small parts of the tree made the best.

Trials take the pair that shrinks most, with noise on its logarithm (Gray, Kourtis, 2021,
section 4.1); then, again and again, a part of the tree with a few leaves is put in its best
order by dynamic programming (section 4.4 there). How long that may take depends on what the
contraction takes; nothing depends on clocks, and the same network gets the same order.

>>> ring = [(n, (n + 1) % 16) for n in range(16)]
>>> order = searched(ring, (), dict.fromkeys(range(16), 4))
>>> len(order), order == searched(ring, (), dict.fromkeys(range(16), 4))
(15, True)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from itertools import combinations
from math import log2, prod
from random import Random

from einlang_numpy.expressions.operand import Labels, Sizes

Pairs = tuple[tuple[int, int], ...]
WRITING = 16
"""Products of numbers that take as long as writing an element."""
LEAVES = 7
"""How many leaves a part of the tree has that is put in its best order."""
TRIALS = 8
"""Greedy orders of which the best is put in order by parts."""
LEAST, MOST = 8_000, 150_000
"""Steps of a search, each about a microsecond."""
PAYS = 1 / 16
"""Steps of the search for each product of numbers that the first order takes."""


def searched(terms: Sequence[Labels], result: Labels, sizes: Sizes) -> Pairs:
    """Pairs of operands; the value of the n-th pair is numbered `len(terms) + n`."""
    network = Network(terms, result, sizes)
    random = Random(0)
    first = network.greedy(1.0, 0.0, random)
    limit = min(MOST, max(LEAST, int(network.cost(first) * PAYS)))
    found = [network.settled(first, limit)]
    while network.steps < limit:
        tried = [
            network.greedy(random.uniform(0.5, 2.0), random.uniform(0.1, 1.0), random)
            for _ in range(TRIALS)
        ]
        found.append(network.settled(min(tried, key=network.cost), limit))
    return min(found, key=network.cost)


class Network:
    """Operands as sets of labels, in the bits of a number; `steps` counts what is tried."""

    def __init__(self, terms: Sequence[Labels], result: Labels, sizes: Sizes) -> None:
        labels = dict.fromkeys(x for term in terms for x in term)
        bit = {label: 1 << n for n, label in enumerate(labels)}
        self.sizes = [float(sizes[label]) for label in labels]
        self.leaves = [sum(bit[x] for x in set(term)) for term in terms]
        self.result = sum(bit[x] for x in set(result))
        self.known: dict[int, float] = {}
        self.steps = 0

    def size(self, mask: int) -> float:
        """How many elements there are over those labels."""
        found = self.known.get(mask)
        if found is None:
            found = self.known[mask] = prod(self.sizes[n] for n in bits(mask))
        return found

    def cost(self, pairs: Pairs) -> float:
        """What an order takes, in products of numbers."""
        values = self.values(pairs)
        count = len(self.leaves)
        return sum(
            self.size(values[first] | values[second]) + WRITING * self.size(values[count + n])
            for n, (first, second) in enumerate(pairs)
        )

    def values(self, pairs: Pairs) -> list[int]:
        """The labels of all values; in a tree, those that occur outside of a part too."""
        values, uses = list(self.leaves), Uses(self.leaves, self.result)
        for first, second in pairs:
            values.append(uses.merge(values[first], values[second]))
        return values

    def greedy(self, weight: float, heat: float, random: Random) -> Pairs:
        """The pair whose value is smallest beside its factors, `weight` times; with noise."""
        uses = Uses(self.leaves, self.result)
        values = dict(enumerate(self.leaves))
        holders: dict[int, set[int]] = {}
        for number, mask in values.items():
            for n in bits(mask):
                holders.setdefault(n, set()).add(number)
        met = {pair for held in holders.values() for pair in combinations(sorted(held), 2)}
        heap = [(self._score(values, uses, pair, weight, heat, random), pair) for pair in met]
        heapify(heap)
        pairs: list[tuple[int, int]] = []
        while len(values) > 1:
            first, second = heappop(heap)[1] if heap else self._smallest(values)
            if first not in values or second not in values:
                continue
            self.steps += 10
            number = len(self.leaves) + len(pairs)
            pairs.append((first, second))
            one, other = values.pop(first), values.pop(second)
            made = values[number] = uses.merge(one, other)
            for n in bits(one | other):
                holders[n] -= {first, second}
            near = {x for n in bits(made) for x in holders[n]}
            for n in bits(made):
                holders[n].add(number)
            for x in sorted(near):
                score = self._score(values, uses, (x, number), weight, heat, random)
                heappush(heap, (score, (x, number)))
        return tuple(pairs)

    def _score(
        self,
        values: dict[int, int],
        uses: Uses,
        pair: tuple[int, int],
        weight: float,
        heat: float,
        random: Random,
    ) -> float:
        self.steps += 5
        one, other = values[pair[0]], values[pair[1]]
        gain = self.size(uses.left(one, other)) - weight * (self.size(one) + self.size(other))
        score = log2(gain + 1) if gain > 0 else -log2(1 - gain)
        return score - heat * log2(-log2(random.random() or 0.5) or 1.0) if heat else score

    def _smallest(self, values: dict[int, int]) -> tuple[int, int]:
        """What is left over has no label in common: the smallest two."""
        first, second = sorted(values, key=lambda n: (self.size(values[n]), n))[:2]
        return min(first, second), max(first, second)

    def improved(self, pairs: Pairs, limit: int) -> Pairs:
        """The tree with its parts put in their best order, from the most costly ones on."""
        count = len(self.leaves)
        children = {count + n: pair for n, pair in enumerate(pairs)}
        values = dict(enumerate(self.values(pairs)))
        dear = {n: self.size(values[a] | values[b]) for n, (a, b) in children.items()}
        fresh, root = count + len(pairs), count + len(pairs) - 1
        for node in sorted(children, key=lambda n: -dear[n]):
            if node not in children or self.steps >= limit:
                continue
            leaves, inner = self._part(node, children, values)
            parts = [values[leaf] for leaf in leaves]
            before = sum(self._merging(values, children[n], n) for n in inner)
            found = self._exact(parts, values[node], before)
            if found is None:
                continue
            for n in inner:
                del children[n]
            number = dict(enumerate(leaves))
            for place, (one, other, made) in enumerate(found, len(leaves)):
                last = place + 1 == len(leaves) + len(found)
                number[place] = node if last else fresh
                fresh += not last
                children[number[place]] = number[one], number[other]
                values[number[place]] = made
        return _numbered(children, root, count)

    def settled(self, pairs: Pairs, limit: int) -> Pairs:
        """An order whose parts are the best already, or as far as the limit allows."""
        cost = self.cost(pairs)
        while self.steps < limit:
            tried = self.improved(pairs, limit)
            other = self.cost(tried)
            if other >= cost:
                break
            pairs, cost = tried, other
        return pairs

    def _part(
        self, node: int, children: dict[int, tuple[int, int]], values: dict[int, int]
    ) -> tuple[list[int], list[int]]:
        """A part of the tree below a node: its leaves, the large ones opened first, and nodes."""
        leaves, inner = [node], []
        while len(leaves) < LEAVES:
            open_ = [x for x in leaves if x in children]
            if not open_:
                break
            widest = max(open_, key=lambda x: (self.size(values[x]), x))
            leaves.remove(widest)
            inner.append(widest)
            leaves += children[widest]
        return leaves, inner

    def _merging(self, values: dict[int, int], pair: tuple[int, int], made: int) -> float:
        return self.size(values[pair[0]] | values[pair[1]]) + WRITING * self.size(values[made])

    def _exact(
        self, parts: list[int], kept: int, before: float
    ) -> list[tuple[int, int, int]] | None:
        """The best order of a few parts by dynamic programming over their subsets; nothing
        where none takes less than `before`.
        """
        everything = (1 << len(parts)) - 1
        union = [0] * (everything + 1)
        for subset in range(1, everything + 1):
            low = subset & -subset
            union[subset] = union[subset ^ low] | parts[low.bit_length() - 1]
        left = [union[s] & (union[everything ^ s] | kept) for s in range(everything + 1)]
        best = [0.0 if s & (s - 1) == 0 else before for s in range(everything + 1)]
        split = [0] * (everything + 1)
        for subset in range(1, everything + 1):
            if subset & (subset - 1) == 0:
                continue
            high = 1 << (subset.bit_length() - 1)
            rest = subset ^ high
            writing = WRITING * self.size(left[subset])
            one = rest
            while one:
                other = subset ^ one
                sofar = best[one] + best[other] + writing
                self.steps += 1
                if sofar < best[subset]:
                    total = sofar + self.size(left[one] | left[other])
                    if total < best[subset]:
                        best[subset], split[subset] = total, one
                one = (one - 1) & rest
        if not split[everything] or best[everything] >= before * (1 - 1e-9):
            return None
        return _steps(split, left, len(parts))


class Uses:
    """Which labels occur once or twice in what is left; the result counts as an operand."""

    def __init__(self, masks: Iterable[int], result: int) -> None:
        self.count: dict[int, int] = {}
        for mask in (*masks, result):
            for n in bits(mask):
                self.count[n] = self.count.get(n, 0) + 1
        self.once = sum(1 << n for n, count in self.count.items() if count == 1)
        self.twice = sum(1 << n for n, count in self.count.items() if count == 2)

    def left(self, one: int, other: int) -> int:
        """The labels that a product keeps."""
        both = one & other
        return (one | other) & ~(both & self.twice) & ~((one ^ other) & self.once)

    def merge(self, one: int, other: int) -> int:
        """The same, and what is counted after the product is made."""
        made = self.left(one, other)
        for n in bits(made & one & other):
            count = self.count[n] = self.count[n] - 1
            if count == 2:
                self.twice |= 1 << n
            elif count == 1:
                self.twice &= ~(1 << n)
                self.once |= 1 << n
        return made


def bits(mask: int) -> Iterator[int]:
    """The places of the bits of a number.

    >>> list(bits(0b1101))
    [0, 2, 3]
    """
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _steps(split: list[int], left: list[int], count: int) -> list[tuple[int, int, int]]:
    """The pairs that splits of subsets come to, with the labels of what each makes."""
    made: list[tuple[int, int, int]] = []

    def number(subset: int) -> int:
        if subset & (subset - 1) == 0:
            return subset.bit_length() - 1
        one = split[subset]
        pair = number(one), number(subset ^ one)
        made.append((*pair, left[subset]))
        return count + len(made) - 1

    number((1 << count) - 1)
    return made


def _numbered(children: dict[int, tuple[int, int]], root: int, count: int) -> Pairs:
    """A tree as pairs, each after those that it takes."""
    number, pairs = {n: n for n in range(count)}, []
    waiting = [root]
    while waiting:
        node = waiting[-1]
        if node in number:
            waiting.pop()
            continue
        missing = [x for x in children[node] if x not in number]
        if missing:
            waiting += missing
            continue
        one, other = (number[x] for x in children[node])
        pairs.append((min(one, other), max(one, other)))
        number[node] = count + len(pairs) - 1
        waiting.pop()
    return tuple(pairs)
