"""Server row to vendor client; credentials are decrypted here and nowhere else."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx
import structlog
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.utils.crypto import salted_hmac
from redis import RedisError

from core.db import require_no_transaction
from provisioning.emailarray import (
    ClientConfig,
    EmailArrayClient,
    Exchange,
    ServerBreaker,
    build_http,
)
from provisioning.models import MailDomain, ModuleLog, Server
from provisioning.models.encrypted_field import cipher

log = structlog.get_logger(__name__)
LOGIN_WAIT_SECONDS = 25.0

# One connection pool per process and one breaker per server in it. A forked worker makes its own:
# a socket shared with the parent would mix two conversations.
_guard = threading.Lock()
_pools: dict[int, httpx.Client] = {}
_breakers: dict[tuple[int, int], ServerBreaker] = {}


class CacheTokenStore:
    """
    Keeps the vendor's tokens in Django's cache, encrypted, for all processes.

    A cache that is down is an empty one: everybody logs in for themselves until it is back.
    """

    def get(self, key: str) -> str | None:
        """Return the token; one that this installation's keys cannot read is none."""
        sealed: bytes | None = None
        with _cache_may_fail():
            sealed = cache.get(key)
        try:
            return cipher().decrypt(sealed).decode() if sealed else None
        except InvalidToken:
            return None

    def set(self, key: str, token: str, seconds: float) -> None:
        """Keep the token for that long."""
        with _cache_may_fail():
            cache.set(key, cipher().encrypt(token.encode()), seconds)

    def delete(self, key: str, token: str) -> None:
        """Forget the token, but only if this very one is still kept."""
        if self.get(key) == token:
            with _cache_may_fail():
                cache.delete(key)

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Let one caller at a time log in; whoever waits too long logs in as well."""
        name = f"{key}:lock"
        is_ours = False
        with _cache_may_fail():
            is_ours = self._wait_for(name)
        try:
            yield
        finally:
            if is_ours:
                with _cache_may_fail():
                    cache.delete(name)

    def _wait_for(self, name: str) -> bool:
        until = time.monotonic() + LOGIN_WAIT_SECONDS
        while not cache.add(name, 1, LOGIN_WAIT_SECONDS):
            if time.monotonic() >= until:
                return False
            time.sleep(0.02)
        return True


@contextmanager
def _cache_may_fail() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        log.warning("no cache for the vendor's tokens", error=type(error).__name__)


@contextmanager
def vendor(
    server: Server,
    mail_domain: MailDomain | None = None,
    *,
    patience_seconds: float | None = None,
) -> Iterator[EmailArrayClient]:
    """
    Yield a client for a server; `mail_domain` names whose log its exchanges belong to.

    `patience_seconds` bounds each call where somebody waits for it; without, as it is set for all.

    :raises TransactionAcrossTheWire: while a transaction is open
    """
    require_no_transaction()
    config = config_of(server)
    if patience_seconds is not None:
        config = replace(config, total_timeout=min(patience_seconds, config.total_timeout))
    yield EmailArrayClient(
        config,
        http=_pool(),
        tokens=CacheTokenStore(),
        breaker=_breaker(server),
        observer=lambda exchange: _log(exchange, server, mail_domain),
    )


def config_of(server: Server) -> ClientConfig:
    """Return what the client needs to know of a server."""
    # A changed user name, password or address must not meet the token of the old one.
    identity = "\n".join([server.username, server.password, server.admin_url])
    # Keyed, so that the name of a cache entry does not help anybody to guess the password.
    digest = salted_hmac("emailarray token", identity, algorithm="sha256").hexdigest()[:16]
    return ClientConfig(
        server_key=f"emailarray:{server.pk}:{digest}",
        username=server.username,
        password=server.password,
        admin_url=server.admin_url,
        fallback_admin_url=server.fallback_admin_url,
        user_url=server.user_url,
        control_panel_url=server.control_panel_url,
        mb_per_gb=server.mb_per_gb,
        **settings.EMAILARRAY_OPTIONS,
    )


def breaker_state(server: Server) -> str:
    """Return `closed`, `open` or `half-open`, as this process sees the server."""
    return _breaker(server).state


def forget_connections() -> None:
    """Close this process's pool and forget its breakers."""
    with _guard:
        pool = _pools.pop(os.getpid(), None)
        _breakers.clear()
    if pool is not None:
        pool.close()


def _pool() -> httpx.Client:
    with _guard:
        pid = os.getpid()
        if pid not in _pools:
            transport = settings.EMAILARRAY_TRANSPORT
            _pools[pid] = build_http(transport() if transport else None)
        return _pools[pid]


def _breaker(server: Server) -> ServerBreaker:
    with _guard:
        key = (os.getpid(), server.pk)
        if key not in _breakers:
            _breakers[key] = ServerBreaker(name=str(server))
        return _breakers[key]


def _log(exchange: Exchange, server: Server, mail_domain: MailDomain | None) -> None:
    try:
        ModuleLog.objects.create(
            server=server,
            mail_domain=mail_domain,
            action=exchange.action,
            host=exchange.host,
            request=dict(exchange.request),
            status_code=exchange.status,
            response=exchange.response,
            outcome=exchange.outcome,
            duration_ms=exchange.duration_ms,
            correlation_id=_correlation_id(),
        )
    except DatabaseError:
        # The vendor has answered: a log that cannot be written must not lose what it said.
        log.warning("exchange not logged", action=exchange.action, outcome=exchange.outcome)


def _correlation_id() -> str:
    context = structlog.contextvars.get_contextvars()
    return str(context.get("task_id") or context.get("request_id") or "")[:64]
