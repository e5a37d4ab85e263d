"""One API call's turn: the faults that strike it, its execution, and the answer's spelling."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from provisioning.sandbox import actions, sentences
from provisioning.sandbox.calls import Api, Call, execute, registry
from provisioning.sandbox.exchange import Request, Response
from provisioning.sandbox.faults import ConnectionDropped, Fault, with_wrong_types
from provisioning.sandbox.sentences import Refused, worded
from provisioning.sandbox.wire import Fields, encoded
from provisioning.sandbox.world import World

_HTTP_ERRORS = {"http_500": 500, "http_502": 502, "http_503": 503}
_HTML = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
_NOTICE = (
    b"<br />\n<b>Notice</b>: Undefined index: lang in <b>json.php</b> on line <b>12</b><br />\n"
)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

#: Importing the actions makes them known to the registry.
ACTION_MODULES = tuple(actions.__all__)


@dataclass
class Turn:
    """
    One call from its fields to its answer.

    `executed` and `returncode` tell afterwards what became of it.
    """

    world: World
    request: Request
    api: Api
    fields: Fields
    executed: bool = False
    returncode: int | str | None = None
    _headers: list[tuple[str, str]] = field(default_factory=list)

    @property
    def action(self) -> str:
        """The name of the action that is asked for."""
        return self.fields.text("action")

    def play(self, faults: list[Fault]) -> Response:
        """
        Answer the call under these faults.

        :raises ConnectionDropped: in place of an answer
        """
        striking = None
        for fault in faults:
            if fault.kind == "slow":
                time.sleep(fault.seconds)
            else:
                striking = fault
        if striking is None:
            return self._spelled(*self._execute())
        return self._struck(striking)

    def _struck(self, fault: Fault) -> Response:
        match fault.kind:
            case "drop_before":
                raise ConnectionDropped(executed=False)
            case "drop_after":
                self._execute()
                raise ConnectionDropped(executed=True)
            case "rate_limit":
                return self._page(429, (("Retry-After", str(fault.retry_after)),))
            case "reject":
                return self._spelled(*self._refused(Refused(fault.sentence)))
            case "expired_token":
                self._end_session()
                return self._spelled(*self._refused(self._expired()))
            case "html" | "http_500" | "http_502" | "http_503":
                if fault.executed:
                    self._execute()
                return self._page(_HTTP_ERRORS.get(fault.kind, 200))
            case "duplicate":
                self._execute()
                return self._spelled(*self._execute())
            case _:
                return self._spoiled(fault.kind)

    def _spoiled(self, kind: str) -> Response:
        body, status = self._execute()
        if kind == "wrong_types":
            return self._spelled(with_wrong_types(body), status)
        if kind == "code_as_string":
            self.returncode = str(body["returncode"])
            return self._spelled({**body, "returncode": self.returncode}, status)
        whole = self._spelled(body, status)
        return Response(whole.status, whole.body[: len(whole.body) // 2], whole.headers)

    def _execute(self) -> tuple[dict[str, Any], int]:
        action = registry.find(self.api, self.action)
        if action is None:
            status = self.world.switches.refusal_status
            return self._refused(Refused(sentences.UNKNOWN_ACTION, status=status))
        call = Call(
            world=self.world,
            fields=self.fields,
            host=self.request.host,
            remote=self.request.remote,
            now=self.world.clock.seconds(),
        )
        try:
            answer = execute(action, call)
        except Refused as refusal:
            return self._refused(refusal)
        self.executed = True
        self.returncode = answer.code
        if action.open and self.world.switches.phpsessid:
            cookie = f"PHPSESSID={secrets.token_hex(13)}; path=/; HttpOnly"
            self._headers.append(("Set-Cookie", cookie))
        return answer.body(), 200

    def _refused(self, refusal: Refused) -> tuple[dict[str, Any], int]:
        self.returncode = 0
        text = worded(refusal.sentence, self.world.switches.sentences)
        return {"returncode": 0, "returndata": text}, refusal.status

    def _expired(self) -> Refused:
        switches = self.world.switches
        return Refused(switches.expired_session_text, status=switches.expired_session_status)

    def _end_session(self) -> None:
        self.world.store.run("DELETE FROM sessions WHERE token = ?", self.fields.text("token"))

    def _spelled(self, body: dict[str, Any], status: int) -> Response:
        switches = self.world.switches
        spelled = encoded(body)
        if switches.notice_before_json:
            spelled = _NOTICE + spelled
        if switches.byte_order_mark:
            spelled = _BYTE_ORDER_MARK + spelled
        headers = (("Content-Type", switches.content_type), *self._headers)
        return Response(status, spelled, headers)

    def _page(self, status: int, headers: tuple[tuple[str, str], ...] = ()) -> Response:
        title = {429: "Too Many Requests", 200: "Please wait"}.get(status, f"Error {status}")
        return Response(
            status,
            _HTML.format(title).encode(),
            (("Content-Type", "text/html; charset=UTF-8"), *headers),
        )
