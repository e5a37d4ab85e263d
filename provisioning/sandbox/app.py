"""The stand-in's front door: a WSGI app for the API's two paths and the pages beside them."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from provisioning.sandbox import exchange
from provisioning.sandbox.calls import Api
from provisioning.sandbox.exchange import LARGEST_BODY, Request, Response, plain
from provisioning.sandbox.faults import ConnectionDropped, Faults
from provisioning.sandbox.turn import Turn
from provisioning.sandbox.world import World

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

API_PATHS: dict[str, Api] = {"/admin/json.php": "admin", "/json.php": "user"}
_LONGEST_LOG = 100_000

access_log = logging.getLogger("provisioning.sandbox.access")

#: A face beside the API: answers the requests it knows and leaves the others.
Face = Callable[[Request], Response | None]


@dataclass(frozen=True)
class ReceivedCall:
    """One call as it came in: the names of its fields, and the values that are no secret."""

    action: str
    api: str
    host: str
    fields: dict[str, str]
    executed: bool
    status: int
    returncode: int | str | None


class Application:
    """Answers requests, keeps a log of the API calls, and asks its faces for other paths."""

    def __init__(self, world: World, faults: Faults, faces: Iterable[Face]) -> None:
        self._world = world
        self._faults = faults
        self._faces = tuple(faces)
        self._log: deque[ReceivedCall] = deque(maxlen=_LONGEST_LOG)
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """
        Answer one request.

        :raises ConnectionDropped: in place of an answer, where a fault says so
        """
        response = self.respond(exchange.read(environ))
        status = HTTPStatus(response.status)
        start_response(
            f"{status.value} {status.phrase}",
            [*response.headers, ("Content-Length", str(len(response.body)))],
        )
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [response.body]

    def respond(self, request: Request) -> Response:
        """
        Answer one request.

        :raises ConnectionDropped: in place of an answer, where a fault says so
        """
        if len(request.body) > LARGEST_BODY:
            return plain(413, "Too large")
        api = API_PATHS.get(request.path)
        if api is not None:
            return self._respond_to_call(request, api)
        for face in self._faces:
            response = face(request)
            if response is not None:
                return response
        return plain(404, "Not found")

    def calls(self, action: str | None = None) -> list[ReceivedCall]:
        """Return the calls received so far, oldest first, of one action or of all."""
        with self._lock:
            return [call for call in self._log if action in (None, call.action)]

    def forget_calls(self) -> None:
        """Start the log of received calls afresh."""
        with self._lock:
            self._log.clear()

    def _respond_to_call(self, request: Request, api: Api) -> Response:
        if request.method != "POST":
            return plain(self._world.switches.get_status, "POST only", (("Allow", "POST"),))
        started = time.perf_counter()
        turn = Turn(self._world, request, api, request.fields())
        status = 0
        try:
            faults = self._faults.due(action=turn.action, api=api, host=request.host)
            response = turn.play(faults)
            status = response.status
        except ConnectionDropped:
            access_log.info("%s %s connection dropped", api, turn.action)
            raise
        finally:
            self._keep(turn, status)
        milliseconds = (time.perf_counter() - started) * 1000
        access_log.info("%s %s %s %.1f ms", api, turn.action, response.status, milliseconds)
        return response

    def _keep(self, turn: Turn, status: int) -> None:
        received = ReceivedCall(
            action=turn.action,
            api=turn.api,
            host=turn.request.host,
            fields=turn.fields.shown(),
            executed=turn.executed,
            status=status,
            returncode=turn.returncode,
        )
        with self._lock:
            self._log.append(received)
