"""The HTTP client below everything: built once per process and shared by its threads."""

from __future__ import annotations

import ssl
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx


@lru_cache(maxsize=1)
def tls_context() -> ssl.SSLContext:
    """Return the one TLS context; loading the authorities costs 30 ms and more each time."""
    return httpx.create_ssl_context(trust_env=False)


def build_http(
    transport: httpx.BaseTransport | None = None,
    *,
    pool_size: int = 10,
    connect_timeout: float = 5.0,
    read_timeout: float = 15.0,
    keepalive_seconds: float = 30.0,
) -> httpx.Client:
    """
    Build the client that keeps up to `pool_size` connections open.

    Build it after a fork and keep it: a new one per call costs more than the call. It follows
    no redirects, keeps no cookies and ignores proxy variables. More than 16 connections through
    one client make it slower, not faster. `transport` replaces the network in tests.
    """
    limits = httpx.Limits(
        max_connections=pool_size,
        max_keepalive_connections=pool_size,
        keepalive_expiry=keepalive_seconds,
    )
    if transport is None:
        transport = httpx.HTTPTransport(verify=tls_context(), limits=limits, trust_env=False)
    return httpx.Client(
        transport=transport,
        timeout=httpx.Timeout(read_timeout, connect=connect_timeout),
        follow_redirects=False,
        trust_env=False,
        # A jar that accepts no domain: a session cookie must not travel between accounts.
        cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
        headers={"User-Agent": "polarismail", "Accept": "application/json"},
    )
