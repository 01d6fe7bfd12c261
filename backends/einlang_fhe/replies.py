"""From the ciphertexts of a reply to outputs, by whoever has the secret key.

>>> from einlang_fhe.layout import Bit, Layout
>>> place = Reply("x", Layout((2, 2), (Bit(1, 0), Bit(0, 0))), factor=2.0, first=0)
>>> opened([place], lambda number, *_: np.arange(4.0), lambda one, n: [*map(one, range(n))])
{'x': array([[0., 2.],
       [4., 6.]])}
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from einlang_fhe.functor.lower import Reply
from einlang_fhe.layout import unpack

Array = np.ndarray[Any, Any]


def opened(
    replies: Sequence[Reply],
    read: Callable[[int, bool, float], Array],
    each: Callable[[Callable[[int], Array], int], list[Array]],
) -> dict[str, Array]:
    """The outputs by name.

    `read` decrypts a ciphertext by its number, told whether imaginary parts are asked for, and
    what stands for 1 in it;
    `each` calls a function with so many numbers, on as many threads as it likes.
    """
    # Where terms cancel, what the ciphertexts hold does not matter.
    held = [item for item in replies if item.factor != 0]
    asked = [
        (item.first + n, item.layout.complex, 1 / abs(item.factor))
        for item in held
        for n in range(item.layout.count)
    ]
    vectors = each(lambda n: read(*asked[n]), len(asked))
    found = {number: vector for (number, *_), vector in zip(asked, vectors, strict=True)}
    return {item.name: _unpacked(item, found) for item in replies}


def _unpacked(item: Reply, vectors: dict[int, Array]) -> Array:
    if item.factor == 0:
        return np.zeros(item.layout.shape)
    found = [vectors[item.first + n] for n in range(item.layout.count)]
    return unpack(np.stack(found), item.layout) * item.factor
