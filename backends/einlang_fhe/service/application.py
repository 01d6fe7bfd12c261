"""The service as an ASGI application.

    GET  /health                       whether it takes requests
    GET  /metrics                      counters, in the text format of Prometheus
    GET  /programs                     the hashes and names of its programs
    HEAD /keys/{identity}              whether a key set is there
    PUT  /keys/{identity}              registers one
    DELETE /keys/{identity}            forgets it
    POST /programs/{hash}/evaluate     a request to a reply

Mistakes are JSON: `code`, `message`, `hint`, and whether trying again may help. Bodies are
bounded while they are read, checked in a worker, and neither they nor anything in them is
logged.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from einlang.errors import EinlangError
from einlang_fhe.files.messages import Pieces
from einlang_fhe.files.parts import Program
from einlang_fhe.service.keyring import FullError, Keyring
from einlang_fhe.service.pool import Busy, Pool
from einlang_fhe.service.settings import Settings

IDENTITY = re.compile(r"[0-9a-f]{64}")
STATUS = {"E0835": 409, "E0836": 409, "E0839": 503}
"""Everything else is 400: the request is wrong."""


class TooLargeError(Exception):
    """A body that is longer than allowed."""


class Service:
    """What the routes share."""

    def __init__(
        self,
        settings: Settings,
        programs: Mapping[bytes, Program],
        paths: Sequence[Path],
        inputs: Sequence[Mapping[str, Any]],
        folder: Path,
    ) -> None:
        self.settings = settings
        self.programs = programs
        self.pool = Pool(settings, paths, inputs)
        self.ring = Keyring(folder, settings.keys, settings.lifetime)
        self.counts: Counter[str] = Counter()
        self.seconds = 0.0
        self.stopping = False

    async def health(self, request: Request) -> Response:
        """200 while it takes requests."""
        state = "stopping" if self.stopping else "ok"
        return JSONResponse({"status": state}, 503 if self.stopping else 200)

    async def metrics(self, request: Request) -> Response:
        """Counters and gauges."""
        gauges = {
            "einlang_requests_running": self.pool.running,
            "einlang_requests_waiting": self.pool.waiting,
            "einlang_key_sets": len(self.ring.used),
            "einlang_worker_restarts_total": self.pool.restarts,
            "einlang_evaluate_seconds_total": round(self.seconds, 6),
        }
        lines = [f"{name} {value}" for name, value in gauges.items()]
        lines += [
            f'einlang_responses_total{{status="{status}"}} {count}'
            for status, count in sorted(self.counts.items())
        ]
        return PlainTextResponse("\n".join(lines) + "\n")

    async def listed(self, request: Request) -> Response:
        """The programs."""
        rows = [{"program": h.hex(), "name": p.about.name} for h, p in self.programs.items()]
        return JSONResponse({"programs": rows})

    async def key(self, request: Request) -> Response:
        """Asks for, registers or forgets a key set."""
        identity = request.path_params["identity"]
        if not IDENTITY.fullmatch(identity):
            return self._said(404, "E0836", "that is no identity of a key")
        if request.method == "HEAD":
            return Response(status_code=200 if self.ring.path(identity) else 404)
        if request.method == "DELETE":
            return Response(status_code=204 if self.ring.remove(identity) else 404)
        return await self._guarded(self._register(request, identity))

    async def evaluate(self, request: Request) -> Response:
        """A reply."""
        return await self._guarded(self._evaluate(request))

    async def _register(self, request: Request, identity: str) -> Response:
        if self.ring.path(identity) is not None:
            return Response(status_code=204)
        path = self.ring.spool()
        try:
            with path.open("wb") as file:
                async for chunk in bounded(request, self.settings.key):
                    file.write(chunk)
            found = await self.pool.ask("admit", b"", {"path": str(path)})
            if found["identity"].hex() != identity:
                return self._said(409, "E0836", "the key has another identity")
            self.ring.add(identity, path)
        finally:
            path.unlink(missing_ok=True)
        return Response(status_code=201)

    async def _evaluate(self, request: Request) -> Response:
        name, identity = request.path_params["hash"], request.headers.get("einlang-key", "")
        program = bytes.fromhex(name) if IDENTITY.fullmatch(name) else b""
        if program not in self.programs:
            return self._said(404, "E0835", "the service does not have that program")
        path = self.ring.path(identity)
        if path is None:
            return self._said(
                404, "E0836", "the service does not have that key", "register it, and try again"
            )
        body = Pieces([chunk async for chunk in bounded(request, self.settings.body)])
        key = bytes.fromhex(identity)
        given = {"program": program, "key": key, "path": str(path), "request": body}
        start = time.perf_counter()
        found = await self.pool.ask("answer", key, given)
        self.seconds += time.perf_counter() - start
        return Response(memoryview(found["reply"]), media_type="application/octet-stream")

    async def _guarded(self, work: Any) -> Response:
        try:
            response = await work
        except EinlangError as error:
            item = error.diagnostics[0]
            response = self._said(STATUS.get(item.code, 400), item.code, item.message, item.hint)
        except TooLargeError:
            response = self._said(413, "E0832", "the body is longer than the service allows")
        except (Busy, FullError):
            response = self._said(503, "E0839", "the service has no room", "try again later")
        except ClientDisconnect:
            response = Response(status_code=400)
        self.counts[str(response.status_code)] += 1
        return response

    def _said(self, status: int, code: str, message: str, hint: str = "") -> Response:
        row = {"code": code, "message": message, "hint": hint, "retry": status == 503}
        headers = {"retry-after": "1"} if status == 503 else None
        return JSONResponse(row, status, headers)


async def bounded(request: Request, most: int) -> AsyncIterator[bytes]:
    """The body of a request, piece by piece. Raises `TooLargeError`, unread if it says so."""
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > most:
        raise TooLargeError
    total = 0
    async for chunk in request.stream():
        total += len(chunk)
        if total > most:
            raise TooLargeError
        yield chunk


def application(
    settings: Settings, paths: Sequence[Path], inputs: Sequence[Mapping[str, Any]]
) -> Starlette:
    """The service for these programs, with the data of their public inputs."""
    programs = {program.hash: program for program in map(Program.load, paths)}
    folder = tempfile.TemporaryDirectory(prefix="einlang-keys-")
    service = Service(settings, programs, paths, inputs, Path(folder.name))

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            service.stopping = True
            await service.pool.settled()
            service.pool.stop()
            folder.cleanup()

    routes = [
        Route("/health", service.health),
        Route("/metrics", service.metrics),
        Route("/programs", service.listed),
        Route("/keys/{identity}", service.key, methods=["HEAD", "PUT", "DELETE"]),
        Route("/programs/{hash}/evaluate", service.evaluate, methods=["POST"]),
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.service = service
    return app
