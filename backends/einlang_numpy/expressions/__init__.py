"""Equations made ready: planned once for shapes, strides and types, then called.

>>> import numpy as np
>>> a, b = np.ones((2, 3)), np.ones((3, 4))
>>> plan(((0, 1), (1, 2)), (0, 2), [a, b])(a, b)[0]
array([3., 3., 3., 3.])
"""

from einlang_numpy.expressions.planned import plan

__all__ = ["plan"]
