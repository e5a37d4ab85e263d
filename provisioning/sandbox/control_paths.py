"""The knobs over HTTP, as JSON: faults, DNS, clock, sessions and state."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from provisioning.sandbox import state
from provisioning.sandbox.exchange import Request, Response, as_json

if TYPE_CHECKING:
    from provisioning.sandbox.sandbox import Sandbox

PREFIX = "/__control/"


class ControlPaths:
    """
    Answers JSON below `/__control/`; a body that makes no sense is a 400 that says why.

    - `POST faults`: one fault or a list, `{"action": "addUser", "kind": "drop_after", "count": 1}`
      with the options of `Fault`; `{"clear": true}` or DELETE switches all off; GET lists them
    - `POST dns`: one record or a list, `{"name", "type", "value"}` or `{"domain", "purpose"}`
      (purpose left out: all that is expected), with `"withdraw": true` to take it back;
      GET lists what is published
    - `POST clock`: `{"advance": seconds}` or `{"set": "2026-03-04T09:00:00"}`; GET tells the time
    - `POST sessions`: `{"expire": true}` ends every session
    - `GET state`: everything held, without secrets; POST loads a state file's content
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._paths: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._add_faults,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "dns"): self._records,
            ("POST", "dns"): self._change_records,
            ("GET", "clock"): self._time,
            ("POST", "clock"): self._move_clock,
            ("POST", "sessions"): self._expire_sessions,
            ("GET", "state"): self._state,
            ("POST", "state"): self._load_state,
            ("GET", "calls"): self._calls,
        }

    def __call__(self, request: Request) -> Response | None:
        """Answer a request below the prefix; None for paths not known here."""
        if not request.path.startswith(PREFIX):
            return None
        answer = self._paths.get((request.method, request.path.removeprefix(PREFIX)))
        if answer is None:
            return None
        try:
            body = json.loads(request.body) if request.body else {}
            return as_json(answer(body))
        except (ValueError, LookupError, TypeError) as error:
            return as_json({"error": str(error)}, 400)

    def _faults(self, _body: Any) -> Any:
        return {"faults": self._sandbox.faults.waiting()}

    def _add_faults(self, body: Any) -> Any:
        for entry in _entries(body):
            if entry.pop("clear", False):
                self._sandbox.faults.clear()
            if entry:
                self._sandbox.faults.add(**entry)
        return self._faults(body)

    def _clear_faults(self, body: Any) -> Any:
        self._sandbox.faults.clear()
        return self._faults(body)

    def _records(self, _body: Any) -> Any:
        return {
            "records": [
                {"name": record.name, "type": record.rtype, "value": record.value}
                for record in self._sandbox.zone.records()
            ]
        }

    def _change_records(self, body: Any) -> Any:
        for entry in _entries(body):
            self._change_record(entry)
        return self._records(body)

    def _change_record(self, entry: dict[str, Any]) -> None:
        zone, withdraw = self._sandbox.zone, bool(entry.get("withdraw"))
        if "domain" in entry:
            purposes = [str(entry["purpose"])] if entry.get("purpose") else []
            change = zone.withdraw_expected if withdraw else zone.publish_expected
            change(str(entry["domain"]), *purposes)
        elif withdraw:
            zone.withdraw(str(entry["name"]), entry.get("type"), entry.get("value"))
        else:
            zone.publish(str(entry["name"]), str(entry["type"]), str(entry["value"]))

    def _time(self, _body: Any) -> Any:
        return {"now": self._sandbox.clock.now().isoformat()}

    def _move_clock(self, body: Any) -> Any:
        entry = _entries(body)[0]
        if "set" in entry:
            self._sandbox.clock.set(datetime.fromisoformat(entry["set"]))
        if "advance" in entry:
            self._sandbox.clock.advance(float(entry["advance"]))
        return self._time(body)

    def _expire_sessions(self, body: Any) -> Any:
        if _entries(body)[0].get("expire"):
            self._sandbox.expire_sessions()
        return {"ok": True}

    def _state(self, _body: Any) -> Any:
        return state.snapshot(self._sandbox)

    def _load_state(self, body: Any) -> Any:
        state.load(self._sandbox, body)
        return state.snapshot(self._sandbox)

    def _calls(self, _body: Any) -> Any:
        return {
            "calls": [
                {"action": call.action, "api": call.api, "executed": call.executed}
                for call in self._sandbox.calls()
            ]
        }


def _entries(body: Any) -> list[dict[str, Any]]:
    entries = body if isinstance(body, list) else [body]
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("Expected a JSON object, or a list of them")
    return [dict(entry) for entry in entries]
