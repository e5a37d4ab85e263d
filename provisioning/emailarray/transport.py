"""The vendor's calls: the session's token, repetition of reads, and errors by cause."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from typing import TypeVar

import httpx
import stamina

from provisioning.emailarray import errors, wire
from provisioning.emailarray.breaker import Breaker, NoBreaker
from provisioning.emailarray.channel import Api, Call, Channel, Observer
from provisioning.emailarray.envelope import Envelope
from provisioning.emailarray.settings import ClientConfig
from provisioning.emailarray.tokens import TokenStore
from provisioning.emailarray.wire import FormValue

T = TypeVar("T")
Params = Mapping[str, FormValue]


class Transport:
    """Reads are repeated, writes are sent once; both carry a session that is renewed once."""

    def __init__(
        self,
        config: ClientConfig,
        *,
        http: httpx.Client,
        tokens: TokenStore,
        breaker: Breaker | None = None,
        observer: Observer | None = None,
    ) -> None:
        self.config = config
        self._tokens = tokens
        self._channel = Channel(
            config, http=http, breaker=breaker or NoBreaker(), observer=observer
        )
        # The key changes with the account but not with the password: a session outlives that.
        account = hashlib.sha256(f"{config.admin_url}\n{config.username}".encode())
        self._token_key = f"emailarray-token:{config.server_key}:{account.hexdigest()[:16]}"
        self._retry = stamina.RetryingCaller(
            attempts=config.retry_attempts,
            timeout=config.total_timeout,
            wait_initial=config.retry_wait_initial,
            wait_max=config.retry_wait_max,
            wait_jitter=config.retry_wait_jitter,
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.config.server_key}>"

    def read(self, action: str, /, **params: FormValue) -> Envelope:
        """
        Return the answer to a call that changes nothing; repeated while the vendor is down.

        :raises Unreachable: no readable answer after all attempts
        :raises Rejected: the vendor said no, by cause in its subclasses
        :raises AuthenticationFailed: the credentials or a fresh session were refused
        """
        return accepted(action, self.ask(action, **params))

    def ask(self, action: str, /, **params: FormValue) -> Envelope:
        """Return the answer like `read`, but a refusal is an answer as well."""

        def once(deadline: float, attempt: int) -> Envelope:
            return self._admin(action, params, deadline=deadline, attempt=attempt)

        return self._repeat(once)

    def write(self, action: str, /, **params: FormValue) -> Envelope:
        """
        Return the answer to a call that changes something; sent once, never repeated.

        :raises Unreachable: provably nothing happened
        :raises OutcomeUnknown: it may have happened; ask before you try again
        :raises Rejected: the vendor said no, by cause in its subclasses
        :raises AuthenticationFailed: the credentials or a fresh session were refused
        """
        deadline = self._deadline()
        # Logging in changes nothing, so it is repeated like a read, before the one write.
        token = self._repeat(self._token, deadline)
        answer = self._admin(action, params, writes=True, deadline=deadline, token=token)
        return accepted(action, answer)

    def log_in(self, *, password: str | None = None) -> None:
        """
        Log in now, whatever session is kept, and keep the new one.

        :raises AuthenticationFailed: the credentials were refused
        :raises Unreachable: no answer
        """
        token = self._repeat(partial(self._log_in, password=password or self.config.password))
        self._tokens.set(self._token_key, token, self.config.token_seconds)

    def one_time_password(self, *, domain: str, username: str) -> str:
        """Return a password that opens the mailbox once."""

        def once(deadline: float, attempt: int) -> str:
            return self._one_time_password(domain, username, deadline, attempt)

        return self._repeat(once)

    def user_token(
        self, *, domain: str, username: str, one_time_password: str | None = None
    ) -> str:
        """
        Open a session of the mailbox user and return its token.

        A given one-time password is sent once; without one, a fresh one is fetched for each
        attempt, as a lost answer may have spent it.

        :raises Rejected: the vendor said no, for instance because the mailbox is disabled
        """
        if one_time_password is not None:
            return self._user_log_in(domain, username, one_time_password, self._deadline(), 1)
        return self._repeat(partial(self._user_session, domain, username))

    def user_ask(self, action: str, /, *, domain: str, username: str) -> Envelope:
        """Return the answer to a mailbox user's call that changes nothing, like `ask`."""

        def once(deadline: float, attempt: int) -> Envelope:
            return self._user(
                Call(Api.USER, action, {}, writes=False, deadline=deadline, attempt=attempt),
                lambda: self._user_session(domain, username, deadline, attempt),
            )

        return self._repeat(once)

    def user_write(
        self, action: str, /, *, domain: str, username: str, **params: FormValue
    ) -> Envelope:
        """Return the answer to a mailbox user's call that changes something; sent once."""
        deadline = self._deadline()
        call = Call(Api.USER, action, wire.fields(params), writes=True, deadline=deadline)
        session = partial(self._user_session, domain, username)
        return accepted(action, self._user(call, lambda: self._repeat(session, deadline)))

    # The session: renewed once when a refusal looks like an expired one. A call that was refused
    # for its session was not executed, so that even a write may be sent again.

    def _admin(
        self,
        action: str,
        params: Params,
        *,
        writes: bool = False,
        deadline: float,
        attempt: int = 1,
        token: str | None = None,
    ) -> Envelope:
        spelled = wire.fields(params)
        refused: errors.AuthenticationFailed | None = None
        for _ in range(2):
            token = token or self._token(deadline, attempt)
            fields: wire.Fields = {"action": action, "token": token, **spelled}
            answer = self._send(Call(Api.ADMIN, action, fields, writes, deadline, attempt))
            if isinstance(answer, Envelope):
                return answer
            refused = answer
            self._tokens.delete(self._token_key, token)
            token = None
        return _despite_fresh_session(action, refused)

    def _user(self, call: Call, open_session: Callable[[], str]) -> Envelope:
        refused: errors.AuthenticationFailed | None = None
        for _ in range(2):
            fields: wire.Fields = {"action": call.action, "token": open_session(), **call.fields}
            answer = self._send(
                Call(call.api, call.action, fields, call.writes, call.deadline, call.attempt)
            )
            if isinstance(answer, Envelope):
                return answer
            refused = answer
        return _despite_fresh_session(call.action, refused)

    def _send(self, call: Call) -> Envelope | errors.AuthenticationFailed:
        """Send a call; what may be a refused session is returned, not raised."""
        try:
            answer = self._channel.exchange(call)
        except errors.AuthenticationFailed as error:
            return error
        if answer.success is False and errors.looks_like_expired_session(answer.text):
            return errors.AuthenticationFailed(call.action, answer.text)
        return answer

    def _token(self, deadline: float, attempt: int) -> str:
        key = self._token_key
        token = self._tokens.get(key)
        if token:
            return token
        with self._tokens.lock(key):
            token = self._tokens.get(key)
            if not token:
                token = self._log_in(deadline, attempt, password=self.config.password)
                self._tokens.set(key, token, self.config.token_seconds)
        return token

    def _log_in(self, deadline: float, attempt: int, *, password: str) -> str:
        fields: wire.Fields = {
            "action": "login",
            "username": self.config.username,
            "password": password,
        }
        call = Call(Api.ADMIN, "login", fields, writes=False, deadline=deadline, attempt=attempt)
        answer = self._exchange_login(call)
        if answer.success:
            return _secret("login", answer)
        if errors.looks_temporary(answer.text):
            raise errors.Unreachable("login", answer.text)
        raise errors.AuthenticationFailed("login", answer.text)

    def _exchange_login(self, call: Call) -> Envelope:
        try:
            return self._channel.exchange(call)
        except errors.Rejected as error:
            detail = error.detail
        # Nobody at this address takes logins: what was to follow has not happened, and that is
        # no verdict on it.
        raise errors.Unreachable("login", detail=detail)

    def _one_time_password(self, domain: str, username: str, deadline: float, attempt: int) -> str:
        action = "getOTPass"
        params: Params = {"username": username, "domain": domain}
        answer = self._admin(action, params, deadline=deadline, attempt=attempt)
        return _secret(action, accepted(action, answer))

    def _user_session(self, domain: str, username: str, deadline: float, attempt: int) -> str:
        password = self._one_time_password(domain, username, deadline, attempt)
        return self._user_log_in(domain, username, password, deadline, attempt)

    def _user_log_in(
        self, domain: str, username: str, password: str, deadline: float, attempt: int
    ) -> str:
        fields: wire.Fields = {
            "action": "login",
            "username": username,
            "password": password,
            "domain": domain,
        }
        call = Call(Api.USER, "login", fields, writes=False, deadline=deadline, attempt=attempt)
        # A refusal here is about the mailbox, not about the reseller's credentials.
        answer = self._send(call)
        if isinstance(answer, errors.AuthenticationFailed):
            raise errors.Rejected("login", answer.vendor_message, answer.detail)
        if not answer.success:
            raise errors.Rejected("login", answer.text)
        return _secret("login", answer)

    # Repetition.

    def _deadline(self) -> float:
        return time.monotonic() + self.config.total_timeout

    def _repeat(self, once: Callable[[float, int], T], deadline: float | None = None) -> T:
        """Call `once(deadline, attempt)` until it gets through, within the deadline."""
        until = self._deadline() if deadline is None else deadline
        attempts = count(1)
        return self._retry(partial(self._wait_for, until), lambda: once(until, next(attempts)))

    def _wait_for(self, deadline: float, error: Exception) -> bool | float:
        """Say whether a failed read is worth repeating, or how many seconds to wait before."""
        if not isinstance(error, errors.Unreachable) or isinstance(error, errors.CircuitOpen):
            return False
        left = deadline - time.monotonic()
        if error.retry_after is None:
            return left > 0
        # A longer wait is the caller's to keep: somebody may be looking at a page meanwhile.
        is_short = error.retry_after <= min(self.config.retry_after_max, left)
        return error.retry_after if is_short else False


def accepted(action: str, answer: Envelope) -> Envelope:
    """Return the answer if the vendor said yes, else raise the refusal by its cause."""
    if answer.success:
        return answer
    raise errors.classify(answer.text)(action, answer.text)


def _despite_fresh_session(action: str, refused: errors.AuthenticationFailed | None) -> Envelope:
    """
    Judge a refusal that came again with a fresh session.

    :raises AuthenticationFailed: it is about the session, not about what was asked
    """
    sentence = refused.vendor_message if refused else ""
    if sentence and not errors.means_refused_session(sentence):
        return Envelope(success=False, data=sentence)
    raise errors.AuthenticationFailed(action, sentence, refused.detail if refused else "")


def _secret(action: str, answer: Envelope) -> str:
    """Return the token or one-time password of an answer."""
    if isinstance(answer.data, str) and answer.data.strip():
        return answer.data.strip()
    raise errors.Unreadable(action, detail="the answer holds no secret")
