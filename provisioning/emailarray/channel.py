"""One request to one of the vendor's hosts: deadlines, fail-over, and what its answer proves."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from enum import StrEnum
from urllib.parse import urlsplit

import httpx

from provisioning.emailarray import envelope, errors, masking, wire
from provisioning.emailarray.breaker import Breaker
from provisioning.emailarray.envelope import Envelope
from provisioning.emailarray.masking import Exchange
from provisioning.emailarray.settings import ClientConfig

logger = logging.getLogger(__name__)

Observer = Callable[[Exchange], None]

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_SECONDS = re.compile(r"^\s*\d{1,9}(\.\d+)?\s*$", re.ASCII)
_LEAST_TIMEOUT = 0.05
_SENTENCE_LIMIT = 1000
# The request did not reach the application; everything else a connection can do to us leaves
# that open.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol)
# Where the classes of HTTP statuses begin.
_DONE, _ELSEWHERE, _REFUSED, _BROKEN = 200, 300, 400, 500
_TOO_MANY = 429
# A proxy says these as well, and may say them after the vendor has done it.
_COME_BACK_LATER = frozenset({408, 503})


class Api(StrEnum):
    """Which of the vendor's two doors: the reseller's or the mailbox user's."""

    ADMIN = "admin"
    USER = "user"


@dataclass(frozen=True)
class Call:
    """One action with its form; `deadline` on the monotonic clock, `writes` if it may change."""

    api: Api
    action: str
    fields: wire.Fields = field(repr=False)
    writes: bool
    deadline: float
    attempt: int = 1

    def lost(self, detail: str, *, unreadable: bool = False) -> errors.EmailArrayError:
        """Return the error of a call that was sent and whose answer says nothing."""
        if self.writes:
            return errors.OutcomeUnknown(self.action, detail=detail)
        if unreadable:
            return errors.Unreadable(self.action, detail=detail)
        return errors.Unreachable(self.action, detail=detail)


@dataclass(frozen=True)
class _Reply:
    """What one host gave us: a status with a body, or a failure."""

    status: int | None = None
    content: bytes = field(default=b"", repr=False)
    retry_after: float | None = None
    failure: errors.EmailArrayError | None = None
    never_sent: bool = False


class Channel:
    """Sends calls through the breaker to the first host that takes them."""

    def __init__(
        self,
        config: ClientConfig,
        *,
        http: httpx.Client,
        breaker: Breaker,
        observer: Observer | None,
    ) -> None:
        self._config = config
        self._http = http
        self._breaker = breaker
        self._observer = observer
        self._last_choice_until: dict[str, float] = {}

    def exchange(self, call: Call) -> Envelope:
        """
        Send the call once and return the vendor's answer, a refusal included.

        :raises Unreachable: provably nothing happened
        :raises OutcomeUnknown: a write may have happened
        :raises AuthenticationFailed: the vendor answered 401 or 403
        :raises Rejected: the vendor's web server refused the request
        """
        if time.monotonic() >= call.deadline:
            raise errors.Unreachable(call.action, detail="no time left to send it")
        with self._breaker.guard(call.action):
            answer = self._over_hosts(call)
        if answer.success is not False:
            return answer
        # A refusal's sentence ends up in errors, and so in logs and on pages.
        secrets = self._secrets(call)
        data = answer.data
        return replace(
            answer,
            data=masking.hide(data, secrets)[:_SENTENCE_LIMIT] if isinstance(data, str) else data,
            message=masking.hide(answer.message, secrets)[:_SENTENCE_LIMIT],
        )

    def _secrets(self, call: Call) -> tuple[str, ...]:
        return masking.secrets_in(call.fields, self._config.password)

    def _over_hosts(self, call: Call) -> Envelope:
        urls = self._urls(call.api)
        result: Envelope | errors.EmailArrayError = errors.Unreachable(call.action)
        for is_last, url in ((url == urls[-1], url) for url in urls):
            reply, took = self._post(url, call)
            result = _judge(call, reply)
            self._observe(call, url, reply, result, took)
            self._remember(url, is_down=reply.never_sent)
            # A write may only go to the other host when this one cannot have executed it.
            is_server_error = reply.status is not None and reply.status >= _BROKEN
            may_move_on = reply.never_sent or (is_server_error and not call.writes)
            if is_last or not may_move_on or time.monotonic() >= call.deadline:
                break
        if isinstance(result, Envelope):
            return result
        raise result

    def _urls(self, api: Api) -> list[str]:
        if api is Api.USER:
            return [self._config.user_url]
        urls = [self._config.admin_url]
        fallback = self._config.fallback_admin_url
        if fallback and fallback not in urls:
            urls.append(fallback)
        now = time.monotonic()
        return sorted(urls, key=lambda url: self._last_choice_until.get(url, 0.0) > now)

    def _remember(self, url: str, *, is_down: bool) -> None:
        if is_down:
            self._last_choice_until[url] = time.monotonic() + self._config.failover_memory
        else:
            self._last_choice_until.pop(url, None)

    def _post(self, url: str, call: Call) -> tuple[_Reply, float]:
        started = time.monotonic()
        try:
            reply = self._stream(url, call)
        except httpx.PoolTimeout:
            reply = _Reply(failure=errors.Busy(call.action))
        except _NOT_SENT as error:
            reply = _Reply(failure=_unreachable(call, error), never_sent=True)
        except httpx.HTTPError as error:
            reply = _Reply(failure=call.lost(type(error).__name__))
        # The httpx error holds the request and so the form: it must not become the cause or
        # context of ours, which is why ours is raised later.
        return reply, time.monotonic() - started

    def _stream(self, url: str, call: Call) -> _Reply:
        request = self._http.build_request(
            "POST", url, content=wire.form(call.fields), headers=_FORM, timeout=self._timeout(call)
        )
        response = self._http.send(request, stream=True, follow_redirects=False)
        try:
            pieces: list[bytes] = []
            size = 0
            for piece in response.iter_bytes():
                pieces.append(piece)
                size += len(piece)
                if time.monotonic() > call.deadline:
                    return _Reply(failure=call.lost("the answer took too long"))
                if size > self._config.max_response_bytes:
                    return _Reply(failure=call.lost("the answer is too long", unreadable=True))
        finally:
            response.close()
        return _Reply(
            status=response.status_code,
            content=b"".join(pieces),
            retry_after=_seconds(response.headers.get("Retry-After")),
        )

    def _timeout(self, call: Call) -> httpx.Timeout:
        left = max(call.deadline - time.monotonic(), _LEAST_TIMEOUT)
        config = self._config
        return httpx.Timeout(
            connect=min(config.connect_timeout, left),
            read=min(config.read_timeout, left),
            write=min(config.read_timeout, left),
            pool=min(config.pool_timeout, left),
        )

    def _observe(
        self,
        call: Call,
        url: str,
        reply: _Reply,
        result: Envelope | errors.EmailArrayError,
        took: float,
    ) -> None:
        if self._observer is None:
            return
        secrets = self._secrets(call)
        failed = result if isinstance(result, errors.EmailArrayError) else None
        if failed is not None:
            outcome = failed.cause
        else:
            outcome = "ok" if isinstance(result, Envelope) and result.success else "refused"
        exchange = Exchange(
            action=call.action,
            api=call.api.value,
            host=urlsplit(url).netloc,
            request=masking.request_fields(call.fields, secrets),
            status=reply.status,
            response=masking.response_text(call.action, reply.content, secrets),
            duration_ms=round(took * 1000),
            outcome=outcome,
            attempt=call.attempt,
            detail=failed.detail if failed is not None else "",
        )
        try:
            self._observer(exchange)
        except Exception:
            # Losing a log line is bad; losing the outcome of a write is worse.
            logger.exception("The observer of %s failed", call.action)


def _judge(call: Call, reply: _Reply) -> Envelope | errors.EmailArrayError:
    """Decide what an answer proves."""
    if reply.failure is not None:
        return reply.failure
    status = reply.status or 0
    detail = f"HTTP {status}"
    if status in {401, 403}:
        return errors.AuthenticationFailed(call.action, detail=detail)
    if status == _TOO_MANY or (status in _COME_BACK_LATER and not call.writes):
        return errors.Unreachable(call.action, detail=detail, retry_after=reply.retry_after)
    if _REFUSED <= status < _BROKEN and status not in _COME_BACK_LATER:
        answer = envelope.decode(reply.content)
        is_refusal = answer is not None and answer.success is False
        return answer if answer and is_refusal else errors.Rejected(call.action, detail=detail)
    if _DONE <= status < _ELSEWHERE:
        return _read(call, reply.content)
    return call.lost(detail)


def _read(call: Call, content: bytes) -> Envelope | errors.EmailArrayError:
    answer = envelope.decode(content)
    if answer is None:
        return call.lost("no JSON object in the answer", unreadable=True)
    if answer.success is None:
        return call.lost("no returncode in the answer", unreadable=True)
    return answer


def _unreachable(call: Call, error: httpx.HTTPError) -> errors.Unreachable:
    return errors.Unreachable(call.action, detail=type(error).__name__)


def _seconds(header: str | None) -> float | None:
    """Read a Retry-After header: seconds or a date."""
    if not header:
        return None
    if _SECONDS.match(header):
        return float(header)
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(until.timestamp() - time.time(), 0.0)
