"""Canaries: no password, token or one-time password in any repr, error, log or exchange."""

from __future__ import annotations

import base64
import json
import logging
import traceback
from collections.abc import Callable
from decimal import Decimal
from urllib.parse import quote, quote_plus

import httpx
import pytest

from provisioning.emailarray import (
    ClientConfig,
    EmailArrayClient,
    MemoryTokenStore,
    build_http,
    errors,
    masking,
)
from provisioning.emailarray.types import OneTimePassword
from tests.provisioning.emailarray.runs import RUNS, Run, golden_vendor
from tests.provisioning.emailarray.scripted import PASSWORD, Answer, Sent, Vendor, no, ok

# Characters that each encoding spells differently.
ADMIN_TOKEN = 'adm/tok+"canary=1'
USER_TOKEN = "usr/tok+'canary&2"
OTP = 'otp/ü "canary%3'
WEBMAIL_TOKEN = "web/tok<canary>4"
NEW_PASSWORD = 'Näw/pw+"canary\\5'
CANARIES = (ADMIN_TOKEN, USER_TOKEN, OTP, WEBMAIL_TOKEN, NEW_PASSWORD, PASSWORD)

SECRET_RUNS: dict[tuple[str, str], Run] = {
    **RUNS,
    ("admin", "addUser"): lambda c: c.mailboxes.add(
        domain="acme.example",
        username="nora",
        password=NEW_PASSWORD,
        quota_gb=Decimal(1),
        account_type=1,
        display_name=f"copied {NEW_PASSWORD}",
    ),
    ("admin", "updateUser"): lambda c: c.mailboxes.update(
        domain="acme.example",
        username="nora",
        display_name=NEW_PASSWORD,
        quota_gb=Decimal(1),
        account_type=1,
        password=NEW_PASSWORD,
    ),
    ("admin", "changePassword"): lambda c: c.reseller.change_password(
        current=PASSWORD, new=NEW_PASSWORD
    ),
    ("user", "login"): lambda c: c.sessions.user_login(
        "acme.example", "nora", OneTimePassword(OTP)
    ),
    ("admin", "updateDomain"): lambda c: c.domains.set_active("acme.example", active=True),
}


def _echo(sent: Sent) -> str:
    """Return everything a careless vendor may print about a request."""
    values = " ".join(sent.fields.values())
    encoded = [base64.b64encode(value.encode()).decode() for value in sent.fields.values()]
    return f"{sent.body.decode()} {values} {' '.join(encoded)} {json.dumps(sent.fields)}"


FAILURES: dict[str, Callable[[Sent], Answer]] = {
    "refusal": lambda sent: no(f"No: {_echo(sent)}"),
    "refusal in message": lambda sent: {"returncode": 0, "message": _echo(sent)},
    "expired": lambda sent: no(f"Session expired: {_echo(sent)}"),
    "odd payload": lambda sent: ok({"echo": _echo(sent), "password": NEW_PASSWORD}),
    "html": lambda sent: f"<html>{_echo(sent)}</html>",
    "no code": lambda sent: {"returndata": _echo(sent)},
    "cut": lambda sent: json.dumps({"returncode": 1, "returndata": _echo(sent)})[:-2],
    "server error": lambda sent: httpx.Response(500, text=_echo(sent)),
    "denied": lambda sent: httpx.Response(403, text=_echo(sent)),
    "not found": lambda sent: httpx.Response(404, text=_echo(sent)),
    "refused": lambda sent: httpx.ConnectError(_echo(sent), request=_request(sent)),
    "timeout": lambda sent: httpx.ReadTimeout(_echo(sent), request=_request(sent)),
}


def _request(sent: Sent) -> httpx.Request:
    return httpx.Request("POST", f"https://{sent.host}/", content=sent.body)


def _canary_vendor() -> Vendor:
    vendor = golden_vendor()
    vendor.will("login", ok(ADMIN_TOKEN))
    vendor.will("login", ok(USER_TOKEN), api="user")
    vendor.will("getOTPass", ok(OTP))
    vendor.will("getOTPassAndToken", ok({"otp": OTP, "token": WEBMAIL_TOKEN, "url": "al.example/"}))
    return vendor


def _forms(secret: str) -> set[str]:
    return {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        base64.b64encode(secret.encode()).decode(),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(secret)[1:-1].replace("/", "\\/"),
        repr(secret)[1:-1],
    }


def _log_everything(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("", "httpx", "httpcore", "stamina", "provisioning"):
        caplog.set_level(logging.DEBUG, logger=name)


def _found_in(text: str) -> list[str]:
    return [form for secret in CANARIES for form in _forms(secret) if form in text]


def _everything_about(error: BaseException | None) -> str:
    """Return all that a log or an error tracker may show of an error."""
    seen = []
    while error is not None:
        seen += [str(error), repr(error), repr(error.args), repr(vars(error))]
        seen += traceback.format_exception(error)
        request = getattr(error, "_request", None)
        seen.append(request.content.decode() if request is not None else "")
        error = error.__cause__ or error.__context__
    return "\n".join(seen)


def _shown(
    vendor: Vendor, client: EmailArrayClient, outcome: object, caplog: pytest.LogCaptureFixture
) -> str:
    failed = outcome if isinstance(outcome, BaseException) else None
    return "\n".join(
        [
            repr(client),
            repr(client.config),
            repr(vars(client)),
            repr(outcome),
            _everything_about(failed),
            repr(vendor.observed),
            *(str(vars(exchange)) for exchange in vendor.observed),
            caplog.text,
            *(repr(vars(record)) for record in caplog.records),
        ]
    )


def _outcome(run: Run, client: EmailArrayClient) -> object:
    try:
        return run(client)
    except errors.EmailArrayError as error:
        return error


@pytest.mark.parametrize("key", sorted(SECRET_RUNS), ids="-".join)
def test_no_secret_shows_when_a_call_succeeds(
    key: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    _log_everything(caplog)
    vendor = _canary_vendor()
    client = vendor.client()

    outcome = _outcome(SECRET_RUNS[key], client)

    assert not isinstance(outcome, BaseException)
    # They did travel, and the log was listening.
    assert _found_in("".join(repr(one.fields) for one in vendor.sent))
    assert [record for record in caplog.records if record.name == "httpx"]
    assert _found_in(_shown(vendor, client, outcome, caplog)) == []


@pytest.mark.parametrize("key", sorted(SECRET_RUNS), ids="-".join)
def test_no_secret_shows_when_a_call_fails_and_the_vendor_repeats_all_it_was_told(
    key: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    _log_everything(caplog)
    for name, failure in FAILURES.items():
        vendor = _canary_vendor()
        vendor.will(key[1], failure, api=key[0])
        client = vendor.client()

        outcome = _outcome(SECRET_RUNS[key], client)

        assert vendor.sent_to(key[1], key[0]), name
        assert len(vendor.observed) == len(vendor.sent), name
        assert _found_in(_shown(vendor, client, outcome, caplog)) == [], name
        caplog.clear()


@pytest.mark.parametrize("failure", FAILURES)
def test_no_secret_shows_when_the_login_before_a_call_fails(
    failure: str, caplog: pytest.LogCaptureFixture
) -> None:
    _log_everything(caplog)
    vendor = _canary_vendor()
    vendor.will("login", FAILURES[failure])
    client = vendor.client()

    outcome = _outcome(SECRET_RUNS["admin", "addUser"], client)

    assert isinstance(outcome, (errors.Unreachable, errors.AuthenticationFailed))
    assert vendor.sent_to("addUser") == []
    assert _found_in(_shown(vendor, client, outcome, caplog)) == []


def test_an_error_has_no_httpx_error_behind_it() -> None:
    vendor = _canary_vendor()
    vendor.will("addUser", FAILURES["timeout"])

    outcome = _outcome(SECRET_RUNS["admin", "addUser"], vendor.client())

    assert isinstance(outcome, errors.OutcomeUnknown)
    assert outcome.__cause__ is None
    assert outcome.__context__ is None


def test_the_sentence_of_a_refusal_is_kept_around_the_masked_secret(vendor: Vendor) -> None:
    vendor.will("addUser", no(f"Password {NEW_PASSWORD} is too weak"))

    outcome = _outcome(SECRET_RUNS["admin", "addUser"], vendor.client())

    assert isinstance(outcome, errors.InvalidInput)
    assert outcome.vendor_message == "Password *** is too weak"


def test_an_exchange_tells_what_was_sent_and_answered(vendor: Vendor) -> None:
    vendor.will("addUser", no("User already exists"))

    _outcome(RUNS["admin", "addUser"], vendor.client())

    login, add = vendor.observed
    assert (login.action, login.outcome, login.request["password"]) == ("login", "ok", "***")
    assert "token" not in login.response
    assert (add.action, add.api, add.host) == ("addUser", "admin", "cfcp.emailarray.com")
    assert (add.status, add.outcome, add.attempt) == (200, "refused", 1)
    assert add.request["username"] == "nora"
    assert (add.request["password"], add.request["token"]) == ("***", "***")
    assert json.loads(add.response) == no("User already exists")
    assert add.duration_ms >= 0


def test_a_refused_login_shows_the_vendors_sentence(vendor: Vendor) -> None:
    vendor.will("login", no("Invalid username or password"))

    _outcome(RUNS["admin", "addUser"], vendor.client())

    assert "Invalid username or password" in vendor.observed[0].response


def test_secrets_inside_rows_are_masked_by_name(vendor: Vendor) -> None:
    vendor.will(
        "getAllUsersDomain", ok([{"username": "nora", "otp": "row-otp-1", "Token": "row-tok-1"}])
    )

    vendor.client().mailboxes.page("acme.example")

    assert "row-otp-1" not in vendor.observed[-1].response
    assert "row-tok-1" not in vendor.observed[-1].response
    assert "nora" in vendor.observed[-1].response


def test_a_long_answer_is_cut_and_the_cut_shows_no_part_of_a_secret() -> None:
    secret = "canary-" * 20
    for padding in range(masking.RESPONSE_LIMIT - 200, masking.RESPONSE_LIMIT + 10, 7):
        text = "x" * padding + secret + "y" * 30_000

        shown = masking.response_text("getFooterDomain", text.encode(), [secret])

        assert masking.RESPONSE_LIMIT - len(secret) < len(shown) <= masking.RESPONSE_LIMIT
        assert "canary" not in shown


def test_a_long_answer_full_of_secrets_shows_no_part_of_the_last_one() -> None:
    secret = "canary-" * 20
    text = secret * 500

    shown = masking.response_text("getFooterDomain", text.encode(), [secret])

    assert "canary" not in shown


def test_a_logo_is_told_by_its_size(vendor: Vendor) -> None:
    client = vendor.client(logo_encoding="raw")

    client.branding.set(
        domain="acme.example", name="A", support_email="a@b.example", color="", logo=b"x" * 30_000
    )

    assert vendor.observed[-1].request["brand[newlogo]"] == "(30000 bytes)"


def test_a_failing_observer_does_not_lose_the_outcome(
    vendor: Vendor, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(exchange: masking.Exchange) -> None:
        raise RuntimeError(f"no room for {exchange.action}")

    client = EmailArrayClient(
        ClientConfig(server_key="s1", username="u", password=PASSWORD),
        http=build_http(httpx.MockTransport(vendor.handle)),
        tokens=MemoryTokenStore(),
        observer=broken,
    )

    caplog.set_level(logging.ERROR)

    client.domains.add("acme.example")

    assert len(vendor.sent_to("addDomain")) == 1
    assert "The observer of addDomain failed" in caplog.text
