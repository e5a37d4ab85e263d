"""The HTTP client below everything: built once per process and shared by its threads."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

# One request travels a lane at a time, to one of the vendor's hosts: the reseller's API on two,
# the mailbox users' API on one of these or a third.
_HOSTS = 3


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
    Build the client that sends up to `pool_size` requests at once over kept connections.

    Build it after a fork and keep it: a new one per call costs more than the call. It follows
    no redirects, keeps no cookies and ignores proxy variables. `transport` replaces the network
    in tests.
    """
    return httpx.Client(
        transport=transport or Lanes(pool_size, keepalive_seconds=keepalive_seconds),
        timeout=httpx.Timeout(read_timeout, connect=connect_timeout),
        follow_redirects=False,
        trust_env=False,
        # A jar that accepts no domain: a session cookie must not travel between accounts.
        cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
        headers={"User-Agent": "polarismail", "Accept": "application/json"},
    )


class Lanes(httpx.BaseTransport):
    """
    A pool that lets only one thread at a time look at a connection.

    httpx's own pool asks idle connections whether they can be read, to find closed ones. Another
    thread may just have sent a request over the one that is asked; when its answer is quick, the
    connection is taken for closed and cut, and the other thread's write ends as "may have
    happened". Here every request has its connections to itself until its answer is read. The
    lane used last is used next, so that few callers keep few connections warm.
    """

    def __init__(self, size: int, *, keepalive_seconds: float) -> None:
        self._keepalive_seconds = keepalive_seconds
        self._places = threading.Semaphore(size)
        self._guard = threading.Lock()
        self._idle: list[httpx.HTTPTransport] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """
        Send the request over a free lane.

        :raises httpx.PoolTimeout: none became free in time
        """
        patience = request.extensions.get("timeout", {}).get("pool")
        if not self._places.acquire(timeout=patience):
            raise httpx.PoolTimeout("No lane became free", request=request)
        lane: httpx.HTTPTransport | None = None
        try:
            lane = self._take()
            response = lane.handle_request(request)
        except BaseException:
            self._give_back(lane)
            raise
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=_Borrowed(response, lambda: self._give_back(lane)),
            extensions=response.extensions,
        )

    def close(self) -> None:
        """Close the idle connections."""
        with self._guard:
            idle, self._idle = self._idle, []
        for lane in idle:
            lane.close()

    def _take(self) -> httpx.HTTPTransport:
        with self._guard:
            if self._idle:
                return self._idle.pop()
        limits = httpx.Limits(
            max_connections=_HOSTS,
            max_keepalive_connections=_HOSTS,
            keepalive_expiry=self._keepalive_seconds,
        )
        return httpx.HTTPTransport(verify=tls_context(), limits=limits, trust_env=False)

    def _give_back(self, lane: httpx.HTTPTransport | None) -> None:
        if lane is not None:
            with self._guard:
                self._idle.append(lane)
        self._places.release()


class _Borrowed(httpx.SyncByteStream):
    """An answer's body that gives its lane back when it is closed."""

    def __init__(self, response: httpx.Response, give_back: Callable[[], None]) -> None:
        self._response = response
        self._give_back = give_back
        self._is_open = True

    def __iter__(self) -> Iterator[bytes]:
        # As it came: it is for the outer response to unpack it.
        yield from self._response.iter_raw()

    def close(self) -> None:
        """Close the body; only the first time counts."""
        if not self._is_open:
            return
        self._is_open = False
        try:
            self._response.close()
        finally:
            self._give_back()
