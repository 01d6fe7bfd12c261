"""A client of the service: registers its evaluation key once, sends requests, opens replies."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from einlang.backend import Opened, Report, Secret
from einlang.closing import Closing
from einlang.errors import BackendMistake, Diagnostic
from einlang_fhe.files.asking import Asking
from einlang_fhe.files.envelope import Bytes, load
from einlang_fhe.files.exchange import Reply
from einlang_fhe.files.inputs import bound
from einlang_fhe.files.jobs import EVALUATION
from einlang_fhe.files.keys import ClientKey
from einlang_fhe.files.parts import Program
from einlang_fhe.service.wire import Answer, Wire

TRIES = 5


class Caller(Closing):
    """A program, a key, and the address of a service that has the program."""

    def __init__(
        self,
        url: str,
        program: Path,
        key: Path,
        secret: Secret,
        evaluation: Path | None = None,
        seconds: float = 600.0,
    ) -> None:
        self.folder = program.parent
        self.program = Program.load(program)
        self.asking = Asking(self.program, ClientKey.load(key, secret.passphrase), str(key))
        self.evaluation = evaluation or key.parent / EVALUATION
        self.secret = secret
        self.wire = Wire(url, seconds)
        self._registered = False

    def close(self) -> None:
        """Lets go of the connection."""
        self.wire.close()

    @property
    def identity(self) -> str:
        """The key's, by which the service knows it."""
        return self.asking.key.identity.hex()

    @property
    def inputs(self) -> tuple[str, ...]:
        """The inputs that are given here."""
        return tuple(dict.fromkeys((*self.asking.secrets, *self.asking.read)))

    def call(self, given: Mapping[str, Any]) -> Opened:
        """The outputs for these inputs. What may succeed later is tried again."""
        batch = self.secret.batch
        mine = {name: given[name] for name in given if name in self.asking.secrets}
        rest = {name: given[name] for name in given if name not in mine}
        inputs = bound(self.program, self.asking.secrets, mine, self.folder, batch)
        further = bound(self.program, self.asking.read, rest, self.folder)
        self.register()
        start = time.perf_counter()
        content = self._asked(self.asking.request(inputs, batch).envelope().pieces())
        reply = Reply.read(content, "the reply")
        found = self.asking.results(reply, further, "the reply", batch, self.secret.share)
        report = Report({"call seconds": round(time.perf_counter() - start, 4)})
        return Opened(found, self.program.about.axes, report)

    def register(self) -> None:
        """Sends the evaluation key, unless the service has it."""
        if self._registered:
            return
        path = f"/keys/{self.identity}"
        if self._sent("HEAD", path, []).status == 404:
            found = self._patiently("PUT", path, [load(self.evaluation)])
            if found.status not in (201, 204):
                raise _refused(found)
        self._registered = True

    def _asked(self, content: Sequence[Bytes]) -> bytes:
        path = f"/programs/{self.program.hash.hex()}/evaluate"
        found = self._patiently("POST", path, content)
        if found.status == 404 and _code(found) == "E0836":
            self._registered = False
            self.register()
            found = self._patiently("POST", path, content)
        if found.status != 200:
            raise _refused(found)
        return found.content

    def _patiently(self, method: str, path: str, content: Sequence[Bytes]) -> Answer:
        """The answer, at last; each time that the service has no room, it waits longer."""
        found = self._sent(method, path, content)
        for tries in range(TRIES):
            if found.status != 503:
                break
            time.sleep(0.1 * 2**tries)
            found = self._sent(method, path, content)
        return found

    def _sent(self, method: str, path: str, content: Sequence[Bytes]) -> Answer:
        return self.wire.sent(method, path, content, {"einlang-key": self.identity})


def _code(found: Answer) -> str:
    return str(_row(found).get("code", ""))


def _row(found: Answer) -> dict[str, Any]:
    try:
        row = json.loads(found.content)
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}


def _refused(found: Answer) -> BackendMistake:
    """What the service said, as far as it is one of ours."""
    row = _row(found)
    code = str(row.get("code", ""))
    known = code if code in ("E0832", "E0834", "E0835", "E0836", "E0838") else "E0839"
    message = str(row.get("message", f"HTTP status {found.status}"))[:500]
    hint = str(row.get("hint", ""))[:500]
    return BackendMistake([Diagnostic(known, f"the service refused: {message}", (), hint)])
