"""What a service allows.

>>> Settings().workers >= 1
True
"""

from __future__ import annotations

from dataclasses import dataclass

from einlang_fhe.execution.crew import cores


@dataclass(frozen=True)
class Settings:
    """`workers`: processes that evaluate. `waiting`: requests that wait for one; more are
    sent away. `body`, `key`: the largest request and key, in bytes. `keys`: how many key sets
    are kept, each for `lifetime` seconds after its last use. `held`: how many of them a worker
    keeps ready. `seconds`, `memory`: of a request; memory in bytes, of a whole worker.
    `threads`: of a worker. `grace`: seconds that running requests have when the service stops.
    """

    workers: int = cores()
    waiting: int = 64
    body: int = 256 << 20
    key: int = 2 << 30
    keys: int = 64
    lifetime: float = 24 * 3600.0
    held: int = 8
    seconds: float = 300.0
    memory: int | None = None
    threads: int = 1
    grace: float = 30.0
