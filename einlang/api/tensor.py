"""Tensors with index objects: `C[i, k] = A[i, j] * B[j, k]`, as it would stand in a program.

>>> from einlang.api.places import indices
>>> i, j, k = indices("i j k")
>>> A, B, C = Tensor(np.eye(2)), Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor()
>>> C[i, k] = A[i, j] * B[j, k]
>>> np.asarray(C).tolist()
[[1.0, 2.0], [3.0, 4.0]]

An index that the left side lacks is summed, term by term.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Mapping
from typing import Any, Union

import numpy as np

from einlang.api.encrypted import Encrypted
from einlang.api.places import Index, Subscript, subscript
from einlang.api.recording import Leaf, Made, Tensorial, write
from einlang.api.shaping import number
from einlang.syntax import nodes

Operator = Any
_serial = itertools.count()


class Tensor:
    """An array (or an encrypted one) that is read and made with index objects.

    `Tensor(array)` holds an array; `Tensor()` waits for `C[i, k] = ...`.

    >>> from einlang.api.places import indices
    >>> (i,) = indices("i")
    >>> x, norm = Tensor([3.0, 4.0]), Tensor()
    >>> norm[()] = x[i] ** 2
    >>> float(norm)
    25.0
    >>> x
    Tensor([3., 4.])
    """

    __array_ufunc__ = None

    def __init__(self, array: Any = None, *, name: str | None = None) -> None:
        self._value: np.ndarray[Any, Any] | Encrypted | None = None
        self.name = name
        if isinstance(array, Tensor):
            array = array._value
        if array is not None:
            self._value = array if isinstance(array, Encrypted) else np.asarray(array)

    @property
    def value(self) -> np.ndarray[Any, Any] | Encrypted:
        """What it holds. Raises `ValueError` where nothing was assigned yet."""
        if self._value is None:
            raise ValueError("the tensor holds nothing yet: assign to it, `C[i] = A[i, j]`")
        return self._value

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return self.value.shape

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return len(self.shape)

    def __getitem__(self, subscripts: Any) -> Expression:
        given = _subscripts(subscripts)
        places = tuple(subscript(item) for item in given)
        key = f"%{next(_serial)}"
        sizes = {name: size for _, found in places for name, size in found.items()}
        access = nodes.Access(key, tuple(place for place, _ in places))
        return Expression(access, {key: self}, sizes)

    def __setitem__(self, subscripts: Any, value: Any) -> None:
        caller = sys._getframe(1)
        self._value = _define(self, _subscripts(subscripts), as_expression(value), caller)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        value = self.value
        if isinstance(value, Encrypted):
            raise TypeError("the tensor is encrypted: call `decrypt()` on it")
        return np.array(value, dtype=dtype, copy=copy)

    def decrypt(self) -> np.ndarray[Any, Any]:
        """Its values: those of an encrypted tensor are computed and decrypted."""
        value = self.value
        return value.decrypt() if isinstance(value, Encrypted) else value

    def __float__(self) -> float:
        return float(np.asarray(self).item())

    def __repr__(self) -> str:
        if self._value is None:
            return "Tensor()"
        if isinstance(self._value, Encrypted):
            return f"Tensor({self._value!r})"
        text = np.array2string(self._value, prefix="Tensor(", separator=", ", threshold=60)
        return f"Tensor({text})"


class Expression:
    """A right side: reads of tensors with arithmetic, reductions and functions on them.

    >>> from einlang.api.places import indices
    >>> i, k = indices("i k")
    >>> A = Tensor([[1.0, 5.0], [4.0, 2.0]])
    >>> A[i, k].max(k).order(i)
    Tensor([5., 4.])
    """

    __array_ufunc__ = None

    def __init__(
        self, node: nodes.Expression, tensors: Mapping[str, Tensor], sizes: Mapping[str, int]
    ) -> None:
        self.node = node
        self.tensors = dict(tensors)
        self.sizes = dict(sizes)

    def order(self, *indices: Index) -> Tensor:
        """The tensor with these indices as its axes; indices that are left out are summed."""
        made = Tensor()
        made._value = _define(made, indices, self, sys._getframe(1))
        return made

    def sum(self, *indices: Index) -> Expression:
        """The sum over the indices."""
        return self._reduce("sum", indices)

    def mean(self, *indices: Index) -> Expression:
        """The mean over the indices."""
        return self._reduce("mean", indices)

    def prod(self, *indices: Index) -> Expression:
        """The product over the indices."""
        return self._reduce("prod", indices)

    def max(self, *indices: Index) -> Expression:
        """The largest value over the indices."""
        return self._reduce("max", indices)

    def min(self, *indices: Index) -> Expression:
        """The smallest value over the indices."""
        return self._reduce("min", indices)

    def argmax(self, *indices: Index) -> Expression:
        """Where the largest value stands, the last index counting fastest."""
        return self._reduce("argmax", indices)

    def argmin(self, *indices: Index) -> Expression:
        """Where the smallest value stands, the last index counting fastest."""
        return self._reduce("argmin", indices)

    def _reduce(self, operator: str, over: tuple[Index, ...]) -> Expression:
        if not over:
            raise TypeError(f"{operator}() takes at least one index")
        names = tuple(index.name for index in over)
        sizes = {index.name: index.size for index in over if index.size is not None}
        node = nodes.Reduction(operator, names, self.node)
        return Expression(node, self.tensors, {**self.sizes, **sizes})

    def call(self, function: str) -> Expression:
        """An elementwise function of the language, by name."""
        return Expression(nodes.Call(function, (self.node,)), self.tensors, self.sizes)

    def __neg__(self) -> Expression:
        return Expression(nodes.Unary("-", self.node), self.tensors, self.sizes)

    def __pos__(self) -> Expression:
        return self

    def __abs__(self) -> Expression:
        return self.call("abs")

    def __add__(self, other: Any) -> Expression:
        return _binary("+", self, other)

    def __radd__(self, other: Any) -> Expression:
        return _binary("+", other, self)

    def __sub__(self, other: Any) -> Expression:
        return _binary("-", self, other)

    def __rsub__(self, other: Any) -> Expression:
        return _binary("-", other, self)

    def __mul__(self, other: Any) -> Expression:
        return _binary("*", self, other)

    def __rmul__(self, other: Any) -> Expression:
        return _binary("*", other, self)

    def __truediv__(self, other: Any) -> Expression:
        return _binary("/", self, other)

    def __rtruediv__(self, other: Any) -> Expression:
        return _binary("/", other, self)

    def __pow__(self, power: float) -> Expression:
        return _binary("^", self, power)

    def __lt__(self, other: Any) -> Expression:
        return _binary("<", self, other)

    def __le__(self, other: Any) -> Expression:
        return _binary("<=", self, other)

    def __gt__(self, other: Any) -> Expression:
        return _binary(">", self, other)

    def __ge__(self, other: Any) -> Expression:
        return _binary(">=", self, other)

    def __float__(self) -> float:
        return float(self.order())

    def __repr__(self) -> str:
        from einlang.api.renaming import Renaming, index_names
        from einlang.syntax import show_expression

        tensors = {key: tensor.name or "t" for key, tensor in self.tensors.items()}
        names = {name: name for name in index_names(self.node)}
        return f"Expression({show_expression(Renaming(tensors, names)(self.node))})"


def as_expression(value: Any) -> Expression:
    """A number, a scalar tensor or an expression as an expression."""
    if isinstance(value, Expression):
        return value
    if isinstance(value, Tensor):
        return value[()]
    if isinstance(value, Encrypted) or (isinstance(value, np.ndarray) and value.ndim):
        raise TypeError("say where an array is read: `Tensor(array)[i, j]`")
    return Expression(number(value), {}, {})


def _binary(operator: Operator, left: Any, right: Any) -> Expression:
    first, second = as_expression(left), as_expression(right)
    node = nodes.Binary(operator, first.node, second.node)
    return Expression(node, {**first.tensors, **second.tensors}, {**first.sizes, **second.sizes})


def _subscripts(given: Any) -> tuple[Subscript, ...]:
    return given if isinstance(given, tuple) else (given,)


def _define(
    target: Tensor, subscripts: tuple[Any, ...], value: Expression, caller: Any
) -> np.ndarray[Any, Any] | Encrypted:
    """What `target[subscripts] = value` gives: an array, or an encrypted tensor to be."""
    names = _variables(caller)
    places = [subscript(item) for item in subscripts]
    sizes = {**value.sizes, **{k: v for _, found in places for k, v in found.items()}}
    leaves: dict[int, Tensorial] = {}
    operands = {}
    for key, tensor in value.tensors.items():
        held = tensor.value
        if id(held) not in leaves:
            leaves[id(held)] = _leaf(held, tensor.name or names(tensor) or names(held))
        operands[key] = leaves[id(held)]
    name = target.name or names(target) or "result"
    left = tuple(place for place, _ in places)
    made = Made(left, value.node, operands, sizes, name)
    if made.secret:
        held = [tensor.value for tensor in value.tensors.values()]
        return Encrypted.made(made, [item for item in held if isinstance(item, Encrypted)])
    written = write(made)
    return written.run("numpy")[written.name]


def _leaf(held: np.ndarray[Any, Any] | Encrypted, name: str | None) -> Tensorial:
    return held.tensorial if isinstance(held, Encrypted) else Leaf(held, name=name)


Naming = Callable[[Union[Tensor, np.ndarray[Any, Any], Encrypted]], Union[str, None]]


def _variables(caller: Any) -> Naming:
    """What the caller calls its tensors, so that errors can show its expression."""
    known = {
        id(value): name
        for scope in (caller.f_globals, caller.f_locals)
        for name, value in tuple(scope.items())
        if isinstance(value, (Tensor, np.ndarray, Encrypted)) and name[0] != "_"
    }
    return lambda held: known.get(id(held))
