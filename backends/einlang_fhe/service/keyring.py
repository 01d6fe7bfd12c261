"""The evaluation keys of a service's clients, in files under their identities."""

from __future__ import annotations

import os
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path


class FullError(Exception):
    """There is no room for another key set, and none is old enough to go."""


class Keyring:
    """Which keys are there, and when each was used last.

    >>> ring = Keyring(Path(tempfile.mkdtemp()), most=1, lifetime=60)
    >>> _ = (ring.folder / "new").write_bytes(b"")
    >>> ring.add("ab", ring.folder / "new")
    >>> ring.path("ab") == ring.folder / "ab.key", ring.path("cd")
    (True, None)
    """

    def __init__(
        self, folder: Path, most: int, lifetime: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.folder = folder
        self.most = most
        self.lifetime = lifetime
        self.now = now
        self.used: OrderedDict[str, float] = OrderedDict()

    def path(self, identity: str) -> Path | None:
        """Where a key lies; None where there is none of that identity."""
        self.sweep()
        if identity not in self.used:
            return None
        self.used[identity] = self.now()
        self.used.move_to_end(identity)
        return self.folder / f"{identity}.key"

    def add(self, identity: str, path: Path) -> None:
        """Takes a file over. Raises `FullError`."""
        self.sweep()
        if identity not in self.used and len(self.used) >= self.most:
            raise FullError
        path.replace(self.folder / f"{identity}.key")
        self.used[identity] = self.now()
        self.used.move_to_end(identity)

    def remove(self, identity: str) -> bool:
        """Forgets a key; whether it was there."""
        there = self.used.pop(identity, None) is not None
        if there:
            (self.folder / f"{identity}.key").unlink(missing_ok=True)
        return there

    def sweep(self) -> None:
        """Forgets the keys that were not used for longer than they live."""
        oldest = self.now() - self.lifetime
        for identity in [name for name, last in self.used.items() if last < oldest]:
            self.remove(identity)

    def spool(self) -> Path:
        """A new file for what is being sent."""
        handle, name = tempfile.mkstemp(dir=self.folder, suffix=".part")
        os.close(handle)
        return Path(name)
