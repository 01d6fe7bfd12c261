"""Gates as functions of their angle, with the derivative, for many angles at once.

The derivative of a turn by an angle is half the turn by the angle and half a circle more;
a controlled gate's is zero where the control is.

>>> value, slope = turns("ry", 0, np.array([0.0, np.pi]))
>>> value.shape, slope[0].real.round(6).tolist()
((2, 2, 2), [[0.0, -0.5], [0.5, 0.0]])
>>> turns("rz", 1, np.array([0.3]))[0].shape
(1, 4, 4)
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any


def turns(name: str, controls: int, angles: Array) -> tuple[Array, Array]:
    """The matrices of rx, ry, rz or p at angles in radians, and their derivatives."""
    inner = _plain(name, angles)
    slope = _phase_slope(angles) if name == "p" else _plain(name, angles + np.pi) / 2
    if not controls:
        return inner, slope
    size = 2 << controls
    value = np.zeros((len(angles), size, size), complex)
    value[:] = np.eye(size)
    change = np.zeros_like(value)
    value[:, -2:, -2:], change[:, -2:, -2:] = inner, slope
    return value, change


def _plain(name: str, angles: Array) -> Array:
    value = np.zeros((len(angles), 2, 2), complex)
    cos, sin = np.cos(angles / 2), np.sin(angles / 2)
    if name == "rx":
        value[:, 0, 0] = value[:, 1, 1] = cos
        value[:, 0, 1] = value[:, 1, 0] = -1j * sin
    elif name == "ry":
        value[:, 0, 0] = value[:, 1, 1] = cos
        value[:, 1, 0], value[:, 0, 1] = sin, -sin
    elif name == "rz":
        value[:, 0, 0], value[:, 1, 1] = cos - 1j * sin, cos + 1j * sin
    elif name == "p":
        value[:, 0, 0], value[:, 1, 1] = 1, np.exp(1j * angles)
    else:
        raise ValueError(f"the gate `{name}` has no angle")
    return value


def _phase_slope(angles: Array) -> Array:
    value = np.zeros((len(angles), 2, 2), complex)
    value[:, 1, 1] = 1j * np.exp(1j * angles)
    return value
