"""Times and sizes in the unit that suits them.

>>> duration(0.0123), size(2367072)
('12.3 ms', '2.37 MB')
"""

from __future__ import annotations


def duration(seconds: float) -> str:
    """A time in the unit that suits it.

    >>> [duration(t) for t in (2.5e-5, 0.0123, 0.5, 75)]
    ['0.025 ms', '12.3 ms', '500 ms', '75 s']
    """
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def size(count: float) -> str:
    """Bytes in the unit that suits them.

    >>> [size(n) for n in (12, 2367072, 38278614, 4e9)]
    ['12 bytes', '2.37 MB', '38.3 MB', '4 GB']
    """
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= unit:
            return f"{count / unit:.3g} {name}"
    return f"{count:.0f} bytes"
