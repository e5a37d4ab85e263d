"""The circuit breaker of one server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pybreaker

from provisioning.emailarray import errors

_FAILURES = (errors.Unreachable, errors.OutcomeUnknown)


class Breaker(Protocol):
    """Stops requests to a server that does not answer."""

    def guard(self, action: str) -> AbstractContextManager[None]:
        """
        Wrap one request; Unreachable and OutcomeUnknown count as failures, a refusal does not.

        :raises CircuitOpen: the server is resting; nothing must be sent
        """


class NoBreaker:
    """Lets everything through."""

    @contextmanager
    def guard(self, action: str) -> Iterator[None]:
        """Do nothing for any action."""
        del action
        yield


class ServerBreaker:
    """
    A breaker on pybreaker's states; give it a shared storage to let processes agree.

    pybreaker holds its lock while the wrapped function runs, which would send our requests one
    after the other. So the request runs outside, and only its result is told to pybreaker.
    """

    def __init__(
        self,
        *,
        fail_max: int = 5,
        reset_timeout: float = 30.0,
        storage: pybreaker.CircuitBreakerStorage | None = None,
        name: str = "",
    ) -> None:
        self._storage = storage or pybreaker.CircuitMemoryStorage(pybreaker.STATE_CLOSED)
        self._circuit = pybreaker.CircuitBreaker(
            fail_max=fail_max,
            reset_timeout=reset_timeout,
            state_storage=self._storage,
            name=name or None,
            throw_new_error_on_trip=False,
        )
        self._trial = threading.Lock()

    @property
    def state(self) -> str:
        """The word "closed", "open" or "half-open"."""
        return self._circuit.current_state

    @contextmanager
    def guard(self, action: str) -> Iterator[None]:
        """
        Wrap one request.

        :raises CircuitOpen: the server is resting, or its one trial request is under way
        """
        is_trial = self._enter(action)
        try:
            yield
        except errors.Busy:
            raise
        except _FAILURES as error:
            self._failed(error)
            raise
        except errors.EmailArrayError:
            self._succeeded()
            raise
        else:
            self._succeeded()
        finally:
            if is_trial:
                self._trial.release()

    def _enter(self, action: str) -> bool:
        """Say whether this is the trial request of a half-open circuit."""
        state = self._circuit.current_state
        if state == pybreaker.STATE_CLOSED:
            return False
        if state == pybreaker.STATE_OPEN and not self._has_rested():
            raise errors.CircuitOpen(action)
        # One trial per process: a process that died during its trial must not block the rest.
        if not self._trial.acquire(blocking=False):
            raise errors.CircuitOpen(action)
        return True

    def _has_rested(self) -> bool:
        opened_at = self._storage.opened_at
        rest = timedelta(seconds=self._circuit.reset_timeout)
        return opened_at is None or datetime.now(UTC) >= opened_at + rest

    def _succeeded(self) -> None:
        circuit = self._circuit
        if circuit.current_state == pybreaker.STATE_CLOSED and circuit.fail_counter == 0:
            return  # nothing to record; spares writes to a shared storage
        with suppress(pybreaker.CircuitBreakerError):
            circuit.call(bool)

    def _failed(self, error: Exception) -> None:
        def fail() -> None:
            # A fresh object: raising the caller's would give it a foreign traceback.
            raise type(error)("")

        with suppress(pybreaker.CircuitBreakerError, *_FAILURES):
            self._circuit.call(fail)
