"""Work on foreign bytes, in a process of its own with limits on memory and time.

The parent sends a verb and its arguments, the worker answers with a result or with mistakes.
A worker that crashes, or is killed, costs the work that it had, and says nothing else. It leaves
no core dump, for it may hold a key.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from einlang.backend import Limits
from einlang.closing import Closing
from einlang.errors import BackendMistake, DataMistake, Diagnostic, EinlangError
from einlang_fhe.files import complaints
from einlang_fhe.files.messages import receive, send

ROOM = 1 << 20
Job = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class Worker(Closing):
    """A process that does one job at a time, started at the first one."""

    def __init__(self, limits: Limits | None = None, module: str = "einlang_fhe.files.worker"):
        self.limits = limits or Limits()
        self.module = module
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        """The process, running."""
        if self.process is None or self.process.poll() is not None:
            self.close()
            line = [sys.executable, "-m", self.module, str(self.limits.memory or 0)]
            pipe = subprocess.PIPE
            environment = {k: v for k, v in os.environ.items() if k != "EINLANG_PASSPHRASE"}
            self.process = subprocess.Popen(
                line, bufsize=0, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=environment
            )
            _widened(self.process.stdin, self.process.stdout)
        return self.process

    def close(self) -> None:
        """Ends the process, whatever it does."""
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                _closed(stream)
        self.process = None

    def ask(self, verb: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """What the worker makes of a job. Raises what it raised; E0839 when it died."""
        process = self.start()
        late = threading.Event()

        def kill() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self.limits.seconds, kill)
        timer.start()
        try:
            answer = _asked(process, [verb, arguments])
        finally:
            timer.cancel()
        if answer is None:
            self.close()
            raise _died(self.limits, late.is_set())
        fine, result = answer
        if not fine:
            raise _mistake(result)
        return result


def _asked(process: subprocess.Popen[bytes], message: Any) -> Any:
    """What comes back; None when nothing does."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        send(process.stdin, message)
        return receive(process.stdout)
    except (OSError, ValueError):
        return None


def _widened(*pipes: Any) -> None:
    """Room for a megabyte in each pipe, where the system grants it."""
    try:
        import fcntl

        for pipe in pipes:
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, ROOM)
    except (ImportError, AttributeError, OSError):
        return


def _closed(stream: Any) -> None:
    try:
        stream.close()
    except OSError:
        return


def _died(limits: Limits, late: bool) -> Exception:
    if late:
        return complaints.stopped(f"the work took longer than {limits.seconds:g} seconds")
    room = f" or more than {limits.memory >> 20:,} megabytes" if limits.memory else ""
    return complaints.stopped(
        f"the work was given up: its process died, by a broken file{room}",
        "try again; if it stays so, the file is not to be trusted",
    )


def _mistake(rows: Any) -> EinlangError:
    found = [Diagnostic(code, message, (), hint) for code, message, hint in rows]
    data = all(item.code.startswith(("E03", "E06")) for item in found)
    return (DataMistake if data else BackendMistake)(found)


def limited(memory: int) -> None:
    """No more memory than that (where the system can say so), and no core dumps."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def work(jobs: Mapping[str, Job]) -> None:
    """Does what is asked, until nobody asks."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limited(int(sys.argv[1]))
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    while (message := receive(sys.stdin.buffer)) is not None:
        verb, arguments = message
        send(answers, _done(jobs[verb], arguments))


def _done(job: Job, arguments: Mapping[str, Any]) -> list[Any]:
    try:
        return [True, job(arguments)]
    except EinlangError as error:
        return [False, [[d.code, d.message, d.hint] for d in error.diagnostics]]
    except MemoryError:
        mistake = complaints.stopped("the work needs more memory than it may have")
        assert isinstance(mistake, EinlangError)
        return [False, [[d.code, d.message, d.hint] for d in mistake.diagnostics]]


def main() -> None:
    """What the process runs."""
    from einlang_fhe.files.jobs import JOBS

    work(JOBS)


if __name__ == "__main__":
    main()
