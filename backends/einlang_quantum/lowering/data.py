"""Terms with data: networks of arrays, index maps read off the data where that is free.

An index map next to a tensor that nothing else reads at that axis picks elements of the data;
elsewhere it is a tensor of zeros and ones.

>>> from einlang.diagrams import Diagram, MapBox, Node, TensorBox
>>> nodes = (Node(TensorBox("x"), (0,)), Node(MapBox((2,)), (0, 1)))
>>> every_other = Diagram((4, 2), nodes, (), (1,))
>>> network(every_other, {"x": np.arange(4.0)}).tensors[0].array.tolist()
[0.0, 2.0]
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from einlang.diagrams import Diagram, MapBox, Node, TensorBox
from einlang.errors import BackendMistake, DataMistake, fail
from einlang_quantum.lowering.network import Network, Tensor, packed, simplified

Array = Any
MOST = 1 << 22


def network(diagram: Diagram, data: Mapping[str, Array], factor: complex = 1.0) -> Network:
    """The network of a diagram of tensors and index maps.

    Raises `KeyError` for a tensor without data, `ValueError` where a shape does not fit,
    `DataMistake` E0740 for numbers that are not finite, `BackendMistake` E0752 for an index
    map that takes too many numbers as a tensor.
    """
    maps = [node for node in diagram.nodes if isinstance(node.box, MapBox)]
    tensors = [_tensor(node, diagram, data) for node in diagram.nodes if node not in maps]
    for node in maps:
        if not _read_off(tensors, node, diagram):
            tensors.append(Tensor(_relation(node, diagram.sizes), node.legs))
    ends = _ends(diagram)
    # A wire that nothing was at from the start is a number: the size of its index.
    factor *= math.prod(size for wire, size in enumerate(diagram.sizes) if not ends[wire])
    found = Network(diagram.sizes, tuple(tensors), diagram.dom, diagram.cod, factor)
    return simplified(packed(found))


def _ends(diagram: Diagram) -> Counter[int]:
    """How many ends each wire has."""
    return Counter([*diagram.dom, *diagram.cod, *(w for n in diagram.nodes for w in n.legs)])


def _tensor(node: Node, diagram: Diagram, data: Mapping[str, Array]) -> Tensor:
    """The data of a tensor, on its wires."""
    assert isinstance(node.box, TensorBox)
    name = node.box.name
    array = np.asarray(data[name])
    array = array.astype(np.result_type(array, np.float64))
    sizes = tuple(diagram.sizes[leg] for leg in node.legs)
    if array.shape != sizes:
        raise ValueError(f"`{name}` has the shape {array.shape}, its wires {sizes}")
    if not np.isfinite(array).all():
        hint = "look for NaN, infinity and overflow in the data of the program"
        message = f"`{name}` is no state: not all of its elements are finite"
        raise fail(DataMistake, "E0740", message, hint=hint)
    return Tensor(array, node.legs)


def _read_off(tensors: list[Tensor], node: Node, diagram: Diagram) -> bool:
    """Replaces the tensor next to a map by what is read of it, if nothing else is there."""
    axis, *indices = node.legs
    ends = _ends(diagram)
    found = [number for number, tensor in enumerate(tensors) if axis in tensor.legs]
    if ends[axis] != 2 or len(found) != 1 or axis in indices:
        return False
    tensor = tensors[found[0]]
    place = tensor.legs.index(axis)
    where, inside = _places(node, diagram.sizes)
    array = np.take(tensor.array, where, place)
    outside = (1,) * place + inside.shape + (1,) * (tensor.array.ndim - place - 1)
    legs = (*tensor.legs[:place], *indices, *tensor.legs[place + 1 :])
    tensors[found[0]] = Tensor(array * inside.reshape(outside), legs)
    return True


def _places(node: Node, sizes: Sequence[int]) -> tuple[Array, Array]:
    """Where the axis is read for every index, and whether that is inside of it."""
    assert isinstance(node.box, MapBox)
    box, axis = node.box, sizes[node.legs[0]]
    shape = tuple(sizes[leg] for leg in node.legs[1:])
    where = np.full(shape, box.offset)
    for coefficient, index in zip(box.coefficients, np.indices(shape), strict=True):
        where = where + coefficient * index
    if box.border == "wrap":
        where = where % axis
    if box.border == "clamp":
        where = where.clip(0, axis - 1)
    inside = (where >= 0) & (where < axis)
    return np.where(inside, where, 0), inside


def _relation(node: Node, sizes: Sequence[int]) -> Array:
    """One where the axis stands where the indices say. Raises `BackendMistake` E0752."""
    where, inside = _places(node, sizes)
    axis = sizes[node.legs[0]]
    if where.size * axis > MOST:
        message = f"an index map takes {where.size * axis:,} numbers as a tensor"
        hint = "read windows and groups off the inputs themselves, or use `--backend numpy`"
        raise fail(BackendMistake, "E0752", message, hint=hint)
    counted = np.arange(axis).reshape(-1, *(1,) * where.ndim)
    return ((where == counted) & inside).astype(float)
